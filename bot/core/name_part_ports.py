"""The port of the index of parts of names."""

from typing import Protocol


class NameParts(Protocol):
    """What members are found by that stands in the middle of their names and addresses."""

    def take_in(self, most: int) -> int:
        """Take so many newcomers into the index; return how many there were."""
        ...
