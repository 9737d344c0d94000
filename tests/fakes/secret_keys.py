"""A fake of the stored secret keys. It seals nothing; tests say what is sealed with which key."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bot.core.keys.ports import Replica, Sealed, SealedKind, SealingKey
from bot.core.values import replace
from tests.fakes.state import State
from tests.world import START

FIRST = "the only key"


@dataclass(frozen=True)
class FakeSecretKeys:
    state: State
    configured: tuple[str, ...] = (FIRST,)
    replica: str = field(default="this one")

    def needed(self) -> Sequence[SealingKey]:
        known = self.state.secret_keys.values()
        older = sorted((one for one in known if one.replaced_at), key=lambda one: one.since, reverse=True)
        in_use = [one for one in known if one.replaced_at is None] or [SealingKey(FIRST, START)]
        return [*in_use, *older]

    def hold(self) -> None:
        """Do nothing: units of the fake database never run at the same time."""

    def serve(self, now: datetime, until: datetime) -> None:
        before = self.state.replicas.get(self.replica)
        if before is None or before.until < now + (until - now) / 2:
            self.state.replicas[self.replica] = Replica(self.replica, self.configured, until)
        for one in [one for one in self.state.replicas.values() if one.until <= now]:
            del self.state.replicas[one.name]

    def leave(self) -> None:
        self.state.replicas.pop(self.replica, None)

    def replicas(self, now: datetime, latest: datetime) -> Sequence[Replica]:
        found = [one for one in self.state.replicas.values() if now < one.until <= latest]
        return sorted(found, key=lambda one: one.name)

    def replace(self, at: datetime) -> None:
        before = self.needed()[0]
        self.state.secret_keys[before.name] = replace(before, replaced_at=at)
        self.state.secret_keys[self.configured[0]] = SealingKey(self.configured[0], at)

    def to_reseal(self, now: datetime, limit: int) -> Sequence[Sealed]:
        older = {one.name for one in self.needed()[1:]}
        resting = self.state.put_off("sealed", now)
        found = [one for one, by in self.state.sealed.items() if by in older and one not in resting]
        return [Sealed(SealedKind.INVITATION, one) for one in found][:limit]

    def reseal(self, thing: Sealed) -> None:
        self.state.sealed[thing.of] = self.needed()[0].name

    def count_sealed(self, name: str) -> int:
        return list(self.state.sealed.values()).count(name)

    def delete(self, name: str) -> None:
        assert not self.count_sealed(name)
        del self.state.secret_keys[name]
