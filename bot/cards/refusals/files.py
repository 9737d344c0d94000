"""The words for files that are refused."""

from bot.chat.text import Value, fill, say
from bot.core.files import BadFile, FileTrouble
from bot.sheets.bounds import MEGABYTE

_SAVE = "Save it as an Excel workbook (.xlsx) or as CSV, and send that."
_SMALLER = "Send it in several parts."
# A sentence about the problem, and one about the next step.
_WORDS: dict[FileTrouble, tuple[str, str]] = {
    FileTrouble.TOO_LARGE: ("{name} is larger than {megabytes} MB.", _SMALLER),
    FileTrouble.TOO_LARGE_UNPACKED: (
        "{name} takes too much room when it is opened.",
        "Copy only the table into a new workbook, or save it as CSV: a stray entry may stand far outside.",
    ),
    FileTrouble.TOO_MANY_ROWS: ("{name} has more than {most} rows.", _SMALLER),
    FileTrouble.TOO_MANY_COLUMNS: (
        "{name} has more than {most} columns.",
        "Keep only the columns you need, and look at {row} for stray commas.",
    ),
    FileTrouble.CELL_TOO_LONG: (
        "{name} has a cell of more than {most} characters.",
        "Look at {row}: a quotation mark may be opened there and never closed.",
    ),
    FileTrouble.EMPTY: (
        "There is no table in {name}.",
        "Its first sheet begins with a row of headings; below it is one row for each person.",
    ),
    FileTrouble.OTHER_KIND: ("{name} is not a table that I can read.", _SAVE),
    FileTrouble.OLD_EXCEL: ("{name} is a workbook in an old or binary format.", _SAVE),
    FileTrouble.MACROS: ("{name} is a workbook with macros, which I do not accept.", _SAVE),
    FileTrouble.LOCKED: ("{name} is protected by a password.", "Save it without a password, and send that."),
    FileTrouble.UNSAFE: ("{name} contains declarations that no spreadsheet program writes.", _SAVE),
    FileTrouble.BROKEN: (
        "{name} is damaged.",
        "Open it in your spreadsheet program, save it again, and send that.",
    ),
    FileTrouble.BINARY: ("{name} is neither a workbook nor text.", _SAVE),
    FileTrouble.QUOTES: (
        "The quotation marks in {name} do not match.",
        "Look at {row}: a mark is opened and not closed, or something follows it.",
    ),
    FileTrouble.GONE: (
        "{name} could not be fetched.",
        "Send it again. If that does not help, tell your operator.",
    ),
    FileTrouble.UNKNOWN: (
        "“{name}” is not a file that you have sent.",
        "Send the command without it, and choose the file in the form that opens.",
    ),
}


def words(bad: BadFile) -> dict[str, Value]:
    """Return the problem with a file and the remedy, for the template of the refusal."""
    args: dict[str, Value] = {
        "name": bad.name or say("The file"),
        "most": f"{bad.most:,}",
        "megabytes": f"{bad.most / MEGABYTE:g}",
        "row": say("row {row}", row=bad.row) if bad.row else say("its rows"),
    }
    sentence, then = _WORDS[bad.trouble]
    return {"problem": fill(sentence, args), "remedy": fill(then, args)}
