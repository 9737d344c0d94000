"""The last run of each background job."""

from typing import Any

from sqlalchemy import Connection, Select, select, update

from bot.core.jobs import JobState
from bot.core.values import dataclass
from bot.storage.statements import insert_new
from bot.storage.tables import job_states as table


@dataclass(frozen=True, slots=True)
class SqlJobStates:
    """The last run of each job in the database."""

    connection: Connection

    def save(self, state: JobState) -> None:
        """Store the result of a job's last run."""
        row = {name: getattr(state, name) for name in JobState.__slots__}
        if not insert_new(self.connection, table, row):
            self.connection.execute(update(table).where(table.c.name == state.name).values(**row))

    def _found(self, query: Select[Any]) -> list[JobState]:
        return [JobState(**row._asdict()) for row in self.connection.execute(query)]

    def of(self, name: str) -> JobState | None:
        """Return the result of a job's last run; None if it never ran."""
        return next(iter(self._found(select(table).where(table.c.name == name))), None)

    def all(self) -> list[JobState]:
        """List the results of all jobs' last runs, by name."""
        return self._found(select(table).order_by(table.c.name))
