"""Text files with a delimiter: CSV of any common encoding."""

import codecs
import csv
import io
import re
from collections.abc import Generator

from bot.core.files import BadFile, FileTrouble
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
_SAMPLE = 16 * 1024
_HEAD = 100_000
_QUOTED = re.compile(r'"[^"]*"')
_SEPARATOR = re.compile(r"\s*sep=(.)\r?\n?", re.IGNORECASE)
NOT_TEXT = re.compile(r"[\x00-\x08\x0e-\x1f]")


@dataclass(frozen=True, slots=True)
class Looked:
    """What a look at a whole text told: its encoding, its beginning, whether any cell is guarded."""

    encoding: str
    guessed: str
    head: str
    guards: bool


def look_at(name: str, content: bytes) -> Looked:
    """Find out how a text file is encoded, and that it is text."""
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return _looked(name, content, encoding)
    if b"\0" in content[:_SAMPLE]:
        return _looked(name, content, _wide(name, content[:_SAMPLE]))
    try:
        content.decode()
    except UnicodeDecodeError:
        encoding = _guessed(content)
        return _looked(name, content, encoding, encoding)
    return _looked(name, content, "utf-8")


def _looked(name: str, content: bytes, encoding: str, guessed: str = "") -> Looked:
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        raise BadFile(name, FileTrouble.BINARY) from None
    if found := NOT_TEXT.search(text):
        raise BadFile(name, FileTrouble.BINARY, row=text.count("\n", 0, found.start()) + 1)
    return Looked(encoding, guessed, text[:_HEAD], has_guards(text))


def _wide(name: str, sample: bytes) -> str:
    """Tell which half of a UTF-16 text without a mark is empty; what is neither is no text."""
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    most = len(sample) // 2
    if odd > most // 2 and even < most // 20:
        return "utf-16-le"
    if even > most // 2 and odd < most // 20:
        return "utf-16-be"
    raise BadFile(name, FileTrouble.BINARY)


def _guessed(content: bytes) -> str:
    """Guess the encoding from lines that tell: those that are not plain ASCII."""
    lines = [line for line in content[: 1 << 20].splitlines() if not line.isascii()]
    whole = b"\n".join(lines)[:_SAMPLE].rpartition(b"\n")[0]  # a cut line could end within a character
    return encodings.guess(whole or b"\n".join(lines)[:_SAMPLE])


def rows_of(name: str, content: bytes, looked: Looked, bounds: Bounds) -> Generator[tuple[int, list[str]]]:
    """Split a text into rows, each with its number; a row of several lines counts once."""
    delimiter, first = _delimiter(looked.head)
    # Decoded bit by bit: as a whole it would take four times its size.
    lines = io.TextIOWrapper(io.BytesIO(content), encoding=looked.encoding, newline="")
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
    """Find what divides the cells; the second value tells whether a first line of its own says it."""
    if said := _SEPARATOR.match(head):
        return said[1], True
    # A heading in quotation marks can have several lines.
    bare = _QUOTED.sub("q", head)
    line = next((one for one in bare.splitlines() if one.strip(f'{_DELIMITERS} "')), "")
    return max(_DELIMITERS, key=line.count), False
