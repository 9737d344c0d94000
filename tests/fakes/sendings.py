"""A fake of the stored progress of sending invitations, and of the links in mails."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.core.invitations.invitations import KIND, Invitation, InvitationState
from bot.core.invitations.sending import SendError
from bot.core.invitations.sending_ports import DueInvitation
from bot.core.values import replace
from tests.fakes.state import State


@dataclass(frozen=True)
class FakeSendings:
    state: State

    def save_status(
        self, invitation_id: str, *, send_at: datetime | None, sent_at: datetime | None, error: str
    ) -> None:
        invitation = self.state.invitations[invitation_id]
        assert invitation.to is not None
        to = replace(invitation.to, send_at=send_at, sent_at=sent_at, send_error=error)
        self.state.invitations[invitation_id] = replace(invitation, to=to)

    def unreached(
        self, school_id: str, inviter_id: str, since: datetime, now: datetime, *, limit: int
    ) -> Sequence[str]:
        lost = [
            (one.to.send_at, one.id)
            for one in self.state.invitations.values()
            if one.to is not None and (one.school_id, one.created_by) == (school_id, inviter_id)
            if one.to.send_error and one.to.send_at is not None and one.to.send_at >= since
            if _not_reached(one, now)
        ]
        return [found for _, found in sorted(lost, reverse=True)][:limit]

    def count_unreached(
        self, school_id: str, inviter_id: str, since: datetime, now: datetime, *, most: int
    ) -> int:
        return len(self.unreached(school_id, inviter_id, since, now, limit=most))

    def due(self, now: datetime, limit: int) -> Sequence[DueInvitation]:
        off = self.state.put_off(KIND, now)
        times = ((at, one) for one, at in self.state.invitation_due.items() if one not in off)
        steps = [(at, one) for at, one in times if at is not None and at <= now]
        return [DueInvitation(one, self.state.invitations[one].school_id, at) for at, one in sorted(steps)][
            :limit
        ]

    def advance_step(self, invitation_id: str, at: datetime | None, *, expected: datetime) -> bool:
        if self.state.invitation_due.get(invitation_id) != expected:
            return False
        self.state.invitation_due[invitation_id] = at
        return True

    def schedule_step(self, invitation_id: str, at: datetime | None) -> None:
        self.state.invitation_due[invitation_id] = at

    def add_link(self, token_hash: str, invitation_id: str, at: datetime) -> None:
        self.state.mail_tokens[token_hash] = (invitation_id, at)

    def invitation_of_link(self, token_hash: str) -> str | None:
        return self.state.mail_tokens.get(token_hash, (None,))[0]

    def drop_links(self, invitation_id: str) -> None:
        for token_hash, (of, _) in list(self.state.mail_tokens.items()):
            if of == invitation_id:
                del self.state.mail_tokens[token_hash]


def _not_reached(one: Invitation, now: datetime) -> bool:
    late = one.to is not None and one.to.send_error == SendError.LATE.value
    state = one.state(now)
    return state is InvitationState.NOT_DELIVERED or (late and state is InvitationState.EXPIRED)
