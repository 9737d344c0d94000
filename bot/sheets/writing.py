"""Writing tables that people take away: what is written here is read back unchanged by `reading`."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import TypeAlias

from bot.sheets.guarding import guarded, guarded_text

# A number can be reckoned with; whatever else looks like one (an id) is text.
Cell: TypeAlias = str | int | float

# What Excel holds; a cell or a table beyond it would be cut without a word.
_CELL, _ROWS = 32_767, 1_048_576
_WIDEST, _NARROWEST = 48, 10


def csv_of(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """Write a CSV file, with the mark by which spreadsheets know that it is UTF-8."""
    text = io.StringIO(newline="")
    written = csv.writer(text, lineterminator="\r\n")
    written.writerow(map(guarded_text, header))
    written.writerows([_said(cell) for cell in row] for row in rows)
    return text.getvalue().encode("utf-8-sig")


def xlsx_of(header: Sequence[str], rows: Iterable[Sequence[Cell]], *, title: str = "Sheet1") -> bytes:
    """Write a workbook whose texts are texts, so that ids keep their zeros and nothing is computed."""
    import xlsxwriter  # noqa: PLC0415 - loaded when somebody takes a workbook away

    made = io.BytesIO()
    # In memory: what is in the table shall not lie about in a temporary file.
    with xlsxwriter.Workbook(made, {"in_memory": True}) as book:
        sheet = book.add_worksheet(title)
        text = book.add_format({"num_format": "@"})
        bold = book.add_format({"num_format": "@", "bold": True})
        sheet.set_column(0, max(len(header) - 1, 0), _NARROWEST, text)
        for column, name in enumerate(header):
            sheet.write_string(0, column, _fits(name), bold)
            sheet.set_column(column, column, min(max(len(name) + 4, _NARROWEST), _WIDEST), text)
        for number, row in enumerate(rows, 1):
            if number >= _ROWS:
                raise ValueError(f"A workbook holds {_ROWS:,} rows")
            for column, cell in enumerate(row):
                if isinstance(cell, int | float):
                    sheet.write_number(number, column, cell)
                elif cell:
                    sheet.write_string(number, column, _fits(cell), text)
        sheet.freeze_panes(1, 0)
    return made.getvalue()


def _said(cell: Cell) -> str:
    return guarded_text(cell) if isinstance(cell, str) else str(cell)


def _fits(cell: str) -> str:
    if len(written := guarded(cell)) > _CELL:
        raise ValueError(f"A cell of a workbook holds {_CELL:,} characters")
    return written
