"""The repository of redemptions by invitation, and of invitations whose codes may have leaked."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from bot.core.invitations.invitations import Redeemer


class Leaks(Protocol):
    """Who redeemed which invitation, and how fast; which invitations are locked."""

    def lock(self, invitation_id: str, at: datetime) -> bool:
        """Lock an invitation; False if it is locked already, or was revoked, cleared or declined."""
        ...

    def unlock(self, invitation_id: str) -> bool:
        """Unlock an invitation, and watch it again; False if it was not locked, or somebody has ended it."""
        ...

    def alarm(self, invitation_id: str, at: datetime) -> bool:
        """Record that the admins were told of a rush on an invitation; False if they had been told before."""
        ...

    def alarmed_at(self, invitation_id: str) -> datetime | None:
        """Return when the admins were told of a rush on an invitation; None if they were not."""
        ...

    def rushed(self, since: datetime, fewest: int) -> Sequence[tuple[str, int]]:
        """List invitations with at least `fewest` redemptions since a moment, each with their number.

        Revoked and locked invitations are left out, and those of which the admins have been told.
        """
        ...

    def count_redemptions(self, invitation_id: str, since: datetime, until: datetime) -> int:
        """Count the redemptions of an invitation in a period."""
        ...

    def mark_posted(self, invitation_id: str, at: datetime) -> None:
        """Record that cards in channels show an invitation; when it ends, its next step is due at once."""
        ...

    def has(self, invitation_id: str, redemption_id: str) -> bool:
        """Tell whether a redemption belongs to an invitation."""
        ...

    def redeemers(self, invitation_id: str, *, after: str | None, limit: int) -> Sequence["Redeemer"]:
        """List who redeemed an invitation, newest first, beginning after the redemption `after`."""
        ...
