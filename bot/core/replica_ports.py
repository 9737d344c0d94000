"""Repositories of what several replicas must agree on, and of events that platforms report more than once."""

from datetime import datetime
from typing import Protocol


class Arrivals(Protocol):
    """The events that platforms reported to us, so that one reported several times is handled once."""

    def record(self, key_hash: str, at: datetime) -> bool:
        """Record that an event has arrived; False if it was recorded before."""
        ...


class Leases(Protocol):
    """Jobs that only one replica does at a time, and which replica holds each."""

    def hold(self, name: str, holder: str, now: datetime, *, until: datetime) -> bool:
        """Take a free lease, or extend one's own, until a moment; False while another replica holds it."""
        ...

    def holder(self, name: str) -> str | None:
        """Return who held a lease last; None if it was released, or never taken."""
        ...

    def release(self, name: str, holder: str) -> None:
        """Give up a lease, if this replica holds it."""
        ...
