"""Cards about join requests: for approvers, for applicants, and lists."""

from collections.abc import Sequence

from bot.cards.common import contact, fields, next_page, optional
from bot.cards.invitations.invitations import welcome
from bot.cards.requests import mirrors, questions
from bot.chat.actions import Action
from bot.chat.replies import Actions, Block, Button, Card, Confirm, Item, Select, Style, Table, Text, Tone
from bot.chat.text import Line, say, verbatim
from bot.core.notices import destinations
from bot.core.requests import asking
from bot.core.requests.join_requests import JoinRequest, RequestState
from bot.core.requests.mirror_ports import PlatformRequestState
from bot.core.requests.views import RequestView
from bot.core.schools.schools import School
from bot.core.values import replace

_TONES = {
    RequestState.PENDING: Tone.WAITING,
    RequestState.APPROVED: Tone.GOOD,
    RequestState.REJECTED: Tone.BAD,
    RequestState.WITHDRAWN: Tone.NEUTRAL,
    RequestState.LAPSED: Tone.NEUTRAL,
    RequestState.CLOSED: Tone.NEUTRAL,
}


def for_approver(view: RequestView, *, private: bool = False) -> Card:
    """Show a join request to approvers, with buttons while it is pending."""
    request = view.request
    decided = fields(
        (say("Status"), status(view)),
        (say("Reason"), optional(request.reason)),
    )
    return Card(
        title=say("{name} asks to join {school}", name=view.applicant, school=view.school.name),
        blocks=(
            fields(
                (say("Role"), verbatim(roles(request))),
                (say("Invited by"), verbatim(view.invited_by) if view.invited_by else None),
                (say("Asked"), say("{at}", at=request.submitted_at)),
                (say("Their invitation was"), verbatim(request.late) if request.late else None),
                (say("Banned"), say("From a server or workspace of yours") if view.banned else None),
                (say("On Discord"), mirrors.status_there(view.on_platform)),
                *_meanwhile(view),
            ),
            *_answers(request, private=private),
            *(_decide(view) if request.state is RequestState.PENDING else (decided,)),
            *(_reopen(request) if private and request.state is RequestState.REJECTED else ()),
        ),
        private=private,
        tone=_TONES[request.state],
        glance=say("Somebody asks to join {school}", school=view.school.name),
    )


def _reopen(request: JoinRequest) -> tuple[Block, ...]:
    """Offer to take a rejection back: on a private card only, since a card in a channel stays as it ended."""
    confirm = Confirm(
        say("Take this rejection back?"),
        say("They wait for a decision again, and are told so."),
        say("Take it back"),
    )
    action = Action("request reopen", {"request": request.id})
    return (Actions((Button(say("Take it back"), action, confirm=confirm),)),)


def rejecting(view: RequestView) -> Line:
    """Return the note of the form that rejects a join request: who is about to be rejected."""
    return say("**{name}** asks to join {school}.", name=view.applicant, school=view.school.name)


def _answers(request: JoinRequest, *, private: bool) -> tuple[Block, ...]:
    """Show the answers to the school's questions; a card in a channel has only a button that shows them."""
    if not request.answers:
        return ()
    if private:
        return (questions.answers(request.answers),)
    show = Button(say("Read the answers"), Action("request show", {"request": request.id}))
    return (Actions((show,)),)


def _meanwhile(view: RequestView) -> tuple[tuple[Line, Line | None], ...]:
    """Return fields with what happened to a pending request: who is on it, and whether the applicant left."""
    request = view.request
    if request.state is not RequestState.PENDING:
        return ()
    return (
        (say("Status"), status(view) if view.claimed_by else None),
        (say("Applicant"), say("Has left, {at}", at=request.gone_at) if request.gone_at else None),
    )


def _meanwhile_buttons(request: JoinRequest) -> tuple[Button, ...]:
    """Return the buttons that do something with a pending request other than deciding it."""
    values = {"request": request.id}
    if request.claimed_by:
        claim = Button(say("Let go"), Action("request release", values))
    else:
        claim = Button(say("I am on it"), Action("request claim", values))
    later = Button(say("Remind me later"), Action("request snooze", values))
    close = Button(say("Close"), Action("request close", values))
    return (claim, later, *((close,) if request.gone_at else ()))


def _decide(view: RequestView) -> tuple[Block, ...]:
    request = {"request": view.request.id}
    # Any approver may read the card, so it offers all roles of the school; the click is checked.
    others = tuple(Item(name, verbatim(name)) for name in view.roles if name != view.request.role)
    return (
        Actions((*_approve_or_reject(view), *_meanwhile_buttons(view.request))),
        Select(say("Approve with another role"), Action("request approve", request), "role", others),
    )


def roles(request: JoinRequest) -> str:
    """Return the roles that a request is for, or that were given to the applicant."""
    return ", ".join(request.roles)


def brief(view: RequestView, *, decides: bool) -> list[Block]:
    """Show a pending request as a line of the panel; further buttons are on its own card."""
    request = {"request": view.request.id}
    line = say(
        "**{name}** asks to be {role}, {at}",
        name=view.applicant,
        role=roles(view.request),
        at=view.request.submitted_at,
    )
    opened = Button(say("Open"), Action("request show", request))
    buttons = (*_approve_or_reject(view, "home"), opened) if decides else (opened,)
    return [Text(line), Actions(buttons)]


def _approve_or_reject(view: RequestView, of: str = "request") -> tuple[Button, Button]:
    """Return the buttons that decide a request.

    They run commands of the group `of`: those of `request` replace the request's own card, and those of other
    groups (such as `home`) leave the clicked card in its place.
    """
    request = {"request": view.request.id}
    label = say("Approve as {role}", role=roles(view.request))
    return (
        Button(label, Action(f"{of} approve", request), Style.PRIMARY),
        Button(say("Reject"), Action(f"{of} reject", request, ask=True), Style.DANGER),
    )


