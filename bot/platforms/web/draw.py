"""Renders cards and forms as JSON for the browser, which shows every string in it as plain text."""

import base64
from typing import Any, TypeAlias, assert_never
from urllib.parse import urlsplit

from bot.chat.options import OptionKind
from bot.chat.replies import (
    Actions,
    Block,
    Button,
    Card,
    Confirm,
    Field,
    Fields,
    File,
    Form,
    Image,
    Item,
    LinkButton,
    Progress,
    Select,
    Table,
    Text,
)
from bot.chat.text import Channel, Code, Line, Link, Plain, Span, Strong, Time, clean, plain, spans, text_of

Json: TypeAlias = dict[str, Any]


def card(value: Card) -> Json:
    """Return a card as JSON."""
    return {
        "title": line(value.title),
        "tone": value.tone.value,
        "blocks": [block(one) for one in value.blocks],
    }


def block(value: Block) -> Json:  # noqa: PLR0911 - one a kind of block
    """Return one block of a card as JSON."""
    match value:
        case Text(text, quiet):
            return {"kind": "text", "text": line(text), "quiet": quiet}
        case Fields(pairs):
            return {"kind": "fields", "pairs": [[line(name), line(text)] for name, text in pairs]}
        case Table(headings, rows):
            drawn = [[line(cell) for cell in row] for row in rows]
            return {"kind": "table", "headings": [line(one) for one in headings], "rows": drawn}
        case Image(png, alt, filename):
            data = "data:image/png;base64," + base64.b64encode(png).decode("ascii")
            return {"kind": "image", "data": data, "alt": plain(alt), "filename": filename}
        case File(name, content, alt):
            # A type that browsers never display, only save.
            data = "data:application/octet-stream;base64," + base64.b64encode(content).decode("ascii")
            return {"kind": "file", "data": data, "alt": plain(alt), "filename": name}
        case Progress(done, total, label):
            return {"kind": "progress", "done": done, "total": total, "label": line(label)}
        case Actions(buttons):
            return {"kind": "actions", "buttons": [_button(one) for one in buttons]}
        case Select(placeholder, action, fills, items):
            return {
                "kind": "select",
                "placeholder": plain(placeholder),
                "action": action.pack(),
                "fills": fills,
                "items": [item(one) for one in items],
            }
        case _:
            assert_never(value)


def _button(value: Button | LinkButton) -> Json:
    match value:
        case Button(label, action, style, confirm):
            return {
                "label": plain(label),
                "action": action.pack(),
                "style": style.value,
                "confirm": _confirm(confirm) if confirm else None,
            }
        case LinkButton(label, url):
            return {"label": plain(label), "url": _safe(url)}
        case _:
            assert_never(value)


def _confirm(value: Confirm) -> Json:
    return {"title": line(value.title), "text": line(value.text), "yes": plain(value.yes)}


def item(value: Item) -> Json:
    """Return an item of a select as JSON."""
    return {
        "value": value.value,
        "label": plain(value.label),
        "hint": plain(value.hint) if value.hint else "",
    }


def form(value: Form, channels: tuple[str, ...]) -> Json:
    """Return a form as JSON; its channel fields offer the given channels."""
    return {
        "title": plain(value.title),
        "note": line(value.note) if value.note else [],
        "submit": plain(value.submit),
        "action": value.action.pack(),
        "command": value.action.command,
        "fields": [_field(one, channels) for one in value.fields],
    }


def _field(value: Field, channels: tuple[str, ...]) -> Json:
    option = value.option
    items = [item(one) for one in value.items]
    if option.kind is OptionKind.CHANNEL:
        items = [{"value": channel, "label": f"#{channel}", "hint": ""} for channel in channels]
    closed = option.kind in {OptionKind.CHOICE, OptionKind.YES_NO, OptionKind.CHANNEL}
    return {
        "name": option.name,
        "label": option.label,
        "description": option.description,
        "required": option.required,
        "lines": option.lines,
        "number": option.kind is OptionKind.WHOLE,
        "closed": closed,
        "offers": bool(option.suggest) or option.kind in {OptionKind.WHEN, OptionKind.NATIVE},
        "items": items,
        "formats": list(option.formats),
        "chosen": "",
        "value": "" if option.formats else value.value or "",
    }


def line(value: Line) -> list[Json]:
    """Return a line as a list of spans."""
    return [_span(one) for one in spans(value)]


def written(text: str) -> list[Json]:
    """Return a text that a person typed as one plain span."""
    return [{"kind": "plain", "text": clean(text)}]


def _span(value: Span) -> Json:
    match value:
        case Plain(text):
            return {"kind": "plain", "text": text}
        case Strong(text):
            return {"kind": "strong", "text": text}
        case Code(text):
            return {"kind": "code", "text": text}
        case Link(label, url):
            return {"kind": "link", "text": clean(label), "url": _safe(url)}
        case Time(at):
            return {"kind": "time", "at": at.isoformat()}
        case Channel():
            return {"kind": "plain", "text": text_of(value)}
        case _:
            assert_never(value)


def _safe(url: str) -> str:
    """Return a web address, or nothing for any other address: `javascript:` would run in the page."""
    return url if urlsplit(url).scheme in {"http", "https"} else ""
