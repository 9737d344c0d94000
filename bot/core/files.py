"""Files that people upload, and what can be wrong with them."""

from enum import StrEnum

from bot.core.errors import Refusal
from bot.core.values import dataclass, field


@dataclass(frozen=True, slots=True)
class Upload:
    """An uploaded file. Its content is for the command alone: `repr`, and so the log, leaves it out."""

    name: str
    content: bytes = field(repr=False)


class FileTrouble(StrEnum):
    """Why a file cannot be read."""

    TOO_LARGE = "too large"
    TOO_LARGE_UNPACKED = "too large once it is unpacked"
    TOO_MANY_ROWS = "too many rows"
    TOO_MANY_COLUMNS = "too many columns"
    CELL_TOO_LONG = "a cell that is too long"
    EMPTY = "empty"
    OTHER_KIND = "no table"
    OLD_EXCEL = "a workbook of the old kind"
    MACROS = "a workbook with macros"
    LOCKED = "a workbook with a password"
    UNSAFE = "a workbook that declares entities"
    BROKEN = "broken"
    BINARY = "no text"
    QUOTES = "quotation marks that do not fit"
    GONE = "gone"
    UNKNOWN = "unknown"


@dataclass(eq=False)
class BadFile(Refusal):
    """A file cannot be read; `row` is where, counted as in a spreadsheet, and `most` the limit it exceeds."""

    name: str
    trouble: FileTrouble
    row: int = 0
    most: int = 0
