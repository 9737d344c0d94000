"""Writes tables that people download, so that `reading` reads them back unchanged."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import TypeAlias

from bot.sheets.guarding import guarded, guarded_text

# Numbers to calculate with are int or float; ids that only look like numbers are str.
Cell: TypeAlias = str | int | float

# Excel's limits; it would silently cut a longer cell or table.
_CELL, _ROWS = 32_767, 1_048_576
_WIDEST, _NARROWEST = 48, 10


def csv_of(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """Return a CSV file, with the byte order mark by which spreadsheets know that it is UTF-8."""
    text = io.StringIO(newline="")
    written = csv.writer(text, lineterminator="\r\n")
    written.writerow(map(guarded_text, header))
    written.writerows([_said(cell) for cell in row] for row in rows)
    return text.getvalue().encode("utf-8-sig")


def xlsx_of(header: Sequence[str], rows: Iterable[Sequence[Cell]], *, title: str = "Sheet1") -> bytes:
    """Return a workbook whose text cells are formatted as text: ids keep their zeros, nothing is computed."""
    import xlsxwriter  # noqa: PLC0415 - loaded when a workbook is first written

    made = io.BytesIO()
    # In memory: personal data must not be left behind in a temporary file.
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
