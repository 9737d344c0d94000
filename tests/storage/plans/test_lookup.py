"""Look-ups start from the few rows of a person, not from the many of a school."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from bot.core.messages.broadcasts import DeliveryMethod
from bot.core.notices.notices import Audience
from bot.core.people.holdings import RecordKind
from bot.core.people.people_filter import Invited, PeopleFilter, Status
from bot.core.ports import UnitOfWork
from bot.core.rosters.exporting import Export
from bot.core.schools.districts import District
from bot.core.scim.queries import EVERYTHING, AllOf, AnyOf, Compare, Field, Op, Query
from bot.storage.database import SqliteDatabase
from bot.storage.people import narrowing, searching
from bot.storage.schools import districts
from bot.storage.tables import metadata
from bot.storage.unit_of_work import SqlUnitOfWork
from tests.storage import build, scim
from tests.world import START, World, open_world, sqlite_url

# Of each of these there is one, or a few, that are looked up; nothing has a million of them.
_LOOKED_UP = ("created_by=?", "revoked_by=?", "person_id=?", "decided_by=?", "claimed_by=?", "granted_by=?")


async def _plans(world: World, asks: Callable[[UnitOfWork], object]) -> list[list[str]]:
    """Return SQLite's query plan for each statement of a unit, without table statistics."""
    assert isinstance(world.database, SqliteDatabase)

    def unit(uow: UnitOfWork) -> list[list[str]]:
        assert isinstance(uow, SqlUnitOfWork)
        connection = uow.connection
        driver: Any = connection.connection.driver_connection
        noted: list[str] = []
        driver.set_trace_callback(noted.append)
        asks(uow)
        driver.set_trace_callback(None)
        explained = [f"EXPLAIN QUERY PLAN {one}" for one in noted]
        return [[str(row[-1]) for row in connection.exec_driver_sql(one)] for one in explained]

    return await world.database.run(unit)


def _rows(kind: RecordKind, uow: UnitOfWork) -> object:
    return uow.holdings.records(kind, "p", "s")


_ASKED: dict[str, Callable[[UnitOfWork], object]] = {
    **{
        f"{kind.value} of a person in a school": partial(_rows, kind)
        for kind in RecordKind
        if kind is not RecordKind.CLAIMS  # in no school
    },
    "invitations to end": lambda uow: uow.addressed.unended_of("s", "p"),
    "invitations to revoke": lambda uow: uow.invitations.revoke_open_of("s", "p", by="p", at=START),
    "inviters who leave": lambda uow: uow.roster_steps.inviters("i"),
    "invited who leave": lambda uow: uow.roster_steps.invitees("i"),
}


@pytest.mark.parametrize("asked", _ASKED)
async def test_what_is_somebodys_is_looked_up_by_them(tmp_path: Path, asked: str) -> None:
    async with open_world(sqlite_url(tmp_path)) as world:
        plans = await _plans(world, _ASKED[asked])
    assert plans
    for plan in plans:
        assert any(by in line for line in plan for by in _LOOKED_UP), plan
        assert not any("(school_id=?" in line for line in plan if "person_id=?" not in line), plan


@pytest.mark.parametrize(
    ("wanted", "leads"),
    [
        (PeopleFilter("s", role="Staff", status=Status.ACTIVE), "ix_assignments_scope_id_role"),
        (PeopleFilter("s", invited=Invited.DECLINED), "ix_invitation_grants_school_id"),
        (PeopleFilter("s", text="nia"), "ix_member_texts_in_order"),
    ],
)
async def test_whom_a_message_is_for_is_looked_up(tmp_path: Path, wanted: PeopleFilter, leads: str) -> None:
    """Not by a scan of all members, and once, not for each member."""
    async with open_world(sqlite_url(tmp_path)) as world:
        (*_, plan) = await _plans(
            world, lambda uow: uow.recipients.count_audience(wanted, DeliveryMethod.CHAT, ())
        )
    assert any(leads in line for line in plan), plan
    assert not any("memberships USING" in line and "(school_id=?" in line for line in plan), plan
    listed = next(number for number, line in enumerate(plan) if leads in line)
    assert not any("CORRELATED" in line for line in plan[:listed]), plan


