"""A fake of the stored bulk jobs."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.core.bulk.planning import KIND, Item, ItemState, Job, JobState
from bot.core.bulk.reasons import KeptOutReason
from bot.core.values import replace
from tests.fakes.state import State


@dataclass(frozen=True)
class FakeBulkJobs:
    state: State

    def add(self, job: Job, items: Sequence[Item]) -> bool:
        if job.undoes is not None and self.undone_by(job.undoes) is not None:
            return False
        self.state.bulk_jobs[job.id] = job
        self.state.bulk_items.update({(job.id, one.place): one for one in items})
        return True

    def by_id(self, job_id: str) -> Job | None:
        return self.state.bulk_jobs.get(job_id)

    def start(self, job_id: str, *, by: str, front: str) -> bool:
        job = self.by_id(job_id)
        if job is None or job.state is not JobState.PLANNED:
            return False
        started = replace(job, state=JobState.APPLYING, wanted="", started_by=by, front=front)
        self.state.bulk_jobs[job_id] = started
        return True

    def _free(self, job_id: str, now: datetime, worker: str) -> bool:
        by, until = self.state.bulk_claims.get(job_id, ("", now))
        return until <= now or by == worker

    def next_unclaimed(self, worker: str, now: datetime) -> str | None:
        off = self.state.put_off(KIND, now)
        jobs = (one for one in self.state.bulk_jobs.values() if one.id not in off)
        under_way = sorted(one.id for one in jobs if one.state is JobState.APPLYING)
        return next((job_id for job_id in under_way if self._free(job_id, now, worker)), None)

    def claim(self, job_id: str, worker: str, now: datetime, *, until: datetime) -> bool:
        job = self.by_id(job_id)
        if job is None or job.state is not JobState.APPLYING or not self._free(job_id, now, worker):
            return False
        self.state.bulk_claims[job_id] = (worker, until)
        return True

    def finish(self, job_id: str) -> None:
        self.state.bulk_jobs[job_id] = replace(self.state.bulk_jobs[job_id], state=JobState.DONE)

    def _items(self, job_id: str) -> list[Item]:
        own = [one for (job, _), one in self.state.bulk_items.items() if job == job_id]
        return sorted(own, key=lambda one: one.place)

    def items(self, job_id: str, state: ItemState | None, *, after: int, limit: int) -> Sequence[Item]:
        found = [one for one in self._items(job_id) if one.place > after and state in {None, one.state}]
        return found[:limit]

    def settle(self, job_id: str, item: Item) -> bool:
        stored = self.state.bulk_items.get((job_id, item.place))
        if stored is None or stored.state is not ItemState.PLANNED:
            return False
        self.state.bulk_items[job_id, item.place] = replace(
            stored, state=item.state, why=item.why, made=item.made
        )
        return True

    def counts(self, job_id: str) -> Mapping[tuple[ItemState, KeptOutReason | None], int]:
        return Counter((one.state, one.why) for one in self._items(job_id))

    def undone_by(self, job_id: str) -> Job | None:
        return next((one for one in self.state.bulk_jobs.values() if one.undoes == job_id), None)

    def drop_plans(self, before: datetime) -> None:
        self._drop_plans(lambda job: job.created_at < before)

    def drop_plans_for(self, person_ids: Collection[str]) -> None:
        self._drop_plans(lambda job: any(one.person_id in person_ids for one in self._items(job.id)))

    def _drop_plans(self, which: Callable[[Job], bool]) -> None:
        for job in list(self.state.bulk_jobs.values()):
            if job.state is JobState.PLANNED and which(job):
                for item in self._items(job.id):
                    del self.state.bulk_items[job.id, item.place]
                del self.state.bulk_jobs[job.id]
