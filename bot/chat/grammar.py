"""The text form of a command: `invite create role:Staff expires:"Friday 17:00"`.

Slack and the playground read what people type with it; Discord has its own entry fields.
"""

import difflib
import re
from collections.abc import Collection, Iterator, Mapping
from functools import lru_cache
from itertools import pairwise
from typing import Any

from bot.chat import limits
from bot.chat.choices import is_choice, near_choice
from bot.chat.commands import SCHOOL, Command, Registry
from bot.chat.near_commands import nearest
from bot.chat.options import OptionKind
from bot.chat.values import missing, opens_form
from bot.core.errors import BadCommand
from bot.core.values import dataclass, replace

# Phones type curly quotes. Any of these opens a value, and any of them closes it. Only a value between
# straight ones may quote something in turn, as pasted text does.
QUOTES = '"“”„«»'
_PLAIN = rf"[^{QUOTES}]*"
_QUOTING = rf"{_PLAIN}(?:(?:„{_PLAIN}[“”]|“{_PLAIN}”|«{_PLAIN}»){_PLAIN})+"
_QUOTED = rf'"(?P<quoting>{_QUOTING})"(?=\s|\Z)|[{QUOTES}](?P<quoted>{_PLAIN})[{QUOTES}]'
_VALUE = rf"(?:{_QUOTED}|(?P<bare>[^\s{QUOTES}]+))"
# Within a line these are apostrophes, or a chat's code marks; around a whole value they are quotation marks.
_WRAPPED = re.compile(r"'(?P<straight>[^']+)'|`(?P<code>[^`]+)`|\u2018(?P<curly>[^\u2018\u2019]+)\u2019")
# People forget quotation marks: the words after `note:Welcome` are more of the note.
MULTI_WORD = frozenset({OptionKind.TEXT, OptionKind.CHOICE, OptionKind.WHEN})

_ENDS_A_NAME = (":", "=")
# A mention, as both Discord and Slack write it.
_MENTION = re.compile(r"<@!?\w+>")
# How many mistakes of one line are corrected together.
_MOST_WRONG = 5


@dataclass(frozen=True, slots=True)
class Typed:
    """A command as it was typed; its values are unread text, or the files that were found for it."""

    command: Command
    values: Mapping[str, Any]

    @property
    def opens_form(self) -> bool:
        """Whether the answer is a form, for people who may use the command."""
        return missing(self.command, self.values) or opens_form(self.command, self.values)


@dataclass(frozen=True, slots=True)
class _Token:
    key: str | None
    value: str
    source: str
    start: int
    quoted: bool


def parse(line: str, registry: Registry, slash: str = "/") -> Typed:
    """Parse a typed line; raise `BadCommand` with the nearest line that would work."""
    try:
        return _parse(line, registry, slash)
    except BadCommand as bad:
        raise BadCommand(bad.problem, _correct_fully(bad.corrected, registry, slash)) from None


def _correct_fully(corrected: str, registry: Registry, slash: str) -> str:
    """Parse the corrected line again, and correct further mistakes until none is found."""
    for _ in range(_MOST_WRONG if corrected else 0):
        try:
            _parse(corrected, registry, slash)
        except BadCommand as still:
            if not still.corrected or still.corrected == corrected:
                break
            corrected = still.corrected
        else:
            break
    return corrected


def _parse(line: str, registry: Registry, slash: str) -> Typed:
    line = line.strip()
    if len(line) > limits.LINE:
        raise BadCommand(f"That is {len(line):,} characters; {limits.LINE:,} is the most.")
    prefix = slash.strip()
    if line.casefold().startswith(prefix.casefold()):
        line = line[len(prefix) :].strip()
    words = line.split()
    command, used = _command(words, registry, slash)
    rest = line
    for word in words[:used]:
        rest = rest[len(word) :].lstrip()
    values = _values(command, rest, slash)
    _check_choices(command, values, slash)
    return Typed(command, values)


def _check_choices(command: Command, values: dict[str, str], slash: str) -> None:
    """Correct a misspelt choice; one that resembles none is refused later, with all choices listed."""
    for name, value in values.items():
        option = command.option(name)
        if option is None or is_choice(option, value):
            continue
        if close := near_choice(option, value):
            corrected = _line(command, {**values, name: close}, slash)
            raise BadCommand(f"{name} cannot be “{value[:40]}”.", corrected)


