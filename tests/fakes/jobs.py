"""A fake of the stored states of background jobs."""

from dataclasses import dataclass

from bot.core.jobs import JobState
from tests.fakes.state import State


@dataclass(frozen=True)
class FakeJobStates:
    state: State

    def save(self, state: JobState) -> None:
        self.state.job_states[state.name] = state

    def of(self, name: str) -> JobState | None:
        return self.state.job_states.get(name)

    def all(self) -> list[JobState]:
        return [self.state.job_states[name] for name in sorted(self.state.job_states)]
