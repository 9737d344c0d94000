"""Fakes of what replicas coordinate: deliveries that arrive twice, and leases."""

from dataclasses import dataclass
from datetime import datetime

from tests.fakes.state import State


@dataclass(frozen=True)
class FakeArrivals:
    state: State

    def record(self, key_hash: str, at: datetime) -> bool:
        known = key_hash in self.state.arrivals
        self.state.arrivals.setdefault(key_hash, at)
        return not known


@dataclass(frozen=True)
class FakeLeases:
    state: State

    def hold(self, name: str, holder: str, now: datetime, *, until: datetime) -> bool:
        who, free_at = self.state.leases.get(name, (holder, now))
        if who != holder and free_at > now:
            return False
        self.state.leases[name] = (holder, until)
        return True

    def holder(self, name: str) -> str | None:
        found = self.state.leases.get(name)
        return found[0] if found else None

    def release(self, name: str, holder: str) -> None:
        if self.state.leases.get(name, ("",))[0] == holder:
            del self.state.leases[name]
