"""A fake of the purge of leftovers: data that is deleted after its time."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.core.bulk.planning import JobState
from bot.core.invitations.invitations import InvitationState
from bot.core.messages.broadcasts import BroadcastState
from bot.core.people.members import Standing
from bot.core.requests.join_requests import RequestState
from bot.core.retention import Leftover
from bot.core.rosters.imports import ImportState
from bot.core.values import replace
from tests.fakes.state import State


@dataclass(frozen=True)
class FakeLeftovers:
    state: State

    def purge(self, what: Leftover, before: datetime, now: datetime, limit: int) -> int:
        own: dict[Leftover, Callable[[], int]] = {
            Leftover.MAIL_LINKS: lambda: self._links(before, now, limit),
            Leftover.MISSES: lambda: self._misses(before),
            Leftover.BULK_PLANS: lambda: self._plans(before, limit),
            Leftover.ROSTERS: lambda: self._rosters(before),
            Leftover.BROADCASTS: lambda: self._broadcasts(before),
            Leftover.ANSWERS: lambda: self._answers(before, limit),
            Leftover.ADDRESSES: lambda: self._addresses(before, limit),
            Leftover.CLAIMS: lambda: self._claims(before, limit),
            Leftover.CARDS: lambda: self._cards(before, now, limit),
        }
        if what in own:
            return own[what]()
        table, left_at = self._plain(what)
        return _drop(table, [key for key, at in left_at.items() if at is not None and at < before][:limit])

    def _plain(self, what: Leftover) -> tuple[dict[Any, Any], dict[Any, datetime | None]]:
        """Return a table whose rows are purged by a time alone, and the time of each row."""
        state = self.state
        tables: dict[Leftover, tuple[dict[Any, Any], dict[Any, datetime | None]]] = {
            Leftover.MESSAGES: (
                state.outbox,
                {key: one.delivered_at or one.failed_at for key, one in state.outbox.items()},
            ),
            Leftover.ARRIVALS: (state.arrivals, dict(state.arrivals)),
            Leftover.DATED_JOBS: (state.digest_days, dict(state.digest_days)),
            Leftover.PAUSES: (state.outbox_pauses, dict(state.outbox_pauses)),
        }
        return tables[what]

    def _links(self, before: datetime, now: datetime, limit: int) -> int:
        old = [
            token
            for token, (invitation_id, made_at) in self.state.mail_tokens.items()
            if made_at < before and not self.state.invitations[invitation_id].state(now).alive
        ]
        return _drop(self.state.mail_tokens, old[:limit])

    def _claims(self, before: datetime, limit: int) -> int:
        old = [one.id for one in self.state.claims.values() if one.expires_at < before][:limit]
        for one in old:
            self.state.used_claims.pop(one, None)
        return _drop(self.state.claims, old)

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

    def _rosters(self, before: datetime) -> int:
        gone = 0
        for state in (ImportState.PLANNED, ImportState.DONE):
            imports = self.state.roster_imports.values()
            old = [one.id for one in imports if one.state is state and one.created_at < before][:1]
            for import_id in old:
                steps = [key for key in self.state.roster_rows if key[0] == import_id]
                _drop(self.state.roster_rows, steps)
                if not steps:
                    del self.state.roster_imports[import_id]
            gone += len(old)
        return gone

    def _cards(self, before: datetime, now: datetime, limit: int) -> int:
        old = [key for key, at in self.state.cards_drawn.items() if at < before][:limit]
        for key in old:
            if self._open(self.state.card_copies[key].subject, now):
                self.state.cards_drawn[key] = now
            else:
                del self.state.card_copies[key], self.state.cards_drawn[key]
        return len(old)

    def _open(self, subject: str, now: datetime) -> bool:  # noqa: PLR0911 - one a kind
        kind, _, of = subject.partition(":")
        match kind:
            case "join_request":
                return self.state.join_requests[of].state is RequestState.PENDING
            case "invitation":
                return self.state.invitations[of].state(now) not in _ENDED
            case "digest":
                return self.state.digests[of.partition("/")[0]][-1].subject == subject
            case "roster_import":
                return self.state.roster_imports[of].state in {ImportState.WAITING, ImportState.INVITING}
            case "broadcast":
                return self.state.broadcasts[of].state.open
            case "bulk_job":
                return self.state.bulk_jobs[of].state is JobState.APPLYING
            case _:
                return False

    def _broadcasts(self, before: datetime) -> int:
        under_way = {BroadcastState.SCHEDULED, BroadcastState.SENDING}
        over = [
            one
            for one in self.state.broadcasts.values()
            if one.state not in under_way and (one.ended_at or one.send_at or one.created_at) < before
        ]
        old = [one.id for one in over if one.created_at < before]
        kept = {key: one for key, one in self.state.recipients.items() if key[0] not in old}
        gone = len(self.state.recipients) - len(kept)
        self.state.recipients = kept
        return gone + _drop(self.state.broadcasts, old)

    def _answers(self, before: datetime, limit: int) -> int:
        kept = [one for one in self.state.join_requests.values() if one.answers]
        old = [one for one in kept if one.decided_at and one.decided_at < before][:limit]
        for one in old:
            self.state.join_requests[one.id] = replace(one, answers=())
        return len(old)

    def _addresses(self, before: datetime, limit: int) -> int:
        there = {
            one.person_id for one in self.state.memberships.values() if one.standing is not Standing.REJECTED
        }
        over = [key for key in self.state.proved if self.state.accounts[key] not in there]
        return _drop(self.state.proved, [key for key in over if self.state.proved[key][0] < before][:limit])


_ENDED = {
    InvitationState.ACCEPTED,
    InvitationState.REVOKED,
    InvitationState.CLEARED,
    InvitationState.DECLINED,
    InvitationState.EXPIRED,
    InvitationState.EXHAUSTED,
}


def _drop(table: dict[Any, Any], keys: list[Any]) -> int:
    for key in keys:
        del table[key]
    return len(keys)
