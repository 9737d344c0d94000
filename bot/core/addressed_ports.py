"""What addressed invitations need stored beside what all invitations do."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from bot.core.actors import AccountKey
from bot.core.addressees import Grant

if TYPE_CHECKING:
    from bot.core.invitations import Invitation


class AddressedInvitations(Protocol):
    """Invitations for one person alone: what they grant, how they end, whose they are."""

    def grant(self, invitation_id: str, grants: Collection[Grant]) -> None:
        """Note what an invitation grants."""
        ...

    def grants(self, invitation_id: str) -> Sequence[Grant]:
        """List what an invitation grants, by school and role."""
        ...

    def decline(self, invitation_id: str, at: datetime) -> bool:
        """Mark as declined; False if it had ended before."""
        ...

    def clear(self, invitation_id: str, at: datetime) -> bool:
        """Mark as cleared; False if it had ended before."""
        ...

    def take_back(self, school_id: str, person_id: str, at: datetime) -> Sequence[str]:
        """Offer a school to a person no more where they have not answered; list those that did, by id.

        One that offers other schools, too, goes on without this one; else it is cleared.
        """
        ...

    def renew(self, invitation: "Invitation") -> bool:
        """Store another link, code and expiry; the former stop working. False if it had ended before."""
        ...

    def newest_of(self, school_id: str, person_id: str) -> "Invitation | None":
        """Find the newest that is for a person and grants something in a school."""
        ...

    def invited(self, school_ids: Collection[str], account: AccountKey | None, email: str) -> str | None:
        """Find whom these schools have invited before by this account or address; a person's id."""
        ...

    def for_whom(
        self, person_id: str | None, account: AccountKey, email: str, *, now: datetime, limit: int
    ) -> Sequence["Invitation"]:
        """List what was sent to a person, an account or an address and waits for an answer, newest first."""
        ...

    def unended_of(self, school_id: str, inviter_id: str) -> Sequence[str]:
        """List the ids of those that someone made for a school and that have not ended."""
        ...
