"""Cards of broadcasts that are not sent yet: a preview as some of the recipients will read it."""

from collections.abc import Iterable

from bot.cards.common import fields, people
from bot.cards.messages.broadcasts import command_button
from bot.chat.actions import Action
from bot.chat.replies import Actions, Block, Button, Card, Confirm, Style, Text, Tone
from bot.chat.text import Line, count, plain, say, verbatim
from bot.core.messages.broadcasts import Broadcast
from bot.core.messages.drafts import Preview, Sample

_TAGS = {
    "first_name": (say("first name"), say("their full name is used")),
    "last_name": (say("last name"), say("it is left empty")),
    "email": (say("e-mail address"), say("it is left empty")),
}


def preview(shown: Preview, *, mails: bool) -> Card:
    """Show whom a draft reaches and how some of them will read it, and ask when to send it."""
    broadcast, counts = shown.broadcast, shown.counts
    school = shown.school.name
    if not counts.reached:
        return Card(
            say("That message would reach nobody in {school}", school=school),
            (_reach(shown), Text(say("Try a different search, or let people in first."), quiet=True)),
        )
    blocks: list[Block] = []
    if shown.stale:
        blocks.append(Text(say("Things have changed since you looked. This is how they stand now.")))
    blocks.append(_reach(shown))
    if counts.mail and not mails:
        blocks.append(
            Text(say("This installation sends no e-mail: people who are not in a chat get nothing."))
        )
    if broadcast.send_at is not None and not broadcast.missed:
        blocks.append(Text(say("The time you said: {at}.", at=broadcast.send_at)))
    blocks += [Text(_lacks(tag, number)) for tag, number in counts.lacking.items()]
    blocks += [block for sample in shown.samples for block in _sample(sample)]
    title = say("Message to {people} of {school}", people=people(counts.reached), school=school)
    blocks.append(Actions(tuple(_choices(broadcast, title))))
    return Card(title, tuple(blocks), tone=Tone.WAITING)


def _reach(shown: Preview) -> Block:
    counts = shown.counts
    numbers = (
        (say("By direct message"), counts.chat),
        (say("By e-mail"), counts.mail),
        (say("Want no messages"), counts.opted_out),
        (say("No chat and no e-mail address"), counts.nowhere),
    )
    return fields(*((name, say("{n}", n=number)) for name, number in numbers))


def _lacks(tag: str, number: int) -> Line:
    name, instead = _TAGS[tag]
    return count(
        number,
        "For {n} person there is no {name}: {instead}.",
        "For {n} people there is no {name}: {instead}.",
        name=name,
        instead=instead,
    )


def _sample(sample: Sample) -> list[Block]:
    missing = ", ".join(plain(_TAGS[tag][0]) for tag in sample.lacking)
    head = say("**What {name} will read:** {title}", name=sample.name, title=sample.title)
    lack = [Text(say("Missing for {name}: {missing}", name=sample.name, missing=missing), quiet=True)]
    return [Text(head), Text(verbatim(sample.text)), *(lack if missing else [])]


def _choices(broadcast: Broadcast, title: Line) -> Iterable[Button]:
    confirm = Confirm(say("{title}?", title=title), say("It goes out at once."), say("Send"))
    now = Action("message go", {"broadcast": broadcast.id})
    if broadcast.send_at is not None and not broadcast.missed:
        then = Action("message later", {"broadcast": broadcast.id})
        yield Button(say("Send at the time you said"), then, Style.PRIMARY)
        yield Button(say("Send now"), now, confirm=confirm)
    else:
        yield Button(say("Send now"), now, Style.PRIMARY, confirm)
        yield command_button(broadcast, say("Send later"), "message later", ask=True)
    yield command_button(broadcast, say("Discard"), "message cancel")
