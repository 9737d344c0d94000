"""The cost of a search depends on what it shows: pages are index ranges, parts use an index."""

import re
from collections.abc import Callable, Sequence
from functools import partial
from itertools import takewhile
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, event, text

from bot.core.people.people_filter import Invited, PeopleFilter, Status
from bot.core.ports import UnitOfWork
from bot.core.scim.queries import EVERYTHING
from bot.storage.migrations.searching import PARTS
from bot.storage.people import narrowing, searching
from bot.storage.rights import assignments
from bot.storage.scim.pages import End
from bot.storage.unit_of_work import SqlUnitOfWork
from tests.storage import build
from tests.storage.statements import stand_in_for_parts
from tests.world import World, open_world, sqlite_url


def _noted(connection: Connection, search: Callable[[], object]) -> list[tuple[str, Any]]:
    """Return the statements of a search, as the driver gets them."""
    noted: list[tuple[str, Any]] = []

    def note(_: Any, __: Any, statement: str, values: Any, *___: Any) -> None:
        if "memberships" in statement:  # the other statements read the place and the count
            noted.append((statement, values))

    event.listen(connection, "before_cursor_execute", note)
    search()
    event.remove(connection, "before_cursor_execute", note)
    return noted


# Otherwise PostgreSQL would scan an empty table.
_EMPTY = ("enable_seqscan", "enable_sort", "enable_bitmapscan")


def _plans(
    connection: Connection, search: Callable[[], object], off: Sequence[str] = _EMPTY, how: str = "EXPLAIN "
) -> list[list[str]]:
    """Return the query plan of each statement of a search."""
    noted = _noted(connection, search)
    explain = "EXPLAIN QUERY PLAN " if connection.dialect.name == "sqlite" else how
    if connection.dialect.name == "postgresql":
        for setting in off:
            connection.execute(text(f"SET LOCAL {setting} = off"))
    return [
        [str(row[-1]) for row in connection.exec_driver_sql(explain + statement, values)]
        for statement, values in noted
    ]


async def _planned(
    world: World, wanted: PeopleFilter, after: str | None = None, **told: Any
) -> list[list[str]]:
    def unit(uow: UnitOfWork) -> list[list[str]]:
        assert isinstance(uow, SqlUnitOfWork)
        listed = uow.members.listed
        return _plans(uow.members.connection, lambda: listed(wanted, after=after, limit=9), **told)

    return await world.database.run(unit)


def _goes_by(plan: list[str], index: str) -> bool:
    """Tell whether a plan starts with an index search, and sorts nothing after it."""
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
    await world.database.run(stand_in_for_parts)
    _, _, parts = await _planned(world, PeopleFilter("a", text="anna"))
    if any("member_trigrams" in line for line in parts):  # SQLite
        led = [line for line in parts if "member_t" in line]
        assert "member_trigrams VIRTUAL TABLE" in led[0], parts
        assert led[1].startswith("SEARCH member_texts USING INTEGER PRIMARY KEY (rowid=?)"), parts
        assert led[2].startswith("SEARCH member_texts USING INTEGER PRIMARY KEY (rowid>?)"), parts
        return
    # Whatever its estimates, PostgreSQL looks up the parts first, and checks the other conditions for these.
    first = next(place for place, line in enumerate(parts) if "CTE member_texts" in line)
    assert any("CTE Scan on member_texts" in line for line in parts), parts
    (asked,) = [line for line in parts[first:] if "~~" in line and "||" not in line.partition("~~")[0]]
    assert "school_id" not in asked, parts


@pytest.mark.parametrize(
    ("typed", "asked"),
    [
        ("an anna", [r"%anna%"]),  # two letters are in no part
        ("a_b-c an. 'a' nna_x", [r"%nna\_x%"]),
        ("anna@example.org", ["%anna%"]),  # what all addresses have in common is not searched
        ("@example.org", ["%@example.org%"]),
        ("an 2b", []),
    ],
)
async def test_only_what_the_index_of_parts_knows_is_asked_of_it(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch, typed: str, asked: list[str]
) -> None:
    """PostgreSQL would scan the whole index for a text that it cannot look up."""
    monkeypatch.setattr(searching, "FEW", -1)
    async with open_world(postgres_url) as world:
        await world.database.run(stand_in_for_parts)

        def unit(uow: UnitOfWork) -> list[tuple[str, Any]]:
            assert isinstance(uow, SqlUnitOfWork)
            count = uow.members.count
            return _noted(uow.members.connection, lambda: count(PeopleFilter("a", text=typed), most=9))

        ((statement, values),) = await world.database.read(unit)
    within = statement.partition("SELECT count")[0]  # the count is of what comes out of it
    numbers = sorted({int(number) for number in re.findall(r"\$(\d+)", within)})
    assert [values[number - 1] for number in numbers if values[number - 1]][::2] == asked


