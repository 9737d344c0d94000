"""What is put off because it broke, in memory."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.core.stuck import Stuck, TrackedItem
from tests.fakes.state import State


@dataclass(frozen=True)
class FakeStuckThings:
    state: State

    def put_off(self, stuck: Stuck) -> None:
        self.state.stuck[stuck.item] = stuck

    def of(self, item: TrackedItem) -> Stuck | None:
        return self.state.stuck.get(item)

    def waiting(self, kind: str, now: datetime) -> frozenset[str]:
        return self.state.put_off(kind, now)

    def clear(self, kind: str, tried: datetime) -> int:
        gone = [one for one, how in self.state.stuck.items() if one.kind == kind and how.try_at <= tried]
        for one in gone:
            del self.state.stuck[one]
        return len(gone)

    def forget(self, item: TrackedItem) -> None:
        self.state.stuck.pop(item, None)

    def listed(self, limit: int) -> Sequence[Stuck]:
        found = self.state.stuck.values()
        return sorted(found, key=lambda one: (one.since, one.item.kind, one.item.of))[:limit]

    def count_by_kind(self) -> Mapping[str, int]:
        return Counter(one.kind for one in self.state.stuck)
