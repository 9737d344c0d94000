"""The repository of bulk work."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from bot.core.bulk import Item, ItemState, Job
    from bot.core.bulk_reasons import KeptOutReason


class BulkJobs(Protocol):
    """Plans of bulk work, the items of each, and how far it has come."""

    def add(self, job: "Job", items: Sequence["Item"]) -> bool:
        """Add a job with its items; False if it undoes what another job undoes already."""
        ...

    def by_id(self, job_id: str) -> "Job | None":
        """Find a job."""
        ...

    def start(self, job_id: str, *, by: str, front: str) -> bool:
        """Turn a plan into work and forget whom it was searched by; False if it was no plan any more."""
        ...

    def waiting(self, worker: str, now: datetime) -> str | None:
        """Find the oldest job under way that no other worker has at this moment."""
        ...

    def claim(self, job_id: str, worker: str, now: datetime, *, until: datetime) -> bool:
        """Take a job under way, or keep it; False while another worker has it, or when it is done."""
        ...

    def finish(self, job_id: str) -> None:
        """Mark a job as done."""
        ...

    def items(self, job_id: str, state: "ItemState | None", *, after: int, limit: int) -> Sequence["Item"]:
        """List items in order, those after a place."""
        ...

    def settle(self, job_id: str, item: "Item") -> bool:
        """Store what came of an item that was still to be done; False if it was not."""
        ...

    def counts(self, job_id: str) -> Mapping[tuple["ItemState", "KeptOutReason | None"], int]:
        """Count a job's items by state and by what kept them out."""
        ...

    def undone_by(self, job_id: str) -> "Job | None":
        """Find the job that undoes a job."""
        ...

    def drop_plans(self, before: datetime) -> None:
        """Delete the plans made before a moment that nobody has applied."""
        ...

    def drop_plans_for(self, person_ids: Collection[str]) -> None:
        """Delete the plans that nobody has applied and that are about one of these persons."""
        ...
