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
# The other languages that there are catalogues for, by their tags, such as "de" or "es-ES".
LOCALES: Mapping[str, Translate] = {}
Value: TypeAlias = "str | int | datetime | Link | Line | Code | Channel"

# Bidirectional controls reorder what stands beside them; the rest cannot be seen.
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
    """Text that stands out."""

    text: str


@dataclass(frozen=True, slots=True)
class Code:
    """Text to type or copy exactly."""

    text: str


@dataclass(frozen=True, slots=True)
class Link:
    """A web address with a label."""

    label: str
    url: str


@dataclass(frozen=True, slots=True)
class Time:
    """A moment in UTC, shown in the reader's own zone."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel of the workspace where it is read, by its id there; fronts show its name."""

    id: str


Span: TypeAlias = Plain | Strong | Code | Link | Time | Channel


@dataclass(frozen=True, slots=True)
class Line:
    """A template with its arguments; `other` and `count` choose a plural."""

    template: str
    args: tuple[tuple[str, Value], ...] = ()
    other: str | None = None
    count: int | None = None

    def __bool__(self) -> bool:
        """Tell whether it says anything."""
        return bool(self.template)


def say(template: str, /, **args: Value) -> Line:
    """Say a template with its arguments."""
    return Line(template, tuple(args.items()))


def count(number: int, one: str, other: str, /, **args: Value) -> Line:
    """Say `one` or `other` after a number, which both know as `{n}`."""
    return Line(one, (("n", number), *args.items()), other=other, count=number)


def verbatim(text: str) -> Line:
    """Say what a person wrote, as it is."""
    return Line("{text}", (("text", text),))


def clean(text: str) -> str:
    """Take out of a text what cannot be seen or would reorder its neighbours."""
    # What is printable has nothing of it, and that is known at once.
    return text if text.isprintable() else _HARMFUL.sub("", text)


def called(*names: object) -> str:
    """Say what somebody is called: on one line, by the first name of which there is anything to see."""
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


@lru_cache(maxsize=2_048)  # there are as many templates as the bot has sentences
def _parts(template: str) -> tuple[tuple[str, str], ...]:
    """Take a template apart: `strong` and `code`, the `name`s of arguments, and what is plain."""
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
    """Say a span without any markup; a time is said in UTC."""
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
    """Say a line without any markup."""
    return _plain(translate(_template(line)), dict(line.args), translate)


def _plain(template: str, args: dict[str, Value], translate: Translate) -> str:
    """Say a template as its spans do, but make none of what is text in any case."""
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
