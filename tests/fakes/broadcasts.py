"""Messages to many, and the texts that schools keep, in memory."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.core.broadcasts import (
    KIND,
    Broadcast,
    BroadcastState,
    By,
    Counts,
    Failure,
    Recipient,
    RecipientState,
    Reckoning,
)
from bot.core.message_templates import MessageTemplate
from bot.core.message_texts import lacking
from bot.core.people import PersonDetails
from bot.core.people_filter import PeopleFilter
from bot.core.reaching import CHATS
from tests.fakes.directory import Directory
from tests.fakes.state import State
from tests.fakes.stuck import FakeStuckThings

_SIGN = ".stop"


@dataclass(frozen=True)
class FakeBroadcasts:
    state: State
    now: datetime

    def add(self, broadcast: Broadcast) -> None:
        self.state.broadcasts[broadcast.id] = broadcast

    def by_id(self, broadcast_id: str) -> Broadcast | None:
        return self.state.broadcasts.get(broadcast_id)

    hold = by_id

    def save(self, broadcast: Broadcast, *, expected: BroadcastState) -> bool:
        stored = self.by_id(broadcast.id)
        if stored is None or stored.state is not expected:
            return False
        self.state.broadcasts[broadcast.id] = broadcast
        return True

    def listed(self, school_id: str, *, wide: bool, before: str | None, limit: int) -> Sequence[Broadcast]:
        own = [one for one in self.state.broadcasts.values() if one.school_id == school_id]
        found = [
            one for one in own if (wide or one.district_id is None) and (before is None or one.id < before)
        ]
        return sorted(found, key=lambda one: one.id, reverse=True)[:limit]

    def _put_off(self) -> frozenset[str]:
        return FakeStuckThings(self.state).waiting(KIND, self.now)

    def due(self, now: datetime, limit: int) -> Sequence[Broadcast]:
        scheduled = [one for one in self.state.broadcasts.values() if one.state is BroadcastState.SCHEDULED]
        found = [
            one for one in scheduled if one.send_at and one.send_at <= now and one.id not in self._put_off()
        ]
        return sorted(found, key=lambda one: (one.send_at or now, one.id))[:limit]

    def ready(self, ahead: int) -> Sequence[str]:
        return [
            one.id
            for one in sorted(self.state.broadcasts.values(), key=lambda one: one.id)
            if one.state is BroadcastState.SENDING
            and one.id not in self._put_off()
            and self.on_their_way(one.id) < ahead
            and (self._in(one.id, RecipientState.WAITING) or not self.on_their_way(one.id))
        ]

    def _in(self, broadcast_id: str, *states: RecipientState) -> list[Recipient]:
        of = [one for one in self.state.recipients.values() if one.broadcast_id == broadcast_id]
        return sorted((one for one in of if one.state in states or not states), key=lambda one: one.person_id)

    def _everyone(self, wanted: PeopleFilter, by: By) -> list[Recipient]:
        people = sorted({one.person_id for one in Directory(self.state, self.now).found(wanted)})
        return [self._would(person_id, by) for person_id in people]

    def _would(self, person_id: str, by: By) -> Recipient:
        details = self._details(person_id)
        if not details.message_notifications:
            return Recipient("", person_id, RecipientState.OPTED_OUT)
        chats = [
            key for key, owner in self.state.accounts.items() if owner == person_id and key.issuer in CHATS
        ]
        if by is By.CHAT and chats:
            return Recipient("", person_id, by=By.CHAT)
        if details.email:
            return Recipient("", person_id, by=By.MAIL)
        return Recipient("", person_id, RecipientState.NOWHERE)

    def _details(self, person_id: str) -> PersonDetails:
        return self.state.details.get(person_id, PersonDetails())

    def reckon(self, wanted: PeopleFilter, by: By, tags: Collection[str]) -> Reckoning:
        found = self._everyone(wanted, by)
        number = Counter((one.state, one.by) for one in found)
        waiting = [one for one in found if one.state is RecipientState.WAITING]
        return Reckoning(
            number[RecipientState.WAITING, By.CHAT],
            number[RecipientState.WAITING, By.MAIL],
            number[RecipientState.OPTED_OUT, None],
            number[RecipientState.NOWHERE, None],
            dict(Counter(tag for one in waiting for tag in lacking(self._details(one.person_id), tags))),
        )

    def samples(self, wanted: PeopleFilter, by: By, tags: Collection[str], limit: int) -> Sequence[str]:
        waiting = [one for one in self._everyone(wanted, by) if one.state is RecipientState.WAITING]
        known = {one.person_id: -len(lacking(self._details(one.person_id), tags)) for one in waiting}
        return sorted(known, key=lambda person_id: (known[person_id], person_id))[:limit]

    def fill(self, broadcast_id: str, wanted: PeopleFilter, by: By) -> None:
        for one in self._everyone(wanted, by):
            self.state.recipients[broadcast_id, one.person_id] = replace(one, broadcast_id=broadcast_id)

    def counts(self, broadcast_id: str) -> Counts:
        return Counter((one.state, one.by, one.why) for one in self._in(broadcast_id))

    def on_their_way(self, broadcast_id: str) -> int:
        return len(self._in(broadcast_id, RecipientState.QUEUED))

    def recipients(
        self, broadcast_id: str, states: Collection[RecipientState], *, after: str, limit: int
    ) -> Sequence[Recipient]:
        return [one for one in self._in(broadcast_id, *states) if one.person_id > after][:limit]

    def named(self, broadcast_id: str) -> Sequence[tuple[Recipient, str, str]]:
        found = [
            (one, self.state.persons[one.person_id].name, self._details(one.person_id).email)
            for one in self._in(broadcast_id)
        ]
        return sorted(found, key=lambda one: (one[1].casefold(), one[0].person_id))

    def recipient(self, broadcast_id: str, person_id: str) -> Recipient | None:
        return self.state.recipients.get((broadcast_id, person_id))

    def settle(self, recipient: Recipient, *, expected: Recipient) -> bool:
        key = (expected.broadcast_id, expected.person_id)
        stored = self.state.recipients.get(key)
        if stored is None or (stored.state, stored.notice_id) != (expected.state, expected.notice_id):
            return False
        self.state.recipients[key] = recipient
        return True

    def again(self, broadcast_id: str) -> int:
        missed = self._in(broadcast_id, RecipientState.FAILED, RecipientState.NOWHERE)
        found = [one for one in missed if one.why is not Failure.ERASED]
        for one in found:
            self.state.recipients[broadcast_id, one.person_id] = Recipient(
                broadcast_id, one.person_id, at=one.at
            )
        return len(found)

    def written_since(self, school_id: str, at: datetime) -> int:
        goes = {RecipientState.QUEUED, RecipientState.SENT, RecipientState.FAILED}
        number = 0
        for of in self.state.broadcasts.values():
            if of.school_id != school_id or (of.ended_at is not None and of.ended_at <= at):
                continue
            sending = of.state is BroadcastState.SENDING
            for one in self._in(of.id):
                waits = sending and one.state is RecipientState.WAITING
                number += waits or (one.state in goes and one.at is not None and one.at > at)
        return number

    def mails_ahead(self) -> int:
        sending = [one for one in self.state.broadcasts.values() if one.state is BroadcastState.SENDING]
        waiting = [one for of in sending for one in self._in(of.id, RecipientState.WAITING)]
        return sum(one.by is By.MAIL for one in waiting)

    def stop_token(self, person_id: str) -> str:
        return person_id + _SIGN

    def stopped_by(self, token: str) -> str | None:
        name = token.removesuffix(_SIGN)
        return name if token.endswith(_SIGN) and name in self.state.persons else None


@dataclass(frozen=True)
class FakeMessageTemplates:
    state: State

    def _own(self, school_id: str) -> list[MessageTemplate]:
        own = [one for one in self.state.templates.values() if one.school_id == school_id]
        return sorted(own, key=lambda one: one.name.casefold())

    def add(self, template: MessageTemplate) -> bool:
        if self.named(template.school_id, template.name) is not None:
            return False
        self.state.templates[template.id] = template
        return True

    def save(self, template: MessageTemplate) -> bool:
        named = self.named(template.school_id, template.name)
        if template.id not in self.state.templates or (named is not None and named.id != template.id):
            return False
        self.state.templates[template.id] = template
        return True

    def by_id(self, school_id: str, template_id: str) -> MessageTemplate | None:
        return next((one for one in self._own(school_id) if one.id == template_id), None)

    def named(self, school_id: str, name: str) -> MessageTemplate | None:
        return next((one for one in self._own(school_id) if one.name.casefold() == name.casefold()), None)

    def of_school(self, school_id: str, *, search: str, after: str, limit: int) -> Sequence[MessageTemplate]:
        names = ((one.name.casefold(), one) for one in self._own(school_id))
        found = [one for name, one in names if name > after.casefold() and search.casefold() in name]
        return found[:limit]

    def number(self, school_id: str) -> int:
        return len(self._own(school_id))

    def drop(self, school_id: str, template_id: str) -> bool:
        if self.by_id(school_id, template_id) is None:
            return False
        del self.state.templates[template_id]
        return True
