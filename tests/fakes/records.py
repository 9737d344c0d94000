"""Fakes of the stored audit log, outbox and card copies."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import takewhile
from typing import Any

from bot.core.audit import GENESIS, AuditEntry, SealedEntry, action_words, chain_of, seal
from bot.core.invitations import unreached
from bot.core.messages.broadcasts import RecipientState
from bot.core.name_matching import fold_name
from bot.core.notices.notices import Audience, CardCopy, Destination, Notice
from bot.core.notices.outbox_ports import DeadLetter, Head, OutboxState
from bot.core.rights.actors import Platform, WorkspaceKey
from bot.core.rosters.imports import KIND as ROSTER
from bot.core.rosters.imports import StepKind
from bot.core.values import replace
from tests.fakes.state import Queued, State


@dataclass(frozen=True)
class FakeAudit:
    state: State

    def add(self, entry: AuditEntry) -> None:
        self.state.audit_entries.append(entry)

    def listed(
        self,
        school_id: str,
        *,
        action: str,
        person_id: str | None,
        after: str | None,
        limit: int,
        first: int = 1,
        last: int | None = None,
    ) -> Sequence[AuditEntry]:
        own = [entry for entry in self.state.audit_entries if chain_of(entry) == school_id]
        own = own[first - 1 : last]
        own.reverse()
        ids = [entry.id for entry in own]
        if after is not None:
            own = own[ids.index(after) + 1 :] if after in ids else []
        merged = {old for old, now in self.state.merged.items() if now == person_id}
        them = {person_id, *merged}
        subjects = {f"person:{one}" for one in them}
        subjects |= {one.subject for one in self.state.join_requests.values() if one.person_id in them}
        letters = (one for one in self.state.invitations.values() if one.to and one.to.person_id in them)
        subjects |= {one.subject for one in letters}
        for (import_id, _), step in self.state.roster_rows.items():
            if (step.person_id, step.school_id) in {(one, school_id) for one in them}:
                subjects |= (
                    {f"{ROSTER}:{import_id}"} if step.kind not in {StepKind.KEEP, StepKind.SAME} else set()
                )
        found = [
            entry
            for entry in own
            if action in action_words(entry.action)
            and (person_id is None or entry.actor_id in them or entry.subject in subjects)
        ]
        return found[:limit]

    def first_since(self, name: str, moment: datetime) -> int:
        own = [entry.at for entry in self.state.audit_entries if chain_of(entry) == name]
        return next((number for number, at in enumerate(own, 1) if at >= moment), len(own) + 1)

    def ids_by_name(self, school_id: str, name: str) -> Sequence[str]:
        own = [entry for entry in self.state.audit_entries if entry.school_id == school_id]
        told = {entry.actor_id for entry in own}
        told |= {of for kind, _, of in (entry.subject.partition(":") for entry in own) if kind == "person"}
        return sorted(
            {
                self.state.merged.get(one.id, one.id)
                for one in self.state.persons.values()
                if one.id in told and fold_name(one.name) == fold_name(name)
            }
        )

    def last(self, chain: str, subjects: Sequence[str], actions: Collection[str]) -> AuditEntry | None:
        found = (
            entry
            for entry in reversed(self.state.audit_entries)
            if chain_of(entry) == chain and entry.subject in subjects and entry.action in actions
        )
        return next(found, None)

    def chains_about(self, person_ids: Sequence[str]) -> Sequence[str]:
        subjects = {f"person:{one}" for one in person_ids}
        return sorted({chain_of(one) for one in self.state.audit_entries if one.subject in subjects})

    def by_id(self, entry_id: str) -> AuditEntry | None:
        return next((entry for entry in self.state.audit_entries if entry.id == entry_id), None)

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

    def queue(self, notice: Notice) -> None:
        self.add(notice)

    def add(self, notice: Notice) -> bool:
        if any(queued.notice.key == notice.key for queued in self.state.outbox.values()):
            return False
        self.state.outbox[notice.id] = Queued(notice, try_at=notice.due_at)
        return True

    def _waiting_at(self, place: str) -> list[Queued]:
        here = [one for one in self.state.outbox.values() if one.waits and str(one.notice.to) == place]
        return sorted(here, key=lambda one: one.turn)

    def _paused(self, now: datetime, *scopes: str) -> bool:
        return any(self.state.outbox_pauses.get(scope, now) > now for scope in scopes)

    def heads(
        self,
        platforms: Collection[Platform],
        now: datetime,
        *,
        full: Collection[str],
        failing: Collection[str] = (),
        limit: int,
    ) -> Sequence[Head]:
        places = {str(one.notice.to) for one in self.state.outbox.values() if one.waits}
        first = [self._waiting_at(place)[0] for place in places]
        able = [
            one
            for one in first
            if one.free(now)
            and one.notice.to.platform in platforms
            and one.notice.tenant not in full
            and (one.error is None or one.notice.tenant not in failing)
            and not self._paused(now, one.notice.tenant, one.notice.to.platform.value)
        ]
        able.sort(key=lambda one: (one.try_at, one.notice.id))
        return [
            Head(str(one.notice.to), one.notice.to.platform, one.notice.tenant, one.error is not None)
            for one in able[:limit]
        ]

    def take(
        self, place: str, now: datetime, *, worker: str, until: datetime, limit: int
    ) -> Sequence[Notice]:
        due = [one for one in self._waiting_at(place) if one.notice.due_at <= now][:limit]
        taken = list(takewhile(lambda one: one.free(now), due))
        for one in taken:
            one.claimed_by, one.claimed_until = worker, until
        return [one.notice for one in taken]

    def holds(self, notice: Notice, worker: str, now: datetime) -> bool:
        queued = self.state.outbox.get(notice.id)
        mine = queued is not None and queued.waits and queued.claimed_by == worker
        return mine and not self._paused(now, notice.tenant, notice.to.platform.value)

    def extend_claim(self, place: str, worker: str, until: datetime) -> None:
        for one in self._waiting_at(place):
            if one.claimed_by == worker:
                one.claimed_until = until

    def release(self, place: str, worker: str) -> None:
        for one in self._waiting_at(place):
            if one.claimed_by == worker:
                one.claimed_by = one.claimed_until = None

    def _mark(self, notice_id: str, *, attempts: int = 1, **marks: Any) -> str | None:
        queued = self.state.outbox.get(notice_id)
        if queued is None or not queued.waits:
            return str(queued.notice.to) if queued else None
        notice = replace(queued.notice, attempts=queued.notice.attempts + attempts)
        free = replace(queued, notice=notice, claimed_by=None, claimed_until=None, **marks)
        self.state.outbox[notice_id] = free
        return str(notice.to)

    def mark_delivered(self, notice_id: str, at: datetime) -> None:
        self._mark(notice_id, delivered_at=at)

    def postpone(self, notice_id: str, *, try_at: datetime, error: str, counts: bool = True) -> None:
        place = self._mark(notice_id, attempts=int(counts), try_at=try_at, error=error)
        for one in self._waiting_at(place or ""):
            one.try_at = max(one.try_at, try_at)

    def give_up(self, notice_id: str, at: datetime, *, error: str) -> None:
        place = self._mark(notice_id, failed_at=at, error=error)
        for one in self._waiting_at(place or ""):
            if one.notice.attempts == 0:
                one.try_at = min(one.try_at, one.notice.due_at)

    def pause(self, scope: str, until: datetime) -> None:
        self.state.outbox_pauses[scope] = max(until, self.state.outbox_pauses.get(scope, until))

    def waiting_at(self, to: Destination) -> Sequence[Notice]:
        return [one.notice for one in self._waiting_at(str(to)) if one.notice.copy_id is None]

    def forget(self, to: Destination) -> None:
        for one in [one for one in self.state.outbox.values() if one.notice.to == to and not one.waits]:
            del self.state.outbox[one.notice.id]

    def dead(self, *, school_id: str | None, before: str | None, limit: int) -> Sequence[DeadLetter]:
        letters = filter(None, (self.dead_letter(one) for one in sorted(self.state.outbox, reverse=True)))
        found = (one for one in letters if school_id in {None, one.notice.school_id})
        return [one for one in found if before is None or one.notice.id < before][:limit]

    def dead_letter(self, notice_id: str) -> DeadLetter | None:
        queued = self.state.outbox.get(notice_id)
        if queued is None or queued.failed_at is None:
            return None
        return DeadLetter(queued.notice, queued.failed_at, queued.error or "")

    def retry(self, notice_id: str, now: datetime) -> bool:
        queued = self.state.outbox.get(notice_id)
        if queued is None or queued.failed_at is None:
            return False
        notice = replace(queued.notice, attempts=0, due_at=now)
        self.state.outbox[notice_id] = replace(queued, notice=notice, try_at=now, failed_at=None)
        return True

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

    def mails_between(self, after: datetime, before: datetime) -> int:
        queued = [one.notice for one in self.state.outbox.values()]
        return sum(one.to.platform is Platform.EMAIL and after < one.due_at < before for one in queued)

    def count_waiting(self) -> int:
        return sum(queued.waits for queued in self.state.outbox.values())

    def condition(self, now: datetime) -> OutboxState:
        due = [
            one.notice.due_at for one in self.state.outbox.values() if one.waits and one.notice.due_at <= now
        ]
        dead = sum(one.failed_at is not None for one in self.state.outbox.values())
        return OutboxState(self.count_waiting(), len(due), dead, min(due, default=None))


@dataclass(frozen=True)
class FakeCardCopies:
    state: State

    def add(self, copy: CardCopy, at: datetime) -> None:
        self.state.card_copies[copy.id] = copy
        self.state.cards_drawn[copy.id] = at

    def of(self, subject: str) -> Sequence[CardCopy]:
        own = [copy for copy in self.state.card_copies.values() if copy.subject == subject]
        return sorted(own, key=lambda copy: copy.id)

    def naming(self, person_id: str) -> Sequence[str]:
        made = {one.id: one.created_by for one in self.state.invitations.values()}
        named = {
            one.subject
            for one in self.state.join_requests.values()
            if person_id in {one.decided_by, made.get(one.invitation_id or "")}
        }
        named |= {
            one.subject
            for one in self.state.invitations.values()
            if person_id in {one.created_by, one.to and one.to.person_id}
        }
        named |= {
            unreached.subject_of(one)
            for one in self.state.invitations.values()
            if one.to and one.to.person_id == person_id
        }
        named |= {
            f"broadcast:{one.broadcast_id}"
            for one in self.state.recipients.values()
            if one.person_id == person_id and one.state in {RecipientState.FAILED, RecipientState.NOWHERE}
        }
        return sorted(named & {one.subject for one in self.state.card_copies.values()})

    def in_workspace(self, workspace: WorkspaceKey) -> Sequence[CardCopy]:
        here = (workspace.platform, workspace.external_id)
        own = [
            copy for copy in self.state.card_copies.values() if (copy.to.platform, copy.to.workspace) == here
        ]
        return sorted(own, key=lambda copy: copy.id)

    def by_id(self, copy_id: str) -> CardCopy | None:
        return self.state.card_copies.get(copy_id)

    def forget(self, to: Destination) -> None:
        for copy in [one for one in self.state.card_copies.values() if one.to == to]:
            del self.state.card_copies[copy.id]

    def mark_redrawn(self, copy_id: str, drawn: str, at: datetime, message: str | None = None) -> None:
        copy = self.state.card_copies[copy_id]
        self.state.card_copies[copy_id] = replace(copy, drawn=drawn, message=message or copy.message)
        self.state.cards_drawn[copy_id] = at
