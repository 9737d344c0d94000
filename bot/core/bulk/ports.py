"""The repository of bulk work."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from bot.core.bulk.planning import Item, ItemState, Job
    from bot.core.bulk.reasons import KeptOutReason


class BulkJobs(Protocol):
    """Bulk jobs: plans, their items, and how far they have come."""

    def add(self, job: "Job", items: Sequence["Item"]) -> bool:
        """Add a job with its items; return False if another job already undoes the same one."""
        ...

    def by_id(self, job_id: str) -> "Job | None":
        """Return a job, or None."""
        ...

    def start(self, job_id: str, *, by: str, front: str) -> bool:
        """Start a planned job and clear its filter; return False if it was started before."""
        ...

    def next_unclaimed(self, worker: str, now: datetime) -> str | None:
        """Return the id of the oldest job under way that no other worker has claimed, or None."""
        ...

    def claim(self, job_id: str, worker: str, now: datetime, *, until: datetime) -> bool:
        """Claim a job under way, or extend the claim; return False if another worker has it or it is done."""
        ...

    def finish(self, job_id: str) -> None:
        """Mark a job as done."""
        ...

    def items(self, job_id: str, state: "ItemState | None", *, after: int, limit: int) -> Sequence["Item"]:
        """Return items in order, starting after a place; with a state, only those in it."""
        ...

    def settle(self, job_id: str, item: "Item") -> bool:
        """Store the result of a planned item; return False if it was settled before."""
        ...

    def counts(self, job_id: str) -> Mapping[tuple["ItemState", "KeptOutReason | None"], int]:
        """Count a job's items by state and by the reason that kept them out."""
        ...

    def undone_by(self, job_id: str) -> "Job | None":
        """Return the job that undoes a job, or None."""
        ...

    def drop_plans(self, before: datetime) -> None:
        """Delete the plans made before a time that nobody has applied."""
        ...

    def drop_plans_for(self, person_ids: Collection[str]) -> None:
        """Delete the plans that nobody has applied and that include one of these people."""
        ...
