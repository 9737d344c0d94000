"""A table that somebody uploaded, as text."""

from collections.abc import Iterator

from bot.core.values import dataclass


@dataclass(frozen=True, slots=True)
class Sheet:
    """The cells of one table, all of them text, so that ids keep their leading zeros.

    Each row is as long as the header, or longer if it has cells beyond it. Blank rows are left out of `rows`;
    `gaps` has the numbers of those before the last row, so that `numbered` yields the numbers that a
    spreadsheet shows. `over` has the numbers of rows in a text file with more filled cells than headings,
    where an unquoted delimiter has split a text. `guessed` is the encoding if it had to be guessed, so that
    names may look wrong. `left_out` has the names of a workbook's other sheets.
    """

    name: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    first_row: int = 2
    gaps: tuple[int, ...] = ()
    guessed: str = ""
    over: tuple[int, ...] = ()
    left_out: tuple[str, ...] = ()

    def numbered(self) -> Iterator[tuple[int, tuple[str, ...]]]:
        """Yield each row with its number in a spreadsheet."""
        number = self.first_row
        gaps = iter(self.gaps)
        gap = next(gaps, None)
        for row in self.rows:
            while number == gap:
                number += 1
                gap = next(gaps, None)
            yield number, row
            number += 1
