"""Drafts: the answers of a form, kept in a private message until the form is complete.

Each answer is a text component of its own, whose component id tells which field it belongs to. So we store
nothing of them, a restart loses nothing, and whoever typed them sees what is kept. Secrets are not kept.
"""

from collections.abc import Iterable, Mapping

import discord
from discord import ui

from bot.cards.fronts import left_empty
from bot.chat.options import OptionKind
from bot.chat.replies import Field, Form
from bot.chat.text import plain
from bot.chat.values import without_secrets
from bot.core.values import replace
from bot.platforms.discord import limits
from bot.platforms.discord.rendering.paging import Page
from bot.platforms.discord.rendering.reading import components, texts
from bot.platforms.discord.rendering.text import escape, markdown, unescape

_ANSWER = 2000  # component ids from here on are answers: this number plus the index of the field
_MENTIONS = {OptionKind.CHANNEL: "<#{}>", OptionKind.NATIVE: "<@&{}>"}


def answer_texts(form: Form, answers: Mapping[str, object]) -> dict[str, ui.TextDisplay[ui.LayoutView]]:
    """Return answers as text components, by option; only those that say something or emptied a field."""
    found = {}
    may_be = without_secrets((field.option for field in form.fields), answers)
    for number, field in enumerate(form.fields):
        value = may_be.get(field.option.name)
        if not isinstance(value, str) or not (value or field.value):
            continue
        text = f"**{escape(field.option.label)}**\n{_shown(field, value)}" if value else _emptied(field)
        found[field.option.name] = ui.TextDisplay[ui.LayoutView](text, id=_ANSWER + number)
    return found


def _emptied(field: Field) -> str:
    """Return the text for an emptied field; its single line is read back as an empty answer."""
    return markdown(left_empty(field.option.label))


def _shown(field: Field, value: str) -> str:
    if (mention := _MENTIONS.get(field.option.kind)) and value.isdecimal():
        return mention.format(value)
    return escape(_labels(field).get(value, value))


def _labels(field: Field) -> dict[str, str]:
    """Return the labels of a field's values, leaving out labels that several values share."""
    labels = {item.value: " ".join(plain(item.label).split()) for item in field.items}
    taken = list(labels.values())
    return {value: label for value, label in labels.items() if taken.count(label) == 1}


def kept_answers(message: discord.Message | None, form: Form) -> dict[str, str]:
    """Read the answers back from the message that keeps them."""
    found: dict[str, str] = {}
    if not keeps_answers(message):
        return found
    for number, text in texts(message).items():
        index = number - _ANSWER
        if 0 <= index < len(form.fields):
            field = form.fields[index]
            found[field.option.name] = _read(field, text.partition("\n")[2])
    return found


def _read(field: Field, text: str) -> str:
    if field.option.kind in _MENTIONS:
        return text.strip("<@&#>")
    written = unescape(text)
    values = {label: value for value, label in _labels(field).items()}
    return values.get(written, written)


def keeps_answers(message: discord.Message | None) -> bool:
    """Tell whether a message keeps answers: it then has a button that opens a step of their form."""
    return any("#>" in (getattr(component, "custom_id", None) or "") for component in components(message))


def filled(form: Form, answers: Mapping[str, str]) -> Form:
    """Return the form with these answers filled in."""
    fields = (replace(field, value=answers.get(field.option.name, field.value)) for field in form.fields)
    return replace(form, fields=tuple(fields))


def with_answers(
    page: Page, answers: Iterable[ui.TextDisplay[ui.LayoutView]], row: ui.ActionRow[ui.LayoutView]
) -> Page | None:
    """Add answers and buttons to a page; return None, adding nothing, where it has no room for them."""
    container = page.view.children[0]
    if not isinstance(container, ui.Container):
        raise TypeError("A card is drawn as one container")
    answers = list(answers)
    length = page.view.content_length() + sum(len(one.content) for one in answers)
    number = page.view.total_children_count + len(answers) + 1 + len(row.children)
    if length > limits.MESSAGE_TEXT or number > limits.MESSAGE_COMPONENTS:
        return None
    for one in (*answers, row):
        container.add_item(one)
    return replace(page, words=(*page.words, *(one.content for one in answers)))
