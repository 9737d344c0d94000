"""Files that are made to harm: each is refused within a second and 256 MB.

`python -m tests.sheets.test_hostile` prints the table of what each costs.
"""

import io
import json
import os
import struct
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bot.core.files import BadFile, FileTrouble
from bot.sheets.bounds import MEGABYTE, Bounds
from bot.sheets.reading import read_sheet
from bot.sheets.workbook import _start
from tests.sheets.making import HEADER, PARTS, packed, text, workbook

_SECOND = 1.0
_MEMORY = 256
_FAILED = '<c r="B2" t="e"><f>'
_FULL = 5 * MEGABYTE


def _cells(rows: int, cell: Callable[[str, int], str]) -> str:
    return "".join(
        f'<row r="{row}">{"".join(cell(column, row) for column in "ABCDEFGHI")}</row>'
        for row in range(2, rows + 2)
    )


def _shared(column: str, row: int) -> str:
    return f'<c r="{column}{row}" t="s"><v>0</v></c>'


def _lie() -> bytes:
    """A workbook whose directory says that a part of 60 MB has ten bytes."""
    honest = workbook(HEADER, more={"xl/worksheets/sheet2.xml": b" " * (60 * MEGABYTE)})
    told, lied = struct.pack("<L", 60 * MEGABYTE), struct.pack("<L", 10)
    assert told in honest
    return honest.replace(told, lied)


def _overlapping() -> bytes:
    """Many names in the directory for one and the same compressed part."""
    honest = workbook(HEADER, more={"xl/worksheets/a.xml": b" " * MEGABYTE})
    with zipfile.ZipFile(io.BytesIO(honest)) as archive:
        one = archive.getinfo("xl/worksheets/a.xml")
        start = archive.start_dir
    end = honest.index(b"PK\x05\x06")
    entry = next(part for part in honest[start:end].split(b"PK\x01\x02") if b"sheets/a.xml" in part)
    copies = [
        b"PK\x01\x02" + entry.replace(b"sheets/a.xml", b"sheets/%c.xml" % letter) for letter in range(98, 123)
    ]
    directory = honest[start:end] + b"".join(copies)
    count = honest[start:end].count(b"PK\x01\x02") + len(copies)
    assert one.file_size == MEGABYTE
    return (
        honest[:start]
        + directory
        + struct.pack("<LHHHHLLH", 0x06054B50, 0, 0, count, count, len(directory), start, 0)
    )


