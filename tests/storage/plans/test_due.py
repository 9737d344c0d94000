"""The cost of a sweep depends on what is due: each query uses an index of that, on both databases."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Executable, event, text

from bot.core.ids import earliest_id
from bot.core.ports import UnitOfWork
from bot.core.requests.mirror_ports import Mirror
from bot.core.retention import Leftover
from bot.core.rights.actors import Platform, WorkspaceKey
from bot.storage.invitations import sendings
from bot.storage.messages import broadcasts
from bot.storage.notices import outbox
from bot.storage.requests import join_requests, mirrors
from bot.storage.retention import OLD
from bot.storage.unit_of_work import SqlUnitOfWork
from tests.storage import build
from tests.world import START, World

VALUES = {"now": START, "most": 50, "before": START, "first": earliest_id(START)}
HEADS = outbox.heads_query(list(Platform), START, ("full",), ("worn",), 50)
# The search, the index that it must go by, and the column that it must look up there.
SEARCHES = [
    (join_requests.DUE, "ix_join_requests_due", "due_at"),
    (sendings.DUE, "ix_invitations_due", "due_at"),
    (HEADS, "ix_outbox_waiting", "try_at"),
    (outbox.in_turn_query("web/@ada", START, 20), "ix_outbox_in_turn", "due_at"),
    (OLD[Leftover.MESSAGES][0], "ix_outbox_delivered", "delivered_at"),
    (OLD[Leftover.MESSAGES][1], "ix_outbox_failed", "failed_at"),
    (OLD[Leftover.CLAIMS][0], "ix_claims_expires_at", "expires_at"),
    (OLD[Leftover.MAIL_LINKS][0], "ix_mail_tokens_made_at", "made_at"),
    (OLD[Leftover.ARRIVALS][0], "ix_arrivals_at", "at"),
    (OLD[Leftover.MISSES][0], "ix_misses_at", "at"),
    (OLD[Leftover.BULK_PLANS][0], "ix_bulk_jobs_state", "id"),
    (OLD[Leftover.BULK_PLANS][1], "ix_bulk_jobs_state", "id"),
    (OLD[Leftover.ROSTERS][0], "ix_roster_imports_state", "id"),
    (OLD[Leftover.ROSTERS][1], "ix_roster_imports_state", "id"),
    *((query, "ix_broadcasts_state", "id") for query in OLD[Leftover.BROADCASTS]),
    (broadcasts.DUE, "ix_broadcasts_due", "send_at"),
    (OLD[Leftover.ANSWERS][0], "ix_join_requests_answered", "decided_at"),
    (OLD[Leftover.ADDRESSES][0], "ix_accounts_proved", "proved_at"),
    (OLD[Leftover.CARDS][0], "ix_card_copies_drawn_at", "drawn_at"),
    (OLD[Leftover.DATED_JOBS][0], "ix_dated_jobs_at", "at"),
    *((query, "ix_oneroster_runs_state", "id") for query in OLD[Leftover.DATED_JOBS][1:]),
    (OLD[Leftover.PAUSES][0], "ix_outbox_pauses_until", "until"),
]


def _plan(connection: Connection, query: Executable) -> list[str]:
    """Return the database's query plan for a statement and its values as they are sent."""
    explain = "EXPLAIN QUERY PLAN " if connection.dialect.name == "sqlite" else "EXPLAIN "

    def before(_: Any, __: Any, statement: str, values: Any, *___: Any) -> tuple[str, Any]:
        return explain + statement, values

    if connection.dialect.name == "postgresql":  # otherwise it would scan an empty table
        connection.execute(text("SET LOCAL enable_seqscan = off"))
    event.listen(connection, "before_cursor_execute", before, retval=True)
    try:
        cursor: Any = connection.execute(query, VALUES).cursor
        return [str(row[-1]) for row in cursor.fetchall()]
    finally:
        event.remove(connection, "before_cursor_execute", before)


@pytest.mark.parametrize(("query", "index", "column"), SEARCHES)
async def test_a_search_goes_by_its_index(world: World, query: Executable, index: str, column: str) -> None:
    def unit(uow: UnitOfWork) -> list[str]:
        assert isinstance(uow, SqlUnitOfWork)
        return _plan(uow.members.connection, query)

    plan = await world.database.run(unit)
    if plan[0].startswith("SEARCH"):  # SQLite
        assert index in plan[0]
        assert f"{column}<?" in plan[0]
        return
    place = next((number for number, line in enumerate(plan) if index in line), None)
    assert place is not None, plan
    assert "Index Cond" in plan[place + 1]
    assert column in plan[place + 1], plan


async def test_mirrors_that_are_due_are_found_by_their_time(world: World) -> None:
    def unit(uow: UnitOfWork) -> list[str]:
        school = build.school(uow)
        for number in range(300):  # of a few rows PostgreSQL reads whatever it likes
            place = WorkspaceKey(Platform.DISCORD, str(number))
            build.workspace(uow, place)
            uow.workspaces.link(school.id, place, START)
            uow.mirrors.put(Mirror(place, school.id, START + (number - 2) * timedelta(minutes=1)))
        assert isinstance(uow, SqlUnitOfWork)
        uow.members.connection.execute(text("ANALYZE"))
        assert len(uow.mirrors.due(START, 50)) == 3
        return _plan(uow.members.connection, mirrors.DUE)

    plan = await world.database.run(unit)
    assert any("ix_mirrors_look_at" in line for line in plan), plan


def test_every_kind_of_leftover_is_searched_by_an_index() -> None:
    searched = {str(query) for query, _, _ in SEARCHES}
    assert {str(query) for queries in OLD.values() for query in queries} <= searched
