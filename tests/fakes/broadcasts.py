"""Fakes of the stored broadcasts and message templates."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.core.messages.broadcasts import (
    KIND,
    Broadcast,
    BroadcastState,
    RecipientState,
)
from bot.core.messages.templates import MessageTemplate
from tests.fakes.recipients import FakeRecipients
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

    def unsent(self) -> Sequence[Broadcast]:
        waiting = {BroadcastState.DRAFT, BroadcastState.SCHEDULED}
        found = (self.state.broadcasts[one] for one in sorted(self.state.broadcasts))
        return [one for one in found if one.state in waiting]

    def due(self, now: datetime, limit: int) -> Sequence[Broadcast]:
        scheduled = [one for one in self.state.broadcasts.values() if one.state is BroadcastState.SCHEDULED]
        found = [
            one for one in scheduled if one.send_at and one.send_at <= now and one.id not in self._put_off()
        ]
        return sorted(found, key=lambda one: (one.send_at or now, one.id))[:limit]

    def gathering(self) -> Sequence[str]:
        found = sorted(one.id for one in self.state.broadcasts.values() if one.gathering)
        return [one for one in found if one not in self._put_off()]

    def ready(self, ahead: int) -> Sequence[str]:
        people = FakeRecipients(self.state, self.now)
        return [
            one.id
            for one in sorted(self.state.broadcasts.values(), key=lambda one: one.id)
            if one.state is BroadcastState.SENDING
            and not one.gathering
            and one.id not in self._put_off()
            and people.count_queued(one.id) < ahead
            and (people.within(one.id, RecipientState.WAITING) or not people.count_queued(one.id))
        ]

    def stop_token(self, person_id: str) -> str:
        return person_id + _SIGN

    def person_of_stop_token(self, token: str) -> str | None:
        name = token.removesuffix(_SIGN)
        return name if token.endswith(_SIGN) and name in self.state.persons else None


@dataclass(frozen=True)
class FakeMessageTemplates:
    state: State

    def _own(self, school_id: str) -> list[MessageTemplate]:
        own = [one for one in self.state.templates.values() if one.school_id == school_id]
        return sorted(own, key=lambda one: one.name.casefold())

    def add(self, template: MessageTemplate) -> bool:
        if self.by_name(template.school_id, template.name) is not None:
            return False
        self.state.templates[template.id] = template
        return True

    def save(self, template: MessageTemplate) -> bool:
        named = self.by_name(template.school_id, template.name)
        if template.id not in self.state.templates or (named is not None and named.id != template.id):
            return False
        self.state.templates[template.id] = template
        return True

    def by_id(self, school_id: str, template_id: str) -> MessageTemplate | None:
        return next((one for one in self._own(school_id) if one.id == template_id), None)

    def by_name(self, school_id: str, name: str) -> MessageTemplate | None:
        return next((one for one in self._own(school_id) if one.name.casefold() == name.casefold()), None)

    def of_school(self, school_id: str, *, search: str, after: str, limit: int) -> Sequence[MessageTemplate]:
        names = ((one.name.casefold(), one) for one in self._own(school_id))
        found = [one for name, one in names if name > after.casefold() and search.casefold() in name]
        return found[:limit]

    def count(self, school_id: str) -> int:
        return len(self._own(school_id))

    def drop(self, school_id: str, template_id: str) -> bool:
        if self.by_id(school_id, template_id) is None:
            return False
        del self.state.templates[template_id]
        return True
