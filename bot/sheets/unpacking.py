"""The child process that checks and unpacks a workbook, and writes the cells of its first sheet as text.

It is run as a script, with the limits as its argument and the workbook on standard input. It writes lines of
JSON: the names of sheets that it leaves out, if any; lists of rows from the first one on, and an empty list
at the end; or else what is wrong. It imports nothing else of this project.
"""

import io
import json
import re
import sys
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

NO_MEMORY = 3
_CHUNK = 500
_MIDNIGHT = time()
_PARTS = 2_000
_NEEDED = re.compile(r"(xl|_rels)/.*\.(xml|rels)|\[Content_Types\]\.xml", re.IGNORECASE)
# DOCTYPE and ENTITY, in any encoding that XML may have: with and without zero bytes between the letters.
_DECLARES = re.compile(rb"<\0?!\0?(D\0?O\0?C\0?T\0?Y\0?P\0?E|E\0?N\0?T\0?I\0?T\0?Y)", re.IGNORECASE)
_EXACT = 2**53  # whole numbers up to here are what a spreadsheet shows


class Trouble(Exception):
    """Raised if the workbook cannot be read; the words are the values of `FileTrouble`."""

    def __init__(self, trouble: str, row: int = 0, most: int = 0) -> None:
        """Name the trouble, the row where it is, and the limit that is exceeded."""
        super().__init__(trouble)
        self.report = {"trouble": trouble, "row": row, "most": most}


@dataclass(frozen=True)
class Limits:
    """Limits on the process, the unpacked workbook and its table."""

    memory: int
    seconds: int
    unzipped: int
    rows: int
    columns: int
    cell: int


def main() -> None:
    """Read a workbook from standard input, and write its rows to standard output."""
    limits = Limits(*json.loads(sys.argv[1]))
    _limit_process(limits)
    out = sys.stdout.buffer
    try:
        for chunk in chunks_of(sys.stdin.buffer.read(), limits):
            out.write(json.dumps(chunk, separators=(",", ":")).encode() + b"\n")
    except Trouble as trouble:
        out.write(json.dumps(trouble.report).encode() + b"\n")
    except MemoryError:
        sys.exit(NO_MEMORY)
    out.flush()


def _limit_process(limits: Limits) -> None:
    import resource  # noqa: PLC0415 - only the child process limits itself

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (limits.memory, limits.memory))
    resource.setrlimit(resource.RLIMIT_CPU, (limits.seconds, limits.seconds))


def chunks_of(content: bytes, limits: Limits) -> Iterator[list[list[str]] | dict[str, list[str]]]:
    """Yield the sheets that are left out, the rows of a workbook in chunks, and an empty chunk at the end."""
    from python_calamine import CalamineError, CalamineWorkbook  # noqa: PLC0415 - after the limits are set

    parts = unpacked(content, limits)
    try:
        book = CalamineWorkbook.from_filelike(_packed(parts))
        names = _visible(book)
        sheet = book.get_sheet_by_name(names[0]) if names else None
        end = sheet.end if sheet else None
    except CalamineError:
        raise Trouble("broken") from None
    if sheet is None or end is None:
        raise Trouble("empty")
    if end[0] > 2 * limits.rows:
        raise Trouble("too many rows", end[0] + 1, limits.rows)
    if left_out := [one for one in names[1:] if _VALUE.search(parts.get(_part_of(parts, one), b""))]:
        yield {"left out": left_out}
    lost = _lost_values(parts, sheet.name)
    parts.clear()
    left = [""] * (sheet.start or (0, 0))[1]  # the library yields leading empty rows, not columns
    chunk: list[list[str]] = []
    for number, cells in enumerate(sheet.iter_rows()):
        row = left + [cell if type(cell) is str else _text(cell) for cell in cells]
        if lost:
            _restore(row, lost.get(number, {}))
        _check(row, number + 1, limits)
        chunk.append(row)
        if len(chunk) == _CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
    yield []


