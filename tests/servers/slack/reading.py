"""Reads messages as people see them on the screen."""

from collections.abc import Iterator
from typing import Any

from tests.servers.slack.workspace import Message


def text_of(message: Message) -> str:
    """Return the text of a message, with buttons in square brackets and selects in round ones."""
    return (
        "\n".join(line for block in message.blocks for line in lines(block))
        if message.blocks
        else message.text
    )


def lines(block: dict[str, Any]) -> Iterator[str]:
    """Yield the lines of a block."""
    match block["type"]:
        case "header":
            yield block["text"]["text"]
        case "section":
            yield _object(block["text"])
        case "context":
            yield from (_object(element) for element in block["elements"])
        case "rich_text":
            yield from (_rich(element) for element in block["elements"])
        case "image":
            yield f"(picture: {block['alt_text']})"
        case "actions":
            yield " ".join(_element(element) for element in block["elements"])
        case "input":
            yield f"{block['label']['text']}: {block.get('hint', {}).get('text', '')}"
        case other:
            raise AssertionError(f"No one has read a block of type {other} yet")


def _object(value: dict[str, Any]) -> str:
    text: str = value.get("text") or value.get("alt_text") or ""
    if value["type"] == "mrkdwn":
        text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    return text


def _rich(element: dict[str, Any]) -> str:
    match element["type"]:
        case "rich_text_list":
            return "\n".join(f"• {_rich(item)}" for item in element["elements"])
        case "rich_text_section" | "rich_text_preformatted":
            return "".join(_rich(part) for part in element["elements"])
        case "date":
            return str(element["fallback"])
        case "link":
            return f"{element['text']} ({element['url']})"
        case "channel":
            return f"#{element['channel_id']}"
        case "text":
            return str(element["text"])
        case other:
            raise AssertionError(f"No one has read rich text of type {other} yet")


def _element(element: dict[str, Any]) -> str:
    if element["type"] == "button":
        return f"[{element['text']['text']}]"
    return f"({element['placeholder']['text']})"
