"""Correcting times that were stored while the clock was far ahead, so that nothing waits for them."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol

from bot.core.stuck import ItemTracker

if TYPE_CHECKING:
    from bot.core.ports import UnitOfWork

# The name of the sweep that checks the clock: if it last ran later than now, the clock was put back.
SWEEP = "clock"
# Clocks that are synchronized with a time server are put back by less than this.
_TOLERANCE = timedelta(minutes=1)
# No claim or lease lasts longer than LONGEST_CLAIM unless it is extended, and no expiring Slack token longer
# than LONGEST_TOKEN.
LONGEST_CLAIM, LONGEST_TOKEN = timedelta(minutes=10), timedelta(days=1)


class Moments(Protocol):
    """Everything stored that waits for a time."""

    def correct(self, now: datetime) -> int:
        """Correct times that were stored while the clock was ahead; return how many rows were corrected.

        Messages, join requests and checks become due now; claims and leases are released; one-time codes and
        links that would be valid for years expire; codes mistyped at such times are forgotten. Invitations
        last, from now, as long as they were made to last.
        """
        ...


def sweep(uow: "UnitOfWork", _: ItemTracker) -> int:
    """Check whether the clock was put back since the last run; return how many rows were corrected."""
    before = uow.jobs.of(SWEEP)
    if before is None or before.ran_at <= uow.now + _TOLERANCE:
        return 0
    return uow.moments.correct(uow.now)
