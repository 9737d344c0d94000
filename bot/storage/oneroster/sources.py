"""OneRoster sources of districts, and the runs of their sync."""

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, delete, insert, or_, select, update

from bot.core.oneroster.model import TO_DO, Run, RunState, Source
from bot.core.oneroster.runs import STUCK
from bot.core.values import dataclass
from bot.storage.oneroster.rows import run_of, source_of, values_of
from bot.storage.statements import changed, insert_new, unclaimed
from bot.storage.stuck import not_put_off
from bot.storage.tables import (
    oneroster_grants,
    oneroster_marks,
    oneroster_orgs,
    oneroster_role_map,
    oneroster_runs,
    oneroster_sources,
    oneroster_users,
)

_S, _R = oneroster_sources.c, oneroster_runs.c
_PARTS = (
    oneroster_orgs,
    oneroster_users,
    oneroster_grants,
    oneroster_role_map,
    oneroster_marks,
    oneroster_runs,
)


@dataclass(frozen=True, slots=True)
class SqlOneRosters:
    """OneRoster sources and runs in the database."""

    connection: Connection
    # Called when the worker will have something to do once this unit is committed.
    note_queued: Callable[[], None] = lambda: None

    def source(self, district_id: str) -> Source | None:
        """Return a district's source."""
        query = select(oneroster_sources).where(_S.district_id == district_id)
        row = self.connection.execute(query).one_or_none()
        return source_of(row) if row else None

    def folders(self, excluding: str) -> Sequence[str]:
        """List the folders of all districts but one."""
        query = select(_S.folder).where(_S.district_id != excluding)
        return self.connection.execute(query).scalars().all()

    def save_source(self, source: Source) -> None:
        """Store a district's source."""
        values = {
            "folder": source.folder,
            "zone": source.zone,
            "at": source.at,
            "connected_at": source.connected_at,
            "looked_at": source.looked_at,
            "next_at": source.next_at,
        }
        own = _S.district_id == source.district_id
        if not changed(self.connection, update(oneroster_sources).where(own).values(**values)):
            self.connection.execute(insert(oneroster_sources), {**values, "district_id": source.district_id})

    def drop(self, district_id: str) -> None:
        """Delete a district's source, and everything that came from it."""
        for table in (*_PARTS, oneroster_sources):
            self.connection.execute(delete(table).where(table.c.district_id == district_id))

    def due(self, now: datetime, limit: int) -> Sequence[Source]:
        """List and lock the sources that must be checked.

        Sources that were last checked later than now are included: the clock was put back.
        """
        late = or_(_S.next_at <= now, and_(_S.next_at.is_not(None), _S.looked_at > now))
        query = select(oneroster_sources).where(late, not_put_off(STUCK, _S.district_id))
        rows = self.connection.execute(
            query.order_by(_S.district_id).limit(limit).with_for_update(skip_locked=True), {"now": now}
        )
        return [source_of(row) for row in rows]

    def mark_checked(self, district_id: str, now: datetime, next_at: datetime | None) -> None:
        """Note that it was checked whether a source is due, and when the next check is."""
        own = update(oneroster_sources).where(_S.district_id == district_id)
        self.connection.execute(own.values(looked_at=now, next_at=next_at))

    def begin(self, run: Run) -> bool:
        """Add a run; False if its day already has one."""
        self.note_queued()
        return insert_new(self.connection, oneroster_runs, {"id": run.id, **values_of(run)})

    def run(self, run_id: str) -> Run | None:
        """Return the run with this id."""
        row = self.connection.execute(select(oneroster_runs).where(_R.id == run_id)).one_or_none()
        return run_of(row) if row else None

    def save_run(self, run: Run, *, expected: RunState) -> bool:
        """Store a run and end its claim; False if its stored state is not the expected one."""
        self.note_queued()
        own = update(oneroster_runs).where(_R.id == run.id, _R.state == expected.value)
        free = {"claimed_by": None, "claimed_until": None}
        return changed(self.connection, own.values(**values_of(run), **free))

    def runs(self, district_id: str, limit: int) -> Sequence[Run]:
        """List a district's runs, newest first."""
        query = select(oneroster_runs).where(_R.district_id == district_id).order_by(_R.id.desc())
        return [run_of(row) for row in self.connection.execute(query.limit(limit))]

    def next_unclaimed(self, worker: str, now: datetime) -> str | None:
        """Return the id of the oldest run with work to do that no other worker has claimed."""
        query = select(_R.id).where(_free(worker, now), not_put_off(STUCK, _R.id)).order_by(_R.id).limit(1)
        found: str | None = self.connection.execute(query, {"now": now}).scalar_one_or_none()
        return found

    def claim(self, run_id: str, worker: str, now: datetime, *, until: datetime) -> bool:
        """Claim a run with work to do, or extend the claim; False while another worker has it."""
        own = update(oneroster_runs).where(_R.id == run_id, _free(worker, now))
        return changed(self.connection, own.values(claimed_by=worker, claimed_until=until))


def _free(worker: str, now: datetime) -> ColumnElement[bool]:
    return and_(_R.state.in_([one.value for one in TO_DO]), unclaimed(oneroster_runs, worker, now))