async def test_who_accepted_in_a_district_is_looked_up_by_its_invitations(tmp_path: Path) -> None:
    """Not by checking for all members, of whom there may be a million, how they joined."""
    wanted = PeopleFilter("s", "d", invited=Invited.ACCEPTED)
    async with open_world(sqlite_url(tmp_path)) as world:
        (counted,) = await _plans(world, lambda uow: uow.members.count(wanted, most=9))
    assert any("redemptions_1" in line and "(invitation_id=?)" in line for line in counted), counted
    assert any("memberships" in line and "(person_id=?)" in line for line in counted), counted
    assert not _read_whole(counted), counted


async def test_in_a_district_only_some_are_asked_what_else_must_hold(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of its members must be sorted, but the other conditions are checked only for some."""
    monkeypatch.setattr(narrowing, "FEW", -1)
    wanted = PeopleFilter("s", "d", status=Status.PENDING)
    async with open_world(sqlite_url(tmp_path)) as world:
        _, *pages = await _plans(world, lambda uow: uow.members.listed(wanted, after=None, limit=9))
    *steps, _ = pages
    assert len(steps) == len(searching.STEPS)
    for plan in steps:
        ordered = next(number for number, line in enumerate(plan) if "USE TEMP B-TREE" in line)
        asked = next(number for number, line in enumerate(plan) if "SEARCH memberships" in line)
        assert "ix_member_texts_in_order" in plan[1], plan
        assert ordered < asked, plan
        assert any("SEARCH member_texts" in line and "(membership_id=?)" in line for line in plan), plan


async def test_a_district_is_exported_school_by_school(tmp_path: Path) -> None:
    """No index has all members of a district in order, so each page would sort them all again."""

    def export(uow: UnitOfWork) -> None:
        district = District(build.fresh_id(), "North", START)
        uow.districts.add(district)
        for name in ("Oak", "Elm"):
            school = build.school(uow, name, district_id=district.id)
            build.membership(uow, school, build.person(uow, f"Nia {name}"))
        wanted = PeopleFilter(school.id, district.id)
        found = Export(uow, wanted)
        assert not list(found.rows)
        assert found.left_out == 2  # of whom no address is known

    async with open_world(sqlite_url(tmp_path)) as world:
        plans = [plan for plan in await _plans(world, export) if "ix_member_texts_in_order" in " ".join(plan)]
    assert len(plans) == 2  # one page of each; since it is not full, no further one is read
    assert not any("TEMP B-TREE" in line for plan in plans for line in plan), plans


async def test_who_waits_is_looked_up_by_name(tmp_path: Path) -> None:
    """Not by a scan of all pending requests."""
    async with open_world(sqlite_url(tmp_path)) as world:
        named, waits = await _plans(
            world, lambda uow: uow.join_requests.pending_by_name("s", "Nia", whole=True, limit=9)
        )
    assert any("ix_member_texts_in_order (school_id=? AND search_name=?)" in line for line in named), named
    assert any("ix_join_requests_person_id" in line for line in waits), waits


async def test_who_is_known_to_a_log_is_looked_up_by_name(tmp_path: Path) -> None:
    """Not by a scan of the whole log, even if a name is mistyped."""
    async with open_world(sqlite_url(tmp_path)) as world:
        (plan,) = await _plans(world, lambda uow: uow.audit.ids_by_name("s", "Nia"))
    assert "ix_persons_search_name (search_name=?)" in plan[0], plan
    assert not any("chain=?" in line for line in plan), plan


async def test_people_of_a_large_district_are_asked_for_one_by_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the order of names, until there are enough, since this runs while a person types."""
    monkeypatch.setattr(districts, "FEW", -1)
    async with open_world(sqlite_url(tmp_path)) as world:
        _, plan = await _plans(world, lambda uow: uow.districts.people("d", "nia", 9))
    assert "ix_persons_search_name" in plan[0], plan
    assert any("memberships" in line and "(person_id=?)" in line for line in plan), plan
    assert not any("LIST SUBQUERY" in line for line in plan), plan


async def test_plans_about_somebody_are_looked_for_among_those_not_applied(tmp_path: Path) -> None:
    """Not by a scan of all items of all plans."""
    async with open_world(sqlite_url(tmp_path)) as world:
        plan, *_ = await _plans(world, lambda uow: uow.bulk.drop_plans_for(["p"]))
    assert "ix_bulk_jobs_state" in plan[0], plan
    assert not any(line.startswith("SCAN bulk_items") for line in plan), plan


async def test_what_waits_about_a_thing_is_looked_for_among_what_waits(tmp_path: Path) -> None:
    """Not by a scan of delivered notices: a sweep does this for each request that it reminds of."""
    async with open_world(sqlite_url(tmp_path)) as world:
        (plan,) = await _plans(world, lambda uow: uow.outbox.places("join_request:1", Audience.SNOOZED))
    assert "ix_outbox_waiting" in plan[0], plan


async def test_entries_of_a_person_are_looked_up(tmp_path: Path) -> None:
    """Not by a scan of the log of very many people."""

    def listed(uow: UnitOfWork) -> object:
        return uow.audit.listed("s", action="came", person_id="p", after=None, limit=9)

    async with open_world(sqlite_url(tmp_path)) as world:
        _, looked_up, *_ = await _plans(world, listed)
    searched = [line for line in looked_up if line.startswith("SEARCH audit_entries")]
    assert searched
    assert all("actor_id=?" in line or "subject=?" in line for line in searched), looked_up


def _read_whole(plan: list[str]) -> list[str]:
    return [line for line in plan if line.startswith("SCAN ") and line.split()[1] in metadata.tables]


_NAMED = Compare(Field.USER_NAME, Op.EQ, "nia@example.org")


@pytest.mark.parametrize(
    "wanted",
    [
        _NAMED,
        AnyOf((_NAMED, Compare(Field.EMAIL, Op.EQ, "nia@example.org"))),
        Compare(Field.EXTERNAL_ID, Op.EQ, "7"),
        Compare(Field.ID, Op.EQ, "p"),
    ],
)
async def test_whom_an_identity_provider_asks_for_is_looked_up(tmp_path: Path, wanted: Query) -> None:
    """Not by a scan of a district's users or members: it asks before and after each change."""
    async with open_world(sqlite_url(tmp_path)) as world:
        found = await _plans(world, lambda uow: uow.scim_users.search("d", wanted, start=0, limit=9))
    for plan in found:
        assert not _read_whole(plan), plan
        assert not any("(district_id=?)" in line for line in plan), plan
        assert not any("memberships" in line and "school_id=?" in line for line in plan), plan


@pytest.mark.parametrize("wanted", [AllOf(()), Compare(Field.USER_NAME, Op.SW, "nia")])
async def test_an_identity_provider_goes_through_its_own_people(tmp_path: Path, wanted: Query) -> None:
    """Not by a scan of other districts' people."""
    async with open_world(sqlite_url(tmp_path)) as world:
        found = await _plans(world, lambda uow: uow.scim_users.search("d", wanted, start=0, limit=9))
    for plan in found:
        assert any("SEARCH persons USING" in line and "(id=?)" in line for line in plan), plan
        assert not _read_whole(plan), plan


async def test_an_identity_provider_that_reads_on_begins_where_it_was(tmp_path: Path) -> None:
    """Not at the first of a million: the next page reads nobody who comes before it."""

    def fill(uow: UnitOfWork) -> str:
        north, _ = scim.place(uow)
        for number in range(5):
            scim.account(uow, north, build.person(uow, f"Lea {number}"))
        uow.scim_users.search(north.id, EVERYTHING, start=0, limit=2)
        return north.id

    async with open_world(sqlite_url(tmp_path)) as world:
        of = await world.database.run(fill)
        found = await _plans(world, lambda uow: uow.scim_users.search(of, EVERYTHING, start=2, limit=2))
        later = await _plans(world, lambda uow: uow.scim_users.search(of, EVERYTHING, start=4, limit=2))
    for plans in (found, later):
        told, members, page, *_ = plans
        assert any("(district_id=? AND person_id>?)" in line for line in told), told
        for plan in (members, page):
            assert any("(school_id=? AND person_id>?)" in line for line in plan), plan
        assert not any("TEMP B-TREE" in line for line in page), page
