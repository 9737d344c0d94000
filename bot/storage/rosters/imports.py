"""Roster imports, and how far each has progressed."""

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, delete, func, select, update

from bot.core.rosters.imports import KIND, ImportState, RosterImport
from bot.core.values import dataclass
from bot.storage.rosters.rows import import_of, values_of
from bot.storage.statements import changed, insert_new, unclaimed, without_key
from bot.storage.stuck import not_put_off
from bot.storage.tables import roster_imports, roster_rows

_I, _R = roster_imports.c, roster_rows.c
_WORK = _I.state.in_([ImportState.WAITING.value, ImportState.INVITING.value])
# How many steps of an old import are deleted in one unit.
_PURGED = 5000


@dataclass(frozen=True, slots=True)
class SqlRosters:
    """Roster imports in the database."""

    connection: Connection
    # Called when the worker will have something to do once this unit is committed.
    note_queued: Callable[[], None] = lambda: None

    def _one(self, *which: ColumnElement[bool]) -> RosterImport | None:
        row = self.connection.execute(select(roster_imports).where(*which)).one_or_none()
        return import_of(row) if row else None

    def add(self, roster: RosterImport) -> bool:
        """Add an import; False if another import already undoes the one that it would undo."""
        self.note_queued()
        return insert_new(self.connection, roster_imports, values_of(roster))

    def save(self, roster: RosterImport, *, expected: ImportState) -> bool:
        """Store the state of an import; False if its stored state is not the expected one."""
        self.note_queued()
        same = (_I.id == roster.id, _I.state == expected.value)
        now = without_key(roster_imports, values_of(roster))
        return changed(self.connection, update(roster_imports).where(*same).values(**now))

    def by_id(self, import_id: str) -> RosterImport | None:
        """Return the import with this id."""
        return self._one(_I.id == import_id)

    def lock(self, import_id: str) -> None:
        """Make other units that lock this import wait until this one ends."""
        self.connection.execute(select(_I.id).where(_I.id == import_id).with_for_update())

    def undone_by(self, import_id: str) -> RosterImport | None:
        """Return the import that undoes an import."""
        return self._one(_I.undoes == import_id)

    def listed(self, school_id: str, *, after: str | None, limit: int) -> Sequence[RosterImport]:
        """List a school's imports that were started, newest first."""
        query = select(roster_imports).where(_I.school_id == school_id, _I.state != ImportState.PLANNED.value)
        if after is not None:
            query = query.where(_I.id < after)
        return [import_of(row) for row in self.connection.execute(query.order_by(_I.id.desc()).limit(limit))]

    def next_unclaimed(self, worker: str, now: datetime) -> str | None:
        """Return the id of the oldest import with work to do that no other worker has claimed."""
        free = (_WORK, unclaimed(roster_imports, worker, now), not_put_off(KIND, _I.id))
        query = select(_I.id).where(*free).order_by(_I.id).limit(1)
        return self.connection.execute(query, {"now": now}).scalar_one_or_none()

    def claim(self, import_id: str, worker: str, now: datetime, *, until: datetime) -> bool:
        """Claim an import with work to do, or extend the claim; False if another has it, or it is done.

        On PostgreSQL the row stays locked until the unit ends, so two workers never work on one import.
        """
        taken = update(roster_imports).where(
            _I.id == import_id, _WORK, unclaimed(roster_imports, worker, now)
        )
        return changed(self.connection, taken.values(claimed_by=worker, claimed_until=until))

    def drop(self, import_id: str) -> None:
        """Delete an import with its steps."""
        self.connection.execute(delete(roster_rows).where(_R.import_id == import_id))
        self.connection.execute(delete(roster_imports).where(_I.id == import_id))

    def drop_plan(self, before: datetime) -> bool:
        """Delete the oldest plan that was made before a moment and never applied; False if there is none."""
        old = select(_I.id).where(_I.state == ImportState.PLANNED.value, _I.created_at < before)
        # Locked, or it could be applied meanwhile. One that is being applied just now stays.
        first = old.order_by(_I.id).limit(1).with_for_update(skip_locked=True)
        oldest = self.connection.execute(first).scalar_one_or_none()
        if oldest is not None:
            self.drop(oldest)
        return oldest is not None


def purge(connection: Connection, import_id: str) -> None:
    """Delete some of an old import's steps; once none is left, delete the import."""
    first = connection.execute(
        select(func.min(_R.number)).where(_R.import_id == import_id)
    ).scalar_one_or_none()
    if first is None:
        connection.execute(delete(roster_imports).where(_I.id == import_id))
        return
    some = (_R.import_id == import_id, _R.number < first + _PURGED)
    connection.execute(delete(roster_rows).where(*some))
