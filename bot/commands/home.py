"""/home: the panel. Slack also shows it on the app's Home tab."""

from collections.abc import Sequence
from typing import Annotated

from bot.cards import home as cards
from bot.cards.home import ChosenSchool, OwnSchools, Page
from bot.cards.invitations import invited
from bot.cards.requests.join_requests import for_applicant
from bot.chat.commands import Group
from bot.chat.context import Context, schools_of_actor
from bot.chat.options import option
from bot.chat.replies import Block, Card, Item, Reply, Text
from bot.commands.request import OnCard, Reason, on_card, rejection_note, school_of_card
from bot.core.errors import NotFound, Refusal
from bot.core.invitations import addressed
from bot.core.people.members import Membership, Standing
from bot.core.requests import join_requests
from bot.core.requests import views as request_views
from bot.core.requests.join_requests import RequestState
from bot.core.rights import access
from bot.core.rights.permissions import Permission
from bot.core.schools import which_school
from bot.core.schools.schools import School

home = Group("home", "What waits for you, and your schools")

# How many the panel shows: Slack's Home tab takes 100 blocks, and a message on Discord 40 components.
SCHOOLS, REQUESTS, OWN_REQUESTS, OVERSEEN = 10, 4, 3, 25


def _suggested(ctx: Context, typed: str) -> Sequence[Item]:
    """Suggest the schools whose panel the actor may see."""
    return [one for one in schools_of_actor(ctx, typed) if _may_see(ctx, one.value)]


def _may_see(ctx: Context, typed: str) -> bool:
    try:
        return _asked_for(ctx, typed) is not None
    except Refusal:
        return False


Which = Annotated[str, option("Which school it is about", suggest=_suggested)]


@home.command(reads=True)
def show(ctx: Context, school: Which = "") -> Card:
    """Show your schools, and for one of them who is waiting, its invitations and its people."""
    return _panel(ctx, _asked_for(ctx, school))


@home.command(name="open", reads=True, hidden=True)
def _open(ctx: Context, school: Which) -> Reply:
    """Show the panel of a school."""
    return Reply(redraw=_panel(ctx, _asked_for(ctx, school)))


@home.command(name="schools", reads=True, hidden=True)
def _schools(ctx: Context, after: Annotated[str, option("The last school of the page before")]) -> Reply:
    """Show the next page of one's schools."""
    return Reply(redraw=_panel(ctx, None, after_school=after))


@home.command(name="requests", needs=Permission.REQUEST_READ, about=school_of_card, reads=True, hidden=True)
def _requests(ctx: Context, after: Annotated[str, option("The last request of the page before")]) -> Reply:
    """Show who waits, page by page."""
    return Reply(redraw=_panel(ctx, ctx.school, after_request=after))


@home.command(needs=Permission.REQUEST_DECIDE, about=school_of_card, hidden=True)
def approve(ctx: Context, request: OnCard) -> Reply:
    """Approve a request to join."""
    found, school = on_card(ctx, request)
    join_requests.approve(ctx.uow, ctx.actor, found, school, None)
    return Reply(redraw=_panel(ctx, school))


@home.command(needs=Permission.REQUEST_DECIDE, about=school_of_card, tells=rejection_note, hidden=True)
def reject(ctx: Context, request: OnCard, reason: Reason = "") -> Reply:
    """Reject a request to join."""
    found, school = on_card(ctx, request)
    join_requests.reject(ctx.uow, ctx.actor, found, school, reason)
    return Reply(redraw=_panel(ctx, school))


def _asked_for(ctx: Context, typed: str) -> School | None:
    """Return the school that was typed; if nothing was typed, the one of this place, or None."""
    if typed:
        found = which_school.meant(ctx.uow, ctx.actor, typed)
        person_id = ctx.actor.person_id
        inside = person_id is not None and ctx.uow.members.of(found.id, person_id) is not None
        if not (inside or access.rights_of(ctx.uow, ctx.actor, found).holds):
            raise NotFound("school")
        return found
    try:
        return ctx.meant_school()
    except Refusal:
        return None


def _panel(
    ctx: Context, school: School | None, *, after_school: str = "", after_request: str | None = None
) -> Card:
    person_id = ctx.actor.person_id
    memberships = ctx.uow.members.of_person(person_id) if person_id else ()
    own = _own(ctx, memberships, after_school)
    if school is None and own.found:
        school = own.found[0][0]
    chosen = _chosen(ctx, school, after_request) if school else None
    return cards.panel(own, chosen, _waits(ctx, memberships))


def _own(ctx: Context, memberships: Sequence[Membership], after: str) -> OwnSchools:
    if after and after not in {one.id for one in memberships}:
        raise NotFound("school")
    rest = [one for one in sorted(memberships, key=lambda one: one.id) if one.id > after]
    found = []
    for membership in rest[:SCHOOLS]:
        school = ctx.uow.schools.by_id(membership.school_id)
        if school is not None:
            found.append((school, membership, ctx.uow.members.roles(school.id, membership.person_id)))
    under = () if memberships else which_school.overseen(ctx.uow, ctx.actor, "", OVERSEEN)
    return OwnSchools(found, Page(rest[SCHOOLS - 1].id if len(rest) > SCHOOLS else ""), under)


def _waits(ctx: Context, memberships: Sequence[Membership]) -> list[Block]:
    """Return the invitations that wait for the reader's answer, and the reader's own pending requests."""
    blocks = invited.waiting(addressed.letters_for(ctx.uow, ctx.actor))
    pending = [one for one in memberships if one.standing is Standing.PENDING][:OWN_REQUESTS]
    for membership in pending:
        request = ctx.uow.join_requests.pending_of(membership.school_id, membership.person_id)
        if request is not None:
            card = for_applicant(request_views.view(ctx.uow, request))
            blocks += [Text(card.title), *card.blocks]
    return blocks


def _chosen(ctx: Context, school: School, after: str | None) -> ChosenSchool:
    may = frozenset(access.rights_of(ctx.uow, ctx.actor, school).holds)
    found = []
    if Permission.REQUEST_READ in may:
        found = list(
            ctx.uow.join_requests.listed(school.id, RequestState.PENDING, after=after, limit=REQUESTS + 1)
        )
    return ChosenSchool(
        school,
        may,
        [request_views.view(ctx.uow, one) for one in found[:REQUESTS]],
        Page(found[REQUESTS - 1].id if len(found) > REQUESTS else ""),
        invitations=ctx.uow.invitations.count_usable(school.id, ctx.uow.now),
        people=ctx.uow.members.count_seats(school.id),
    )
