"""The cost of a sweep depends on what is due: it scans no growing table, on both databases."""

import re
import sqlite3
from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import Connection, event, text

from bot.core.ports import UnitOfWork
from bot.core.stuck import ItemTracker
from bot.jobs.sweeps import Sweep, sweeps
from bot.storage.database import PostgresDatabase
from bot.storage.direct import DriverStatement, SqliteStatement
from bot.storage.unit_of_work import SqlUnitOfWork
from tests.world import World

Asked = list[tuple[str, Any]]
# A row a sweep, a place, a folder, a process or a key, or what just broke: they do not grow as people come.
_FEW = {
    *("stuck", "scim_due", "oneroster_sources", "followings", "digest_times", "member_trigrams_until"),
    *("replicas", "secret_keys", "installation"),
}
# PostgreSQL's index of parts includes new members by itself.
_NOT_ON_POSTGRESQL = "newcomers' names"


def _asks(connection: Connection, one: Sweep, uow: UnitOfWork, monkeypatch: pytest.MonkeyPatch) -> Asked:
    """Run a sweep's look-up of due items; return its statements."""
    found: Asked = []
    real, on_sqlite = DriverStatement._parameters, SqliteStatement._execute

    def given(self: DriverStatement, values: Any) -> Sequence[Any]:
        made = real(self, values)
        found.append((self.text, tuple(made)))
        return made

    def executed(self: SqliteStatement, connection: Connection, values: Any) -> sqlite3.Cursor:
        found.append((self.text, tuple(real(self, values))))
        return on_sqlite(self, connection, values)

    def note(_: Any, __: Any, statement: str, values: Any, *___: Any) -> None:
        found.append((statement, values))

    with monkeypatch.context() as patched:
        patched.setattr(DriverStatement, "_parameters", given)
        patched.setattr(SqliteStatement, "_execute", executed)
        event.listen(connection, "before_cursor_execute", note)
        seen = (one.looks(uow, ItemTracker()),) if one.looks else ()
        assert one.unit(uow, ItemTracker(), *seen) == 0
        event.remove(connection, "before_cursor_execute", note)
    return found


def _read_whole(connection: Connection, asked: Asked) -> set[str]:
    """Return the tables that the database would scan."""
    explain = "EXPLAIN QUERY PLAN " if connection.dialect.name == "sqlite" else "EXPLAIN "
    if connection.dialect.name == "postgresql":  # otherwise it would scan an empty table
        connection.execute(text("SET LOCAL enable_seqscan = off"))
    lines = [
        str(row[-1])
        for statement, values in asked
        for row in connection.exec_driver_sql(explain + statement, values)
    ]
    return {
        found[1] for line in lines if (found := re.search(r"(?:^SCAN|Seq Scan on) (?!CONSTANT)(\w+)", line))
    }


@pytest.mark.parametrize("one", sweeps(), ids=lambda one: one.name)
async def test_a_sweep_reads_no_table_that_grows_from_end_to_end(
    world: World, one: Sweep, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unit(uow: UnitOfWork) -> tuple[Sequence[object], set[str]]:
        assert isinstance(uow, SqlUnitOfWork)
        connection = uow.members.connection
        asked = _asks(connection, one, uow, monkeypatch)
        return asked, _read_whole(connection, asked)

    asked, whole = await world.database.run(unit)
    assert asked or (one.name == _NOT_ON_POSTGRESQL and isinstance(world.database, PostgresDatabase))
    assert whole <= _FEW, whole
