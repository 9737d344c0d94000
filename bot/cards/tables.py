"""Tables for people to read, as files: workbooks, unless they are too long for one."""

from collections.abc import Sequence

from bot.chat.replies import File
from bot.chat.text import Line
from bot.core.reports import Format
from bot.sheets import writing

# A workbook of more rows takes long to make, and one of very many is too large to be imported again.
_WORKBOOK = 10_000
# Platforms take files of ten megabytes; a workbook is a tenth of the same text.
_LARGEST = 8 * 1024 * 1024


def usual(rows: Sequence[Sequence[str]]) -> Format:
    """Choose the kind of file that suits a table."""
    return Format.CSV if len(rows) > _WORKBOOK else Format.XLSX


def table(name: str, header: Sequence[str], rows: Sequence[Sequence[str]], alt: Line) -> File:
    """Write a table for people to read: a workbook, where it is not too long for one."""
    if usual(rows) is Format.CSV and len(text := writing.csv_of(header, rows)) <= _LARGEST:
        return File(f"{name}.csv", text, alt)
    return File(f"{name}.xlsx", writing.xlsx_of(header, rows, title=name), alt)