def _names() -> bytes:
    """As many parts without content as fit."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for number in range(40_000):
            archive.writestr(zipfile.ZipInfo(f"xl/{number}"), b"")
    return made.getvalue()[:_FULL]


def _noise(size: int) -> bytes:
    """Bytes that do not compress, and are the same in each run."""
    return b"".join(struct.pack("<L", zlib.crc32(struct.pack("<L", number))) for number in range(size // 4))


_BOOK = PARTS["xl/workbook.xml"]
_LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
_DTD = f'<!DOCTYPE sst [<!ENTITY l0 "ha">{_LAUGHS}]>'
_CORNER = f'{HEADER}<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
_UNPACKED = FileTrouble.TOO_LARGE_UNPACKED
HOSTILE: dict[str, tuple[Callable[[], bytes], FileTrouble]] = {
    "zip: 100 MB of spaces": (
        lambda: workbook(HEADER, more={"xl/a.xml": b" " * (100 * MEGABYTE)}),
        _UNPACKED,
    ),
    "zip: the directory lies": (_lie, FileTrouble.BROKEN),
    "zip: parts that overlap": (_overlapping, _UNPACKED),
    "zip: 40,000 parts": (_names, _UNPACKED),
    "zip: in a zip": (
        lambda: packed({"a.zip": workbook(HEADER), "b.xlsx": workbook(HEADER)}),
        FileTrouble.OTHER_KIND,
    ),
    "zip: two parts of one name": (
        lambda: workbook(HEADER, more={"xl/worksheets/sheet2.xml": b"1"}).replace(
            b"sheet2.xml", b"sheet1.xml"
        ),
        FileTrouble.BROKEN,
    ),
    "zip: noise": (lambda: b"PK\x03\x04" + _noise(_FULL - 4), FileTrouble.BROKEN),
    "xlsx: a cell at XFD1048576": (lambda: workbook(_CORNER), _UNPACKED),
    "xlsx: a cell at A1048576": (
        lambda: workbook(f'{HEADER}<row r="1048576">{text("A1048576", "x")}</row>'),
        FileTrouble.TOO_MANY_ROWS,
    ),
    "xlsx: one long word 450,000 times": (
        lambda: workbook(_cells(50_000, _shared), shared=f"<si><t>{'x' * 32_000}</t></si>"),
        _UNPACKED,
    ),
    "xlsx: entities": (
        lambda: workbook(HEADER + f'<row r="2">{text("A2", "&l9;")}</row>', before=_DTD),
        FileTrouble.UNSAFE,
    ),
    "xlsx: an external entity": (
        lambda: workbook(
            HEADER, more={"xl/workbook.xml": f'<!DOCTYPE w SYSTEM "file:///etc/passwd">{_BOOK}'}
        ),
        FileTrouble.UNSAFE,
    ),
    "xlsx: entities in UTF-16": (
        lambda: workbook(HEADER, more={"xl/sharedStrings.xml": f"{_DTD}<sst/>".encode("utf-16")}),
        FileTrouble.UNSAFE,
    ),
    "xlsx: tags in tags": (lambda: workbook("<row>" * 1_500_000), FileTrouble.EMPTY),
    "xlsx: one cell of 19 MB": (
        lambda: workbook(HEADER + f'<row r="2">{text("A2", "x" * 19_000_000)}</row>'),
        FileTrouble.CELL_TOO_LONG,
    ),
    "xlsx: 400,000 rows": (
        lambda: workbook("".join(f'<row r="{n}"><c r="A{n}"><v>1</v></c></row>' for n in range(1, 400_001))),
        FileTrouble.TOO_MANY_ROWS,
    ),
    "xlsx: styles within styles": (
        lambda: workbook(
            HEADER + f'<row r="2">{text("A2", "x" * 10_001)}</row>',
            styles=f'<numFmt numFmtId="9" formatCode="000"/><b><![CDATA[{"<cellXfs <c " * 1_000_000}]]></b>',
        ),
        FileTrouble.CELL_TOO_LONG,
    ),
    "xlsx: formulas that have failed": (
        lambda: workbook(f'{HEADER}<row r="2">{text("A2", f"<![CDATA[{_FAILED * 800_000}]]>")}</row>'),
        FileTrouble.CELL_TOO_LONG,
    ),
    "xlsx: macros": (lambda: workbook(HEADER, more={"xl/vbaProject.bin": b"x"}), FileTrouble.MACROS),
    "xls": (lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(_FULL - 8), FileTrouble.OLD_EXCEL),
    "csv: NULs": (lambda: b"email,name\n" + b"a\0" * (_FULL // 2 - 8), FileTrouble.BINARY),
    "csv: noise": (lambda: _noise(_FULL), FileTrouble.BINARY),
    "csv: one cell of 5 MB": (lambda: b"email\n" + b"x" * (_FULL - 8), FileTrouble.CELL_TOO_LONG),
    "csv: one quoted cell of 5 MB": (
        lambda: b'email\n"' + b"x\n" * (_FULL // 2 - 8) + b'"',
        FileTrouble.CELL_TOO_LONG,
    ),
    "csv: a quote never closed": (lambda: b'email\n"' + b"a@x.org,N\n" * 500_000, FileTrouble.CELL_TOO_LONG),
    "csv: quotes and nothing else": (lambda: b"email\n" + b'"' * (_FULL - 8), FileTrouble.CELL_TOO_LONG),
    "csv: one line of commas": (
        lambda: b"email,name\n" + b"," * (_FULL - 16) + b"x",
        FileTrouble.TOO_MANY_COLUMNS,
    ),
    "csv: a header of commas": (lambda: b"," * (_FULL - 16) + b"x", FileTrouble.TOO_MANY_COLUMNS),
    "csv: one line of cells": (lambda: b"email\n" + b"xx," * (_FULL // 3 - 8), FileTrouble.TOO_MANY_COLUMNS),
    "csv: five million blank lines": (
        lambda: b"email" + b"\n" * (_FULL - 6) + b"x",
        FileTrouble.TOO_MANY_ROWS,
    ),
    "csv: two million rows": (lambda: b"email\n" + b"x\n" * (_FULL // 2 - 8), FileTrouble.TOO_MANY_ROWS),
    "csv: wide rows": (lambda: b"a,b\n" + (b"xx," * 70 + b"\n") * 24_000, FileTrouble.TOO_MANY_COLUMNS),
    "csv: 60 MB": (lambda: b"email\n" + b"x" * (60 * MEGABYTE), FileTrouble.TOO_LARGE),
    "csv: apostrophes": (lambda: b"email\n" + b"'" * (_FULL - 8), FileTrouble.CELL_TOO_LONG),
    "csv: Cyrillic look-alikes": (
        lambda: b"email\n" + b"\xc0\xc1\xd8\n" * (_FULL // 4 - 8),
        FileTrouble.TOO_MANY_ROWS,
    ),
}

# Reads a file from standard input alone, and says what it took: seconds, and megabytes.
_MEASURE = """
import json, re, resource, sys, time
from bot.core.files import BadFile
from bot.sheets.bounds import Bounds
from bot.sheets.reading import read_sheet
content = sys.stdin.buffer.read()
began = time.process_time()
try:
    read_sheet("people", content, Bounds())
    told = "read"
