"""A table that somebody handed over, as text."""

from collections.abc import Iterator

from bot.core.values import dataclass


@dataclass(frozen=True, slots=True)
class Sheet:
    """The cells of one table: all of them text, so that ids keep their leading zeros.

    Each row is as long as the header, or longer where something stands beyond it. Blank rows are left out of
    `rows`; `gaps` has the numbers of those that lie before another row, so that `numbered` says the numbers
    that a spreadsheet shows. `over` has the numbers of those of a text with more cells than its line of
    headings, where something stands in them: an unquoted delimiter has cut a text in two. `guessed` names the
    encoding, where the file does not say it: names may look wrong then.
    """

    name: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    first_row: int = 2
    gaps: tuple[int, ...] = ()
    guessed: str = ""
    over: tuple[int, ...] = ()

    def numbered(self) -> Iterator[tuple[int, tuple[str, ...]]]:
        """Each row with its number, as a spreadsheet shows it."""
        number = self.first_row
        gaps = iter(self.gaps)
        gap = next(gaps, None)
        for row in self.rows:
            while number == gap:
                number += 1
                gap = next(gaps, None)
            yield number, row
            number += 1
