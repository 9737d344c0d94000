"""A broadcast as one recipient gets it, in a chat or by mail; and cards about message templates."""

from collections.abc import Callable, Sequence

from bot.cards.common import PAGE, contact, next_page
from bot.chat.actions import Action
from bot.chat.replies import (
    Actions,
    Block,
    Button,
    Card,
    Confirm,
    Item,
    LinkButton,
    Select,
    Style,
    Table,
    Text,
    Tone,
)
from bot.chat.text import Line, say, verbatim
from bot.core.messages.letters import BroadcastLetter
from bot.core.messages.templates import MessageTemplate
from bot.core.messages.texts import known
from bot.core.schools.schools import School


def in_chat(letter: BroadcastLetter) -> Card:
    """Return the card that sends a broadcast to one recipient in a chat."""
    stop = Button(
        say("No more messages"),
        Action("message stop"),
        confirm=Confirm(
            say("No more messages?"),
            say("Schools will no longer send you messages. You will still be told what concerns only you."),
            say("No more messages"),
        ),
    )
    return _letter(letter, Actions((stop,)))


def by_mail(letter: BroadcastLetter, link: str) -> Card:
    """Return the card that sends a broadcast to one recipient by mail; `link` opts out of further ones."""
    stop: list[Block] = (
        [Actions((LinkButton(say("No more messages"), link, unsubscribes=True),))] if link else []
    )
    return _letter(letter, *stop)


def _letter(letter: BroadcastLetter, *stop: Block) -> Card:
    """Return the text of a broadcast, and whom to ask: what people reply to a bot reaches nobody."""
    asked = Text(contact(letter.school), quiet=True)
    text = Text(verbatim(letter.text))
    return Card(verbatim(letter.title), (text, _from(letter), asked, *stop), private=True)


def _from(letter: BroadcastLetter) -> Text:
    if not letter.sender:
        return Text(say("From {school}, by Homeroom.", school=letter.school.name), quiet=True)
    line = say("From {sender}, {school}, by Homeroom.", sender=letter.sender, school=letter.school.name)
    return Text(line, quiet=True)


def stopped(typed: Callable[[str], str]) -> Card:
    """Confirm that a person has opted out of broadcasts."""
    edit = typed("account edit")
    return Card(
        say("You will get no more messages from schools"),
        (Text(say("Changed your mind? `{edit}` has the switch, under message notifications.", edit=edit)),),
        tone=Tone.GOOD,
    )


def templates(school: School, found: Sequence[MessageTemplate], typed: Callable[[str], str]) -> Card:
    """List a school's message templates."""
    title = say("Templates of {school}", school=school.name)
    fresh = Button(say("New template"), Action("message save", {"school": school.id}, ask=True))
    page = found[:PAGE]
    if not page:
        none = say("There are none yet. In a text, these stand for the reader: {tags}.", tags=known())
        return Card(title, (Text(none), Actions((fresh,))))
    rows = tuple((verbatim(one.name), verbatim(one.title)) for one in page)
    items = tuple(Item(one.id, verbatim(one.name)) for one in page)
    blocks: list[Block] = [
        Table((say("Name"), say("Subject")), rows),
        Select(
            say("Open a template"),
            Action("message template", {"school": school.id}),
            "template",
            items,
            each=say("Open"),
        ),
        Text(say("Send one with `{send}`.", send=typed("message send template:…")), quiet=True),
    ]
    if len(found) > PAGE:
        more = Action("message more", {"after": page[-1].id, "school": school.id})
        blocks.append(next_page(say("More"), more))
    return Card(title, (*blocks, Actions((fresh,))))


def template(school: School, one: MessageTemplate) -> Card:
    """Show a message template."""
    return _template(school, one, say("Template {name}", name=one.name), Tone.NEUTRAL)


def saved(school: School, one: MessageTemplate) -> Card:
    """Show a message template that was just made."""
    return _template(school, one, say("The template {name} is saved", name=one.name), Tone.GOOD)


def edited(school: School, one: MessageTemplate) -> Card:
    """Show a message template that was just changed."""
    return _template(school, one, say("Saved: {name}", name=one.name), Tone.GOOD)


def _template(school: School, one: MessageTemplate, title: Line, tone: Tone) -> Card:
    values = {"template": one.id, "school": school.id}
    confirm = Confirm(
        say("Delete the template {name}?", name=one.name), say("Messages made from it stay."), say("Delete")
    )
    buttons = (
        Button(say("Write with it"), Action("message send", values, ask=True), Style.PRIMARY),
        Button(say("Edit"), Action("message edit", values, ask=True)),
        Button(say("Delete"), Action("message delete", values), Style.DANGER, confirm),
    )
    subject = say("**{title}**", title=one.title)
    return Card(title, (Text(subject), Text(verbatim(one.text)), Actions(buttons)), tone=tone)


def deleted(one: MessageTemplate) -> Card:
    """Confirm that a message template is deleted."""
    return Card(say("The template {name} is deleted", name=one.name), tone=Tone.GOOD)
