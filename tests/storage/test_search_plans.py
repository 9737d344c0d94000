"""What a search costs follows what it shows: pages are ranges of an index, parts are looked up."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Connection, event, text

from bot.core.people_filter import PeopleFilter
from bot.core.ports import UnitOfWork
from bot.storage import assignments, searching
from bot.storage.migrations.searching import PARTS
from bot.storage.unit_of_work import SqlUnitOfWork
from tests.world import World


def _plans(connection: Connection, search: Callable[[], object]) -> list[list[str]]:
    """Note the statements of a search, and let the database tell how it goes about each."""
    noted: list[tuple[str, Any]] = []

    def note(_: Any, __: Any, statement: str, values: Any, *___: Any) -> None:
        if "memberships" in statement:  # what else is asked are the place and how many there are
            noted.append((statement, values))

    event.listen(connection, "before_cursor_execute", note)
    search()
    event.remove(connection, "before_cursor_execute", note)
    explain = "EXPLAIN QUERY PLAN " if connection.dialect.name == "sqlite" else "EXPLAIN "
    if connection.dialect.name == "postgresql":  # else it would read an empty table as a whole
        connection.execute(text("SET LOCAL enable_seqscan = off"))
        connection.execute(text("SET LOCAL enable_sort = off"))
        connection.execute(text("SET LOCAL enable_bitmapscan = off"))
    return [
        [str(row[-1]) for row in connection.exec_driver_sql(explain + statement, values)]
        for statement, values in noted
    ]


async def _planned(world: World, wanted: PeopleFilter, after: str | None = None) -> list[list[str]]:
    def unit(uow: UnitOfWork) -> list[list[str]]:
        assert isinstance(uow, SqlUnitOfWork)
        ids = uow.members.ids
        return _plans(uow.members.connection, lambda: ids(wanted, after=after, limit=9))

    return await world.database.run(unit)


def _goes_by(plan: list[str], index: str) -> bool:
    """Tell whether the first thing that is done is a search in an index, and nothing is sorted after it."""
    place = next((number for number, line in enumerate(plan) if index in line), None)
    if place is None or any("TEMP B-TREE" in line or line.lstrip().startswith("Sort") for line in plan):
        return False
    return plan[0].startswith("SEARCH") if place == 0 else "Index Cond" in plan[place + 1]


@pytest.mark.parametrize("after", [None, "somebody"])
async def test_a_page_of_a_list_is_a_range_of_one_index(world: World, after: str | None) -> None:
    (page,) = await _planned(world, PeopleFilter("a"), after)
    assert _goes_by(page, "ix_member_texts_in_order"), page


async def test_what_begins_with_what_was_typed_is_a_range_too(world: World) -> None:
    names, addresses, rest = await _planned(world, PeopleFilter("a", text="anna"))
    assert _goes_by(names, "ix_member_texts_in_order"), names
    assert _goes_by(addresses, "ix_member_texts_addresses"), addresses
    assert _goes_by(rest, "ix_member_texts_in_order"), rest


async def test_parts_in_the_middle_are_looked_up(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searching, "FEW", -1)
    _, _, parts = await _planned(world, PeopleFilter("a", text="anna"))
    if any("member_trigrams" in line for line in parts):  # SQLite
        led = [line for line in parts if "member_t" in line]
        assert "member_trigrams VIRTUAL TABLE" in led[0], parts
        assert led[1].startswith("SEARCH member_texts USING INTEGER PRIMARY KEY (rowid=?)"), parts
        assert led[2].startswith("SEARCH member_texts USING INTEGER PRIMARY KEY (rowid>?)"), parts
        return
    there = await world.database.run(_has_trigrams)
    assert not there or any(PARTS in line for line in parts), parts


def _has_trigrams(uow: UnitOfWork) -> bool:
    assert isinstance(uow, SqlUnitOfWork)
    query = text("SELECT 1 FROM pg_extension WHERE extname = 'pg_trgm'")
    return uow.members.connection.execute(query).first() is not None


async def test_members_are_counted_in_an_index(world: World) -> None:
    def unit(uow: UnitOfWork) -> list[list[str]]:
        assert isinstance(uow, SqlUnitOfWork)
        count = uow.members.count
        return _plans(uow.members.connection, lambda: count(PeopleFilter("a"), most=9))

    (plan,) = await world.database.run(unit)
    assert any("ix_memberships_standing" in line for line in plan), plan


async def test_who_may_decide_is_looked_up_by_role(world: World) -> None:
    values = {"school": "a", "atom": "x", "role_0": "School Admin", "role_1": "District Admin", "most": 9}

    def unit(uow: UnitOfWork) -> list[list[str]]:
        assert isinstance(uow, SqlUnitOfWork)
        connection = uow.members.connection
        return _plans(connection, lambda: connection.execute(assignments.search_able(2), values).all())

    (plan,) = await world.database.run(unit)
    if "Limit" not in plan[0]:  # PostgreSQL goes by how many have a role, and here is nobody
        assert any("ix_assignments_scope_id_role (scope_id=? AND role=?)" in line for line in plan), plan