def _line(command: Command, values: dict[str, str], slash: str) -> str:
    """Return the line that types this command with these values."""
    said = [f"{name}:{_quoted(value)}" for name, value in values.items()]
    return " ".join((f"{slash}{command.path}", *said))


def _quoted(value: str) -> str:
    return value if value and re.fullmatch(rf"[^\s{QUOTES}]+", value) else f'"{value}"'


def _command(words: list[str], registry: Registry, slash: str) -> tuple[Command, int]:
    for used in (2, 1):
        path = " ".join(word.casefold() for word in words[:used])
        command = registry.get(path)
        if command is not None and not command.hidden and len(words) >= used:
            return command, used
    if (only := _only(words, registry)) is not None:
        return only, 1
    raise BadCommand(*nearest(words, registry, slash))


def _only(words: list[str], registry: Registry) -> Command | None:
    """Return a group's only command if its name was left out; None if it looks misspelt instead."""
    group = next((one for one in registry.groups if words and one.name == words[0].casefold()), None)
    known = [one for one in group.commands if not one.hidden] if group is not None else []
    if len(known) != 1:
        return None
    name = known[0].path.partition(" ")[2]
    mistyped = difflib.get_close_matches("".join(words[1:2]).casefold(), [name], cutoff=0.5)
    return None if mistyped else known[0]


def _values(command: Command, rest: str, slash: str) -> dict[str, str]:
    values: dict[str, str] = {}
    loose: list[str] = []
    ends: set[int] = set()
    quoted: set[str] = set()
    continued: str | None = None
    for token in _tokens(rest, command, f"{slash}{command.path}"):
        name = (token.key or "").casefold()
        option = command.option(name)
        if option is not None:
            if name in values:
                once = rest[: token.start].rstrip() + rest[token.start + len(token.source) :]
                raise BadCommand(f"{name} stands there twice.", f"{slash}{command.path} {once}".rstrip())
            values[name] = token.value
            quoted |= {name} if token.quoted else set()
            continued = name if option.kind in MULTI_WORD and not token.quoted else None
        elif token.key is not None and not re.match(r"https?$", name):
            raise BadCommand(*_unknown_option(command, token, rest, slash))
        elif continued is not None and not token.quoted and not _names_option(command, token):
            values[continued] += f" {token.source}"
        elif token.value[-1:] in _ENDS_A_NAME and not token.quoted:
            loose += _loose_word(command, token, rest, slash)
        else:  # a pasted link is a value, not an option
            ends |= {len(loose), len(loose) + 1} if token.quoted and token.key is None else set()
            loose.append(token.value if token.key is None else token.source)
            continued = None
    _place(loose, ends, command, values, slash)
    return {name: value if name in quoted else _unwrapped(value) for name, value in values.items()}


def _place(loose: list[str], ends: set[int], command: Command, values: dict[str, str], slash: str) -> None:
    """Give words without an option's name to the first options that have no value yet."""
    needed = sum(one.required for one in command.options if one.name not in values)
    for value in _grouped(loose, ends, needed):
        first = next(_unnamed(command, values), None)
        if first is None:
            if not (words := value.split()):  # a quotation mark too many
                continue
            school = {SCHOOL: value} if command.at_school and SCHOOL not in values else {}
            problem = f"“{words[0][:40]}” does not belong there."
            raise BadCommand(problem, _line(command, {**values, **school}, slash))
        begins = len(loose) > 1 and value.startswith(loose[0])
        named = _named(command, value, first, values) if begins else ""
        chosen = _choosing(command, value, first, values) if not ends else ""
        values[chosen or named or first] = value if chosen else value[len(named) :].lstrip()


def _named(command: Command, value: str, first: str, values: Collection[str]) -> str:
    """Return the option whose name a value begins with, because the colon was left out: `role Staff`.

    If it is not the `first` one that has no value yet, what follows must be a value of it. Where nothing is
    required, the name alone is enough: `/school edit zone Berlin` does not rename a school to “zone Berlin”.
    """
    name, _, rest = value.partition(" ")
    option = command.option(name.casefold())
    if option is None or option.name in values:
        return ""
    if name in _unnamed(command, values) and not any(one.required for one in command.options):
        return name
    meant = is_choice(option, rest) or (option.kind is OptionKind.WHOLE and rest.isdecimal())
    return option.name if meant or option.name == first else ""


