"""The repository of addressed invitations: what is stored of them besides what every invitation has."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from bot.core.invitations.addressees import Grant
from bot.core.rights.actors import AccountKey

if TYPE_CHECKING:
    from bot.core.invitations.invitations import Invitation


class AddressedInvitations(Protocol):
    """Invitations for one person: what they grant, how they end, and whom they are for."""

    def grant(self, invitation_id: str, grants: Collection[Grant]) -> None:
        """Store what an invitation grants."""
        ...

    def grants(self, invitation_id: str) -> Sequence[Grant]:
        """Return what an invitation grants, ordered by school and role."""
        ...

    def decline(self, invitation_id: str, at: datetime) -> bool:
        """Mark an invitation as declined; return False if it had ended before."""
        ...

    def clear(self, invitation_id: str, at: datetime) -> bool:
        """Mark an invitation as cleared; return False if it had ended before."""
        ...

    def withdraw_school(self, school_id: str, person_id: str, at: datetime) -> Sequence[str]:
        """Remove a school from all invitations that a person has not answered; return the ids of those.

        An invitation that offers other schools as well keeps them; any other is cleared.
        """
        ...

    def renew(self, invitation: "Invitation") -> bool:
        """Replace an invitation's link, code and expiry by these; return False if it had ended before."""
        ...

    def mailed_to(self, person_id: str, email: str) -> Sequence["Invitation"]:
        """Return a person's invitations by e-mail to an address that have not ended, oldest first.

        Without an address, return those to any.
        """
        ...

    def readdress(self, invitation_id: str, email: str) -> bool:
        """Replace the address of an invitation by e-mail; return False if it had ended before."""
        ...

    def forget_address(self, invitation_id: str) -> None:
        """Delete the address of an invitation if it has ended: else anybody with its link could answer."""
        ...

    def newest_of(self, school_id: str, person_id: str) -> "Invitation | None":
        """Return the newest invitation that is for a person and grants a role in a school, or None."""
        ...

    def person_invited(
        self, school_ids: Collection[str], account: AccountKey | None, email: str
    ) -> str | None:
        """Return the id of a person whom these schools have invited before by this account or address."""
        ...

    def awaiting_answer(
        self, person_id: str | None, account: AccountKey, email: str, *, now: datetime, limit: int
    ) -> Sequence["Invitation"]:
        """Return the invitations that wait for an answer by a person, an account or an address, newest first.

        Those that are not sent yet, or scheduled, are left out: their addressees do not know of them.
        """
        ...

    def unended_of(self, school_id: str, inviter_id: str) -> Sequence[str]:
        """Return the ids of the invitations that a person made for a school and that have not ended."""
        ...
