"""Reports read only what they count: each query uses an index, on both databases."""

from datetime import timedelta

import pytest
from sqlalchemy import Select

from bot.core.ports import UnitOfWork
from bot.core.schools.report_ports import GroupedBy, Period, Place
from bot.storage.schools import reports
from bot.storage.unit_of_work import SqlUnitOfWork
from tests.storage.plans.test_due import _plan
from tests.world import START, World

MONTH = Period(START - timedelta(days=30), START)


def searches(place: Place, dialect: str) -> list[tuple[Select[tuple[object, ...]], str, str]]:
    """List the queries, each with the index that SQLite must use, and what it must look up there."""
    return [
        (reports.standings_query(place), "ix_memberships_standing", "school_id=?"),
        (
            reports.roles_query(place),
            "sqlite_autoindex_assignments_1",
            "person_id=? AND scope_kind=? AND scope_id=?",
        ),
        (reports.steps_query(place, MONTH), "ix_invitations_school_id_id", "school_id=? AND id>? AND id<?"),
        (
            reports.decisions_query(place, MONTH, GroupedBy.SCHOOL, dialect),
            "ix_join_requests_decided",
            "school_id=? AND decided_at>? AND decided_at<?",
        ),
        (reports.waiting_query(place), "ix_join_requests_school_id_state_id", "school_id=? AND state=?"),
    ]


@pytest.mark.parametrize("place", [Place("school"), Place("school", "district")], ids=["school", "district"])
async def test_reports_go_by_indexes(world: World, place: Place) -> None:
    def unit(uow: UnitOfWork) -> list[tuple[str, str, list[str]]]:
        assert isinstance(uow, SqlUnitOfWork)
        connection = uow.members.connection
        wanted = searches(place, connection.dialect.name)
        return [(index, looked_up, _plan(connection, query)) for query, index, looked_up in wanted]

    for index, looked_up, plan in await world.database.run(unit):
        if any("cost=" in line for line in plan):  # PostgreSQL chooses by numbers, and here are none
            assert any("Index" in line for line in plan), plan
            assert not any("Seq Scan" in line for line in plan), plan
        else:
            assert any(index in line and looked_up in line for line in plan), plan
