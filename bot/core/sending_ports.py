"""What is stored of sending: how far an invitation has come, and the links in mails."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from bot.core.values import dataclass


@dataclass(frozen=True, slots=True)
class DueInvitation:
    """An invitation that time does something to, and since when that is due."""

    id: str
    school_id: str
    due_at: datetime


class Sendings(Protocol):
    """How far invitations have come on their way, when the next step is, and the links of mails as hashes."""

    def note(
        self, invitation_id: str, *, send_at: datetime | None, sent_at: datetime | None, error: str
    ) -> None:
        """Store when an invitation is to be sent, when it was, or why it could not be."""
        ...

    def due(self, now: datetime, limit: int) -> Sequence[DueInvitation]:
        """List invitations that time does something to now, the longest due first."""
        ...

    def wait_until(self, invitation_id: str, at: datetime | None, *, expected: datetime) -> bool:
        """Store when the next step is, if this one is still due; False if someone took it."""
        ...

    def look_at(self, invitation_id: str, at: datetime | None) -> None:
        """Store when the next step is, whatever it was."""
        ...

    def add_link(self, token_hash: str, invitation_id: str, at: datetime) -> None:
        """Let a link lead to an invitation."""
        ...

    def led_to(self, token_hash: str) -> str | None:
        """Name the invitation that a mail's link leads to."""
        ...

    def drop_links(self, invitation_id: str) -> None:
        """End the links of all mails about an invitation."""
        ...
