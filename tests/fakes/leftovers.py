"""What is left behind, in memory."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from bot.core.bulk import JobState
from bot.core.retention import Leftover
from tests.fakes.state import State


@dataclass(frozen=True)
class FakeLeftovers:
    state: State

    def purge(self, what: Leftover, before: datetime, now: datetime, limit: int) -> int:  # noqa: PLR0911
        match what:
            case Leftover.MESSAGES:
                return self._messages(before, limit)
            case Leftover.CLAIMS:
                claims = self.state.claims
                return _drop(claims, [key for key, one in claims.items() if one.expires_at < before][:limit])
            case Leftover.MAIL_LINKS:
                return self._links(before, now, limit)
            case Leftover.ARRIVALS:
                arrived = self.state.arrivals
                return _drop(arrived, [key for key, at in arrived.items() if at < before][:limit])
            case Leftover.MISSES:
                return self._misses(before)
            case Leftover.BULK_PLANS:
                return self._plans(before, limit)
            case Leftover.ANSWERS:
                return self._answers(before, limit)

    def _messages(self, before: datetime, limit: int) -> int:
        ended = {key: one.delivered_at or one.failed_at for key, one in self.state.outbox.items()}
        return _drop(self.state.outbox, [key for key, at in ended.items() if at and at < before][:limit])

    def _links(self, before: datetime, now: datetime, limit: int) -> int:
        old = [
            token
            for token, (invitation_id, made_at) in self.state.mail_tokens.items()
            if made_at < before and not self.state.invitations[invitation_id].state(now).alive
        ]
        return _drop(self.state.mail_tokens, old[:limit])

    def _misses(self, before: datetime) -> int:
        kept = {
            whose: tuple(at for at in times if at >= before) for whose, times in self.state.misses.items()
        }
        gone = sum(len(times) - len(kept[whose]) for whose, times in self.state.misses.items())
        self.state.misses.update(kept)
        return gone

    def _plans(self, before: datetime, limit: int) -> int:
        over = [one for one in self.state.bulk_jobs.values() if one.state is not JobState.APPLYING]
        old = [one.id for one in over if one.created_at < before][:limit]
        for item in [one for one in self.state.bulk_items if one[0] in old]:
            del self.state.bulk_items[item]
        return _drop(self.state.bulk_jobs, old)

    def _answers(self, before: datetime, limit: int) -> int:
        decided = [one for one in self.state.join_requests.values() if one.answers and one.decided_at]
        old = [one for one in decided if one.decided_at and one.decided_at < before][:limit]
        for one in old:
            self.state.join_requests[one.id] = replace(one, answers=())
        return len(old)


def _drop(table: dict[str, Any], keys: list[str]) -> int:
    for key in keys:
        del table[key]
    return len(keys)
