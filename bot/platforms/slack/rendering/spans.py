"""Renders lines for Slack: as rich text wherever people's words appear, so that nothing needs escaping."""

import re
from collections.abc import Iterator, Sequence
from typing import Any, assert_never

from bot.chat.text import Channel, Code, Line, Link, Plain, Span, Strong, Time, clean, spans, text_of
from bot.platforms.slack import limits

Element = dict[str, Any]

_NOTHING = "-"
DATE = "{date_short_pretty} at {time}"
_ESCAPE = re.compile(r"&(amp|lt|gt);")
_CHARACTERS = {"amp": "&", "lt": "<", "gt": ">"}
_CHANNEL = re.compile(r"[CDG][A-Z0-9]{1,30}")
# Slack's mrkdwn has no way to escape these; text that contains them is shown as rich text instead.
_FORMATTING = re.compile(r"[*_~`]|:[\w+-]+:")


def plain_text(text: str, limit: int) -> Element:
    """Return a plain text object; a text longer than the limit ends with an ellipsis.

    Slack refuses a message with an empty text object, so an empty text becomes a dash: one thing without a
    name must not hide a whole list.
    """
    return {"type": "plain_text", "text": short(text, limit) if text.strip() else _NOTHING, "emoji": False}


def short(text: str, limit: int) -> str:
    """Shorten a text, ending it with an ellipsis."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def escape(text: str) -> str:
    """Escape the three characters that have a meaning in Slack's text format."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def unescape(text: str) -> str:
    """Reverse `escape`."""
    return _ESCAPE.sub(lambda found: _CHARACTERS[found[1]], text) if "&" in text else text


def escape_short(text: str, limit: int) -> str:
    """Escape a text and shorten it with an ellipsis, but never in the middle of an escape."""
    whole = escape(text)
    if len(whole) <= limit:
        return whole
    return re.sub(r"&\w*$", "", whole[: limit - 1]).rstrip() + "…"


def rich(parts: Sequence[Span], *, bold: bool = False) -> list[Element]:
    """Return spans as rich text elements."""
    return [element for part in parts for element in _rich(part, bold=bold)]


def _rich(part: Span, *, bold: bool) -> Iterator[Element]:
    match part:
        case Plain(text):
            yield from _text(text, {"bold": True} if bold else {})
        case Strong(text):
            yield from _text(text, {"bold": True})
        case Code(text):
            yield from _text(text, {"code": True})
        case Link(label, url) if len(url) <= limits.URL:
            yield {"type": "link", "url": url, "text": clean(label) or url}
        case Link():
            yield from _text(text_of(part), {})
        case Time(at):
            stamp = int(at.timestamp())
            yield {"type": "date", "timestamp": stamp, "format": DATE, "fallback": text_of(part)}
        case Channel(channel) if _CHANNEL.fullmatch(channel):
            yield {"type": "channel", "channel_id": channel}
        case Channel():
            yield from _text(text_of(part), {})
        case _:
            assert_never(part)


def _text(text: str, style: dict[str, bool]) -> Iterator[Element]:
    text = clean(text)
    for start in range(0, len(text), limits.TEXT):
        piece: Element = {"type": "text", "text": text[start : start + limits.TEXT]}
        yield {**piece, "style": style} if style else piece


def mrkdwn(parts: Sequence[Span]) -> str | None:
    """Return spans in Slack's mrkdwn format; None where that would change somebody's words."""
    if any(_FORMATTING.search(text_of(part)) for part in parts if not isinstance(part, Time)):
        return None
    return "".join(_mrkdwn(part) for part in parts)


def _mrkdwn(part: Span) -> str:
    match part:
        case Plain(text):
            return escape(clean(text))
        case Strong(text):
            return f"*{escape(clean(text))}*"
        case Code(text):
            return f"`{escape(clean(text))}`"
        case Link(label, url):
            return f"<{escape(url).replace('|', '%7C')}|{escape(clean(label)).replace('|', '¦') or 'link'}>"
        case Time(at):
            return f"<!date^{int(at.timestamp())}^{DATE}|{escape(text_of(part))}>"
        case Channel(channel):
            return f"<#{channel}>" if _CHANNEL.fullmatch(channel) else escape(text_of(part))
        case _:
            assert_never(part)


def quiet(line: Line) -> Element | None:
    """Return a line as small grey text; None where that would change or cut its words."""
    parts = spans(line)
    if all(isinstance(part, Plain) for part in parts):
        text = "".join(clean(text_of(part)) for part in parts)
        element = {"type": "plain_text", "text": text, "emoji": False}
    else:
        text = mrkdwn(parts) or ""
        element = {"type": "mrkdwn", "text": text, "verbatim": True}
    if not text.strip() or len(text) > limits.TEXT:
        return None
    return {"type": "context", "elements": [element]}
