"""Delimited text files (CSV) in any common encoding."""

import codecs
import csv
import io
import re
from collections.abc import Generator

from bot.core.files import BadFile, FileTrouble
from bot.core.rosters.columns import REQUIRED
from bot.core.values import dataclass
from bot.sheets import encodings
from bot.sheets.bounds import Bounds
from bot.sheets.guarding import has_guards

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # begins like UTF-16
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_DELIMITERS = ",;\t|"
_LINES = 10
_SAMPLE = 16 * 1024
_HEAD = 100_000
_QUOTED = re.compile(r'"[^"]*"')
_SEPARATOR = re.compile(r'\s*sep=([^"\r\n])\r?\n?', re.IGNORECASE)
NOT_TEXT = re.compile(r"[\x00-\x08\x0e-\x1f]")


@dataclass(frozen=True, slots=True)
class TextFile:
    """What is known about a text file: its encoding (and the guess, if it is one), beginning and guards."""

    encoding: str
    guessed: str
    head: str
    guards: bool


def inspect(name: str, content: bytes) -> TextFile:
    """Find out the encoding of a text file; raise `BadFile` if it is not text."""
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return _inspected(name, content, encoding)
    if b"\0" in content[:_SAMPLE]:
        return _inspected(name, content, _utf16_variant(name, content[:_SAMPLE]))
    try:
        content.decode()
    except UnicodeDecodeError:
        encoding = _guessed(content)
        return _inspected(name, content, encoding, encoding)
    return _inspected(name, content, "utf-8")


def _inspected(name: str, content: bytes, encoding: str, guessed: str = "") -> TextFile:
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        raise BadFile(name, FileTrouble.BINARY) from None
    if found := NOT_TEXT.search(text):
        raise BadFile(name, FileTrouble.BINARY, row=text.count("\n", 0, found.start()) + 1)
    return TextFile(encoding, guessed, text[:_HEAD], has_guards(text))


def _utf16_variant(name: str, sample: bytes) -> str:
    """Return which UTF-16 a text without a mark is in, by its zero bytes; raise `BadFile` if in neither."""
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    most = len(sample) // 2
    if odd > most // 2 and even < most // 20:
        return "utf-16-le"
    if even > most // 2 and odd < most // 20:
        return "utf-16-be"
    raise BadFile(name, FileTrouble.BINARY)


def _guessed(content: bytes) -> str:
    """Guess the encoding from the lines that are not plain ASCII."""
    lines = [line for line in content[: 1 << 20].splitlines() if not line.isascii()]
    # Without the last line, which may be cut within a character.
    whole = b"\n".join(lines)[:_SAMPLE].rpartition(b"\n")[0]
    return encodings.guess(whole or b"\n".join(lines)[:_SAMPLE])


def rows_of(name: str, content: bytes, file: TextFile, bounds: Bounds) -> Generator[tuple[int, list[str]]]:
    """Yield the rows of a text file with their numbers; a row that spans several lines counts as one."""
    delimiter, first = _delimiter(file.head)
    # Decoded piece by piece: decoded at once, it could take four times its size.
    lines = io.TextIOWrapper(io.BytesIO(content), encoding=file.encoding, newline="")
    number = 0
    if first:
        next(lines)
        number = 1
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as wrong:
            raise BadFile(name, _trouble(wrong), row=number + 1, most=bounds.cell) from None
        number += 1
        if row and max(map(len, row)) > bounds.cell:
            raise BadFile(name, FileTrouble.CELL_TOO_LONG, row=number, most=bounds.cell)
        yield number, row


def _trouble(wrong: csv.Error) -> FileTrouble:
    return FileTrouble.CELL_TOO_LONG if "limit" in str(wrong) else FileTrouble.QUOTES


def _delimiter(head: str) -> tuple[str, bool]:
    """Return the delimiter of the cells, and whether the first line only declares it (`sep=;`)."""
    if said := _SEPARATOR.match(head):
        return said[1], True
    # A quoted heading may span several lines, and contain delimiters.
    bare = _QUOTED.sub("q", head)
    lines = [one for one in bare.splitlines() if one.strip(f'{_DELIMITERS} "')][:_LINES]
    # A title may come first, so the first line counts that has the cells that a roster needs.
    wide = (one for one in lines if max(map(one.count, _DELIMITERS)) >= len(REQUIRED) - 1)
    line = next(wide, lines[0] if lines else "")
    return max(_DELIMITERS, key=line.count), False
