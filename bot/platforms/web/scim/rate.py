"""How often somebody may ask: a bucket that fills again. Each replica has its own."""

from collections import OrderedDict
from collections.abc import Callable
from time import monotonic

from bot.platforms.web.scim import limits


class Rate:
    """Counts requests, by whose they are."""

    def __init__(self, burst: float, a_second: float, now: Callable[[], float] = monotonic) -> None:
        """Allow so many at once, and so many a second after that."""
        self._burst, self._a_second, self._now = burst, a_second, now
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait(self, whose: str) -> float:
        """Count a request; return 0, or the seconds to wait where it is one too many."""
        now = self._now()
        left, at = self._left.pop(whose, (self._burst, now))
        left = min(self._burst, left + (now - at) * self._a_second)
        taken = left >= 1
        self._left[whose] = (left - 1 if taken else left, now)
        if len(self._left) > limits.PLACES:
            self._left.popitem(last=False)
        return 0 if taken else (1 - left) / self._a_second
