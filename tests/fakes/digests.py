"""A fake of the stored times of digests, and of what was in them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.core.requests.digest_ports import KIND, TAIL_LENGTH, Digest
from bot.core.requests.join_requests import KIND as REQUEST
from bot.core.requests.join_requests import JoinRequest, RequestState
from tests.fakes.state import State


@dataclass(frozen=True)
class FakeDigests:
    state: State

    def check_soon(self, school_id: str, now: datetime) -> None:
        look_at, looked_at = self.state.digest_clocks.get(school_id, (now, now))
        self.state.digest_clocks[school_id] = (now, now) if look_at > now else (look_at, looked_at)

    def due(self, now: datetime, limit: int) -> Sequence[tuple[str, datetime]]:
        clocks = self.state.digest_clocks.items()
        found = [(of, looked) for of, (look, looked) in clocks if look <= now or looked > now]
        off = self.state.put_off(KIND, now)
        return [one for one in found if one[0] not in off][:limit]

    def mark_checked(self, school_id: str, now: datetime, next_at: datetime) -> None:
        self.state.digest_clocks[school_id] = (next_at, now)

    def begin(self, digest: Digest) -> bool:
        day = (digest.school_id, digest.day)
        if day in self.state.digest_days:
            return False
        self.state.digest_days[day] = digest.at
        sent = self.state.digests.setdefault(digest.school_id, ())
        self.state.digests[digest.school_id] = (*sent, digest)
        return True

    def last(self, school_id: str) -> Digest | None:
        sent = self.state.digests.get(school_id)
        return sent[-1] if sent else None

    def newest_for(self, subject: str) -> Digest | None:
        kind, _, request_id = subject.partition(":")
        request = self.state.join_requests.get(request_id) if kind == REQUEST else None
        return self.last(request.school_id) if request else None

    def _waiting(self, school_id: str) -> set[str]:
        requests = self.state.join_requests.values()
        return {
            one.id for one in requests if one.school_id == school_id and one.state is RequestState.PENDING
        }

    def has_unshown(self, school_id: str) -> bool:
        return bool(self._waiting(school_id) - self.state.digested.get(school_id, frozenset()))

    def mark_shown(self, school_id: str) -> int:
        waiting = self._waiting(school_id)
        fresh = waiting - self.state.digested.get(school_id, frozenset())
        self.state.digested[school_id] = frozenset(waiting)
        return len(fresh)

    def count_pending(self, school_id: str) -> int:
        return len(self._waiting(school_id))

    def decided(self, school_id: str, limit: int) -> Sequence[JoinRequest]:
        shown = [self.state.join_requests[one] for one in self.state.digested.get(school_id, ())]
        found = [(one.decided_at, one) for one in shown if one.decided_at is not None]
        found.sort(key=lambda pair: pair[1].id)
        found.sort(key=lambda pair: pair[0], reverse=True)
        return [one for _, one in found[:limit]]

    def by_tails(self, school_id: str, tails: Sequence[str]) -> Sequence[JoinRequest]:
        own = [one for one in self.state.join_requests.values() if one.school_id == school_id]
        return sorted((one for one in own if one.id[-TAIL_LENGTH:] in tails), key=lambda one: one.id)

    def mark_failing(self, school_id: str, place: str) -> bool:
        if (school_id, place) in self.state.failing_channels:
            return False
        self.state.failing_channels.add((school_id, place))
        return True

    def mark_working(self, school_id: str, place: str) -> None:
        self.state.failing_channels.discard((school_id, place))
