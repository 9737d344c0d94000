"""The audit log and the outbox in memory."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from bot.core.actors import Platform
from bot.core.audit import GENESIS, AuditEntry, SealedEntry, chain_of, seal
from bot.core.notices import Audience, CardCopy, Destination, Notice
from tests.fakes.state import Queued, State


@dataclass(frozen=True)
class FakeAudit:
    state: State

    def add(self, entry: AuditEntry) -> None:
        self.state.audit_entries.append(entry)

    def listed(
        self, school_id: str, *, action: str, person_id: str | None, after: str | None, limit: int
    ) -> Sequence[AuditEntry]:
        own = [entry for entry in self.state.audit_entries if chain_of(entry) == school_id]
        own.reverse()
        ids = [entry.id for entry in own]
        if after is not None:
            own = own[ids.index(after) + 1 :] if after in ids else []
        found = [
            entry
            for entry in own
            if action in entry.action
            and (person_id is None or person_id == entry.actor_id or entry.subject == f"person:{person_id}")
        ]
        return found[:limit]

    def school_of(self, entry_id: str) -> str | None:
        found = (entry for entry in self.state.audit_entries if entry.id == entry_id)
        return next((entry.school_id for entry in found), None)

    def chains(self) -> Sequence[str]:
        return sorted({chain_of(entry) for entry in self.state.audit_entries})

    def head(self, name: str) -> tuple[int, str]:
        sealed = list(self.chain(name))
        return (sealed[-1].number, sealed[-1].hash) if sealed else (0, GENESIS)

    def chain(self, name: str, *, after: int = 0, limit: int | None = None) -> Iterator[SealedEntry]:
        yield from list(self._chain(name))[after : None if limit is None else after + limit]

    def _chain(self, name: str) -> Iterator[SealedEntry]:
        previous = GENESIS
        own = (entry for entry in self.state.audit_entries if chain_of(entry) == name)
        for number, entry in enumerate(own, 1):
            previous = seal(entry, number, previous)
            yield SealedEntry(entry, number, previous)


@dataclass(frozen=True)
class FakeOutbox:
    state: State

    def add(self, notice: Notice) -> None:
        if all(queued.notice.key != notice.key for queued in self.state.outbox.values()):
            self.state.outbox[notice.id] = Queued(notice)

    def claim(
        self, platforms: Collection[Platform], now: datetime, *, until: datetime, limit: int
    ) -> Sequence[Notice]:
        due = [
            queued
            for queued in self.state.outbox.values()
            if queued.waits
            and queued.notice.to.platform in platforms
            and queued.notice.due_at <= now
            and (queued.claimed_until is None or queued.claimed_until <= now)
        ]
        due.sort(key=lambda queued: (queued.notice.due_at, queued.notice.id))
        for queued in due[:limit]:
            queued.claimed_until = until
        return [queued.notice for queued in due[:limit]]

    def _mark(
        self, notice_id: str, *, attempts: int = 1, due_at: datetime | None = None, **marks: Any
    ) -> None:
        queued = self.state.outbox[notice_id]
        notice = queued.notice
        later = replace(notice, attempts=notice.attempts + attempts, due_at=due_at or notice.due_at)
        self.state.outbox[notice_id] = replace(queued, notice=later, claimed_until=None, **marks)

    def delivered(self, notice_id: str, at: datetime) -> None:
        self._mark(notice_id, delivered_at=at)

    def postponed(self, notice_id: str, *, due_at: datetime, error: str, counts: bool = True) -> None:
        self._mark(notice_id, attempts=int(counts), due_at=due_at, error=error)

    def failed(self, notice_id: str, at: datetime, *, error: str) -> None:
        self._mark(notice_id, failed_at=at, error=error)

    def _unsent(self, subject: str, audience: Audience) -> list[Notice]:
        waiting = [queued.notice for queued in self.state.outbox.values() if queued.waits]
        about = [one for one in waiting if (one.subject, one.audience) == (subject, audience)]
        return sorted((one for one in about if one.copy_id is None), key=lambda one: one.id)

    def drop(self, subject: str, audience: Audience, to: Destination | None = None) -> None:
        for one in self._unsent(subject, audience):
            if to in {None, one.to}:
                del self.state.outbox[one.id]

    def places(self, subject: str, audience: Audience) -> Sequence[Destination]:
        return [one.to for one in self._unsent(subject, audience)]

    def add_copy(self, copy: CardCopy) -> None:
        self.state.card_copies[copy.id] = copy

    def copies(self, subject: str) -> Sequence[CardCopy]:
        own = [copy for copy in self.state.card_copies.values() if copy.subject == subject]
        return sorted(own, key=lambda copy: copy.id)

    def copy(self, copy_id: str) -> CardCopy | None:
        return self.state.card_copies.get(copy_id)

    def redrawn(self, copy_id: str, drawn: str) -> None:
        self.state.card_copies[copy_id] = replace(self.state.card_copies[copy_id], drawn=drawn)

    def mails_since(self, at: datetime) -> int:
        queued = [one.notice for one in self.state.outbox.values()]
        return sum(one.to.platform is Platform.EMAIL and one.due_at > at for one in queued)

    def waiting(self) -> int:
        return sum(queued.waits for queued in self.state.outbox.values())
