"""Rate limits by token buckets; each replica counts for itself."""

from collections import OrderedDict
from collections.abc import Callable
from time import monotonic

from bot.platforms.web.scim import limits


class Rate:
    """Limits the rate of requests of each client."""

    def __init__(self, burst: float, a_second: float, now: Callable[[], float] = monotonic) -> None:
        """Allow `burst` requests at once, and `a_second` per second after that."""
        self._burst, self._a_second, self._now = burst, a_second, now
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait(self, whose: str) -> float:
        """Count a request of a client; return 0 if it is allowed, else how many seconds to wait."""
        now = self._now()
        left, at = self._left.pop(whose, (self._burst, now))
        left = min(self._burst, left + (now - at) * self._a_second)
        taken = left >= 1
        self._left[whose] = (left - 1 if taken else left, now)
        if len(self._left) > limits.MAX_CLIENTS:
            self._left.popitem(last=False)
        return 0 if taken else (1 - left) / self._a_second
