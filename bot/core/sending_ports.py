"""What is stored of sending: how far an invitation has come, and the links in mails."""

from datetime import datetime
from typing import Protocol


class Sendings(Protocol):
    """How far invitations have come on their way, and the links that mails carry, by their hashes."""

    def note(
        self, invitation_id: str, *, send_at: datetime | None, sent_at: datetime | None, error: str
    ) -> None:
        """Store when an invitation is to be sent, when it was, or why it could not be."""
        ...

    def add_link(self, token_hash: str, invitation_id: str, at: datetime) -> None:
        """Let a link lead to an invitation."""
        ...

    def drop_links(self, invitation_id: str) -> None:
        """End the links of all mails about an invitation."""
        ...
