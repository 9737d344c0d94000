"""A fake of the correction of times in the future; it corrects only join requests and invitations."""

from dataclasses import dataclass
from datetime import datetime

from bot.core.requests.join_requests import RequestState
from bot.core.values import replace
from tests.fakes.state import State


@dataclass(frozen=True)
class FakeMoments:
    state: State

    def correct(self, now: datetime) -> int:
        pulled = 0
        for known, request in list(self.state.join_requests.items()):
            if request.state is not RequestState.PENDING:
                continue
            earlier = replace(
                request,
                submitted_at=min(request.submitted_at, now),
                claimed_at=_until(request.claimed_at, now),
                reminded_at=_until(request.reminded_at, now),
                escalated_at=_until(request.escalated_at, now),
                due_at=_until(request.due_at, now),
            )
            if earlier != request:
                self.state.join_requests[known] = replace(earlier, due_at=now)
                pulled += 1
        return pulled + self._invitations(now)

    def _invitations(self, now: datetime) -> int:
        pulled = 0
        for known, made in list(self.state.invitations.items()):
            if max(made.created_at, made.renewed_at or made.created_at) <= now:
                continue
            sent = made.to and replace(made.to, sent_at=_until(made.to.sent_at, now))
            self.state.invitations[known] = replace(
                made,
                created_at=min(made.created_at, now),
                renewed_at=_until(made.renewed_at, now),
                expires_at=made.expiry_counted_from(now),
                to=sent,
            )
            if made.expires_at is not None:
                self.state.invitation_due[known] = now
            pulled += 1
        return pulled


def _until(at: datetime | None, now: datetime) -> datetime | None:
    return min(at, now) if at is not None else None