except BadFile as bad:
    told = bad.trouble.value
# Of the processor, also of children: the clock on the wall tells how busy a machine is.
children = resource.getrusage(resource.RUSAGE_CHILDREN)
spent = time.process_time() - began + children.ru_utime + children.ru_stime
# Not getrusage: a process that was forked begins with its parent's peak.
own = int(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1])
peak = max(own, children.ru_maxrss) // 1024
print(json.dumps([told, spent, peak]))
"""


def measured(content: bytes) -> tuple[str, float, int]:
    """Read a file in a new process; return the result, the seconds and the peak megabytes."""
    # What counts branches would be counted with it.
    own = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    run = [sys.executable, "-c", _MEASURE]
    done = subprocess.run(run, input=content, capture_output=True, check=True, env=own)
    told, spent, peak = json.loads(done.stdout)
    return told, spent, peak


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_file_is_refused_soon_and_in_little_memory(kind: str) -> None:
    make, trouble = HOSTILE[kind]
    told, spent, peak = measured(make())
    assert told == trouble.value
    assert spent < _SECOND
    assert peak < _MEMORY


def test_what_was_not_checked_is_not_read() -> None:
    """A sheet in a part with an unusual name is ignored when the workbook is read."""
    honest = workbook(HEADER)
    with zipfile.ZipFile(io.BytesIO(honest)) as archive:
        parts = {one: archive.read(one) for one in archive.namelist()}
    parts["xl/worksheets/sheet1.dat"] = parts.pop("xl/worksheets/sheet1.xml")
    parts["xl/_rels/workbook.xml.rels"] = parts["xl/_rels/workbook.xml.rels"].replace(
        b"sheet1.xml", b"sheet1.dat"
    )
    with pytest.raises(BadFile) as bad:
        read_sheet("x", packed(parts), Bounds())
    assert bad.value.trouble in {FileTrouble.BROKEN, FileTrouble.EMPTY}


@pytest.mark.parametrize(
    "content", [HOSTILE[kind][0] for kind in ("xlsx: a cell at XFD1048576", "zip: noise")]
)
def test_the_bot_outlives_what_kills_its_reader(content: Callable[[], bytes]) -> None:
    with pytest.raises(BadFile):
        read_sheet("x", content(), Bounds())


def test_the_reader_of_workbooks_gets_none_of_our_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOMEROOM_SECRET_KEY", "not-for-others")
    child = _start(Bounds())
    try:
        environment = Path(f"/proc/{child.pid}/environ").read_bytes()
        assert environment.startswith(b"PATH=") or not environment
        assert b"HOMEROOM" not in environment
    finally:
        child.kill()
        child.communicate()


def _lines() -> Iterator[str]:
    for kind, (make, _) in HOSTILE.items():
        content = make()
        told, spent, peak = measured(content)
        yield f"{kind:36} {len(content) / MEGABYTE:7.2f} MB  {spent * 1000:6.0f} ms  {peak:4} MB  {told}"


if __name__ == "__main__":
    for line in _lines():
        print(line)  # noqa: T201