def _check(row: list[str], number: int, limits: Limits) -> None:
    while row and not row[-1]:
        row.pop()
    if len(row) > limits.columns:
        raise Trouble("too many columns", number, limits.columns)
    if row and max(map(len, row)) > limits.cell:
        raise Trouble("a cell that is too long", number, limits.cell)


def unpacked(content: bytes, limits: Limits) -> dict[str, bytes]:
    """Unpack the needed parts, and check each, by what the zip declares and by what really comes out."""
    if content.count(b"PK\x01\x02") > _PARTS:
        raise Trouble("too large once it is unpacked", most=limits.unzipped)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            found = archive.infolist()
            names = [one.filename for one in found]
            _refuse_others(set(names))
            if sum(one.file_size for one in found) > limits.unzipped:
                raise Trouble("too large once it is unpacked", most=limits.unzipped)
            if len(set(names)) < len(names):
                raise Trouble("broken")
            return _parts(archive, found, limits)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError, OSError):
        raise Trouble("broken") from None


def _refuse_others(names: set[str]) -> None:
    if "EncryptedPackage" in names or "EncryptionInfo" in names:
        raise Trouble("a workbook with a password")
    if any(name.lower().endswith("vbaproject.bin") for name in names):
        raise Trouble("a workbook with macros")
    if "xl/workbook.bin" in names:
        raise Trouble("a workbook of the old kind")
    if "xl/workbook.xml" not in names:
        raise Trouble("no table")


def _parts(archive: zipfile.ZipFile, found: list[zipfile.ZipInfo], limits: Limits) -> dict[str, bytes]:
    left = limits.unzipped
    parts = {}
    for one in found:
        if one.flag_bits & 1:
            raise Trouble("a workbook with a password")
        if one.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
            raise Trouble("broken")
        if not _NEEDED.fullmatch(one.filename):
            continue
        with archive.open(one) as part:
            data = part.read(left + 1)
        left -= len(data)
        if left < 0:
            raise Trouble("too large once it is unpacked", most=limits.unzipped)
        if _DECLARES.search(data):
            raise Trouble("a workbook that declares entities")
        if one.filename == "[Content_Types].xml" and b"macroEnabled" in data:
            raise Trouble("a workbook with macros")
        parts[one.filename] = data
    return parts


def _packed(parts: dict[str, bytes]) -> io.BytesIO:
    """Pack the checked parts again, so that what was checked is what is read."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    packed.seek(0)
    return packed


def _visible(book: Any) -> list[str]:
    """List the names of a workbook's sheets that are not hidden."""
    from python_calamine import SheetTypeEnum, SheetVisibleEnum  # noqa: PLC0415 - after the limits are set

    shown, table = SheetVisibleEnum.Visible, SheetTypeEnum.WorkSheet
    return [one.name for one in book.sheets_metadata if one.visible == shown and one.typ == table]


def _text(cell: object) -> str:  # noqa: PLR0911 - one a kind
    """Return a cell as a person would type it."""
    match cell:
        case str():
            return cell
        case bool():
            return "TRUE" if cell else "FALSE"
        case float() if cell.is_integer() and abs(cell) < _EXACT:
            return str(int(cell))
        case int() | float():
            return repr(cell)
        case datetime():
            return str(cell.date()) if cell.time() == _MIDNIGHT else str(cell)
        case date() | time() | timedelta():
            return str(cell)
        case _:
            return ""


