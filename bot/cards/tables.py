"""Tables for people to read, as files: workbooks, or CSV if they are too long for that."""

from collections.abc import Sequence

from bot.chat.replies import File
from bot.chat.text import Line
from bot.core.schools.reports import Format
from bot.sheets import writing

# A workbook with more rows takes long to write, and a very large one could not be imported again.
_WORKBOOK = 10_000
# Platforms accept files of ten megabytes. A longer table becomes a workbook after all: compressed, it has
# a tenth of the size.
_LARGEST = 8 * 1024 * 1024


def usual_format(rows: Sequence[Sequence[str]]) -> Format:
    """Return the usual format for a table of that length."""
    return Format.CSV if len(rows) > _WORKBOOK else Format.XLSX


def table(name: str, header: Sequence[str], rows: Sequence[Sequence[str]], alt: Line) -> File:
    """Return a table as a file in its usual format, or as a workbook if CSV would be too large."""
    if usual_format(rows) is Format.CSV and len(text := writing.csv_of(header, rows)) <= _LARGEST:
        return File(f"{name}.csv", text, alt)
    return File(f"{name}.xlsx", writing.xlsx_of(header, rows, title=name), alt)
