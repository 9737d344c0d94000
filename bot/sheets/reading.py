"""Reads an uploaded table, CSV or workbook, within limits; the file may be broken or malicious."""

from collections.abc import Callable, Generator, Iterable
from contextlib import closing
from itertools import chain, islice

from bot.core.files import BadFile, FileTrouble
from bot.core.rosters.columns import REQUIRED, mapping
from bot.core.rosters.sheet import Sheet
from bot.core.values import replace
from bot.sheets import delimited, workbook
from bot.sheets.bounds import Bounds
from bot.sheets.guarding import unguarded, unguarded_text

_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
# How other kinds of files begin that people upload by mistake.
_OTHERS = (
    b"%PDF", b"PK\x05\x06", b"\x1f\x8b", b"7z\xbc\xaf", b"Rar!", b"\x89PNG", b"\xff\xd8\xff", b"{\\rtf",
    b"BZh", b"\xfd7zXZ", b"<?xml", b"<!doc", b"<html", b"<table", b"SQLite", b"GIF8", b"RIFF",
)  # fmt: skip
_CHUNK = 1000
# Among how many rows that are not blank the headings are looked for, since programs write a title above them.
_LOOKED_AT = 10
# Equal cells of a column are kept once if its first chunk has fewer different values than this.
_FEW = 200

Rows = Generator[tuple[int, list[str]]]
Unguard = Callable[[str], str]


def read_sheet(name: str, content: bytes, bounds: Bounds) -> Sheet:
    """Read a CSV file or a workbook; raises `BadFile` with what is wrong with it."""
    if len(content) > bounds.bytes:
        raise BadFile(name, FileTrouble.TOO_LARGE, most=bounds.bytes)
    if not content.strip():
        raise BadFile(name, FileTrouble.EMPTY)
    if content.startswith(_ZIP):
        left_out: list[str] = []
        sheet = _sheet(name, workbook.rows_of(name, content, bounds, left_out), bounds, unguarded)
        return replace(sheet, left_out=tuple(left_out))
    if content.startswith(_OLE):
        locked = _ENCRYPTED in content
        raise BadFile(name, FileTrouble.LOCKED if locked else FileTrouble.OLD_EXCEL)
    start = content[:64].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if start.startswith(tuple(one.lower() for one in _OTHERS)):
        raise BadFile(name, FileTrouble.OTHER_KIND)
    text_file = delimited.inspect(name, content)
    rows = delimited.rows_of(name, content, text_file, bounds)
    unguard = unguarded_text if text_file.guards else _as_it_is
    return _sheet(name, rows, bounds, unguard, guessed=text_file.guessed, counted=True)


def _as_it_is(cell: str) -> str:
    return cell


def _sheet(
    name: str, rows: Rows, bounds: Bounds, unguard: Unguard, *, guessed: str = "", counted: bool = False
) -> Sheet:
    """Build a sheet from rows; if `counted`, rows with more cells than the header are noted."""
    with closing(rows):
        first = _first_rows(rows, bounds)
        if not first or first[0][0] > bounds.rows:
            raise BadFile(name, FileTrouble.EMPTY)
        named = mapping(first[-1][1][: bounds.columns])
        at = len(first) - 1 if len(named.missing) < len(REQUIRED) else 0
        place, row = first[at]
        header = _header(name, place, row, bounds)
        body = _Body(name, len(header), place, bounds, unguard, cells=len(row) if counted else 0)
        below = chain(first[at + 1 :], rows)
        for chunk in iter(lambda: list(islice(below, _CHUNK)), []):
            body.add(chunk)
    told = tuple(map(unguard, header))
    return Sheet(name, told, tuple(body.rows), place + 1, tuple(body.gaps), guessed, tuple(body.over))


def _first_rows(rows: Rows, bounds: Bounds) -> list[tuple[int, list[str]]]:
    """Return the first rows that are not blank, up to the first with as many cells as a roster needs."""
    found: list[tuple[int, list[str]]] = []
    for place, row in rows:
        if filled := sum(1 for cell in filter(None, row) if cell.strip()):
            found.append((place, row))
        if filled >= len(REQUIRED) or len(found) == _LOOKED_AT or place > bounds.rows:
            break
    return found


def _header(name: str, place: int, row: Iterable[str], bounds: Bounds) -> list[str]:
    header = [cell.strip() for cell in row]
    while not header[-1]:
        header.pop()
    if len(header) > bounds.columns:
        raise BadFile(name, FileTrouble.TOO_MANY_COLUMNS, row=place, most=bounds.columns)
    return header


class _Body:
    """The rows below a header; columns with few different values share equal cells, which saves memory."""

    def __init__(
        self, name: str, width: int, place: int, bounds: Bounds, unguard: Unguard, *, cells: int
    ) -> None:
        self.rows: list[tuple[str, ...]] = []
        self.gaps: list[int] = []
        self.over: list[int] = []
        self._name, self._width, self._last, self._bounds = name, width, place, bounds
        self._unguard, self._cells = unguard, cells
        self._count = 0
        self._said: list[tuple[int, dict[str, str]]] | None = None

    def add(self, chunk: Iterable[tuple[int, list[str]]]) -> None:
        """Add a chunk of rows."""
        kept = [row for place, row in chunk if self._keeps(place, row)]
        if self._said is None:
            self._said = [
                (column, {}) for column in range(self._width) if len({row[column] for row in kept}) < _FEW
            ]
        for row in kept:
            for column, said in self._said:
                row[column] = said.setdefault(row[column], row[column])
            self.rows.append(tuple(row))

    def _keeps(self, place: int, row: list[str]) -> bool:
        """Pad or trim a row to the width of the header and remove its guards; return False if it is blank."""
        if not (row and row[0].strip()) and not any(cell.strip() for cell in row):
            if place > self._most:
                raise self._too(FileTrouble.TOO_MANY_ROWS, self._bounds.rows)
            return False
        if place != self._last + 1:
            self._skip(place)
        self._last = place
        if len(row) < self._width:
            row += [""] * (self._width - len(row))
        while len(row) > self._width and not row[-1].strip():
            row.pop()
        if len(row) > self._bounds.columns:
            raise self._too(FileTrouble.TOO_MANY_COLUMNS, self._bounds.columns, place)
        if len(row) > self._cells > 0:
            self.over.append(place)
        if self._unguard is not _as_it_is:
            row[:] = map(self._unguard, row)
        self._count += 1
        if self._count > self._bounds.rows:
            raise self._too(FileTrouble.TOO_MANY_ROWS, self._bounds.rows)
        return True

    @property
    def _most(self) -> int:
        """The largest row number that is read; blank rows count towards it."""
        return 2 * self._bounds.rows + 1

    def _skip(self, place: int) -> None:
        if place > self._most:
            raise self._too(FileTrouble.TOO_MANY_ROWS, self._bounds.rows, place)
        self.gaps.extend(range(self._last + 1, place))

    def _too(self, trouble: FileTrouble, most: int, row: int = 0) -> BadFile:
        return BadFile(self._name, trouble, row=row, most=most)
