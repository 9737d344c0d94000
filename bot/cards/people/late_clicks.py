"""Replies to clicks on a member's card that came too late: who was first, and the card as it is now."""

from bot.cards.people import members as cards
from bot.chat.context import Context
from bot.chat.replies import Card
from bot.chat.text import Line, say
from bot.core.errors import NotFound, NothingToChange, Refusal
from bot.core.ids import is_id
from bot.core.people import lifecycle, members, person_schools
from bot.core.people.lifecycle import TRANSITIONS, Verb
from bot.core.people.members import Member, Standing
from bot.core.rights import access
from bot.core.rights.permissions import Permission

_VERBS = {f"member {verb.value}": verb for verb in Verb}
# The commands of the buttons on a member's card.
_ON_CARD = frozenset({*_VERBS, "member edit", "member primary", "member remove", "member roles"})


def member_card(ctx: Context, found: Member) -> Card:
    """Show a member, with the buttons that the actor may use; on their own card, only to edit details."""
    may = access.rights_of(ctx.uow, ctx.actor, ctx.school).holds
    if found.membership.person_id == ctx.actor.person_id:
        may = (may & {Permission.MEMBER_EDIT}) | {Permission.MEMBER_READ}
    person_id = found.membership.person_id
    near = person_schools.schools_of(ctx.uow, ctx.actor, person_id, Permission.MEMBER_READ)
    elsewhere = [one.name for one in near if one.id != ctx.school.id]
    waits = found.membership.standing is Standing.PENDING and Permission.REQUEST_READ in may
    request = ctx.uow.join_requests.pending_of(ctx.school.id, person_id) if waits else None
    profile = members.profile(ctx.uow, ctx.school, found)
    return cards.shown(profile, may, elsewhere, request=request.id if request else "")


def redrawn(ctx: Context, refusal: Refusal) -> Card | None:
    """Draw the member's card as it is now, if the refusal came from a button on it; otherwise None."""
    if ctx.command is None or ctx.command.path not in _ON_CARD:
        return None
    if isinstance(refusal, NotFound) and refusal.what == "member":
        clicked = is_id(ctx.value("person"))  # a button has the membership's id, which people do not type
        return cards.gone(ctx.school) if clicked else None
    found = _member(ctx, refusal)
    return member_card(ctx, found) if found else None


def who_did(ctx: Context, refusal: Refusal) -> Line | None:
    """Say who had done the same before, and when; None if nobody did, or it is not known."""
    verb = _VERBS.get(ctx.command.path if ctx.command else "")
    found = _member(ctx, refusal) if verb else None
    if verb is None or found is None:
        return None
    membership = found.membership
    stands = lifecycle.state_on_axis(membership, TRANSITIONS[verb])
    entry = lifecycle.last_transition(ctx.uow, ctx.school.id, membership.person_id, stands)
    if entry is None or entry.actor_id is None:
        return None
    if entry.actor_id == ctx.actor.person_id:
        return say("You did that, {at}.", at=entry.at)
    by = ctx.uow.people.by_id(entry.actor_id)
    return say("{by} did that, {at}.", by=by.name, at=entry.at) if by else None


def _member(ctx: Context, refusal: Refusal) -> Member | None:
    of = refusal.of if isinstance(refusal, NothingToChange) else ""
    membership = ctx.uow.members.of(ctx.school.id, of) if of else None
    return ctx.uow.members.by_id(ctx.school.id, membership.id) if membership else None
