"""Limits on the size of uploaded tables."""

from bot.core.values import dataclass

MEGABYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Bounds:
    """Limits on a file in bytes, on its unpacked size, and on the table in it."""

    bytes: int = 5 * MEGABYTE
    unzipped: int = 20 * MEGABYTE
    rows: int = 50_000
    columns: int = 64
    cell: int = 10_000
