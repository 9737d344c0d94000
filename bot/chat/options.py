"""The options of commands, as data derived from the handlers' signatures, and how their values are read."""

import inspect
import re
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from enum import Enum, StrEnum
from typing import TYPE_CHECKING, Any, NewType, TypeAlias
from zoneinfo import ZoneInfo

from bot.chat import limits
from bot.chat.replies import Item
from bot.chat.text import clean
from bot.chat.when import END_OF_DAY, MORNING, WhenUnreadable, read_day, read_when
from bot.core.errors import BadValue, Declared
from bot.core.files import BadFile, FileTrouble
from bot.core.following.ports import Native
from bot.core.values import dataclass, replace

if TYPE_CHECKING:
    from bot.chat.context import Context

# If only a day is given, a `When` is the end of that day, and a `Start` is its morning.
When = NewType("When", datetime)
Start = NewType("Start", datetime)
# The last of the days that a list or report covers: one in the future means today.
LastDay = NewType("LastDay", date)
Suggest: TypeAlias = Callable[["Context", str], Sequence[Item]]


# The options that name a person; in any other option a mention is plain text.
PEOPLE = frozenset({"person", "to", "request"})


class OptionKind(StrEnum):
    """The kind of value that a platform must let people enter."""

    TEXT = "text"
    WHOLE = "whole number"
    YES_NO = "yes or no"
    CHOICE = "choice"
    WHEN = "time"
    CHANNEL = "channel"
    NATIVE = "role or group"
    FILE = "file"


ChannelId = NewType("ChannelId", str)


@dataclass(frozen=True, slots=True)
class Option:
    """One option of a command.

    - `minimum`, `maximum`: bounds for a number's value or a text's length.
    - `choices`: pairs of what is stored and what is shown.
    - `suggest`: offers values while a person types; other values may still be typed.
    - `lines`: the text may have several lines.
    - `secret`: the value grants access to anybody who has it, so wrong ones count as guesses.
    - `clears`: an emptied field, or the word none, is an answer and is read as "" or 0. Without it, an empty
      field means that the present value stays.
    - `empty_words`: words that mean the same as leaving the option out, such as never for an end.
    - `title`: the label in a form.
    - `starts`: a `Start`: a day without a time of day means its morning.
    - `day`: the value is a date, today or in the past.
    - `ends`: a `LastDay`: a date in the future means today.
    - `formats`: the extensions of files that can be chosen.
    - `anyone`: the value may mention a person unknown to Homeroom. Forms without a menu that opens after an @
      let people be picked instead.
    """

    description: str
    name: str = ""
    kind: OptionKind = OptionKind.TEXT
    required: bool = False
    minimum: int | None = None
    maximum: int | None = None
    choices: tuple[tuple[str, str], ...] = ()
    suggest: Suggest | None = None
    lines: bool = False
    enum: type[Enum] | None = None
    secret: bool = False
    clears: bool = False
    empty_words: tuple[str, ...] = ()
    title: str = ""
    starts: bool = False
    day: bool = False
    ends: bool = False
    formats: tuple[str, ...] = ()
    anyone: bool = False

    @property
    def label(self) -> str:
        """The option's name as a form shows it."""
        return self.title or self.name.replace("_", " ").capitalize()

    def wrong(self, problem: str, example: str = "") -> BadValue:
        """Return the refusal for a wrong value of this option."""
        return BadValue(Declared(self.name), problem, example)


def option(
    description: str,
    *,
    minimum: int | None = None,
    maximum: int | None = None,
    suggest: Suggest | None = None,
    lines: bool = False,
    secret: bool = False,
    clears: bool = False,
    empty_words: tuple[str, ...] = (),
    formats: tuple[str, ...] = (),
    anyone: bool = False,
) -> Option:
    """Describe an option inside `Annotated[...]`; its name and type come from the signature.

    With `formats` it is a file: its type is `Upload`, or what the command's `prepares` returns.
    """
    return Option(
        description,
        minimum=minimum,
        maximum=maximum,
        suggest=suggest,
        lines=lines,
        secret=secret,
        clears=clears,
        empty_words=empty_words,
        formats=formats,
        anyone=anyone,
    )


_KINDS: Mapping[object, OptionKind] = {
    str: OptionKind.TEXT,
    int: OptionKind.WHOLE,
    bool: OptionKind.YES_NO,
    When: OptionKind.WHEN,
    Start: OptionKind.WHEN,
    LastDay: OptionKind.WHEN,
    date: OptionKind.WHEN,
    ChannelId: OptionKind.CHANNEL,
    Native: OptionKind.NATIVE,
}


def options_of(handler: Callable[..., Any]) -> tuple[Option, ...]:
    """Return a handler's options: the parameters after the first (the context), required ones first."""
    hints = typing.get_type_hints(handler, include_extras=True)
    parameters = list(inspect.signature(handler).parameters.values())[1:]
    found = [_option(parameter, hints[parameter.name]) for parameter in parameters]
    return tuple(sorted(found, key=lambda one: not one.required))


