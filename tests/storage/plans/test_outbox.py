"""However much was delivered, choosing the next notice only reads those that wait, on both databases."""

import re
from typing import Any

from sqlalchemy import Connection, Executable, event, text

from bot.core.notices.notices import Audience, Destination, Notice
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import AccountKey, Platform
from bot.storage.notices import outbox
from bot.storage.notices.outbox import SqlOutbox
from tests.outbox import take_all
from tests.soak import size
from tests.storage import build
from tests.world import START, World

DELIVERED = size(20_000, 1_000_000)
_COLUMNS = (
    "id, key, subject, audience, platform, account, place, tenant, due_at, try_at, attempts, delivered_at"
)
_VALUES = "'join_request:1', 'approver', 'web', 'ada', 'web/@ada', 'web/@', :at, :at, 1, :at"
FILL = {
    "sqlite": f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {DELIVERED}) "
    f"INSERT INTO outbox ({_COLUMNS}) SELECT printf('%026d', i), 'k' || i, {_VALUES} FROM n",
    "postgresql": f"INSERT INTO outbox ({_COLUMNS}) SELECT lpad(i::text, 26, '0'), 'k' || i, {_VALUES} "
    f"FROM generate_series(1, {DELIVERED}) AS n(i)",
}


def _plan(connection: Connection, query: Executable) -> str:
    explain = "EXPLAIN QUERY PLAN " if connection.dialect.name == "sqlite" else "EXPLAIN "

    def before(_: Any, __: Any, statement: str, values: Any, *___: Any) -> tuple[str, Any]:
        return explain + statement, values

    event.listen(connection, "before_cursor_execute", before, retval=True)
    try:
        cursor: Any = connection.execute(query).cursor
        return "\n".join(str(row[-1]) for row in cursor.fetchall())
    finally:
        event.remove(connection, "before_cursor_execute", before)


def _connection(uow: UnitOfWork) -> Connection:
    assert isinstance(uow.outbox, SqlOutbox)
    return uow.outbox.connection


async def test_what_was_delivered_costs_nothing(world: World) -> None:
    def fill(uow: UnitOfWork) -> None:
        connection = _connection(uow)
        at: Any = START if connection.dialect.name == "postgresql" else START.isoformat()
        connection.execute(text(FILL[connection.dialect.name]), {"at": at})
        for number in range(100):
            to = Destination.direct(AccountKey("web", f"p{number % 10}"))
            made = Notice(build.fresh_id(), f"w{number}", "join_request:1", Audience.APPLICANT, to, START)
            uow.outbox.add(made)
        connection.execute(text("ANALYZE"))

    def plans(uow: UnitOfWork) -> str:
        connection = _connection(uow)
        heads = _plan(connection, outbox.heads_query(list(Platform), uow.now, ("full",), ("worn",), 50))
        return f"{heads}\n{_plan(connection, outbox.in_turn_query('web/@p1', uow.now, 20))}"

    def taken(uow: UnitOfWork) -> int:
        return len(take_all(uow))

    await world.database.run(fill)
    said = await world.database.read(plans)
    # The pauses are a handful of rows; of the outbox only the two indexes of what waits are read.
    read = [line for line in said.splitlines() if re.search(r"(?i)(scan|search)", line)]
    of_outbox = [line for line in read if "outbox_pauses" not in line and re.search("outbox|before", line)]
    assert of_outbox
    assert all("ix_outbox_in_turn" in line or "ix_outbox_waiting" in line for line in of_outbox), said
    assert await world.database.run(taken) == 100

    def given_up(uow: UnitOfWork) -> str:
        asked = [outbox.dead_query(of, before) for of in (None, "s") for before in (None, build.fresh_id())]
        return "\n".join(_plan(_connection(uow), one.limit(11)) for one in asked)

    read = re.findall(r"(?im)^.*(?:scan|search).*$", await world.database.read(given_up))
    assert len(read) == 4
    assert all("ix_outbox_failed" in line for line in read), read
    mails = await world.database.read(
        lambda uow: _plan(_connection(uow), outbox.mails_query(uow.now, uow.now))
    )
    assert "ix_outbox_mails" in mails, mails
