"""Cells that a spreadsheet would take for formulas.

Such a cell is written with an apostrophe before it, and so is one that looks guarded already; reading
takes one apostrophe away. So whatever is written is read back as it was, and `'t Hart` stays as it is.

Where decimals have a comma, spreadsheets divide a text file by semicolons, whatever it was written with, and
take its quotation marks for signs like others. So in text files what follows a semicolon, a tab or the end of
a line within a cell is guarded, too.
"""

import re

# Tabs and line ends count: what begins with one is a formula to some programs. The wide ones are Japanese.
_STARTS = "=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20"
_DANGEROUS = re.compile(f"'*[{_STARTS}]")
_GUARDED = re.compile(f"'+[{_STARTS}]")
# Quotation marks are doubled in a file: to some programs the first two are an empty beginning.
_AFTER, _THERE = "(?<=[;\t\r\n])", f"(?=[\"']*[{_STARTS}])"
_WITHIN = re.compile(_AFTER + _THERE)
_GUARDED_WITHIN = re.compile(f"{_AFTER}'{_THERE}")
_ANYWHERE = re.compile(f"'\"*[{_STARTS}]")  # one apostrophe: a file of nothing else must not take for ever


def guarded(cell: str) -> str:
    """Write a cell so that no spreadsheet computes it."""
    return f"'{cell}" if _DANGEROUS.match(cell) else cell


def unguarded(cell: str) -> str:
    """Read a cell that may have been guarded."""
    return cell[1:] if _GUARDED.match(cell) else cell


def guarded_text(cell: str) -> str:
    """Write a cell of a text file so that no spreadsheet computes it, however it divides the file."""
    return _WITHIN.sub("'", guarded(cell))


def unguarded_text(cell: str) -> str:
    """Read a cell of a text file that may have been guarded."""
    return unguarded(_GUARDED_WITHIN.sub("", cell))


def has_guards(text: str) -> bool:
    """Tell whether a text may have guarded cells in it."""
    return _ANYWHERE.search(text) is not None