def _option(parameter: inspect.Parameter, hint: Any) -> Option:
    if typing.get_origin(hint) is not typing.Annotated:
        raise TypeError(f"{parameter.name}: wants Annotated[type, option(...)]")
    inner, described = typing.get_args(hint)[:2]
    if typing.get_origin(inner) in {typing.Union, types.UnionType}:
        (inner,) = (arm for arm in typing.get_args(inner) if arm is not type(None))
    if described.formats:
        described = replace(described, kind=OptionKind.FILE)
    elif isinstance(inner, type) and issubclass(inner, Enum):
        shown = tuple((str(member.value), str(member.value)) for member in inner)
        described = replace(described, kind=OptionKind.CHOICE, choices=shown, enum=inner)
    else:
        day, ends = inner in {date, LastDay}, inner is LastDay
        described = replace(described, kind=_KINDS[inner], starts=inner is Start, day=day, ends=ends)
    found: Option = replace(described, name=parameter.name, required=parameter.default is parameter.empty)
    return found


NOTHING = "none"
# Words that people type for no end, for no limit, and for this moment.
NO_END = (NOTHING, "never", "unlimited", "no limit")
AT_ONCE = ("now", "at once", "immediately")


# Phones turn the straight apostrophe into these; a name is found with either.
_APOSTROPHES = str.maketrans("\u2018\u2019", "''")


def cleaned(raw: object, *, lines: bool = False) -> object:
    """Strip characters that a person cannot see, and so could not find, from what they entered."""
    if not isinstance(raw, str):
        return raw
    text = clean(raw.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")).strip()
    return text if lines or text.isascii() else text.translate(_APOSTROPHES)


def is_cleared(option: Option, raw: object) -> bool:
    """Tell whether a person cleared an option that can be cleared."""
    nothing = NO_END if option.kind is OptionKind.WHOLE else (NOTHING,)
    return option.clears and str(raw).strip().casefold() in {"", *nothing}


def is_left_out(option: Option, raw: object) -> bool:
    """Tell whether a person left an option out, or entered a word that means the same."""
    left_empty = isinstance(raw, str) and raw.casefold() in option.empty_words
    return raw is None or left_empty or (raw == "" and not option.clears)


def read(option: Option, raw: object, *, now: datetime, zone: ZoneInfo) -> Any:  # noqa: PLR0911 - one a kind
    """Convert what a person entered to the handler's type; raises `BadValue`."""
    raw = cleaned(raw, lines=option.lines)
    if is_cleared(option, raw):
        return 0 if option.kind is OptionKind.WHOLE else ""
    match option.kind:
        case OptionKind.TEXT | OptionKind.CHANNEL:
            return _text(option, str(raw))
        case OptionKind.WHOLE:
            return _whole(option, raw)
        case OptionKind.YES_NO:
            return _yes_no(option, raw)
        case OptionKind.CHOICE:
            return _choice(option, str(raw))
        case OptionKind.FILE:
            return _file(raw)
        case OptionKind.NATIVE:
            return raw  # looked up before the transaction, see `natives`
        case OptionKind.WHEN:
            return _when(option, str(raw), now, zone)


def _when(option: Option, raw: str, now: datetime, zone: ZoneInfo) -> datetime | date:
    text = _text(option, raw)
    try:
        if option.day:
            return read_day(text, now=now, zone=zone, ends=option.ends)
        return read_when(text, now=now, zone=zone, of_day=MORNING if option.starts else END_OF_DAY)
    except WhenUnreadable as unreadable:
        example = "30d, yesterday, 2026-09-01" if option.day else "7d, Friday 17:00, 2027-01-31"
        raise option.wrong(str(unreadable), example) from None


def _text(option: Option, text: str) -> str:
    longest = option.maximum or (limits.LONG_TEXT if option.lines else limits.SHORT_TEXT)
    if len(text) > longest:
        raise option.wrong(f"is {len(text):,} characters long; {longest:,} is the most")
    if not option.lines and "\n" in text:
        raise option.wrong("has more than one line")
    if option.required and not text:
        raise option.wrong("is empty")
    if option.minimum and len(text) < option.minimum:
        raise option.wrong(f"is shorter than {option.minimum} characters")
    return text


def _file(raw: object) -> object:
    """Return a file that was fetched and prepared; text is no file, so it is refused."""
    if isinstance(raw, str):
        raise BadFile(raw[: limits.SHORT_TEXT], FileTrouble.UNKNOWN)
    return raw


_WHOLE = re.compile(r"-?\d+")


def _whole(option: Option, raw: object) -> int:
    text = str(raw).strip().replace(",", "")
    if isinstance(raw, bool) or not _WHOLE.fullmatch(text):
        raise option.wrong(f"wants a whole number, not “{str(raw)[:40]}”", str(option.minimum or 5))
    if len(text) > limits.DIGITS:
        raise option.wrong(f"has {len(text)} digits; {limits.DIGITS} are the most")
    number = int(text)
    if option.minimum is not None and number < option.minimum:
        raise option.wrong(f"must be at least {option.minimum:,}")
    if option.maximum is not None and number > option.maximum:
        raise option.wrong(f"must be at most {option.maximum:,}")
    return number


_YES = {"yes", "y", "true", "on", "1"}
_NO = {"no", "n", "false", "off", "0"}


def _yes_no(option: Option, raw: object) -> bool:
    word = str(raw).strip().casefold()
    if word in _YES:
        return True
    if word in _NO:
        return False
    raise option.wrong(f"wants yes or no, not “{word[:40]}”", "yes")


def _choice(option: Option, raw: str) -> Any:
    wanted = " ".join(raw.split()).casefold()
    for stored, shown in option.choices:
        if wanted in {stored.casefold(), shown.casefold()}:
            return option.enum(stored) if option.enum else stored
    offered = ", ".join(shown for _, shown in option.choices)
    raise option.wrong(f"cannot be “{raw[:40]}”; choose {offered}", option.choices[0][1])