# The library loses two things that we find in the XML: for numbers shown with leading zeros (format "00000"),
# which are ids, it returns the bare number; and for a failed formula ("#N/A") it returns an empty cell.
# The patterns are bounded, because a part can be 20 MB of one beginning. Some programs write <x:c> for <c>.
_NAMED = rb"<(?:[A-Za-z]{1,20}:)?"
_XF = re.compile(_NAMED + rb"xf\b[^<>]{0,999}>")
_XFS = re.compile(_NAMED + rb"cellXfs\b")
_FORMAT = re.compile(_NAMED + rb"numFmt\b[^<>]{0,999}>")
_SHEET = re.compile(_NAMED + rb"sheet\b[^<>]{0,999}>")
_RELATION = re.compile(_NAMED + rb"Relationship\b[^<>]{0,999}>")
_CELL = re.compile(_NAMED + rb"c\b[^<>]{0,999}>")
_VALUE = re.compile(_NAMED + rb"(?:v|is)\b")
# A cell with an error (t="e"), its formula, and the error. The atomic group keeps it from backtracking.
_FAILED = re.compile(
    _NAMED + rb"""c\b((?>[^<>]{0,999}?\bt\s?=\s?["']e["'])[^<>]{0,999})>"""
    rb"(?:" + _NAMED + rb"f\b[^<>]{0,999}>(?:[^<]{0,50000}</[^<>]{1,22}>)?)?" + _NAMED + rb"v>([^<]{1,30})<"
)


def _attribute(tag: bytes, name: bytes) -> str:
    found = re.search(rb"\b" + name + rb'\s*=\s*["\']([^"\']*)', tag)
    return found[1].decode("utf-8", "replace") if found else ""


def _lost_values(parts: dict[str, bytes], sheet: str) -> dict[int, dict[int, int | str]]:
    """Return what the library loses, by row and column: how many digits an id has, or the error's name."""
    digits = _digits(parts.get("xl/styles.xml", b""))
    cells = parts.get(_part_of(parts, sheet), b"")
    found: dict[int, dict[int, int | str]] = {}
    any_failed = b'"e"' in cells or b"'e'" in cells  # much faster than the pattern
    for one in _FAILED.finditer(cells) if any_failed else ():
        column, row = _place(_attribute(one[1], b"r"))
        found.setdefault(row, {})[column] = one[2].decode("utf-8", "replace")
    for tag in _CELL.findall(cells) if digits else ():
        if (wanted := digits.get(_attribute(tag, b"s"))) and not _attribute(tag, b"t"):
            column, row = _place(_attribute(tag, b"r"))
            found.setdefault(row, {})[column] = wanted
    return found


def _digits(styles: bytes) -> dict[str, int]:
    """Return the styles that show numbers with leading zeros, and how many digits each of them shows."""
    zeros = {
        _attribute(tag, b"numFmtId"): len(code)
        for tag in _FORMAT.findall(styles)
        if re.fullmatch("0{2,}", code := _attribute(tag, b"formatCode"))
    }
    begins = _XFS.search(styles)
    if not zeros or begins is None:
        return {}
    block = styles[begins.end() : styles.find(b"cellXfs>", begins.end())]
    return {
        str(index): zeros[number]
        for index, tag in enumerate(_XF.findall(block))
        if (number := _attribute(tag, b"numFmtId")) in zeros
    }


def _part_of(parts: dict[str, bytes], sheet: str) -> str:
    """Return the name of the part that holds a sheet; empty if there is none."""
    from html import unescape  # noqa: PLC0415 - seldom needed

    for tag in _SHEET.findall(parts.get("xl/workbook.xml", b"")):
        if unescape(_attribute(tag, b"name")) == sheet:
            wanted = _attribute(tag, b"r:id")
            for relation in _RELATION.findall(parts.get("xl/_rels/workbook.xml.rels", b"")):
                if _attribute(relation, b"Id") == wanted:
                    target = _attribute(relation, b"Target")
                    return target[1:] if target.startswith("/") else f"xl/{target}"
    return ""


def _place(reference: str) -> tuple[int, int]:
    """Return the column and row of a cell reference, counted from 0: A1 is (0, 0)."""
    letters = reference.rstrip("0123456789")
    column = 0
    for letter in letters:
        column = column * 26 + ord(letter) - 64
    return column - 1, int(reference[len(letters) :] or 0) - 1


def _restore(row: list[str], lost: dict[int, int | str]) -> None:
    for column, wanted in lost.items():
        if not 0 <= column < len(row):
            continue
        if isinstance(wanted, str):
            row[column] = wanted
        elif row[column].isdecimal():
            row[column] = row[column].zfill(wanted)


if __name__ == "__main__":
    main()
