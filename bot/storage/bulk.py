"""Bulk jobs: plans, their items, and the workers that apply them."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, bindparam, delete, exists, func, insert, select, update

from bot.core.bulk.acts import Act
from bot.core.bulk.planning import KIND, Item, ItemState, Job, JobState
from bot.core.bulk.reasons import KeptOutReason
from bot.core.values import dataclass
from bot.storage.statements import Row, Statement, changed, insert_new, unclaimed
from bot.storage.stuck import not_put_off
from bot.storage.tables import bulk_items, bulk_jobs

_UNDER_WAY = bulk_jobs.c.state == JobState.APPLYING.value
_SETTLE = Statement(
    update(bulk_items)
    .where(
        bulk_items.c.job_id == bindparam("job"),
        bulk_items.c.place == bindparam("at_place"),
        bulk_items.c.state == ItemState.PLANNED.value,
    )
    .values(state=bindparam("state_now"), why=bindparam("why_now"), made=bindparam("made_now"))
)


def _job(row: Row) -> Job:
    return Job(
        id=row.id,
        school_id=row.school_id,
        act=Act(row.act),
        wanted=row.wanted,
        digest=row.digest,
        state=JobState(row.state),
        created_at=row.created_at,
        undoes=row.undoes,
        started_by=row.started_by,
        front=row.front,
        schools=tuple(row.schools.split()),
    )


def _item(row: Row) -> Item:
    return Item(
        row.place,
        row.school_id,
        row.person_id,
        Act(row.does),
        row.before,
        ItemState(row.state),
        KeptOutReason(row.why) if row.why else None,
        row.made,
    )


@dataclass(frozen=True, slots=True)
class SqlBulkJobs:
    """Bulk jobs in the database."""

    connection: Connection
    # Called when the worker will have something to do once this unit is committed.
    note_queued: Callable[[], None] = lambda: None

    def add(self, job: Job, items: Sequence[Item]) -> bool:
        """Add a job with its items; False if another job already undoes the one that it would undo."""
        self.note_queued()
        row = {
            "id": job.id,
            "school_id": job.school_id,
            "act": job.act.value,
            "wanted": job.wanted,
            "digest": job.digest,
            "state": job.state.value,
            "created_at": job.created_at,
            "undoes": job.undoes,
            "started_by": job.started_by,
            "front": job.front,
            "schools": " ".join(job.schools),
        }
        if not insert_new(self.connection, bulk_jobs, row):
            return False
        rows = [
            {
                "job_id": job.id,
                "place": one.place,
                "school_id": one.school_id,
                "person_id": one.person_id,
                "does": one.does.value,
                "before": one.before,
                "state": one.state.value,
                "why": one.why.value if one.why else None,
                "made": one.made,
            }
            for one in items
        ]
        if rows:
            self.connection.execute(insert(bulk_items), rows)
        return True

    def by_id(self, job_id: str) -> Job | None:
        """Return the job with this id."""
        row = self.connection.execute(select(bulk_jobs).where(bulk_jobs.c.id == job_id)).one_or_none()
        return _job(row) if row else None

    def start(self, job_id: str, *, by: str, front: str) -> bool:
        """Begin to apply a plan and forget the filter behind it; False if it is no longer a plan."""
        self.note_queued()
        plan = (bulk_jobs.c.id == job_id, bulk_jobs.c.state == JobState.PLANNED.value)
        now = {"state": JobState.APPLYING.value, "wanted": "", "started_by": by, "front": front}
        return changed(self.connection, update(bulk_jobs).where(*plan).values(**now))

    def next_unclaimed(self, worker: str, now: datetime) -> str | None:
        """Return the id of the oldest job under way that is neither claimed by another worker nor put off."""
        free = (_UNDER_WAY, unclaimed(bulk_jobs, worker, now), not_put_off(KIND, bulk_jobs.c.id))
        query = select(bulk_jobs.c.id).where(*free).order_by(bulk_jobs.c.id).limit(1)
        return self.connection.execute(query, {"now": now}).scalar_one_or_none()

    def claim(self, job_id: str, worker: str, now: datetime, *, until: datetime) -> bool:
        """Claim a job under way, or extend the claim; False while another worker has it, or when it is done.

        On PostgreSQL the row stays locked until the unit ends, so two workers never work on one job.
        """
        taken = update(bulk_jobs).where(
            bulk_jobs.c.id == job_id, _UNDER_WAY, unclaimed(bulk_jobs, worker, now)
        )
        return changed(self.connection, taken.values(claimed_by=worker, claimed_until=until))

    def finish(self, job_id: str) -> None:
        """Mark a job as done."""
        done = update(bulk_jobs).where(bulk_jobs.c.id == job_id).values(state=JobState.DONE.value)
        self.connection.execute(done)

    def items(self, job_id: str, state: ItemState | None, *, after: int, limit: int) -> Sequence[Item]:
        """List a job's items in order, after the place `after`; in one state, or in all."""
        query = select(bulk_items).where(bulk_items.c.job_id == job_id, bulk_items.c.place > after)
        if state is not None:
            query = query.where(bulk_items.c.state == state.value)
        rows = self.connection.execute(query.order_by(bulk_items.c.place).limit(limit))
        return [_item(row) for row in rows]

    def settle(self, job_id: str, item: Item) -> bool:
        """Store the outcome of an item that was still planned; False if it was not."""
        why = item.why.value if item.why else None
        touched = _SETTLE.run(
            self.connection,
            job=job_id,
            at_place=item.place,
            state_now=item.state.value,
            why_now=why,
            made_now=item.made,
        )
        return touched > 0

    def counts(self, job_id: str) -> Mapping[tuple[ItemState, KeptOutReason | None], int]:
        """Count a job's items by state and by the reason that kept them out."""
        by = (bulk_items.c.state, bulk_items.c.why)
        query = select(*by, func.count()).where(bulk_items.c.job_id == job_id).group_by(*by).order_by(*by)
        return {
            (ItemState(state), KeptOutReason(why) if why else None): number
            for state, why, number in self.connection.execute(query)
        }

    def undone_by(self, job_id: str) -> Job | None:
        """Return the job that undoes a job."""
        row = self.connection.execute(select(bulk_jobs).where(bulk_jobs.c.undoes == job_id)).one_or_none()
        return _job(row) if row else None

    def drop_plans(self, before: datetime) -> None:
        """Delete the plans that were made before a moment and never applied, nor are just now."""
        self._drop_plans(bulk_jobs.c.created_at < before, skip_locked=True)

    def drop_plans_for(self, person_ids: Collection[str]) -> None:
        """Delete the plans that were never applied and that are about one of these persons."""
        about = exists().where(
            bulk_items.c.job_id == bulk_jobs.c.id, bulk_items.c.person_id.in_(sorted(person_ids))
        )
        self._drop_plans(about)

    def _drop_plans(self, which: ColumnElement[bool], *, skip_locked: bool = False) -> None:
        plans = (bulk_jobs.c.state == JobState.PLANNED.value, which)
        # Locked, or one could be applied meanwhile; in one order, so that two units do not deadlock.
        found = select(bulk_jobs.c.id).where(*plans).order_by(bulk_jobs.c.id)
        ids = self.connection.scalars(found.with_for_update(skip_locked=skip_locked)).all()
        self.connection.execute(delete(bulk_items).where(bulk_items.c.job_id.in_(ids)))
        self.connection.execute(delete(bulk_jobs).where(bulk_jobs.c.id.in_(ids)))