async def test_without_an_index_of_parts_only_the_place_is_read(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searching, "FEW", -1)
    async with open_world(postgres_url) as world:
        await world.database.run(lambda uow: _run(uow, f"DROP INDEX IF EXISTS {PARTS}"))
        *_, rest = await _planned(world, PeopleFilter("a", text="anna"))
    assert _goes_by(rest, "ix_member_texts_in_order"), rest


async def test_a_plan_for_a_page_is_not_kept_from_what_read_thousands(postgres_url: str) -> None:
    """PostgreSQL caches a plan per statement, so the limit is in the statement, not a parameter."""
    async with open_world(postgres_url) as world:

        def unit(uow: UnitOfWork) -> set[str]:
            assert isinstance(uow, SqlUnitOfWork)
            listed, here = uow.members.listed, PeopleFilter("a")
            looks = [partial(listed, here, after="somebody", limit=limit) for limit in (11, 100_000)]
            return {text for look in looks for text, _ in _noted(uow.members.connection, look)}

        few, many = sorted(await world.database.read(unit), key=len)
    assert few.rstrip().endswith("LIMIT 11")
    assert many.rstrip().endswith("LIMIT 100000")


def _run(uow: UnitOfWork, statement: str) -> None:
    assert isinstance(uow, SqlUnitOfWork)
    uow.members.connection.execute(text(statement))


_MANY = """
WITH made AS (
  INSERT INTO persons (id, name, search_name, created_at)
  SELECT lpad(i::text, 26, '0'), 'Nia', 'nia', now() FROM generate_series(1, 3000) AS n(i) RETURNING id
)
INSERT INTO memberships (id, school_id, person_id, standing, access, visibility, created_at)
SELECT id, :school, id, 'active', 'ok', 'listed', now() FROM made
"""


@pytest.mark.parametrize("invited", [Invited.PENDING, Invited.ACCEPTED, Invited.SENT])
async def test_those_of_whom_something_came_are_found_without_a_look_at_all(
    postgres_url: str, invited: Invited
) -> None:
    """A filter may match nobody among a million, and checking one member takes three queries."""
    async with open_world(postgres_url) as world:

        def fill(uow: UnitOfWork) -> str:
            school = build.school(uow)
            assert isinstance(uow, SqlUnitOfWork)
            uow.members.connection.execute(text(_MANY), {"school": school.id})
            uow.members.connection.execute(text("ANALYZE"))
            return school.id

        wanted = PeopleFilter(await world.database.run(fill), invited=invited)
        (plan,) = await _planned(world, wanted, how="EXPLAIN ANALYZE ", off=())
    assert max(int(loops) for line in plan for loops in re.findall(r"loops=(\d+)", line)) < 9, plan


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
        return _plans(connection, lambda: connection.execute(assignments.able_query(2), values).all())

    (plan,) = await world.database.run(unit)
    if "Limit" not in plan[0]:  # PostgreSQL uses the number of people with a role, which is none here
        assert any("ix_assignments_scope_id_role (scope_id=? AND role=?)" in line for line in plan), plan


async def test_what_came_of_inviting_is_looked_up_by_person(world: World) -> None:
    """A school may have invited very many people, and each entry of a list would read them all."""
    plans = [
        await _planned(world, PeopleFilter("a", invited=invited), off=())
        for invited in (Invited.NOT, Invited.ACCEPTED)
    ]
    for (plan,) in plans:
        # What leads is asked once, not for each entry, and has a name of its own.
        read = [line for line in plan if "invitation_grants_1" not in line]
        assert not any("ix_invitation_grants_school_id" in line for line in read), plan


