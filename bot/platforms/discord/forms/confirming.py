"""Confirmation of buttons that ask before they act: Discord has no such thing, so a modal asks."""

import discord
from discord import ui

from bot.chat.actions import Action
from bot.chat.replies import Actions, Button, Card, Style, Text
from bot.chat.text import verbatim
from bot.core.values import dataclass
from bot.platforms.discord import limits
from bot.platforms.discord.ids import Control
from bot.platforms.discord.rendering.reading import components, texts
from bot.platforms.discord.rendering.render import QUESTION
from bot.platforms.discord.rendering.text import escape, shortened, unescape


@dataclass(frozen=True, slots=True)
class Confirmation:
    """A question that is asked before a button acts."""

    title: str
    text: str
    yes: str
    action: Action


def as_modal(asked: Confirmation) -> ui.Modal:
    """Return a modal that asks the question; submitting it runs the action."""
    shown = ui.Modal(
        title=shortened(asked.title, limits.MODAL_TITLE) or "…",
        custom_id=Control(asked.action).pack(),
        timeout=None,
    )
    words = [asked.title] if len(asked.title) > limits.MODAL_TITLE or not asked.text else []
    shown.add_item(ui.TextDisplay(escape("\n".join(filter(None, [*words, asked.text])))))
    shown.stop()
    return shown


def confirmation_of(message: discord.Message | None, custom_id: str, action: Action) -> Confirmation:
    """Return the question of a button that was pressed, read from the small print of its message.

    The component id of the text that holds the question is the button's plus one.
    """
    button = next((one for one in components(message) if getattr(one, "custom_id", None) == custom_id), None)
    label = str(getattr(button, "label", None) or "…")
    note = texts(message).get((getattr(button, "id", None) or 0) + 1, "")
    match = QUESTION.fullmatch(note)
    title, text = (unescape(match["title"]), unescape(match["text"])) if match else (label, "")
    return Confirmation(title, text, label, action)


def as_card(asked: Confirmation) -> Card:
    """Return a card that asks the question, for when a modal cannot be opened."""
    return Card(
        verbatim(asked.title),
        (Text(verbatim(asked.text)), Actions((Button(verbatim(asked.yes), asked.action, Style.DANGER),))),
    )
