"""How far invitations have come on their way, and the links in mails."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, insert, update

from bot.storage.tables import invitations, mail_tokens


@dataclass(frozen=True, slots=True)
class SqlSendings:
    """Sendings in the database."""

    connection: Connection

    def note(
        self, invitation_id: str, *, send_at: datetime | None, sent_at: datetime | None, error: str
    ) -> None:
        """Store when an invitation is to be sent, when it was, or why it could not be."""
        query = update(invitations).where(invitations.c.id == invitation_id)
        self.connection.execute(query.values(send_at=send_at, sent_at=sent_at, send_error=error))

    def add_link(self, token_hash: str, invitation_id: str, at: datetime) -> None:
        """Let a link lead to an invitation."""
        row = {"token_hash": token_hash, "invitation_id": invitation_id, "made_at": at}
        self.connection.execute(insert(mail_tokens), row)

    def drop_links(self, invitation_id: str) -> None:
        """End the links of all mails about an invitation."""
        self.connection.execute(delete(mail_tokens).where(mail_tokens.c.invitation_id == invitation_id))
