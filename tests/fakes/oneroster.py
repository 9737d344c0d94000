"""A fake of the stored OneRoster sources and their runs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.core.oneroster.model import TO_DO, Run, RunState, Source
from bot.core.oneroster.runs import STUCK
from bot.core.values import replace
from tests.fakes.state import State


@dataclass(frozen=True)
class FakeOneRosters:
    state: State

    def source(self, district_id: str) -> Source | None:
        return self.state.oneroster_sources.get(district_id)

    def folders(self, excluding: str) -> Sequence[str]:
        return [one.folder for of, one in self.state.oneroster_sources.items() if of != excluding]

    def save_source(self, source: Source) -> None:
        self.state.oneroster_sources[source.district_id] = source

    def drop(self, district_id: str) -> None:
        self.state.oneroster_sources.pop(district_id, None)
        state = self.state
        for table in (
            state.oneroster_orgs,
            state.oneroster_users,
            state.oneroster_grants,
            state.oneroster_roles,
        ):
            for key in [key for key in table if key[0] == district_id]:
                del table[key]
        marks = state.oneroster_marks
        for marked in [key for key, (of, _, _) in marks.items() if of == district_id]:
            del marks[marked]
        for run in self.runs(district_id, len(self.state.oneroster_runs)):
            del self.state.oneroster_runs[run.id]

    def due(self, now: datetime, limit: int) -> Sequence[Source]:
        off = self.state.put_off(STUCK, now)
        late = [
            one
            for one in self.state.oneroster_sources.values()
            if one.next_at and (one.next_at <= now or one.looked_at > now) and one.district_id not in off
        ]
        return sorted(late, key=lambda one: one.district_id)[:limit]

    def mark_checked(self, district_id: str, now: datetime, next_at: datetime | None) -> None:
        found = self.state.oneroster_sources[district_id]
        self.state.oneroster_sources[district_id] = replace(found, looked_at=now, next_at=next_at)

    def begin(self, run: Run) -> bool:
        days = {(one.district_id, one.day) for one in self.state.oneroster_runs.values() if one.day}
        if (run.district_id, run.day) in days:
            return False
        self.state.oneroster_runs[run.id] = run
        return True

    def run(self, run_id: str) -> Run | None:
        return self.state.oneroster_runs.get(run_id)

    def save_run(self, run: Run, *, expected: RunState) -> bool:
        before = self.state.oneroster_runs.get(run.id)
        if before is None or before.state is not expected:
            return False
        self.state.oneroster_runs[run.id] = run
        self.state.oneroster_claims.pop(run.id, None)
        return True

    def runs(self, district_id: str, limit: int) -> Sequence[Run]:
        own = [one for one in self.state.oneroster_runs.values() if one.district_id == district_id]
        return sorted(own, key=lambda one: one.id, reverse=True)[:limit]

    def _free(self, run: Run, worker: str, now: datetime) -> bool:
        by, until = self.state.oneroster_claims.get(run.id, (worker, now))
        return run.state in TO_DO and (by == worker or until <= now)

    def next_unclaimed(self, worker: str, now: datetime) -> str | None:
        off = self.state.put_off(STUCK, now)
        free = [one.id for one in self.state.oneroster_runs.values() if self._free(one, worker, now)]
        return min((one for one in free if one not in off), default=None)

    def claim(self, run_id: str, worker: str, now: datetime, *, until: datetime) -> bool:
        run = self.state.oneroster_runs.get(run_id)
        if run is None or not self._free(run, worker, now):
            return False
        self.state.oneroster_claims[run_id] = (worker, until)
        return True
