"""How large a table may be that somebody hands over."""

from bot.core.values import dataclass

MEGABYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Bounds:
    """The most that is read: of the file, of it unpacked, and of the table in it."""

    bytes: int = 5 * MEGABYTE
    unzipped: int = 20 * MEGABYTE
    rows: int = 50_000
    columns: int = 64
    cell: int = 10_000
