"""The repository of invitations."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from bot.core.invitations.invitations import Invitation, InvitationFilter, Redemption
    from bot.core.schools.schools import School


class Invitations(Protocol):
    """Invitations and their redemptions."""

    def add(self, invitation: "Invitation") -> None:
        """Add an invitation."""
        ...

    def by_code(self, code: str) -> "Invitation | None":
        """Find an invitation by its normalised code."""
        ...

    def by_token(self, token: str) -> "Invitation | None":
        """Find an invitation by the token of its link, or of the link in one of its e-mails."""
        ...

    def with_school(self, code: str, token: str, *, hold: bool) -> "tuple[Invitation, School] | None":
        """Find an invitation by its code, or else by a token, and its school.

        With `hold`, which is only for units that write, the school cannot be archived until this unit ends.
        """
        ...

    def by_id(self, invitation_id: str) -> "Invitation | None":
        """Find an invitation by id."""
        ...

    def take_use(self, invitation_id: str, now: datetime) -> bool:
        """Take one use by one conditional update; False if the invitation has ended or has no use left."""
        ...

    def take_use_or_retry(self, invitation_id: str, now: datetime) -> None:
        """Take one use of an invitation that this unit has found open, by one conditional update.

        If it has ended or has no use left by the commit, nothing of this unit is stored, and it is run again.
        """
        ...

    def revoke(self, invitation_id: str, *, by: str, at: datetime) -> bool:
        """Mark an invitation as revoked; False if somebody has ended it already."""
        ...

    def revoke_open_of(self, school_id: str, person_id: str, *, by: str | None, at: datetime) -> int:
        """Revoke a person's invitations to a school that have not ended; return how many these were."""
        ...

    def count_usable(self, school_id: str, now: datetime) -> int:
        """Count a school's invitations that can still be used."""
        ...

    def count_made_since(self, school_id: str, at: datetime) -> int:
        """Count a school's invitations that were made after a moment."""
        ...

    def count_opening(self, invitation_id: str, at: datetime) -> None:
        """Count one more opening of an invitation's page."""
        ...

    def add_redemption(self, redemption: "Redemption") -> None:
        """Record that a person redeemed an invitation."""
        ...

    def listed(self, school_id: str, wanted: "InvitationFilter", *, limit: int) -> Sequence["Invitation"]:
        """List a school's invitations that match a filter, newest first."""
        ...
