"""Counts how many cells the generated matrices have tried; they are printed at the end of a run."""

from collections import Counter


class Counts:
    """The number of cells tried in each matrix."""

    def __init__(self) -> None:
        self.by_name: Counter[str] = Counter()

    def add(self, matrix: str, cells: int = 1) -> None:
        self.by_name[matrix] += cells

    def lines(self) -> list[str]:
        return [f"{name}: {cells:,} cells" for name, cells in sorted(self.by_name.items())]
