"""Renders forms as modals and reads submitted modals; a long form takes several modals (see `steps`)."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import discord
from discord import ui

from bot.chat import limits as chat_limits
from bot.chat.options import Option, OptionKind
from bot.chat.replies import Field, Form
from bot.chat.text import plain
from bot.platforms.discord import limits
from bot.platforms.discord.attached import Attached
from bot.platforms.discord.ids import Control
from bot.platforms.discord.rendering.render import option as drawn_option
from bot.platforms.discord.rendering.text import markdown, pieces, shortened
from bot.platforms.discord.tree import CHANNELS

_FILE = discord.ComponentType.file_upload.value


def steps(form: Form) -> list[tuple[Field, ...]]:
    """Divide a form's fields among modals; files come last, because a draft cannot keep them."""
    size = limits.MODAL_COMPONENTS - len(_notes(form))
    fields = tuple(sorted(form.fields, key=lambda field: field.option.kind is OptionKind.FILE))
    return [fields[first : first + size] for first in range(0, len(fields), size)] or [()]


def step_of(form: Form, option: str | None) -> int:
    """Return the step that asks for an option; 0 where none does."""
    parts = enumerate(steps(form))
    return next((number for number, part in parts if any(one.option.name == option for one in part)), 0)


def modal(form: Form, step: int = 0) -> ui.Modal:
    """Return one step of a form as a modal."""
    parts = steps(form)
    shown = ui.Modal(
        title=_title(form, f" ({step + 1}/{len(parts)})" if len(parts) > 1 else ""),
        custom_id=Control(form.action).pack(),
        timeout=None,
    )
    for note in _notes(form):
        shown.add_item(ui.TextDisplay(note))
    for field in parts[min(step, len(parts) - 1)]:
        shown.add_item(_labelled(field))
    # Submissions are routed by custom id (see `client`), so discord.py need not remember the modal.
    shown.stop()
    return shown


def _title(form: Form, counter: str) -> str:
    """Return a modal's title with a step counter, but without it where the title only fits alone."""
    title = plain(form.title).strip()
    if len(title) <= limits.MODAL_TITLE < len(title) + len(counter):
        counter = ""
    return shortened(title, limits.MODAL_TITLE - len(counter)) + counter or "…"


def _notes(form: Form) -> list[str]:
    """Return the texts above the fields: a title that is too long, and the form's note.

    A modal must contain something, so one without fields or notes shows its title.
    """
    lines = [form.title] if len(plain(form.title).strip()) > limits.MODAL_TITLE else []
    lines += [form.note] if form.note else []
    notes = [piece for line in lines for piece in pieces(line, limits.NOTE) if piece.strip()]
    if not notes and not form.fields:
        notes = [markdown(form.title).strip() or "…"]
    return notes[: limits.MODAL_COMPONENTS - 1]


def _labelled(field: Field) -> ui.Label[ui.Modal]:
    option = field.option
    return ui.Label(
        text=shortened(option.label, limits.FIELD_LABEL),
        description=shortened(option.description, limits.FIELD_DESCRIPTION),
        component=_entry(field),
    )


def _entry(field: Field) -> ui.Item[ui.Modal]:
    option = field.option
    if option.kind is OptionKind.FILE:
        least = int(option.required)
        return ui.FileUpload(custom_id=option.name, required=option.required, min_values=least, max_values=1)
    if option.kind is OptionKind.CHANNEL:
        return ui.ChannelSelect(
            custom_id=option.name,
            channel_types=CHANNELS,
            required=option.required,
            min_values=int(option.required),
            default_values=_known(field.value, discord.SelectDefaultValueType.channel),
        )
    if option.kind is OptionKind.NATIVE:
        least = int(option.required)
        known = _known(field.value, discord.SelectDefaultValueType.role)
        return ui.RoleSelect(
            custom_id=option.name, required=option.required, min_values=least, default_values=known
        )
    if _can_be_chosen(field):
        return ui.Select(
            custom_id=option.name,
            required=option.required,
            min_values=int(option.required),
            options=[drawn_option(item, chosen=item.value == field.value) for item in field.items],
        )
    longest = _max_length(option)
    return ui.TextInput(
        custom_id=option.name,
        style=discord.TextStyle.paragraph if option.lines else discord.TextStyle.short,
        required=option.required,
        default=field.value,
        min_length=option.minimum if option.kind is OptionKind.TEXT and option.required else None,
        max_length=min(max(longest, len(field.value or "")), limits.FIELD_VALUE),
    )


def _known(value: str | None, kind: discord.SelectDefaultValueType) -> list[discord.SelectDefaultValue]:
    if not (value and value.isdecimal()):
        return []
    return [discord.SelectDefaultValue(id=int(value), type=kind)]


def _can_be_chosen(field: Field) -> bool:
    """Tell whether a select can hold all possible answers; a list of suggestions may have been cut short."""
    room = limits.SELECT_ITEMS if field.option.suggest is None else chat_limits.SUGGESTIONS - 1
    return 0 < len(field.items) <= room and all(
        0 < len(item.value) <= limits.ITEM_VALUE for item in field.items
    )


def _max_length(option: Option) -> int:
    match option.kind:
        case OptionKind.WHOLE:
            return chat_limits.DIGITS * 2  # digits, and commas between them
        case OptionKind.TEXT if option.maximum is not None:
            return option.maximum
        case _:
            return chat_limits.LONG_TEXT if option.lines else chat_limits.SHORT_TEXT


def answers(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the answers of a submitted modal, by option, with empty ones, which can clear a field."""
    found: dict[str, Any] = {}
    for component in _controls(data.get("components") or ()):
        values = component.get("values")
        if component.get("type") == _FILE:
            found[str(component["custom_id"])] = Attached.of_form(data, values) or ""
            continue
        value = component.get("value") if values is None else next(iter(values), None)
        found[str(component["custom_id"])] = "" if value is None else str(value)
    return found


def asked(components: Sequence[Mapping[str, Any]]) -> set[str]:
    """Return the options that a submitted modal asked for, answered or not."""
    return {str(component["custom_id"]) for component in _controls(components)}


def _controls(components: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    for component in components:
        if "custom_id" in component:
            yield component
        inner = component.get("component")
        yield from _controls([inner] if inner else component.get("components") or [])
