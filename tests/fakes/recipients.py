"""A fake of the stored recipients of broadcasts."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.core.messages.broadcasts import (
    UNWRITTEN,
    AudienceCounts,
    BroadcastState,
    Counts,
    DeliveryMethod,
    Failure,
    Recipient,
    RecipientState,
)
from bot.core.messages.texts import lacking
from bot.core.name_matching import fold_name
from bot.core.notices.destinations import CHATS
from bot.core.people.people import PersonDetails
from bot.core.people.people_filter import PeopleFilter
from bot.core.values import replace
from tests.fakes.directory import Directory
from tests.fakes.holdings import FakeAccounts
from tests.fakes.state import State


@dataclass(frozen=True)
class FakeRecipients:
    state: State
    now: datetime

    def within(self, broadcast_id: str, *states: RecipientState) -> list[Recipient]:
        of = [one for one in self.state.recipients.values() if one.broadcast_id == broadcast_id]
        return sorted((one for one in of if one.state in states or not states), key=lambda one: one.person_id)

    def _everyone(self, wanted: PeopleFilter, by: DeliveryMethod) -> list[Recipient]:
        people = sorted({one.person_id for one in Directory(self.state, self.now).found(wanted)})
        return [self._would(person_id, by) for person_id in people]

    def _would(self, person_id: str, by: DeliveryMethod) -> Recipient:
        details = self._details(person_id)
        if not details.message_notifications:
            return Recipient("", person_id, RecipientState.OPTED_OUT)
        chats = [
            key for key, owner in self.state.accounts.items() if owner == person_id and key.issuer in CHATS
        ]
        if by is DeliveryMethod.CHAT and chats:
            return Recipient("", person_id, by=DeliveryMethod.CHAT)
        if details.email or FakeAccounts(self.state).proved_email(person_id):
            return Recipient("", person_id, by=DeliveryMethod.MAIL)
        return Recipient("", person_id, RecipientState.NOWHERE)

    def _details(self, person_id: str) -> PersonDetails:
        return self.state.details.get(person_id, PersonDetails())

    def count_audience(
        self, wanted: PeopleFilter, by: DeliveryMethod, tags: Collection[str]
    ) -> AudienceCounts:
        found = self._everyone(wanted, by)
        number = Counter((one.state, one.by) for one in found)
        waiting = [one for one in found if one.state is RecipientState.WAITING]
        return AudienceCounts(
            number[RecipientState.WAITING, DeliveryMethod.CHAT],
            number[RecipientState.WAITING, DeliveryMethod.MAIL],
            number[RecipientState.OPTED_OUT, None],
            number[RecipientState.NOWHERE, None],
            dict(Counter(tag for one in waiting for tag in lacking(self._details(one.person_id), tags))),
        )

    def samples(
        self, wanted: PeopleFilter, by: DeliveryMethod, tags: Collection[str], limit: int
    ) -> Sequence[str]:
        waiting = [one for one in self._everyone(wanted, by) if one.state is RecipientState.WAITING]
        known = {one.person_id: -len(lacking(self._details(one.person_id), tags)) for one in waiting}
        return sorted(known, key=lambda person_id: (known[person_id], person_id))[:limit]

    def selected(self, wanted: PeopleFilter, *, after: str, limit: int | None) -> Sequence[str]:
        people = sorted({one.person_id for one in Directory(self.state, self.now).found(wanted)})
        return [one for one in people if one > after][:limit]

    def add(self, broadcast_id: str, people: Sequence[str], by: DeliveryMethod) -> None:
        for one in people:
            if one in self.state.persons:
                would = self._would(self.state.merged.get(one, one), by)
                key = (broadcast_id, would.person_id)
                self.state.recipients.setdefault(key, replace(would, broadcast_id=broadcast_id))

    def counts(self, broadcast_id: str) -> Counts:
        return Counter((one.state, one.by, one.why) for one in self.within(broadcast_id))

    def count_queued(self, broadcast_id: str, by: DeliveryMethod | None = None) -> int:
        queued = self.within(broadcast_id, RecipientState.QUEUED)
        return sum(by is None or one.by is by for one in queued)

    def listed(
        self, broadcast_id: str, states: Collection[RecipientState], *, after: str, limit: int
    ) -> Sequence[Recipient]:
        return [one for one in self.within(broadcast_id, *states) if one.person_id > after][:limit]

    def with_names(self, broadcast_id: str) -> Sequence[tuple[Recipient, str, str]]:
        found = [
            (one, self.state.persons[one.person_id].name, self._details(one.person_id).email)
            for one in self.within(broadcast_id)
        ]
        return sorted(found, key=lambda one: (fold_name(one[1]), one[0].person_id))

    def of(self, broadcast_id: str, person_id: str) -> Recipient | None:
        return self.state.recipients.get((broadcast_id, person_id))

    def settle(self, recipient: Recipient, *, expected: Recipient) -> bool:
        key = (expected.broadcast_id, expected.person_id)
        stored = self.state.recipients.get(key)
        if stored is None or (stored.state, stored.notice_id) != (expected.state, expected.notice_id):
            return False
        self.state.recipients[key] = recipient
        return True

    def not_reached(
        self, broadcast_id: str, wanted: PeopleFilter, *, after: str, limit: int | None
    ) -> Sequence[str]:
        meant = self.selected(wanted, after=after, limit=None)
        return [one.person_id for one in self._missed(broadcast_id) if one.person_id in meant][:limit]

    def _missed(self, broadcast_id: str) -> list[Recipient]:
        missed = self.within(broadcast_id, RecipientState.FAILED, RecipientState.NOWHERE)
        return [one for one in missed if one.why is not Failure.ERASED]

    def requeue(self, broadcast_id: str, people: Sequence[str]) -> int:
        found = [one for one in self._missed(broadcast_id) if one.person_id in people]
        for one in found:
            self.state.recipients[broadcast_id, one.person_id] = Recipient(
                broadcast_id, one.person_id, at=one.at
            )
        return len(found)

    def count_written_since(self, school_id: str, at: datetime) -> int:
        goes = {RecipientState.QUEUED, RecipientState.SENT, RecipientState.FAILED}
        number = 0
        for of in self.state.broadcasts.values():
            if of.school_id != school_id or (of.ended_at is not None and of.ended_at <= at):
                continue
            number += of.expected if of.gathering else 0
            sending = of.state is BroadcastState.SENDING and not of.gathering
            for one in self.within(of.id):
                waits = sending and one.state is RecipientState.WAITING
                expected = of.gathering and one.state is RecipientState.FAILED
                gone = one.state in goes and one.why not in UNWRITTEN and not expected
                number += waits or (gone and one.at is not None and one.at > at)
        return number

    def count_mails_ahead(self) -> int:
        sending = [one for one in self.state.broadcasts.values() if one.state is BroadcastState.SENDING]
        stored = [one for one in sending if not one.gathering]
        waiting = [one for of in stored for one in self.within(of.id, RecipientState.WAITING)]
        expected = sum(one.expected_mails for one in sending if one.gathering)
        return sum(one.by is DeliveryMethod.MAIL for one in waiting) + expected
