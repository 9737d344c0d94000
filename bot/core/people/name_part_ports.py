"""The repository of the index of name parts."""

from typing import Protocol


class NameParts(Protocol):
    """The index by which members are found by a part in the middle of their names and addresses."""

    def index_newcomers(self, most: int) -> int:
        """Add up to `most` newcomers to the index; return how many were added."""
        ...
