"""A fake of the stored roster imports."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.core.rosters.imports import KIND, ImportState, RosterImport
from tests.fakes.state import State as Tables

_WORK = {ImportState.WAITING, ImportState.INVITING}


@dataclass(frozen=True)
class FakeRosters:
    state: Tables

    def add(self, roster: RosterImport) -> bool:
        if roster.undoes is not None and self.undone_by(roster.undoes) is not None:
            return False
        self.state.roster_imports[roster.id] = roster
        return True

    def save(self, roster: RosterImport, *, expected: ImportState) -> bool:
        stored = self.by_id(roster.id)
        if stored is None or stored.state is not expected:
            return False
        self.state.roster_imports[roster.id] = roster
        return True

    def by_id(self, import_id: str) -> RosterImport | None:
        return self.state.roster_imports.get(import_id)

    def lock(self, import_id: str) -> None:
        """Do nothing: units of the fake database never run at the same time."""

    def undone_by(self, import_id: str) -> RosterImport | None:
        return next((one for one in self.state.roster_imports.values() if one.undoes == import_id), None)

    def listed(self, school_id: str, *, after: str | None, limit: int) -> Sequence[RosterImport]:
        found = [
            one
            for one in self.state.roster_imports.values()
            if one.school_id == school_id
            and one.state is not ImportState.PLANNED
            and (after is None or one.id < after)
        ]
        return sorted(found, key=lambda one: one.id, reverse=True)[:limit]

    def _free(self, import_id: str, worker: str, now: datetime) -> bool:
        by, until = self.state.roster_claims.get(import_id, ("", now))
        return until <= now or by == worker

    def next_unclaimed(self, worker: str, now: datetime) -> str | None:
        off = self.state.put_off(KIND, now)
        imports = (one for one in self.state.roster_imports.values() if one.id not in off)
        work = sorted(one.id for one in imports if one.state in _WORK)
        return next((one for one in work if self._free(one, worker, now)), None)

    def claim(self, import_id: str, worker: str, now: datetime, *, until: datetime) -> bool:
        roster = self.by_id(import_id)
        if roster is None or roster.state not in _WORK or not self._free(import_id, worker, now):
            return False
        self.state.roster_claims[import_id] = (worker, until)
        return True

    def drop(self, import_id: str) -> None:
        for key in [one for one in self.state.roster_rows if one[0] == import_id]:
            del self.state.roster_rows[key]
        self.state.roster_imports.pop(import_id, None)

    def drop_plan(self, before: datetime) -> bool:
        plans = [one for one in self.state.roster_imports.values() if one.state is ImportState.PLANNED]
        oldest = min((one.id for one in plans if one.created_at < before), default=None)
        if oldest is not None:
            self.drop(oldest)
        return oldest is not None
