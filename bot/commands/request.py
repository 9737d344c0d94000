"""/request: decide join requests."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import islice
from typing import Annotated

from bot.cards.common import PAGE
from bot.cards.invitations.invitations import welcome
from bot.cards.requests import join_requests as cards
from bot.cards.requests import waiting as waiting_cards
from bot.chat.commands import Group
from bot.chat.context import Context
from bot.chat.limits import SUGGESTIONS
from bot.chat.options import Start, Suggest, option
from bot.chat.replies import Card, Item, Reply
from bot.chat.text import Line, say, verbatim
from bot.commands.common import roles_to_give, schools_meant
from bot.commands.mentions import mentioned
from bot.core.errors import BadValue, Declared, NameUnclear, NotFound
from bot.core.ids import is_id
from bot.core.joining_errors import AlreadyDecided
from bot.core.people import members
from bot.core.requests import asking, join_requests, reopening
from bot.core.requests import care as request_care
from bot.core.requests import views as request_views
from bot.core.requests.join_requests import JoinRequest, RequestState
from bot.core.rights import access
from bot.core.rights.actors import AccountKey
from bot.core.rights.permissions import Permission
from bot.core.schools.schools import School

request = Group("request", "Decide who comes in")

Reason = Annotated[str, option("What the applicant reads; may be empty", maximum=500, lines=True)]
# How many requests are looked through for those that a command can do something with.
_LOOKED_THROUGH = 200
OnCard = Annotated[str, option("Who waits")]


def school_of_card(ctx: Context) -> School:
    """Find the school of the request that a button names, or of the last one on the previous page."""
    return on_card(ctx, ctx.value("request") or ctx.value("after"))[1]


def on_card(ctx: Context, request_id: str) -> tuple[JoinRequest, School]:
    """Find the request that a button names, and its school."""
    return ctx.found(join_requests.find, request_id)


def _schools(ctx: Context) -> Sequence[School]:
    """Return the schools among whose requests a typed name is looked for."""
    return schools_meant(ctx, Permission.REQUEST_READ)


def _suggesting(fits: Callable[[Context, JoinRequest, School], bool]) -> Suggest:
    """Return a function that suggests the pending requests that fit, longest waiting first."""

    def suggest(ctx: Context, typed: str) -> Sequence[Item]:
        may = Permission.REQUEST_READ  # to decide requests is a right of its own, which shows nobody's name
        places = [one for one in _schools(ctx) if access.holds(ctx.uow, ctx.actor, may, one)]
        found = (
            Item(one.id, say("{name}", name=name), _hint(one, school if len(places) > 1 else None))
            for school in places
            for one, name in ctx.uow.join_requests.pending_by_name(
                school.id, typed, whole=False, limit=_LOOKED_THROUGH
            )
            if fits(ctx, one, school)
        )
        return list(islice(found, SUGGESTIONS))

    return suggest


def _hint(one: JoinRequest, school: School | None) -> Line:
    """Tell requests of people with the same name apart."""
    return verbatim(school.name) if school else say("Asked {at}", at=one.submitted_at)


def _others(ctx: Context, one: JoinRequest) -> bool:
    return one.person_id != ctx.actor.person_id


def _free(ctx: Context, one: JoinRequest, school: School) -> bool:
    return not join_requests.claim_stands(ctx.uow, one, school)


_waiting = _suggesting(lambda *_: True)
_undecided = _suggesting(lambda ctx, one, _: _others(ctx, one))
_unclaimed = _suggesting(lambda ctx, one, school: _others(ctx, one) and _free(ctx, one, school))
_claimed = _suggesting(lambda ctx, one, school: _others(ctx, one) and not _free(ctx, one, school))
_gone = _suggesting(lambda ctx, one, _: _others(ctx, one) and one.gone_at is not None)


def _find(ctx: Context, typed: str) -> tuple[JoinRequest, School]:
    """Find a request by its id, or by its applicant's name, address or mention."""
    return ctx.once(_looked_for, typed.strip())