def _choosing(command: Command, value: str, first: str, values: Collection[str]) -> str:
    """Return the option that a value is a choice of, where nothing is required: `/member list active`."""
    if any(one.required and one.name == first for one in command.options):
        return ""
    return next((one.name for one in command.options if one.name not in values and is_choice(one, value)), "")


def _unnamed(command: Command, values: Collection[str]) -> Iterator[str]:
    """Return the options, in order, that a value without an option's name may be for."""
    return (one.name for one in command.options if one.name not in values and not command.asks_school(one))


def _unwrapped(value: str) -> str:
    """Strip single quotes or backticks that enclose a whole value."""
    match = _WRAPPED.fullmatch(value)
    return next(filter(None, match.groups())) if match else value


def _grouped(loose: list[str], ends: set[int], needed: int) -> list[str]:
    """Group the words without an option's name into values: one for all, but a leading mention is its own.

    If several values are needed, each quoted one is its own, too; `ends` is where quoted words begin and end.
    """
    alone = 1 if loose and _MENTION.fullmatch(loose[0]) else 0
    cuts = sorted({0, *ends, len(loose)})
    if alone or not 1 < len(cuts) - 1 <= needed:
        cuts = [0, alone, len(loose)]
    return [" ".join(loose[start:end]) for start, end in pairwise(cuts) if start < end]


@lru_cache(maxsize=512)
def _token(names: tuple[str, ...]) -> re.Pattern[str]:
    """Compile the pattern of values; a known name may be set apart from its value (`uses: 5`, `to <@U1>`)."""
    known = rf"(?:{'|'.join(map(re.escape, names)) or '(?!)'})"
    spaced = rf"(?<!\S)(?P<spaced>{known})(?:\s*[:=]\s*(?!{known}\s*[:=])|\s+(?=<@))"
    return re.compile(rf"(?:(?P<key>[A-Za-z]\w*)[:=](?=\S)|{spaced})?{_VALUE}", re.IGNORECASE)


def _tokens(text: str, command: Command, before: str) -> list[_Token]:
    if sum(map(text.count, QUOTES)) % 2:
        raise BadCommand("A quotation mark is opened and never closed.", f'{before} {text}"')
    found = []
    for match in _token(tuple(option.name for option in command.options)).finditer(text):
        quoted = match["bare"] is None
        value = match["bare"] or match["quoting"] or match["quoted"]
        found.append(_Token(match["key"] or match["spaced"], value, match[0], match.start(), quoted))
    return found


def _names_option(command: Command, token: _Token) -> bool:
    """Tell whether a word is an option's name and its colon, with nothing after it."""
    return token.value[-1:] in _ENDS_A_NAME and command.option(token.value[:-1].casefold()) is not None


def _loose_word(command: Command, token: _Token, rest: str, slash: str) -> list[str]:
    """Accept a word that ends in a colon or equals sign, unless it is or resembles an option's name."""
    name = token.value[:-1].casefold()
    if _names_option(command, token):
        raise BadCommand(f"Nothing stands after {token.value}", "")
    if difflib.get_close_matches(name, [option.name for option in command.options], n=1, cutoff=0.6):
        raise BadCommand(*_unknown_option(command, replace(token, key=token.value[:-1]), rest, slash))
    return [token.value]


def _unknown_option(command: Command, token: _Token, rest: str, slash: str) -> tuple[str, str]:
    names = [option.name for option in command.options]
    close = _near_names(str(token.key).casefold(), names)
    option = command.option(close[0]) if close else None
    if option is None or (option.choices and not near_choice(option, token.value)):
        offered = f"it knows {', '.join(names)}" if names else "it takes none"
        return f"{slash}{command.path} has no option “{token.key}”; {offered}.", ""
    corrected = rest[: token.start] + close[0] + rest[token.start + len(str(token.key)) :]
    return f"There is no option “{token.key}”.", f"{slash}{command.path} {corrected}"


def _near_names(typed: str, names: list[str]) -> list[str]:
    """Return the option that is meant: one that contains the typed word, or else one that resembles it."""
    having = [name for name in names if typed in name.split("_")]
    return having[:1] or difflib.get_close_matches(typed, names, n=1, cutoff=0.6)
