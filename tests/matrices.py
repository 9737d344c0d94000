"""How many cells the generated matrices have tried; the end of a run tells."""

from collections import Counter


class Counts:
    """Cells tried, by matrix."""

    def __init__(self) -> None:
        self.by_name: Counter[str] = Counter()

    def add(self, matrix: str, cells: int = 1) -> None:
        self.by_name[matrix] += cells

    def lines(self) -> list[str]:
        return [f"{name}: {cells:,} cells" for name, cells in sorted(self.by_name.items())]
