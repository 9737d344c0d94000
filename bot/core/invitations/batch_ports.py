"""The repository of batches of single-use codes."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from bot.core.invitations.batches import Batch, Secret
    from bot.core.invitations.invitations import Invitation


class Batches(Protocol):
    """Batches: single-use codes that were made together."""

    def seal(self, made: Sequence["Secret"]) -> Sequence["Secret"]:
        """Encrypt secrets in the form in which they are stored; nothing is written."""
        ...

    def add(self, batch: "Batch", template: "Invitation", made: Sequence["Secret"]) -> None:
        """Add a batch, with one invitation like the template for each of its sealed secrets."""
        ...

    def by_id(self, batch_id: str) -> "Batch | None":
        """Return a batch, or None."""
        ...

    def listed(self, school_id: str, *, after: str | None, limit: int) -> Sequence["Batch"]:
        """Return a school's batches, newest first, starting after the batch `after`."""
        ...

    def invitations(self, batch_id: str, *, limit: int | None = None) -> Sequence["Invitation"]:
        """Return a batch's invitations in the order in which they were made."""
        ...

    def counts(self, batch_id: str) -> tuple[int, int]:
        """Return how many codes were used, and how many were revoked unused."""
        ...

    def revoke(self, batch_id: str, *, by: str, at: datetime) -> int:
        """Revoke all codes that are neither used nor revoked; return how many."""
        ...
