"""Forms with more fields than a modal holds: one modal after the other.

Between two steps the answers wait in the private message that leads to the next step: each in a
text of its own, whose component id tells which field it answers. So a restart forgets nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import discord
from discord import ui

from bot.chat.replies import Card, Field, Form, Text, Tone
from bot.chat.text import say
from bot.platforms.discord import limits
from bot.platforms.discord.forms import steps
from bot.platforms.discord.ids import Control
from bot.platforms.discord.paging import Page
from bot.platforms.discord.reading import components, texts
from bot.platforms.discord.render import render
from bot.platforms.discord.text import escape, markdown, unescape

_ANSWER = 2000  # component ids from here on are answers of earlier steps, by field

TOO_MUCH = Card(
    say("That is too much to keep between two steps"),
    (Text(say("Please type the command with its options instead, or write less.")),),
    tone=Tone.BAD,
)


AGAIN = Card(
    say("That took a moment too long"),
    (Text(say("Nothing is lost: please press the button above once more.")),),
    tone=Tone.WAITING,
)


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A form of several steps, so far: the answers, and which step comes next."""

    form: Form
    answers: Mapping[str, str]
    step: int


@dataclass(frozen=True, slots=True)
class OpenStep:
    """A step of a form that is to be opened."""

    form: Form
    step: int


def after(form: Form, asked_for: set[str]) -> int | None:
    """Tell which step follows the one that asked for these options; None after the last."""
    parts = steps(form)
    done = max(
        (number for number, part in enumerate(parts) if any(one.option.name in asked_for for one in part)),
        default=len(parts) - 1,
    )
    return done + 1 if done + 1 < len(parts) else None


def waypoint(unfinished: Unfinished) -> Page:
    """Draw what stands between two steps: the answers so far, and the button that goes on."""
    form = unfinished.form
    total = len(steps(form))
    card = Card(
        form.title,
        (Text(say("Step {step} of {total} comes next.", step=unfinished.step + 1, total=total), quiet=True),),
        tone=Tone.WAITING,
    )
    (page,) = render(card)
    (container,) = page.view.children
    if not isinstance(container, ui.Container):
        raise TypeError("A card is drawn as one container")
    for number, field in enumerate(form.fields):
        value = unfinished.answers.get(field.option.name)
        if value or (value is not None and field.value):
            text = f"**{escape(field.option.label)}**\n{escape(value)}" if value else _emptied(field)
            container.add_item(ui.TextDisplay(text, id=_ANSWER + number))
    if page.view.content_length() > limits.MESSAGE_TEXT:
        return render(TOO_MUCH)[0]
    go_on: ui.Button[ui.LayoutView] = ui.Button(
        label=f"Continue ({unfinished.step + 1}/{total})",
        style=discord.ButtonStyle.primary,
        custom_id=Control(form.action, "continue", step=unfinished.step).pack(),
    )
    container.add_item(ui.ActionRow(go_on))
    return page


def _emptied(field: Field) -> str:
    """Say that a field was emptied: a line without a second one carries an empty answer."""
    return markdown(say("**{field}** is left empty", field=field.option.label))


def carried(message: discord.Message | None, form: Form) -> dict[str, str]:
    """Read the answers of earlier steps back from the message between them."""
    found: dict[str, str] = {}
    if not is_waypoint(message):
        return found
    for number, text in texts(message).items():
        index = number - _ANSWER
        if 0 <= index < len(form.fields):
            found[form.fields[index].option.name] = unescape(text.partition("\n")[2])
    return found


def is_waypoint(message: discord.Message | None) -> bool:
    """Tell whether a message stands between two steps of a form."""
    return any("#>" in (getattr(component, "custom_id", None) or "") for component in components(message))
