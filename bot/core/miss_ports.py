"""The repository of codes that opened nothing."""

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol


class Misses(Protocol):
    """Who has typed codes that open nothing, and when. The store knows no names, but keyed hashes."""

    def newest(self, wanted: Mapping[str, int]) -> Mapping[str, datetime]:
        """Tell when the so-and-so newest miss of each was; who has fewer is left out."""
        ...

    def hold(self, whose: str) -> None:
        """Let no other unit that holds the same go on before this one ends."""
        ...

    def add(self, whose: str, times: int) -> None:
        """Record that somebody missed now; it can count several times."""
        ...

    def drop(self, before: datetime) -> None:
        """Forget all misses before a moment."""
        ...
