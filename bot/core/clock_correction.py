"""The clock was far ahead and is put right again: what it has put off to a far day waits no longer."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol

from bot.core.stuck import ItemTracker

if TYPE_CHECKING:
    from bot.core.ports import UnitOfWork

# The sweep that looks at the clock: when it ran last is how it knows that a clock was put back.
SWEEP = "clock"
# Clocks that are kept by a server of time are put back by less.
_MOST = timedelta(minutes=1)
# Nobody holds anything for longer without saying so again, and no token of Slack's that ends lives longer.
HELD, TOKENS_LIVE = timedelta(minutes=10), timedelta(days=1)


class Moments(Protocol):
    """All that waits for a moment."""

    def pull_back(self, now: datetime) -> int:
        """Let wait no longer what a clock that was ahead has put off; return how much that was.

        Messages, requests and what is looked at again are due now; what was held is free; one-time codes and
        links that would live for years have ended; codes that were mistyped then do not count. Invitations
        last from now on as long as they were made to last.
        """
        ...


def sweep(uow: "UnitOfWork", _: ItemTracker) -> int:
    """Look whether the clock was put back since it was looked at last; return how much waits no longer."""
    before = uow.jobs.of(SWEEP)
    if before is None or before.ran_at <= uow.now + _MOST:
        return 0
    return uow.moments.pull_back(uow.now)
