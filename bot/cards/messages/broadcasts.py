"""Cards about broadcasts, which are messages to many people: progress, results, and the list of them."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from zoneinfo import ZoneInfo

from bot.cards.common import PAGE, fields, next_page, people
from bot.cards.tables import table
from bot.chat.actions import Action
from bot.chat.replies import (
    Actions,
    Block,
    Button,
    Card,
    Confirm,
    Item,
    Progress,
    Select,
    Style,
    Table,
    Text,
    Tone,
)
from bot.chat.text import Line, plain, say, verbatim
from bot.core.messages.broadcasts import (
    LONGEST_DELAY,
    Broadcast,
    BroadcastState,
    BroadcastView,
    DeliveryMethod,
    Failure,
    NotSentReason,
    Recipient,
    RecipientState,
)
from bot.core.people.holdings import ERASED
from bot.core.schools.schools import School

_LATEST_HOURS = LONGEST_DELAY // timedelta(hours=1)
_WHY = {
    Failure.REFUSED: say("does not accept messages from me"),
    Failure.GONE: say("is no longer there"),
    Failure.TRIED: say("nobody answered for a day"),
    Failure.NO_WAY: say("this installation sends no e-mail"),
    Failure.QUOTA: say("there were too many e-mails that day"),
    Failure.ERASED: say("was erased"),
    Failure.LEFT: say("has left in the meantime, or is kept out"),
    Failure.LATE: say("it would have come more than {n} hours late", n=_LATEST_HOURS),
}
_BOUNCED = say("the mail server refuses that address")
_NOWHERE = say("no chat and no e-mail address")
_HINDRANCES = {
    NotSentReason.ARCHIVED: say("The school was archived when its time came."),
    NotSentReason.NO_RIGHT: say("Whoever scheduled it is no longer allowed to send it."),
    NotSentReason.NOBODY: say("There was nobody left for it to reach."),
    NotSentReason.QUOTA: say("It would have gone over the daily limit."),
}
_STATES = {
    BroadcastState.DRAFT: say("Draft"),
    BroadcastState.SCHEDULED: say("Scheduled"),
    BroadcastState.SENDING: say("Under way"),
    BroadcastState.DONE: say("Sent"),
    BroadcastState.CANCELLED: say("Cancelled"),
    BroadcastState.REFUSED: say("Not sent"),
}
_BECAME = {
    RecipientState.WAITING: say("Not yet"),
    RecipientState.QUEUED: say("On its way"),
    RecipientState.SENT: say("Sent"),
    RecipientState.FAILED: say("Not reached"),
    RecipientState.OPTED_OUT: say("Wants no messages"),
    RecipientState.NOWHERE: say("Not reached"),
}
_BY = {DeliveryMethod.CHAT: say("Direct message"), DeliveryMethod.MAIL: say("E-mail")}


def command_button(
    broadcast: Broadcast, label: Line, command: str, style: Style = Style.PLAIN, *, ask: bool = False
) -> Button:
    """Return a button that runs a command about a broadcast."""
    return Button(label, Action(command, {"broadcast": broadcast.id}, ask=ask), style)


def shown(view: BroadcastView) -> Card:
    """Show a broadcast in its present state: its progress, or its results."""
    match view.broadcast.state:
        case BroadcastState.DRAFT:
            return _draft(view)
        case BroadcastState.SCHEDULED:
            return _scheduled(view)
        case BroadcastState.SENDING:
            return _sending(view)
        case BroadcastState.REFUSED:
            return _refused(view)
        case BroadcastState.DONE | BroadcastState.CANCELLED:
            return _over(view)


def _named(view: BroadcastView, state: Line) -> Line:
    return say("“{title}”: {state}", title=view.broadcast.title, state=state)


def _words(view: BroadcastView) -> list[Block]:
    broadcast = view.broadcast
    told = ((say("From"), verbatim(view.sender)), (say("School"), verbatim(view.school.name)))
    return [Text(verbatim(broadcast.text)), fields(*told)] if broadcast.text else [fields(*told)]


def _missed(view: BroadcastView) -> Card:
    """Ask what to do with a scheduled broadcast that was not sent in time."""
    broadcast = view.broadcast
    assert broadcast.send_at is not None  # noqa: S101 - it was scheduled
    told = say(
        "It was due to go out {at}, but I was not running. More than {n} hours later it may be out of "
        "date, so nobody got it: it waits for you.",
        at=broadcast.send_at,
        n=_LATEST_HOURS,
    )
    buttons = (
        command_button(broadcast, say("Send now"), "message go", Style.PRIMARY),
        command_button(broadcast, say("Another time"), "message later", ask=True),
        command_button(broadcast, say("Look at it again"), "message look"),
        command_button(broadcast, say("Discard"), "message cancel"),
    )
    blocks = (Text(told), *_words(view), Actions(buttons))
    return Card(_named(view, say("not sent")), blocks, tone=Tone.BAD)


def _draft(view: BroadcastView) -> Card:
    broadcast = view.broadcast
    if broadcast.missed:
        return _missed(view)
    buttons = (
        command_button(broadcast, say("Look at it again"), "message look", Style.PRIMARY),
        command_button(broadcast, say("Discard"), "message cancel"),
    )
    return Card(_named(view, say("a draft")), (*_words(view), Actions(buttons)))


def _scheduled(view: BroadcastView) -> Card:
    broadcast = view.broadcast
    assert broadcast.send_at is not None  # noqa: S101 - it is scheduled
    title = _named(view, say("goes out {at}", at=broadcast.send_at))
    told = Text(
        say("The list of people is made at that time: whoever has joined by then gets it too."), quiet=True
    )
    confirm = Confirm(say("Cancel this message?"), say("Nobody gets it."), say("Cancel the message"))
    cancel = Action("message cancel", {"broadcast": broadcast.id})
    buttons = (
        command_button(broadcast, say("Send now"), "message go"),
        command_button(broadcast, say("Another time"), "message later", ask=True),
        Button(say("Cancel"), cancel, Style.DANGER, confirm),
    )
    return Card(title, (*_words(view), told, Actions(buttons)), tone=Tone.WAITING)


def _sending(view: BroadcastView) -> Card:
    broadcast = view.broadcast
    title = _named(view, say("under way"))
    progress = Progress(view.total - view.unsent, view.total, say("Sent or seen to"))
    confirm = Confirm(
        say("Stop this message?"),
        say("People who already have it keep it; nobody else gets it."),
        say("Stop the message"),
    )
    stop = Action("message cancel", {"broadcast": broadcast.id})
    buttons = (
        command_button(broadcast, say("Look again"), "message show"),
        Button(say("Stop"), stop, Style.DANGER, confirm),
        command_button(broadcast, say("Everyone"), "message who"),
    )
    told = Text(say("It carries on by itself, and I will send you a message about how it went."), quiet=True)
    return Card(title, (progress, _numbers(view), told, Actions(buttons)), tone=Tone.WAITING)


def _numbers(view: BroadcastView) -> Block:
    over = not view.broadcast.state.open
    numbers = (
        (say("Sent by direct message"), view.sent(DeliveryMethod.CHAT)),
        (say("Sent by e-mail"), view.sent(DeliveryMethod.MAIL)),
        (say("Never sent") if over else say("Not yet"), view.unsent),
        (say("Not reached"), view.number(RecipientState.FAILED, RecipientState.NOWHERE)),
        (say("Want no messages"), view.number(RecipientState.OPTED_OUT)),
    )
    found = [(name, say("{n}", n=number)) for name, number in numbers if number]
    return fields(*(found or [(say("Sent"), say("{n}", n=0))]))


def _refused(view: BroadcastView) -> Card:
    broadcast = view.broadcast
    why = _HINDRANCES[broadcast.hindrance or NotSentReason.NO_RIGHT]
    return Card(_named(view, say("not sent")), (Text(why), *_words(view)), tone=Tone.BAD)


def _over(view: BroadcastView) -> Card:
    broadcast = view.broadcast
    cancelled = broadcast.state is BroadcastState.CANCELLED
    number = view.number(RecipientState.SENT)
    state = say("cancelled") if cancelled else say("sent to {people}", people=people(number))
    if cancelled and not view.total:
        return Card(_named(view, state), (Text(say("Nobody got it.")),))
    missed = [(verbatim(one.name or ERASED), _why(one.recipient)) for one in view.missed]
    table = [Table((say("Not reached"), say("Why")), tuple(missed))] if missed else []
    lost = view.number(RecipientState.FAILED, RecipientState.NOWHERE) - view.not_for
    buttons = [command_button(broadcast, say("Everyone"), "message who")]
    if lost and not cancelled:
        label = say("Try again for {people}", people=people(lost))
        buttons.insert(0, command_button(broadcast, label, "message again"))
    blocks: list[Block] = [_numbers(view), *table, Actions(tuple(buttons))]
    return Card(_named(view, state), tuple(blocks), tone=Tone.NEUTRAL if cancelled else Tone.GOOD)


def _why(recipient: Recipient) -> Line:
    if recipient.state is RecipientState.NOWHERE:
        return _NOWHERE
    if (recipient.by, recipient.why) == (DeliveryMethod.MAIL, Failure.REFUSED):
        return _BOUNCED
    return _WHY[recipient.why] if recipient.why else say("")


def everyone(view: BroadcastView, entries: Sequence[tuple[Recipient, str, str]]) -> Callable[[], Card]:
    """Return a deferred card with all recipients of a broadcast as a spreadsheet."""

    def make_card() -> Card:
        header = ("name", "e-mail", "state", "by", "why", f"when ({view.school.zone})")
        rows = [_row(view, *one) for one in entries]
        title = say("“{title}”: {people}", title=view.broadcast.title, people=people(len(rows)))
        alt = say("Everyone the message was for, as a spreadsheet")
        return Card(title, (table("recipients", header, rows, alt),))

    return make_card


def _row(view: BroadcastView, one: Recipient, name: str, email: str) -> tuple[str, ...]:
    """Return the row of one recipient: what became of the broadcast for them."""
    became = _BECAME[one.state]
    if not view.broadcast.state.open and one.state in {RecipientState.WAITING, RecipientState.QUEUED}:
        became = say("Never sent")
    by = plain(_BY[one.by]) if one.by else ""
    at = f"{one.at.astimezone(ZoneInfo(view.school.zone)):%Y-%m-%d %H:%M:%S}" if one.at else ""
    return name, email, plain(became), by, plain(_why(one)), at


def listed(school: School, found: Sequence[Broadcast], *, here: str) -> Card:
    """List a school's broadcasts, newest first."""
    title = say("Messages to people of {school}", school=school.name)
    fresh = Action("message send", {"school": school.id}, ask=True)
    write = Button(say("Write a message"), fresh, Style.PRIMARY)
    page = found[:PAGE]
    if not page:
        nothing = Text(say("There are none yet. Write one here, or with `{here}`.", here=here))
        return Card(title, (nothing, Actions((write,))))
    names = (say("Subject"), say("State"), say("When"))
    rows = tuple((verbatim(one.title), _state(one), _when(one)) for one in page)
    items = tuple(Item(one.id, say("{title}", title=one.title or "—"), _state(one)) for one in page)
    opens = Select(say("Open a message"), Action("message open"), "broadcast", items, each=say("Open"))
    blocks: list[Block] = [Table(names, rows), opens]
    if len(found) > PAGE:
        blocks.append(next_page(say("Older"), Action("message older", {"after": page[-1].id})))
    return Card(title, (*blocks, Actions((write,))))


def _state(broadcast: Broadcast) -> Line:
    return _STATES[BroadcastState.REFUSED if broadcast.missed else broadcast.state]


def _when(broadcast: Broadcast) -> Line:
    return say("{at}", at=broadcast.started_at or broadcast.send_at or broadcast.created_at)


def from_plan(school: School, number: int, values: dict[str, str]) -> Card:
    """Offer to write a broadcast to the people whom a filter matches."""
    title = say("Message {people} of {school}", people=people(number), school=school.name)
    told = Text(say("First you write it and see it as three of them would read it. Nobody gets it yet."))
    try:
        action = Action("message send", {**values, "school": school.id}, ask=True)
        action.pack()
    except ValueError:
        return Card(title, (Text(say("That search is too long for a button: type it with the message.")),))
    return Card(title, (told, Actions((Button(say("Write the message"), action, Style.PRIMARY),))))
