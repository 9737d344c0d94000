"""The clock that all replicas share: the clock of their database."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta

from bot.core.ports import Clock
from bot.core.values import dataclass

# Once the time is known, an answer that took longer than this many seconds is too inexact to replace it.
_EXACT = 1.0


def running() -> float:
    """Return a monotonic time in seconds, which on Linux includes the time that the machine was asleep."""
    boot = getattr(time, "CLOCK_BOOTTIME", None)  # Linux
    return time.monotonic() if boot is None else time.clock_gettime(boot)


@dataclass(frozen=True, slots=True)
class _Reading:
    """The time that the database told, and this machine's monotonic time at that moment."""

    at: datetime
    when: float


class SharedClock:
    """A clock that tells the database's time, even when this machine's clock is put forward or back.

    Leases and claims are stored in the database with the time at which they end. Replicas whose clocks differ
    by more than a lease lasts would take them from each other. Until the database has told its time, this
    clock tells the machine's.
    """

    def __init__(self, own: Clock, running: Callable[[], float] = running) -> None:
        """Begin with this machine's clock, `own`."""
        self._own = own
        self._running = running
        self._heard: _Reading | None = None

    def now(self) -> datetime:
        """Return this moment in UTC."""
        heard = self._heard
        if heard is None:
            return self._own.now()
        return heard.at + timedelta(seconds=self._running() - heard.when)

    def monotonic(self) -> float:
        """Return the monotonic time; call this just before asking the database for its time."""
        return self._running()

    def adopt(self, told: datetime, asked: float) -> None:
        """Adopt the time that the database told, as the time half-way between the question and the answer."""
        took = self._running() - asked
        if self._heard is None or took <= _EXACT:
            self._heard = _Reading(told, asked + took / 2)

    def off_by(self) -> timedelta:
        """Return by how much the shared time is ahead of this machine's clock."""
        return self.now() - self._own.now()
