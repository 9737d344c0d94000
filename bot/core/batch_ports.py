"""The repository of batches of single-use codes."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from bot.core.batches import Batch, Secret
    from bot.core.invitations import Invitation


class Batches(Protocol):
    """Single-use codes that were made together."""

    def sealed(self, made: Sequence["Secret"]) -> Sequence["Secret"]:
        """Seal secrets as they are kept; nothing is written."""
        ...

    def add(self, batch: "Batch", template: "Invitation", made: Sequence["Secret"]) -> None:
        """Add a batch, with an invitation like the template for each of its sealed secrets."""
        ...

    def by_id(self, batch_id: str) -> "Batch | None":
        """Find a batch."""
        ...

    def listed(self, school_id: str, *, after: str | None, limit: int) -> Sequence["Batch"]:
        """List a school's batches, newest first, those after the batch `after`."""
        ...

    def invitations(self, batch_id: str, *, limit: int | None = None) -> Sequence["Invitation"]:
        """List a batch's invitations in the order in which they were made."""
        ...

    def counts(self, batch_id: str) -> tuple[int, int]:
        """Count the codes that were used, and those that were revoked before."""
        ...

    def revoke(self, batch_id: str, *, by: str, at: datetime) -> int:
        """Revoke all that nobody has used or revoked yet; count them."""
        ...
