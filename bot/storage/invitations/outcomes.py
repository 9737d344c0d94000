"""SQL for what came of inviting a member, as lists of members show it."""

from datetime import datetime
from typing import Any

from sqlalchemy import Column, ColumnElement, and_, case, exists, func, or_, select

from bot.core.invitations.invitations import InvitationState
from bot.core.people.members import Standing
from bot.core.people.people_filter import Invited
from bot.storage.invitations.states import state_tests
from bot.storage.statements import unindexed
from bot.storage.tables import invitation_grants, invitations, memberships, redemptions

_newest = invitations.alias("newest")
_older = invitations.alias("older")
_WAITS = memberships.c.standing == Standing.PENDING.value
# A person has few invitations and a school very many, so the look-up must not begin with the school.
_HERE = unindexed(invitation_grants.c.school_id) == memberships.c.school_id
_OF_SCHOOL = or_(
    invitations.c.school_id == memberships.c.school_id,
    exists()
    .where(invitation_grants.c.invitation_id == invitations.c.id, _HERE)
    # The membership is two queries further out; without this, the membership of any school would match.
    .correlate(invitations, memberships),
)
_REDEEMED = exists().where(
    redemptions.c.person_id == memberships.c.person_id,
    invitations.c.id == redemptions.c.invitation_id,
    _OF_SCHOOL,
)
_EVER_REDEEMED = exists().where(redemptions.c.person_id == memberships.c.person_id)
# What lists of people call the state of an addressed invitation that is not accepted.
STATE_WORDS = {
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
_ALIVE = [word.value for one, word in STATE_WORDS.items() if one.alive]
# The member has an addressed invitation that grants something in the school.
_ADDRESSED = exists().where(
    _older.c.person_id == memberships.c.person_id,
    invitation_grants.c.invitation_id == _older.c.id,
    _HERE,
)
# The id of the member's newest addressed invitation that grants something in the school.
_NEWEST_ID = (
    select(func.max(_older.c.id))
    .join(invitation_grants, invitation_grants.c.invitation_id == _older.c.id)
    .where(_older.c.person_id == memberships.c.person_id, _HERE)
    .correlate(memberships)
    .scalar_subquery()
)


def email() -> ColumnElement[Any]:
    """Return the SQL expression for the e-mail address of the member's newest invitation."""
    return _of_newest(_newest.c.email)


def _of_newest(column: Column[Any] | ColumnElement[Any]) -> ColumnElement[Any]:
    return select(column).where(_newest.c.id == _NEWEST_ID).correlate(memberships).scalar_subquery()


def outcome_conditions(wanted: Invited, now: datetime) -> list[ColumnElement[bool]]:
    """Return the SQL conditions that `outcome` gives this value, without evaluating anything twice.

    Conditions that an index can answer come first, because few members may have the value among very many.
    """
    state = _state(now)
    closed = func.coalesce(state, "").not_in(_ALIVE)
    match wanted:
        case Invited.NOT:
            return [state.is_(None), ~_REDEEMED]
        case Invited.PENDING:
            return [_WAITS, _EVER_REDEEMED, _REDEEMED, closed]
        case Invited.ACCEPTED:
            return [~_WAITS, _EVER_REDEEMED, _REDEEMED, closed]
        case _:
            unanswered = [] if wanted.value in _ALIVE else [~_REDEEMED]
            return [_ADDRESSED, state == wanted.value, *unanswered]


def _state(now: datetime) -> ColumnElement[Any]:
    """Return the SQL expression for the state of the newest addressed invitation; NULL if it was accepted."""
    words = {state: word.value for state, word in STATE_WORDS.items()}
    tests = state_tests(now, _newest)
    return _of_newest(case(*((test, words.get(one)) for one, test in tests.items()), else_=None))


def outcome(now: datetime) -> ColumnElement[str]:
    """Return the SQL expression for what came of inviting a member, as a value of `Invited`."""
    state = _state(now)
    return case(
        (state.in_(_ALIVE), state),
        (and_(_REDEEMED, _WAITS), Invited.PENDING.value),
        (_REDEEMED, Invited.ACCEPTED.value),
        (state.is_not(None), state),
        else_=Invited.NOT.value,
    )