def status(view: RequestView) -> Line:
    """Return the status of a request, with who decided it and when."""
    request = view.request
    at = request.decided_at
    who = view.decided_by or "?"
    if at is None or request.state is RequestState.PENDING:
        return say("{who} is on it", who=view.claimed_by) if view.claimed_by else say("Waiting")
    match request.state:
        case RequestState.APPROVED:
            return say("Approved as **{role}** by {who}, {at}", role=roles(request), who=who, at=at)
        case RequestState.REJECTED:
            return say("Rejected by {who}, {at}", who=who, at=at)
        case RequestState.WITHDRAWN:
            return say("Withdrawn by the applicant, {at}", at=at)
        case RequestState.LAPSED:
            return say("Lapsed unanswered, {at}", at=at)
        case RequestState.CLOSED:
            return _closed(view)


def _closed(view: RequestView) -> Line:
    at = view.request.decided_at
    assert at is not None  # noqa: S101 - it is decided
    if view.on_platform is PlatformRequestState.TURNED_AWAY:
        return say("Closed, {at}: turned away on Discord", at=at)
    return say("Closed by {who}, {at}: the applicant has left", who=view.decided_by or "?", at=at)


def for_applicant(view: RequestView) -> Card:
    """Show applicants their own request, without who decided it."""
    request, school = view.request, view.school
    title = say("Your request to join {school}", school=school.name)
    asked = (say("Asked"), say("{at}", at=request.submitted_at))
    extra: Block = Text(contact(school), quiet=True)
    match request.state:
        case RequestState.PENDING:
            withdraw = Button(
                say("Withdraw"),
                Action("request withdraw", {"request": request.id}),
                confirm=Confirm(
                    say("Withdraw your request?"),
                    say("Your use of the invitation is not given back: you may need a new one to ask again.")
                    if request.invitation_id and not request.late
                    else say("You can ask again."),
                    say("Withdraw"),
                ),
            )
            state = say("Waiting for an admin")
            extra = Actions((withdraw,))
        case RequestState.APPROVED:
            state = say("Approved: you are **{role}**", role=roles(request))
        case RequestState.REJECTED:
            state = say("Rejected")
        case RequestState.WITHDRAWN:
            state = say("Withdrawn by you")
        case RequestState.LAPSED:
            state, extra = say("Not answered in time"), _again(request)
        case RequestState.CLOSED if view.on_platform is PlatformRequestState.TURNED_AWAY:
            state = say("Turned away on Discord")
        case RequestState.CLOSED:
            state, extra = say("Closed because you could not be reached"), _again(request)
    pairs = ((say("Status"), state), (say("Reason"), optional(request.reason)), asked)
    return Card(title, (fields(*pairs), extra), tone=_TONES[request.state])


def outcome(view: RequestView) -> Card:
    """Tell applicants the outcome of their request."""
    request, school = view.request, view.school
    if request.state is RequestState.APPROVED:
        return _welcomed(view)
    if request.state is not RequestState.REJECTED:
        return lapsed(view)
    return Card(
        title=say("Your request to join {school} was rejected", school=school.name),
        blocks=(
            Text(
                say("Reason: {reason}", reason=request.reason)
                if request.reason
                else say("No reason was given.")
            ),
            *_later(view),
            Text(contact(school), quiet=True),
        ),
        tone=_TONES[request.state],
    )


def _later(view: RequestView) -> list[Text]:
    at = asking.can_ask_again_at(view.school, view.request)
    return [Text(say("You can ask again after {at}.", at=at))] if at else []


def _welcomed(view: RequestView) -> Card:
    """Welcome an applicant; one without a chat is told to open the invitation's page again."""
    card = welcome(view.school, roles(view.request))
    if destinations.chat(view.request.account) is not None:
        return card
    again = Text(say("Open the link of your invitation again: its page shows where the school meets."))
    return replace(card, blocks=(*card.blocks[:-1], again, card.blocks[-1]))


def lapsed(view: RequestView) -> Card:
    """Tell applicants that nobody answered their request in time."""
    told = say("We are sorry: nobody got to it in time. You can ask again right away.")
    return Card(
        say("Your request to join {school} was not answered", school=view.school.name),
        (Text(told), _again(view.request), Text(contact(view.school), quiet=True)),
    )


def _again(request: JoinRequest) -> Block:
    again = Action("request again", {"request": request.id})
    return Actions((Button(say("Ask again"), again, Style.PRIMARY),))


def listed(found: Sequence[RequestView], school: School, state: RequestState | None, *, more: bool) -> Card:
    """List join requests, oldest first, with a menu that opens one."""
    title = say("Requests to join {school}", school=school.name)
    if not found:
        none = say("Nobody is waiting.") if state is RequestState.PENDING else say("There are none.")
        return Card(title, (Text(none),))
    rows = tuple(
        (verbatim(view.applicant), say("{at}", at=view.request.submitted_at), status(view)) for view in found
    )
    items = tuple(Item(view.request.id, verbatim(view.applicant), hint=status(view)) for view in found)
    blocks: list[Block] = [
        Table((say("Who"), say("Asked"), say("Status")), rows),
        Select(say("Open a request"), Action("request show"), "request", items, each=say("Open")),
    ]
    if more:
        values = {"after": found[-1].request.id, "state": state.value if state else ""}
        page = Action("request later", {name: value for name, value in values.items() if value})
        blocks.append(next_page(say("Newer"), page))
    return Card(title, tuple(blocks))