def _looked_for(ctx: Context, typed: str) -> tuple[JoinRequest, School]:
    try:
        return on_card(ctx, typed)
    except NotFound:
        if not typed or is_id(typed):
            raise
    places = _schools(ctx)
    for one in places:
        access.require(ctx.uow, ctx.actor, Permission.REQUEST_READ, one)
    if (account := mentioned(ctx, typed)) is not None:
        return _in_one_of(places, lambda school: _of_account(ctx, school, account))
    if members.is_address(typed):
        return _in_one_of(places, lambda school: _decided_of(ctx, school, typed))
    by_name = ctx.uow.join_requests.pending_by_name
    found = [(one, school) for school in places for one, _ in by_name(school.id, typed, whole=True, limit=2)]
    if len(found) > 1:
        problem = f"could mean several people: “{typed[:40]}”; choose one in the list"
        raise BadValue(Declared("request"), problem)
    return found[0] if found else _in_one_of(places, lambda school: _decided_of(ctx, school, typed))


def _in_one_of(places: Sequence[School], find: Callable[[School], JoinRequest]) -> tuple[JoinRequest, School]:
    """Return the newest request that is found in one of these schools, waiting ones first."""
    found = []
    for school in places:
        with suppress(NotFound):
            found.append((find(school), school))
    if not found:
        raise NotFound("request")
    return max(found, key=lambda one: (one[0].state is RequestState.PENDING, one[0].id))


def _of_account(ctx: Context, school: School, account: AccountKey) -> JoinRequest:
    person = ctx.uow.people.by_account(account)
    return _newest(ctx, school, person.id if person else None)


def _decided_of(ctx: Context, school: School, typed: str) -> JoinRequest:
    """Find a member's latest request, which another approver may just have decided: the actor is told so."""
    try:
        person_id = members.find(ctx.uow, school, typed).membership.person_id
    except (NotFound, NameUnclear):
        raise NotFound("request") from None
    return _newest(ctx, school, person_id)


def _newest(ctx: Context, school: School, person_id: str | None) -> JoinRequest:
    found = ctx.uow.join_requests.last_of(school.id, person_id) if person_id else None
    if found is None:
        raise NotFound("request")
    return found


def _school_of_request(ctx: Context) -> School:
    typed = ctx.value("request")
    return _find(ctx, typed)[1] if typed else _schools(ctx)[0]


@request.command(name="list", needs=Permission.REQUEST_READ, reads=True)
def _list(
    ctx: Context,
    state: Annotated[
        RequestState, option("Which requests; the waiting ones, if empty")
    ] = RequestState.PENDING,
) -> Card:
    """List who asks to join, longest waiting first."""
    return _page(ctx, state, after=None)


@request.command(needs=Permission.REQUEST_READ, about=school_of_card, reads=True, hidden=True)
def later(
    ctx: Context,
    after: Annotated[str, option("The last request of the page before")],
    state: Annotated[RequestState, option("Which requests")] = RequestState.PENDING,
) -> Reply:
    """Show the next page of requests."""
    return Reply(redraw=_page(ctx, state, after=after))


def _page(ctx: Context, state: RequestState, *, after: str | None) -> Card:
    found = ctx.uow.join_requests.listed(ctx.school.id, state, after=after, limit=PAGE + 1)
    views = [request_views.view(ctx.uow, one) for one in found[:PAGE]]
    return cards.listed(views, ctx.school, state, more=len(found) > PAGE)


@request.command(needs=Permission.REQUEST_READ, about=_school_of_request, reads=True)
def show(ctx: Context, request: Annotated[str, option("Who waits", suggest=_waiting)]) -> Card:
    """Show one request."""
    return cards.for_approver(request_views.view(ctx.uow, _find(ctx, request)[0]), private=True)


@request.command(needs=Permission.REQUEST_DECIDE, about=_school_of_request)
def approve(
    ctx: Context,
    request: Annotated[str, option("Who waits", suggest=_undecided)],
    role: Annotated[
        str | None, option("Their role; the one on the request, if empty", suggest=roles_to_give)
    ] = None,
) -> Reply:
    """Approve a request to join."""
    found, school = _find(ctx, request)
    return _decided(ctx, join_requests.approve(ctx.uow, ctx.actor, found, school, role))


