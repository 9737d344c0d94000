"""How far invitations have come, and the links in mails, in memory."""

from dataclasses import dataclass, replace
from datetime import datetime

from tests.fakes.state import State


@dataclass(frozen=True)
class FakeSendings:
    state: State

    def note(
        self, invitation_id: str, *, send_at: datetime | None, sent_at: datetime | None, error: str
    ) -> None:
        invitation = self.state.invitations[invitation_id]
        assert invitation.to is not None
        to = replace(invitation.to, send_at=send_at, sent_at=sent_at, send_error=error)
        self.state.invitations[invitation_id] = replace(invitation, to=to)

    def add_link(self, token_hash: str, invitation_id: str, at: datetime) -> None:
        self.state.mail_tokens[token_hash] = (invitation_id, at)

    def drop_links(self, invitation_id: str) -> None:
        for token_hash, (of, _) in list(self.state.mail_tokens.items()):
            if of == invitation_id:
                del self.state.mail_tokens[token_hash]
