"""Exported files are safe to open, and can be read back unchanged."""

import csv
import io
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.sheets import workbook
from bot.sheets.bounds import Bounds
from bot.sheets.guarding import guarded, guarded_text, unguarded, unguarded_text
from bot.sheets.reading import read_sheet
from bot.sheets.unpacking import Limits, chunks_of
from bot.sheets.writing import csv_of, xlsx_of

_DANGEROUS = "=+-@\t\r\n\uff1d\uff0b\uff0d\uff20"
_letters = st.characters(exclude_categories=("Cs", "Cc", "Cn", "Co")) | st.sampled_from("=+-@'\t\n\"',;|0")
_cells = st.text(_letters, max_size=30) | st.from_regex(r"\A[=+\-@']{0,3}0{0,4}[0-9]{0,12}\Z")
# A table whose first column says that a row is there.
_tables = st.lists(st.tuples(st.just("a@x.org"), _cells, _cells), min_size=1, max_size=8)
HEADER = ("email", "name", "id")


@given(_cells)
def test_a_guarded_cell_begins_harmlessly_and_is_read_back(cell: str) -> None:
    assert guarded(cell)[:1] not in {*_DANGEROUS}
    assert unguarded(guarded(cell)) == cell


@given(_cells)
def test_a_cell_of_a_text_file_is_read_back(cell: str) -> None:
    assert unguarded_text(guarded_text(cell)) == cell


@pytest.mark.parametrize(
    "cell",
    [
        "x;=1+1;",
        'x;"=1+1;',
        "x;'=1+1;",
        "x,;\"'=1+1;",
        "x\n=1+1\n",
        "x\r\n@SUM(1)\r\n",
        "x\t-1+1\t",
        "x;;\t=1",
    ],
)
def test_a_text_file_computes_nothing_where_it_is_divided_by_semicolons(cell: str) -> None:
    """As spreadsheets do where decimals have a comma; quotation marks within a cell mean nothing there."""
    content = csv_of(HEADER, [("a@x.org", cell, "7")])
    assert read_sheet("x.csv", content, Bounds()).rows == (("a@x.org", cell, "7"),)
    pieces = re.split("[;\t\r\n]", content.decode("utf-8-sig"))
    assert not [one for one in pieces if one.lstrip('"')[:1] in {*"=+-@"}]


@pytest.mark.parametrize("name", ["'t Hart", "'s-Gravenhage", "O'Neil", "", "Ngo-Lee"])
def test_names_with_apostrophes_are_left_alone(name: str) -> None:
    assert guarded(name) == name == unguarded(name)
    assert guarded_text(name) == name == unguarded_text(name)


@settings(max_examples=200, deadline=None)
@given(_tables)
def test_csv_comes_back_unchanged(rows: list[tuple[str, ...]]) -> None:
    content = csv_of(HEADER, rows)
    assert read_sheet("x.csv", content, Bounds()).rows == tuple(rows)
    for row in csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")):
        assert not {cell[:1] for cell in row} & {*_DANGEROUS}


@settings(max_examples=60, deadline=None)
@given(_tables)
def test_a_workbook_comes_back_unchanged(rows: list[tuple[str, ...]]) -> None:
    """Read in this process: the other one says the same, as the next test shows."""
    parts = chunks_of(xlsx_of(HEADER, rows), Limits(0, 0, 20 << 20, 100, 64, 10_000))
    _, *cells = (row + [""] * (3 - len(row)) for part in parts for row in part if not isinstance(row, str))
    assert [tuple(map(unguarded, row)) for row in cells] == rows


def test_a_workbook_through_its_own_process() -> None:
    rows = (("a@x.org", "=1+1", "00042"), ("b@x.org", "'=x", "+49"), ("c@x.org", "Zoë 田中", "1e5"))
    content = xlsx_of(HEADER, rows)
    assert read_sheet("x.xlsx", content, Bounds()).rows == rows
    _, (_, first), *_ = workbook.rows_of("x", content, Bounds(), [])
    assert first == ["a@x.org", "'=1+1", "00042"]


def test_what_excel_would_cut_is_not_written() -> None:
    with pytest.raises(ValueError, match="32,767"):
        xlsx_of(HEADER, [("x" * 32_768,)])
