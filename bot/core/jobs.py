"""How the runs of background jobs went, for health, metrics and operators."""

from datetime import datetime
from typing import Protocol

from bot.core.values import dataclass, replace


@dataclass(frozen=True, slots=True)
class JobState:
    """The last run of a job in any replica; `failures` counts the failed runs since it last succeeded."""

    name: str
    ran_at: datetime
    succeeded_at: datetime | None = None
    seconds: float = 0.0
    failures: int = 0
    error: str = ""


class JobStates(Protocol):
    """The repository of how each job's last run went."""

    def save(self, state: JobState) -> None:
        """Store how a job's last run went."""
        ...

    def of(self, name: str) -> JobState | None:
        """Return how a job's last run went; None if it never ran."""
        ...

    def all(self) -> list[JobState]:
        """List how the last run of every job went, by name."""
        ...


def after(before: JobState | None, name: str, at: datetime, seconds: float, error: str) -> JobState:
    """Return a job's state after a run that failed with `error`, or succeeded if that is empty."""
    known = before or JobState(name, at)
    if error:
        return replace(known, ran_at=at, seconds=seconds, failures=known.failures + 1, error=error)
    return JobState(name, at, at, seconds)
