"""The clock that all replicas go by: that of the database which they share."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta

from bot.core.ports import Clock
from bot.core.values import dataclass

# A database that took longer to say the time has not said it exactly enough, where it is known already.
_EXACT = 1.0


def running() -> float:
    """Tell for how many seconds this machine has run, also while it slept where that can be known."""
    boot = getattr(time, "CLOCK_BOOTTIME", None)  # Linux
    return time.monotonic() if boot is None else time.clock_gettime(boot)


@dataclass(frozen=True, slots=True)
class _Heard:
    """What time the database had, and how long this machine had run then."""

    at: datetime
    when: float


class SharedClock:
    """Tells the database's time, however this machine's clock is put forward or back.

    Who has what, and until when, is in the database: replicas whose clocks differed by more than that would
    take it from each other. Until a database has said its time, this machine's clock is told.
    """

    def __init__(self, own: Clock, running: Callable[[], float] = running) -> None:
        """Go by this machine's clock at first."""
        self._own = own
        self._running = running
        self._heard: _Heard | None = None

    def now(self) -> datetime:
        """Return this moment in UTC."""
        heard = self._heard
        if heard is None:
            return self._own.now()
        return heard.at + timedelta(seconds=self._running() - heard.when)

    def asks(self) -> float:
        """Tell when the database is asked for the time."""
        return self._running()

    def hears(self, told: datetime, asked: float) -> None:
        """Go by the time that was told from now on: it was so half-way between question and answer."""
        took = self._running() - asked
        if self._heard is None or took <= _EXACT:
            self._heard = _Heard(told, asked + took / 2)

    def off_by(self) -> timedelta:
        """Tell by how much the shared time is ahead of this machine's."""
        return self.now() - self._own.now()
