"""The repository of how far invitations have got on their way, and of the links in e-mails."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from bot.core.values import dataclass


@dataclass(frozen=True, slots=True)
class DueInvitation:
    """An invitation with a step that is due, such as a reminder, and since when it is."""

    id: str
    school_id: str
    due_at: datetime


class Sendings(Protocol):
    """How far invitations have got, when their next step is due, and the hashes of links in e-mails."""

    def save_status(
        self, invitation_id: str, *, send_at: datetime | None, sent_at: datetime | None, error: str
    ) -> None:
        """Store when an invitation is to be sent, when it was sent, or why it could not be."""
        ...

    def unreached(
        self, school_id: str, inviter_id: str, since: datetime, now: datetime, *, limit: int
    ) -> Sequence[str]:
        """List a person's invitations to a school that could not be sent since a moment, latest first."""
        ...

    def count_unreached(
        self, school_id: str, inviter_id: str, since: datetime, now: datetime, *, most: int
    ) -> int:
        """Count a person's invitations to a school that could not be sent since a moment, up to `most`."""
        ...

    def due(self, now: datetime, limit: int) -> Sequence[DueInvitation]:
        """List the invitations with a step that is due, the longest due first."""
        ...

    def advance_step(self, invitation_id: str, at: datetime | None, *, expected: datetime) -> bool:
        """Store when the next step is due if this one still is; False if another unit has taken it."""
        ...

    def schedule_step(self, invitation_id: str, at: datetime | None) -> None:
        """Store when the next step is due, whatever it was before."""
        ...

    def add_link(self, token_hash: str, invitation_id: str, at: datetime) -> None:
        """Add a link that leads to an invitation."""
        ...

    def invitation_of_link(self, token_hash: str) -> str | None:
        """Return the id of the invitation to which a link leads; None if there is none."""
        ...

    def drop_links(self, invitation_id: str) -> None:
        """Delete the links in all e-mails about an invitation."""
        ...