def rejection_note(ctx: Context) -> Line | None:
    """Return the note of the form that rejects a request; raise `AlreadyDecided` if it is not pending."""
    if not (typed := ctx.value("request")):
        return None
    view = request_views.view(ctx.uow, _find(ctx, typed)[0])
    if view.request.state is not RequestState.PENDING:
        raise AlreadyDecided(view.request)
    return cards.rejecting(view)


@request.command(needs=Permission.REQUEST_DECIDE, about=_school_of_request, tells=rejection_note)
def reject(
    ctx: Context,
    request: Annotated[str, option("Who waits", suggest=_undecided)],
    reason: Reason = "",
) -> Reply:
    """Reject a request to join."""
    found, school = _find(ctx, request)
    return _decided(ctx, join_requests.reject(ctx.uow, ctx.actor, found, school, reason))


def _decided(ctx: Context, decided: JoinRequest) -> Reply:
    return Reply(redraw=cards.for_approver(request_views.view(ctx.uow, decided), private=not ctx.clicked))


@request.command(needs=Permission.REQUEST_DECIDE, about=_school_of_request)
def claim(ctx: Context, request: Annotated[str, option("Who waits", suggest=_unclaimed)]) -> Reply:
    """Say that you are dealing with a request."""
    found, school = _find(ctx, request)
    return _decided(ctx, request_care.claim(ctx.uow, ctx.actor, found, school))


@request.command(needs=Permission.REQUEST_DECIDE, about=_school_of_request)
def release(ctx: Context, request: Annotated[str, option("Who waits", suggest=_claimed)]) -> Reply:
    """Let others deal with a request again."""
    found, school = _find(ctx, request)
    return _decided(ctx, request_care.release(ctx.uow, ctx.actor, found, school))


@request.command(needs=Permission.REQUEST_DECIDE, about=_school_of_request)
def snooze(
    ctx: Context,
    request: Annotated[str, option("Who waits", suggest=_undecided)],
    until: Annotated[
        Start | None, option("When to remind you: 2h, tomorrow 9:00; in 4 hours, if empty")
    ] = None,
) -> Card:
    """Be reminded of a request later; only you are."""
    found, school = _find(ctx, request)
    at = until or ctx.uow.now + request_care.SNOOZE
    request_care.snooze(ctx.uow, ctx.actor, found, school, at)
    return waiting_cards.snoozed(request_views.view(ctx.uow, found), at)


@request.command(needs=Permission.REQUEST_DECIDE, about=_school_of_request)
def close(ctx: Context, request: Annotated[str, option("Who has left", suggest=_gone)]) -> Reply:
    """Close the request of somebody who has left the platform."""
    found, school = _find(ctx, request)
    return _decided(ctx, request_care.close(ctx.uow, ctx.actor, found, school))


@request.command(needs=Permission.REQUEST_DECIDE, about=_school_of_request)
def reopen(ctx: Context, request: Annotated[str, option("Who was rejected: their name")]) -> Reply:
    """Take back a rejection: they wait again, and are told so."""
    found, school = _find(ctx, request)
    return _decided(ctx, reopening.reopen(ctx.uow, ctx.actor, found, school))


@request.command(hidden=True)
def again(ctx: Context, request: Annotated[str, option("One's own request")]) -> Reply:
    """Ask again, after a request that nobody answered."""
    found, school = join_requests.find(ctx.uow, ctx.actor, request)
    fresh = asking.ask_again(ctx.uow, ctx.actor, found)
    if fresh is None:
        return Reply(redraw=welcome(school, school.default_role))
    return Reply(redraw=cards.for_applicant(request_views.view(ctx.uow, fresh)))


@request.command(hidden=True)
def withdraw(ctx: Context, request: Annotated[str, option("One's own request")]) -> Reply:
    """Withdraw your own request."""
    found, _ = join_requests.find(ctx.uow, ctx.actor, request)
    decided = join_requests.withdraw(ctx.uow, ctx.actor, found)
    return Reply(redraw=cards.for_applicant(request_views.view(ctx.uow, decided)))
