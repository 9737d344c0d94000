"""Reads what the playground sends to the browser as plain text, with buttons in brackets."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from bot.platforms.web.playground.room import Message, Room

Json = dict[str, Any]


def seen_by(room: Room, name: str) -> list[Message]:
    """Return all messages that a person in a room can see, oldest first."""
    found = (room.sees(room.people[name], one["id"]) for one in room.state()["messages"])
    return [one for one in found if one is not None]


def words(spans: list[Json]) -> str:
    """Return a line as text."""
    return "".join(_span(one) for one in spans)


def _span(span: Json) -> str:
    if span["kind"] == "time":
        return datetime.fromisoformat(span["at"]).strftime("%d %b %Y, %H:%M UTC")
    return str(span["text"])


def text(message: Json) -> str:
    """Return a message as text."""
    if message["kind"] != "card":
        return words(message["text"])
    return card(message["card"])


def card(drawn: Json) -> str:
    """Return a card as text."""
    return "\n".join([words(drawn["title"]), *(part for block in drawn["blocks"] for part in _block(block))])


def _block(block: Json) -> Iterator[str]:  # noqa: C901 - one a kind of block
    match block["kind"]:
        case "text":
            yield words(block["text"])
        case "fields":
            for name, value in block["pairs"]:
                yield f"{words(name)}: {words(value)}"
        case "table":
            yield " | ".join(words(one) for one in block["headings"])
            for row in block["rows"]:
                yield " | ".join(words(one) for one in row)
        case "image":
            yield f"({block['alt']})"
        case "file":
            yield f"({block['filename']}: {block['alt']})"
        case "progress":
            yield f"{words(block['label'])} {block['done']}/{block['total']}"
        case "actions":
            yield " ".join(f"[{one['label']}]" for one in block["buttons"])
        case "select":
            yield str(block["placeholder"])


def buttons(message: Json) -> Iterator[Json]:
    """Yield the buttons of a message that have an action."""
    for block in message.get("card", {}).get("blocks", ()):
        if block["kind"] == "actions":
            yield from (one for one in block["buttons"] if "action" in one)


def selects(message: Json) -> Iterator[Json]:
    """Yield the selects of a message."""
    for block in message.get("card", {}).get("blocks", ()):
        if block["kind"] == "select":
            yield block
