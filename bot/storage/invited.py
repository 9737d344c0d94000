"""What came of inviting the members of a list, said in SQL."""

from datetime import datetime
from typing import Any

from sqlalchemy import Column, ColumnElement, and_, case, exists, func, or_, select

from bot.core.invitations import InvitationState
from bot.core.members import Standing
from bot.core.people_filter import Invited
from bot.storage.invitation_states import gravest_first
from bot.storage.statements import unled
from bot.storage.tables import invitation_grants, invitations, memberships, redemptions

_newest = invitations.alias("newest")
_older = invitations.alias("older")
_WAITS = memberships.c.standing == Standing.PENDING.value
# Whoever is looked at was invited a few times, and their school has invited very many.
_HERE = unled(invitation_grants.c.school_id) == memberships.c.school_id
_OF_SCHOOL = or_(
    invitations.c.school_id == memberships.c.school_id,
    exists()
    .where(invitation_grants.c.invitation_id == invitations.c.id, _HERE)
    # Two queries further out: left unsaid, any school's membership would do.
    .correlate(invitations, memberships),
)
_REDEEMED = exists().where(
    redemptions.c.person_id == memberships.c.person_id,
    invitations.c.id == redemptions.c.invitation_id,
    _OF_SCHOOL,
)
_CAME = exists().where(redemptions.c.person_id == memberships.c.person_id)
# What an invitation for one person alone is called in a list of people, as long as it is not accepted.
WORDS = {
    InvitationState.NOT_SENT: Invited.NOT_SENT,
    InvitationState.SCHEDULED: Invited.SCHEDULED,
    InvitationState.SENT: Invited.SENT,
    InvitationState.NOT_DELIVERED: Invited.NOT_DELIVERED,
    InvitationState.DECLINED: Invited.DECLINED,
    InvitationState.REVOKED: Invited.REVOKED,
    InvitationState.LOCKED: Invited.REVOKED,
    InvitationState.CLEARED: Invited.CLEARED,
    InvitationState.EXPIRED: Invited.EXPIRED,
}
_ALIVE = [word.value for one, word in WORDS.items() if one.alive]
# An invitation for a member alone grants something in the school.
_ADDRESSED = exists().where(
    _older.c.person_id == memberships.c.person_id,
    invitation_grants.c.invitation_id == _older.c.id,
    _HERE,
)
# The newest invitation for a member alone that grants something in the school.
_NEWEST_ID = (
    select(func.max(_older.c.id))
    .join(invitation_grants, invitation_grants.c.invitation_id == _older.c.id)
    .where(_older.c.person_id == memberships.c.person_id, _HERE)
    .correlate(memberships)
    .scalar_subquery()
)


def email() -> ColumnElement[Any]:
    """Say the address that the newest invitation went to."""
    return _of_newest(_newest.c.email)


def _of_newest(column: Column[Any] | ColumnElement[Any]) -> ColumnElement[Any]:
    return select(column).where(_newest.c.id == _NEWEST_ID).correlate(memberships).scalar_subquery()


def came(wanted: Invited, now: datetime) -> list[ColumnElement[bool]]:
    """Say in SQL that this came of inviting a member: what `invited` says, with nothing asked twice.

    First comes what must hold for it and can be looked up: few may be so, among very many who are not.
    """
    state = _state(now)
    closed = func.coalesce(state, "").not_in(_ALIVE)
    match wanted:
        case Invited.NOT:
            return [state.is_(None), ~_REDEEMED]
        case Invited.PENDING:
            return [_WAITS, _CAME, _REDEEMED, closed]
        case Invited.ACCEPTED:
            return [~_WAITS, _CAME, _REDEEMED, closed]
        case _:
            unanswered = [] if wanted.value in _ALIVE else [~_REDEEMED]
            return [_ADDRESSED, state == wanted.value, *unanswered]


def _state(now: datetime) -> ColumnElement[Any]:
    """Say how the newest invitation for a member alone stands, unless it was accepted."""
    words = {state: word.value for state, word in WORDS.items()}
    tests = gravest_first(now, _newest)
    return _of_newest(case(*((test, words.get(one)) for one, test in tests.items()), else_=None))


def invited(now: datetime) -> ColumnElement[str]:
    """Say what came of inviting a member, as a value of `Invited`."""
    state = _state(now)
    return case(
        (state.in_(_ALIVE), state),
        (and_(_REDEEMED, _WAITS), Invited.PENDING.value),
        (_REDEEMED, Invited.ACCEPTED.value),
        (state.is_not(None), state),
        else_=Invited.NOT.value,
    )
