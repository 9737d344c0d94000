"""Reads messages of the simulated Discord as people see them: plain text, with buttons in brackets."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

TEXT, BUTTON, SELECT = 10, 2, 3

_MARKUP = re.compile(
    r"\\(?P<escaped>[^0-9A-Za-z\s])"
    r"|`` (?P<fenced>.+?) ``|`(?P<code>[^`]+)`"
    r"|<t:(?P<time>\d+):f>(?: \(<t:\d+:R>\))?"
    r"|\[(?P<label>(?:\\.|[^\]\\])*)\]\((?P<url>[^)\s]+)\)"
    r"|(?P<mark>\*\*|^### |^-# |\u200b)",
    re.MULTILINE | re.DOTALL,
)


def plain(markdown: str) -> str:
    """Return Markdown as plain text."""
    return _MARKUP.sub(_plain, markdown)


def _plain(match: re.Match[str]) -> str:
    match match.lastgroup:
        case "escaped" | "fenced" | "code":
            return match[match.lastgroup]
        case "time":
            return datetime.fromtimestamp(int(match["time"]), UTC).strftime("%d %b %Y, %H:%M UTC")
        case "url":
            return f"{plain(match['label'])} ({match['url']})"
        case _:
            return ""


def walk(components: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """Yield components and all that are nested in them."""
    for component in components:
        yield component
        yield from walk(component.get("components") or [])
        yield from walk([component[key] for key in ("component", "accessory") if key in component])


def named(component: Mapping[str, Any], wanted: str, row: str) -> Mapping[str, Any] | None:
    """Return a button or select of that name, or the button beside a row that begins with `row`."""
    match component:
        case {"type": 9, "components": [{"content": text}, *_], "accessory": button} if row:
            return button if plain(text).split("\n")[0] == f"▸ {row}" else None
        case {"type": 2, "label": label} if not row and label == wanted:
            return component
        case {"type": 3, "placeholder": placeholder} if placeholder == wanted:
            return component
        case _:
            return None


def lines(content: str | None, components: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the lines of a message."""
    found = [content] if content else []
    for component in walk(components):
        match component["type"]:
            case 10:
                found.append(plain(component["content"]))
            case 2:
                address = f" ({component['url']})" if component.get("url") else ""
                found.append(f"[{component.get('label')}]{address}")
            case 3:
                found.append(f"[{component.get('placeholder')}]")
            case 12:
                found += [f"({item.get('description')})" for item in component["items"]]
            case 13:
                found.append(f"({component['file']['url'].removeprefix('attachment://')})")
    return found
