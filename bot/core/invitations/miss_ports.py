"""The repository of misses, which are typed codes that did not work."""

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol


class Misses(Protocol):
    """Who has missed, and when. Accounts and addresses are stored as keyed hashes only."""

    def nth_newest(self, wanted: Mapping[str, int]) -> Mapping[str, datetime]:
        """Return when the n-th newest miss of each name was, for the n given; omit names with fewer."""
        ...

    def hold(self, whose: str) -> None:
        """Lock the misses under a name until the unit of work ends; other units that lock them wait."""
        ...

    def add(self, whose: str, times: int) -> None:
        """Record a miss now; it counts as many times as `times` says."""
        ...

    def drop(self, before: datetime) -> None:
        """Delete all misses before a moment."""
        ...
