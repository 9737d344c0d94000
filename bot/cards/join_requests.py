"""Cards about requests to join: the approver's, the applicant's, and lists."""

from collections.abc import Sequence

from bot.cards import mirrors, questions
from bot.cards.common import contact, fields, further, optional
from bot.cards.invitations import welcome
from bot.chat.actions import Action
from bot.chat.replies import Actions, Block, Button, Card, Confirm, Item, Select, Style, Table, Text, Tone
from bot.chat.text import Line, say, verbatim
from bot.core import asking, destinations
from bot.core.join_requests import JoinRequest, RequestState
from bot.core.mirror_ports import Fate
from bot.core.request_views import RequestView
from bot.core.schools import School, SchoolAccess
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
    """Show a request to those who decide, with the buttons while it waits."""
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
                (say("On Discord"), mirrors.there(view.there)),
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
    """Offer whoever looks a rejection up to take it back; a card that everybody has stays as it ended."""
    ask = Confirm(
        say("Take this rejection back?"),
        say("They wait for a decision again, and are told so."),
        say("Take it back"),
    )
    action = Action("request reopen", {"request": request.id})
    return (Actions((Button(say("Take it back"), action, confirm=ask),)),)


def rejecting(view: RequestView) -> Line:
    """Name who is about to be rejected."""
    return say("**{name}** asks to join {school}.", name=view.applicant, school=view.school.name)


def _answers(request: JoinRequest, *, private: bool) -> tuple[Block, ...]:
    """Show the answers to one reader alone: a card in a channel has a button that shows them."""
    if not request.answers:
        return ()
    if private:
        return (questions.answers(request.answers),)
    show = Button(say("Read the answers"), Action("request show", {"request": request.id}))
    return (Actions((show,)),)


def _meanwhile(view: RequestView) -> tuple[tuple[Line, Line | None], ...]:
    """Say what has happened to a request while it waits."""
    request = view.request
    if request.state is not RequestState.PENDING:
        return ()
    return (
        (say("Status"), status(view) if view.claimed_by else None),
        (say("Applicant"), say("Has left, {at}", at=request.gone_at) if request.gone_at else None),
    )


def _meanwhile_buttons(request: JoinRequest) -> tuple[Button, ...]:
    """Offer what can be done with a request short of deciding it."""
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
    # A card in a channel is everybody's, so it offers all school roles; the click is checked.
    others = tuple(Item(name, verbatim(name)) for name in view.roles if name != view.request.role)
    return (
        Actions((*_approve_or_reject(view), *_meanwhile_buttons(view.request))),
        Select(say("Approve with another role"), Action("request approve", request), "role", others),
    )


def roles(request: JoinRequest) -> str:
    """Name all roles that a request is for, or that its applicant was given."""
    return ", ".join(request.roles)


def brief(view: RequestView, *, decides: bool) -> list[Block]:
    """Show a waiting request in a line of the panel; further buttons are on its card."""
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
    """Offer to decide: on a request's own card, or on one of another group's that stays where it is."""
    request = {"request": view.request.id}
    label = say("Approve as {role}", role=roles(view.request))
    return (
        Button(label, Action(f"{of} approve", request), Style.PRIMARY),
        Button(say("Reject"), Action(f"{of} reject", request, ask=True), Style.DANGER),
    )


def status(view: RequestView) -> Line:
    """Say how a request stands, who decided it and when."""
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
    if view.there is Fate.TURNED_AWAY:
        return say("Closed, {at}: turned away on Discord", at=at)
    return say("Closed by {who}, {at}: the applicant has left", who=view.decided_by or "?", at=at)


def for_applicant(view: RequestView) -> Card:
    """Show applicants their own request; who decided is the school's affair."""
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
                    if request.invitation_id
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
        case RequestState.CLOSED if view.there is Fate.TURNED_AWAY:
            state = say("Turned away on Discord")
        case RequestState.CLOSED:
            state, extra = say("Closed because you could not be reached"), _again(request)
    pairs = ((say("Status"), state), (say("Reason"), optional(request.reason)), asked)
    return Card(title, (fields(*pairs), extra), tone=_TONES[request.state])


def outcome(view: RequestView) -> Card:
    """Tell applicants what was decided."""
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
    """Say when somebody who was turned away may ask again, where people come by asking."""
    at = asking.asks_again_at(view.school, view.request)
    if at is None or view.school.archived or view.school.access is not SchoolAccess.PUBLIC:
        return []
    return [Text(say("You can ask again after {at}.", at=at))]


def _welcomed(view: RequestView) -> Card:
    """Welcome somebody; who asked on the invitation's page, without a chat, is told the way back to it."""
    card = welcome(view.school, roles(view.request))
    if destinations.chat(view.request.account) is not None:
        return card
    again = Text(say("Open the link of your invitation again: its page shows where the school meets."))
    return replace(card, blocks=(*card.blocks[:-1], again, card.blocks[-1]))


def lapsed(view: RequestView) -> Card:
    """Tell applicants that nobody has answered them, which is not their fault."""
    told = say("We are sorry: nobody got to it in time. You can ask again right away.")
    return Card(
        say("Your request to join {school} was not answered", school=view.school.name),
        (Text(told), _again(view.request), Text(contact(view.school), quiet=True)),
    )


def _again(request: JoinRequest) -> Block:
    again = Action("request again", {"request": request.id})
    return Actions((Button(say("Ask again"), again, Style.PRIMARY),))


def listed(found: Sequence[RequestView], school: School, state: RequestState | None, *, more: bool) -> Card:
    """List requests, oldest first, with a way to open each."""
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
        blocks.append(further(say("Newer"), page))
    return Card(title, tuple(blocks))
