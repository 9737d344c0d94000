"""What the bot says, as a value that every front renders safely.

A `Line` is a template and its arguments. Only the template can carry markup
(`**strong**` and `` `code` ``); an argument is always plain text, so nothing that
a person typed can become bold, a link or a mention. The template is looked up in a
catalogue when the line is rendered, not when it is made.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import TypeAlias

from bot.core.lookalikes import UNSEEN
from bot.core.values import dataclass

Translate: TypeAlias = Callable[[str], str]
# The catalogues of other languages, by language tag, such as "de" or "es-ES".
LOCALES: Mapping[str, Translate] = {}
Value: TypeAlias = "str | int | datetime | Link | Line | Code | Channel"

# Bidirectional controls, which reorder the text around them, and invisible characters.
_HARMFUL = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ud800-\udfff]"
)
_LONGEST_NAME = 80
_MARKUP = re.compile(r"\*\*(?P<strong>.+?)\*\*|`(?P<code>[^`]+)`|\{(?P<name>\w+)\}")


@dataclass(frozen=True, slots=True)
class Plain:
    """Text as it is."""

    text: str


@dataclass(frozen=True, slots=True)
class Strong:
    """Emphasized text."""

    text: str


@dataclass(frozen=True, slots=True)
class Code:
    """Text to type or copy exactly."""

    text: str


@dataclass(frozen=True, slots=True)
class Link:
    """A labelled link to a web address."""

    label: str
    url: str


@dataclass(frozen=True, slots=True)
class Time:
    """A moment in UTC, shown in the reader's own zone."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel, by its id in the workspace where the card is read; fronts show its name."""

    id: str


Span: TypeAlias = Plain | Strong | Code | Link | Time | Channel


@dataclass(frozen=True, slots=True)
class Line:
    """A template with its arguments; `other` is its plural, chosen by `count`."""

    template: str
    args: tuple[tuple[str, Value], ...] = ()
    other: str | None = None
    count: int | None = None

    def __bool__(self) -> bool:
        """Tell whether the line has any text."""
        return bool(self.template)


def say(template: str, /, **args: Value) -> Line:
    """Make a line of a template and its arguments."""
    return Line(template, tuple(args.items()))


def fill(template: str, args: Mapping[str, Value]) -> Line:
    """Make a line of a template and those of the arguments that it names."""
    return say(template, **{name: value for name, value in args.items() if f"{{{name}}}" in template})


def count(number: int, one: str, other: str, /, **args: Value) -> Line:
    """Make a line that says `one` or `other` by the number, which both can show as `{n}`."""
    return Line(one, (("n", number), *args.items()), other=other, count=number)


def verbatim(text: str) -> Line:
    """Make a line of text that a person wrote, unchanged."""
    return Line("{text}", (("text", text),))


def clean(text: str) -> str:
    """Strip characters that are invisible or reorder the text around them."""
    # A printable text has no such characters, and `isprintable` is fast.
    return text if text.isprintable() else _HARMFUL.sub("", text)


def display_name(*names: object) -> str:
    """Return the first of the names that is visible, cleaned, on one line and shortened; empty if none is."""
    for name in names:
        seen = " ".join(clean(str(name or "")[: 4 * _LONGEST_NAME]).split())
        if UNSEEN.sub("", seen).strip():
            return seen[:_LONGEST_NAME]
    return ""


def spans(line: Line, translate: Translate = str) -> tuple[Span, ...]:
    """Render a line into spans, in the language of `translate`."""
    return tuple(_spans(translate(_template(line)), dict(line.args), translate))


def _template(line: Line) -> str:
    return line.template if line.other is None or line.count == 1 else line.other


def _spans(template: str, args: dict[str, Value], translate: Translate) -> list[Span]:
    found: list[Span] = []
    for kind, part in _parts(template):
        match kind:
            case "strong":
                found.append(Strong(_plain(part, args, translate)))
            case "code":
                found.append(Code(_plain(part, args, translate)))
            case "name" if isinstance(said := args[part], str):
                found.append(Plain(clean(said)))
            case "name":
                found.extend(_argument(args[part], translate))
            case _:
                found.append(Plain(part))
    return found


@lru_cache(maxsize=2_048)  # more than the bot has sentences
def _parts(template: str) -> tuple[tuple[str, str], ...]:
    """Split a template into parts: `strong`, `code`, the `name` of an argument, or `plain`."""
    found: list[tuple[str, str]] = []
    end = 0
    for match in _MARKUP.finditer(template):
        if match.start() > end:
            found.append(("plain", template[end : match.start()]))
        end = match.end()
        kind = str(match.lastgroup)
        found.append((kind, match[kind]))
    if end < len(template):
        found.append(("plain", template[end:]))
    return tuple(found)


def _argument(value: Value, translate: Translate) -> tuple[Span, ...]:
    match value:
        case Line():
            return spans(value, translate)
        case Code(text):
            return (Code(clean(text)),)
        case Link(label, url):
            return (Link(clean(label), clean(url)),)
        case datetime():
            return (Time(value),)
        case Channel(channel):
            return (Channel(clean(channel)),)
        case _:
            return (Plain(clean(str(value))),)


def text_of(span: Span) -> str:
    """Return a span as text without markup, times in UTC."""
    match span:
        case Plain(text) | Strong(text) | Code(text):
            return text
        case Link(label, url):
            return f"{label} ({url})"
        case Channel(channel):
            return f"#{channel}"
        case Time(at):
            return at.astimezone(UTC).strftime("%d %b %Y, %H:%M UTC")


def plain(line: Line, translate: Translate = str) -> str:
    """Return a line as text without markup, times in UTC."""
    return _plain(translate(_template(line)), dict(line.args), translate)


def _plain(template: str, args: dict[str, Value], translate: Translate) -> str:
    """Return the text of a template: the same as that of its spans, without making a span for each part."""
    said: list[str] = []
    for kind, part in _parts(template):
        if kind == "plain":
            said.append(part)
        elif kind != "name":
            said.append(_plain(part, args, translate))
        elif isinstance(value := args[part], str):
            said.append(clean(value))
        else:
            said += [text_of(span) for span in _argument(value, translate)]
    return "".join(said)
