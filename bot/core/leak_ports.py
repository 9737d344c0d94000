"""The repository of who came in through a code, and of codes that leak."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from bot.core.invitations import Redeemer


class Leaks(Protocol):
    """Who came in through which invitation, how fast, and which ones are locked."""

    def lock(self, invitation_id: str, at: datetime) -> bool:
        """Lock an invitation that nobody has ended; False if that is so already."""
        ...

    def unlock(self, invitation_id: str) -> bool:
        """Unlock an invitation, and watch it anew; False if it was not locked, or somebody has ended it."""
        ...

    def alarm(self, invitation_id: str, at: datetime) -> bool:
        """Note that the admins were told of an invitation's speed; False if they were before."""
        ...

    def alarmed_at(self, invitation_id: str) -> datetime | None:
        """Tell when the admins were told of an invitation's speed."""
        ...

    def rushed(self, since: datetime, fewest: int) -> Sequence[tuple[str, int]]:
        """List the open invitations that so many people came in through since a moment, with how many.

        Those whose admins were told, and locked ones, are left out.
        """
        ...

    def number(self, invitation_id: str, since: datetime, until: datetime) -> int:
        """Count those who came in through an invitation in a time."""
        ...

    def has(self, invitation_id: str, redemption_id: str) -> bool:
        """Tell whether a redemption is one of an invitation's."""
        ...

    def came_in(self, invitation_id: str, *, after: str | None, limit: int) -> Sequence["Redeemer"]:
        """List who came in through an invitation, newest first, those after the redemption `after`."""
        ...