async def test_members_of_a_district_are_sorted_before_other_conditions_are_checked(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(narrowing, "FEW", -1)
    async with open_world(postgres_url) as world:
        _, *steps, _ = await _planned(world, PeopleFilter("a", "b", status=Status.PENDING))
    assert len(steps) == len(searching.STEPS)
    for plan in steps:
        _, first = (number for number, line in enumerate(plan) if line.lstrip(" ->").startswith("Limit"))
        below = takewhile(partial(_deeper, than=plan[first]), plan[first + 1 :])
        assert {
            word for line in below for word in ("member_texts", "memberships") if f" on {word}" in line
        } == {"member_texts"}, plan


def _deeper(line: str, *, than: str) -> bool:
    return len(line) - len(line.lstrip()) > len(than) - len(than.lstrip())


async def test_a_page_of_scim_that_follows_another_begins_where_it_ended(world: World) -> None:
    def unit(uow: UnitOfWork) -> list[list[str]]:
        assert isinstance(uow, SqlUnitOfWork)
        uow.ends.note("d", 2, End("somebody", 9, uow.now))
        found = uow.scim_users.search
        return _plans(uow.connection, lambda: found("d", EVERYTHING, start=2, limit=2))

    for plan in await world.database.run(unit):
        assert any(re.search(r"person_id(\)::text)? ?> ?", line) for line in plan), plan


@pytest.mark.parametrize(
    ("wanted", "leads"),
    [
        (PeopleFilter("a", role="Staff"), "ix_assignments_scope_id_role"),
        (PeopleFilter("a", "b", role="Staff"), "ix_assignments_scope_id_role"),
        (PeopleFilter("a", role="Staff", text="nia"), "ix_assignments_scope_id_role"),
        (PeopleFilter("a", status=Status.REJECTED), "ix_memberships_standing"),
        (PeopleFilter("a", invited=Invited.PENDING), "ix_memberships_standing"),
        (PeopleFilter("a", invited=Invited.DECLINED), "ix_invitation_grants_school_id"),
        (PeopleFilter("a", came_by="c"), "ix_redemptions_invitation_id_id"),
    ],
)
async def test_what_few_have_leads_on_sqlite(tmp_path: Path, wanted: PeopleFilter, leads: str) -> None:
    """SQLite uses no statistics here; PostgreSQL uses the number of rows."""
    async with open_world(sqlite_url(tmp_path)) as world:
        plan, *others = await _planned(world, wanted)
    asked = [line for line in plan if line.startswith(("SEARCH", "SCAN")) and "schools" not in line]
    assert leads in asked[0], plan
    assert not others, "nobody has it, so nothing else is asked"


async def test_a_list_of_many_is_gone_through_until_there_are_enough(postgres_url: str) -> None:
    """PostgreSQL would first find all matches, and then sort them."""
    async with open_world(postgres_url) as world:
        (plan,) = await _planned(world, PeopleFilter("a", invited=Invited.NOT))
    assert plan[0].lstrip().startswith("Limit"), plan
    assert "ix_member_texts_in_order" in plan[1], plan


async def test_nothing_is_asked_of_each_member_of_a_district(postgres_url: str) -> None:
    """All of them are sorted, so that no page is full before the end."""
    async with open_world(postgres_url) as world:

        def unit(uow: UnitOfWork) -> list[str]:
            assert isinstance(uow, SqlUnitOfWork)
            here = PeopleFilter("a", "b", invited=Invited.NOT)
            search = partial(uow.members.listed, here, after=None, limit=9)
            return [statement for statement, _ in _noted(uow.members.connection, search)]

        asked = await world.database.run(unit)
    assert asked
    assert not any("OFFSET" in statement for statement in asked), asked


_ROLES = """
INSERT INTO assignments (person_id, scope_kind, scope_id, role, granted_at)
SELECT person_id, 'school', school_id, 'Viewer', now() FROM memberships
"""


async def test_who_may_decide_is_looked_up_among_very_many(postgres_url: str) -> None:
    """Each request to join runs this query, in the unit that writes."""
    async with open_world(postgres_url) as world:

        def unit(uow: UnitOfWork) -> list[list[str]]:
            school = build.school(uow)
            assert isinstance(uow, SqlUnitOfWork)
            connection = uow.members.connection
            connection.execute(text(_MANY), {"school": school.id})
            connection.execute(text(_ROLES))
            for number in range(20):
                build.membership(uow, school, who := build.person(uow, f"Ada {number}"))
                uow.members.assign(who.id, "School Admin", school.id, by=None, at=uow.now)
            connection.execute(text("ANALYZE"))
            query = assignments.able_query(2).params(
                school=school.id, atom="x", role_0="School Admin", role_1="District Admin", most=9
            )
            asks = partial(connection.execute, query)
            return _plans(connection, asks, off=("enable_seqscan",), how="EXPLAIN ANALYZE ")

        (plan,) = await world.database.run(unit)
    assert max(int(rows) for line in plan for rows in re.findall(r"rows=(\d+)[.\d]* loops", line)) < 50, plan


async def test_a_page_that_is_not_full_asks_as_a_full_one_does(world: World) -> None:
    """PostgreSQL plans each new statement, and the one for the entries of a list is long."""

    def unit(uow: UnitOfWork) -> set[str]:
        assert isinstance(uow, SqlUnitOfWork)
        school = build.school(uow)
        asked = set()
        for number in range(3):
            build.membership(uow, school, build.person(uow, f"Nia {number}"))
            listed = partial(uow.members.listed, PeopleFilter(school.id), after=None, limit=9)
            asked |= {statement for statement, _ in _noted(uow.members.connection, listed)}
        return asked

    assert len(await world.database.run(unit)) == 3  # the people, their details, and their roles
