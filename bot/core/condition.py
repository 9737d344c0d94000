"""The condition of an installation, as health checks, metrics and operators see it."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from bot.core.jobs import JobState
from bot.core.notices.outbox_ports import OutboxState
from bot.core.ports import UnitOfWork
from bot.core.values import dataclass


@dataclass(frozen=True, slots=True)
class Condition:
    """The outbox and the sweeps at one moment; `stuck` counts the failing items that are put off, by kind."""

    at: datetime
    outbox: OutboxState
    jobs: tuple[JobState, ...]
    stuck: Mapping[str, int]

    @property
    def behind(self) -> timedelta:
        """How long the oldest waiting notice has been due; zero if none waits."""
        return self.at - self.outbox.oldest if self.outbox.oldest else timedelta(0)


def current_condition(uow: UnitOfWork) -> Condition:
    """Return the condition of the installation now."""
    return Condition(uow.now, uow.outbox.condition(uow.now), tuple(uow.jobs.all()), uow.stuck.count_by_kind())
