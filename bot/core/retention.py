"""How long data is kept that nobody needs any more. The audit log is never purged."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from bot.core.bulk import planning as bulk
from bot.core.ports import UnitOfWork
from bot.core.rosters.imports import PLAN_KEPT
from bot.core.stuck import ItemTracker

# How many rows of each kind one unit deletes: other writers wait as long as that takes.
BATCH = 500
LEFTOVER = "leftover"
SWEEP = "retention"
# If the sweep has not run for this long, the machine's clock may have been set wrong, even by years.
_GAP = timedelta(days=1)


class Leftover(StrEnum):
    """The kinds of data that are purged, by the names of their settings."""

    MESSAGES = "messages"
    CLAIMS = "claims"
    MAIL_LINKS = "mail_links"
    MISSES = "misses"
    BULK_PLANS = "bulk_plans"
    ROSTERS = "rosters"
    BROADCASTS = "broadcasts"
    ANSWERS = "answers"
    ADDRESSES = "addresses"
    ARRIVALS = "arrivals"
    CARDS = "cards"
    DATED_JOBS = "dated_jobs"
    PAUSES = "pauses"


class Leftovers(Protocol):
    """The data that is deleted after a time."""

    def purge(self, what: Leftover, before: datetime, now: datetime, limit: int) -> int:
        """Delete up to `limit` rows that are older than a moment; return how many were handled.

        Copies of cards whose subject is still open are counted, but kept, and come up again later.
        """
        ...


# How many days each kind is kept; 0 means forever.
Days = Mapping[Leftover, int]
DEFAULT_DAYS: Days = {
    Leftover.MESSAGES: 30,
    Leftover.CLAIMS: 30,
    Leftover.MAIL_LINKS: 30,
    Leftover.MISSES: 1,
    Leftover.BULK_PLANS: 90,
    Leftover.ROSTERS: 90,
    Leftover.BROADCASTS: 365,
    Leftover.ANSWERS: 365,
    Leftover.ADDRESSES: 365,
    Leftover.ARRIVALS: 1,
    Leftover.CARDS: 90,
    Leftover.DATED_JOBS: 90,
    Leftover.PAUSES: 1,
}


def purge(uow: UnitOfWork, tracker: ItemTracker, *, keep: Days) -> int:
    """Purge a batch of each kind of data that is past its time; return how many rows were handled.

    Deletion cannot be undone. After a gap, nothing is deleted until the next run, so that a wrong clock can
    be corrected first.
    """
    last = uow.jobs.of(SWEEP)
    if last is not None and uow.now - last.ran_at > _GAP:
        return 0
    off = uow.stuck.waiting(LEFTOVER, uow.now)
    kinds = [(what, days) for what, days in keep.items() if days and what not in off]
    uow.bulk.drop_plans(uow.now - bulk.PLAN_KEPT)
    # A plan can have 100,000 steps, so a unit drops only one.
    dropped = uow.rosters.drop_plan(uow.now - PLAN_KEPT)
    return dropped + sum(
        uow.leftovers.purge(what, uow.now - timedelta(days=days), uow.now, BATCH)
        for what, days in tracker.each(LEFTOVER, kinds, lambda one: one[0].value)
    )
