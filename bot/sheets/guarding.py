"""Guards cells that a spreadsheet would take for formulas.

Such a cell is written with an apostrophe before it, and so is one that looks guarded already; reading
removes one apostrophe. So every cell is read back as it was written, and `'t Hart` stays as it is.

In countries with a decimal comma, spreadsheets divide a text file at semicolons, whatever its delimiter is,
and treat its quotation marks as ordinary characters. So in text files, what follows a semicolon, a tab or a
line end within a cell is guarded, too.
"""

import re

# Some programs take a cell that begins with a tab or a line end for a formula. The last four signs are the
# full-width forms of the first four, as Japanese keyboards type them.
_STARTS = "=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20"
_DANGEROUS = re.compile(f"'*[{_STARTS}]")
_GUARDED = re.compile(f"'+[{_STARTS}]")
# Quotation marks are doubled in a file; some programs take the first two for an empty quoted text.
_AFTER_DIVIDER, _BEFORE_FORMULA = "(?<=[;\t\r\n])", f"(?=[\"']*[{_STARTS}])"
_WITHIN = re.compile(_AFTER_DIVIDER + _BEFORE_FORMULA)
_GUARDED_WITHIN = re.compile(f"{_AFTER_DIVIDER}'{_BEFORE_FORMULA}")
_ANYWHERE = re.compile(f"'\"*[{_STARTS}]")  # with '+ a file of apostrophes alone would take for ever


def guarded(cell: str) -> str:
    """Return a cell guarded so that no spreadsheet computes it."""
    return f"'{cell}" if _DANGEROUS.match(cell) else cell


def unguarded(cell: str) -> str:
    """Return a cell without its guard, if it has one."""
    return cell[1:] if _GUARDED.match(cell) else cell


def guarded_text(cell: str) -> str:
    """Return a cell of a text file guarded against spreadsheets, however they divide the file into cells."""
    return _WITHIN.sub("'", guarded(cell))


def unguarded_text(cell: str) -> str:
    """Return a cell of a text file without its guards, if it has any."""
    return unguarded(_GUARDED_WITHIN.sub("", cell))


def has_guards(text: str) -> bool:
    """Tell whether a text may contain guarded cells."""
    return _ANYWHERE.search(text) is not None
