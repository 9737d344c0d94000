"""How long what nobody needs any more is kept. The audit log is never purged."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from bot.core import bulk
from bot.core.ports import UnitOfWork
from bot.core.rosters.imports import PLAN_KEPT
from bot.core.stuck import ItemTracker

# So many of each kind are deleted in one unit: others who write wait no longer than that takes.
BATCH = 500
LEFTOVER = "leftover"
SWEEP = "retention"
# Where nobody looked for so long, somebody may have put the machine's clock forward by years.
_GAP = timedelta(days=1)


class Leftover(StrEnum):
    """What is left behind, by the name of its setting."""

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
    """What is left behind, and goes after a time."""

    def purge(self, what: Leftover, before: datetime, now: datetime, limit: int) -> int:
        """Delete so many that have been left since before a moment; count them.

        Of old cards those whose subject is still open stay. They are counted too, and become old again later.
        """
        ...


# The days that each kind is kept; 0 keeps it for ever.
Days = Mapping[Leftover, int]
USUAL: Days = {
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
    """Deal with a batch of what has been kept for long enough; return how many that were.

    What is deleted is lost: after a gap it waits for the next look, until when a wrong clock may be mended.
    """
    last = uow.jobs.of(SWEEP)
    if last is not None and uow.now - last.ran_at > _GAP:
        return 0
    off = uow.stuck.waiting(LEFTOVER, uow.now)
    kinds = [(what, days) for what, days in keep.items() if days and what not in off]
    uow.bulk.drop_plans(uow.now - bulk.PLAN_KEPT)
    # A plan has up to 100,000 steps: one is enough for a unit.
    dropped = uow.rosters.drop_plan(uow.now - PLAN_KEPT)
    return dropped + sum(
        uow.leftovers.purge(what, uow.now - timedelta(days=days), uow.now, BATCH)
        for what, days in tracker.each(LEFTOVER, kinds, lambda one: one[0].value)
    )
