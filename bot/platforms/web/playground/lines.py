"""Parses a typed line up to the cursor for completion, by the words and quotes of the grammar."""

import re

from bot.chat.commands import Command, Registry
from bot.chat.grammar import MULTI_WORD, QUOTES
from bot.core.values import dataclass

_PIECE = re.compile(
    rf"""(?:(?P<key>[A-Za-z]\w*)[:=])?(?:[{QUOTES}](?P<quoted>[^{QUOTES}]*)(?P<closed>[{QUOTES}]|$)|(?P<bare>[^\s{QUOTES}]*))"""
)


@dataclass(frozen=True, slots=True)
class Piece:
    """A word or `name:value` of a line; `start` is where its value begins, `whole` is all that was typed.

    `closed` says that it ends with a closing quote.
    """

    key: str | None
    value: str
    start: int
    end: int
    whole: str
    closed: bool
    quoted: bool


@dataclass(frozen=True, slots=True)
class ParsedLine:
    """A line with a complete command: its values, loose words, and the piece at the cursor (`active`).

    `continues` says that the last value has several words without quotes, so that more of it may follow.
    """

    command: Command
    values: dict[str, str]
    loose: tuple[str, ...]
    active: Piece | None
    continues: bool


def parse_line(before: str, registry: Registry, slash: str) -> ParsedLine | None:
    """Parse the text before the cursor; None while the command itself is being typed."""
    found = _command(before, registry, slash)
    if found is None:
        return None
    command, offset = found
    pieces = _pieces(before, offset)
    at_cursor = bool(pieces) and pieces[-1].end == len(before) and not pieces[-1].closed
    active = pieces.pop() if at_cursor else None
    values: dict[str, str] = {}
    loose: list[str] = []
    going_on, continues = None, False
    for piece in pieces:
        name = (piece.key or "").casefold()
        continues = False
        if option := command.option(name):
            values[name] = piece.value
            going_on = name if option.kind in MULTI_WORD and not piece.quoted else None
        elif going_on is not None and not piece.quoted:
            values[going_on] += f" {piece.whole}"
            continues = True
        else:
            loose.append(piece.whole)
            going_on = None
    return ParsedLine(command, values, tuple(loose), active, continues)


def _command(before: str, registry: Registry, slash: str) -> tuple[Command, int] | None:
    prefix = len(slash) if before.startswith(slash) else 0
    for words in (2, 1):
        match = re.match(r"\s*" + r"\s+".join([r"(\S+)"] * words) + r"\s", before[prefix:])
        if match is None:
            continue
        command = registry.get(" ".join(match.groups()).casefold())
        if command is not None and not command.hidden:
            return command, prefix + match.end()
    return None


def _pieces(before: str, offset: int) -> list[Piece]:
    found = []
    for match in _PIECE.finditer(before, offset):
        if not match[0]:
            continue
        quoted = match["quoted"] is not None
        value = match["quoted"] if quoted else match["bare"]
        start = match.start("quoted") - 1 if quoted else match.start("bare")
        found.append(Piece(match["key"], value, start, match.end(), match[0], bool(match["closed"]), quoted))
    return found


def quoted(value: str) -> str | None:
    """Return a value as it can be typed, quoted if necessary; None if it cannot be typed."""
    if any(quote in value for quote in QUOTES):
        return None
    return f'"{value}"' if not value or re.search(r"\s", value) else value
