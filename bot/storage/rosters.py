"""Imports of rosters, and how far each has come."""

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, delete, func, select, update

from bot.core.rosters.imports import KIND, RosterImport, State
from bot.core.values import dataclass
from bot.storage.roster_rows import import_of, values_of
from bot.storage.statements import but_key, changed, insert_new, unclaimed
from bot.storage.stuck import not_put_off
from bot.storage.tables import roster_imports, roster_rows

_I, _R = roster_imports.c, roster_rows.c
_WORK = _I.state.in_([State.WAITING.value, State.INVITING.value])
# So many old steps are deleted in a unit.
_PURGED = 5000


@dataclass(frozen=True, slots=True)
class SqlRosters:
    """Imports of rosters in the database."""

    connection: Connection
    # Called where the worker has something to do from the commit on.
    queued: Callable[[], None] = lambda: None

    def _one(self, *which: ColumnElement[bool]) -> RosterImport | None:
        row = self.connection.execute(select(roster_imports).where(*which)).one_or_none()
        return import_of(row) if row else None

    def add(self, roster: RosterImport) -> bool:
        """Add an import; False if it undoes what another import undoes already."""
        self.queued()
        return insert_new(self.connection, roster_imports, values_of(roster))

    def save(self, roster: RosterImport, *, expected: State) -> bool:
        """Store how far an import is, if it still is as far as expected."""
        self.queued()
        same = (_I.id == roster.id, _I.state == expected.value)
        now = but_key(roster_imports, values_of(roster))
        return changed(self.connection, update(roster_imports).where(*same).values(**now))

    def by_id(self, import_id: str) -> RosterImport | None:
        """Find an import."""
        return self._one(_I.id == import_id)

    def lock(self, import_id: str) -> None:
        """Let no other unit that locks this import go on before this one ends."""
        self.connection.execute(select(_I.id).where(_I.id == import_id).with_for_update())

    def undone_by(self, import_id: str) -> RosterImport | None:
        """Find the import that undoes an import."""
        return self._one(_I.undoes == import_id)

    def listed(self, school_id: str, *, after: str | None, limit: int) -> Sequence[RosterImport]:
        """List a school's imports that were applied, newest first."""
        query = select(roster_imports).where(_I.school_id == school_id, _I.state != State.PLANNED.value)
        if after is not None:
            query = query.where(_I.id < after)
        return [import_of(row) for row in self.connection.execute(query.order_by(_I.id.desc()).limit(limit))]

    def waiting(self, worker: str, now: datetime) -> str | None:
        """Find the oldest import with work to do that no other worker has at this moment."""
        free = (_WORK, unclaimed(roster_imports, worker, now), not_put_off(KIND, _I.id))
        query = select(_I.id).where(*free).order_by(_I.id).limit(1)
        return self.connection.execute(query, {"now": now}).scalar_one_or_none()

    def claim(self, import_id: str, worker: str, now: datetime, *, until: datetime) -> bool:
        """Take an import with work to do, or keep it; False while another worker has it, or where none is.

        On PostgreSQL the row stays locked until the unit ends: two workers are never in one import.
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
        """Delete the oldest plan made before a moment that nobody has applied; False if there is none."""
        old = select(_I.id).where(_I.state == State.PLANNED.value, _I.created_at < before)
        oldest = self.connection.execute(old.order_by(_I.id).limit(1)).scalar_one_or_none()
        if oldest is not None:
            self.drop(oldest)
        return oldest is not None


def purge(connection: Connection, import_id: str) -> None:
    """Delete some of an old import's steps, and the import after the last of them."""
    first = connection.execute(
        select(func.min(_R.number)).where(_R.import_id == import_id)
    ).scalar_one_or_none()
    if first is None:
        connection.execute(delete(roster_imports).where(_I.id == import_id))
        return
    some = (_R.import_id == import_id, _R.number < first + _PURGED)
    connection.execute(delete(roster_rows).where(*some))
