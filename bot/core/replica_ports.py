"""The repositories of what several replicas, and platforms that tell us things twice, must agree on."""

from datetime import datetime
from typing import Protocol


class Arrivals(Protocol):
    """What platforms have told us: a change that is told several times is made once."""

    def first(self, key_hash: str, at: datetime) -> bool:
        """Note that something has arrived; False if it has before."""
        ...


class Leases(Protocol):
    """What only one replica does at a time, and whose it is."""

    def hold(self, name: str, holder: str, now: datetime, *, until: datetime) -> bool:
        """Take what is free, or keep what is one's own, until then; False while another has it."""
        ...

    def holder(self, name: str) -> str | None:
        """Tell who had it last; None if nobody has since it was given back."""
        ...

    def release(self, name: str, holder: str) -> None:
        """Give back what is one's own."""
        ...
