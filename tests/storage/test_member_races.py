"""Admins who act on each other at the same instant, on both databases."""

import asyncio

import pytest
from sqlalchemy import update

from bot.core.lifecycle import Verb
from bot.core.people_filter import PeopleFilter
from bot.core.permissions import Permission
from bot.core.ports import UnitOfWork
from bot.storage.tables import schools
from bot.storage.unit_of_work import SqlUnitOfWork
from tests.core.door import Door, door_of, heard, maple
from tests.world import World, caller

ADA = caller("ada", administers=True)
TIMES = 500


@pytest.fixture
def door(world: World) -> Door:
    return door_of(world)


async def _admins(door: Door) -> int:
    """Count the active School Admins of the only school."""
    school = await door.school()

    def unit(uow: UnitOfWork) -> int:
        return len(uow.members.able(school.id, Permission.PRIMARY_TRANSFER, 100))

    return await door.database.read(unit)


async def test_two_admins_demoting_each_other_leave_one(door: Door) -> None:
    await maple(door)
    await door.says(ADA, '/invite create role:"School Admin"')
    code = await door.code()
    for name in ("nia", "leo"):
        await door.says(name, f"/join {code}")
    for _ in range(TIMES):
        replies = await asyncio.gather(
            door.says("nia", "/member roles person:leo roles:Viewer"),
            door.says("leo", "/member roles person:nia roles:Viewer"),
        )
        said = [heard(reply) for reply in replies]
        assert sum("You may not" in one for one in said) == 1, said
        demoted = "leo" if "You may not" in said[1] else "nia"
        await door.says(ADA, f'/member roles person:{demoted} roles:"School Admin"')
    assert await _admins(door) == 4


async def test_of_two_suspensions_one_counts(door: Door) -> None:
    await maple(door)
    await door.says("nia", f"/join {await door.code()}")
    before = await door.audited()
    for number in range(TIMES):
        verb = Verb.REINSTATE if number % 2 else Verb.SUSPEND
        replies = await asyncio.gather(
            door.says(ADA, f"/member {verb.value} nia"), door.says("omar", f"/member {verb.value} nia")
        )
        assert sum("Nothing was changed" in heard(reply) for reply in replies) == 1
    assert len(await door.audited()) == len(before) + TIMES


async def test_primary_made_and_suspended_at_once_is_never_a_suspended_primary(door: Door) -> None:
    await maple(door)
    for _ in range(TIMES):
        await asyncio.gather(
            door.says(ADA, "/member primary omar"),
            door.says("root", "/me"),
            door.says(ADA, "/member suspend omar"),
        )
        school = await door.school()
        omar_is_primary = school.primary_admin_id != await _person(door, "Ada")
        state = heard(await door.says(ADA, "/member show omar"))
        assert not (omar_is_primary and "Suspended" in state)
        if omar_is_primary:
            await door.says("omar", "/member primary ada")
        else:
            await door.says(ADA, "/member reinstate omar")


async def _person(door: Door, name: str) -> str:
    school = await door.school()

    def unit(uow: UnitOfWork) -> str:
        (found,) = uow.members.listed(PeopleFilter(school.id, text=name), after=None, limit=2)
        return found.membership.person_id

    return await door.database.read(unit)


async def test_two_first_admins_make_one_primary(door: Door) -> None:
    """A school without a Primary Admin, and two people who become its first admins at once."""
    await maple(door)
    await door.says(ADA, '/invite create role:"School Admin"')
    code, school = await door.code(), await door.school()
    for number in range(TIMES):
        await door.database.run(lambda uow: _without_primary(uow, school.id))
        names = [f"p{number}x{place}" for place in range(2)]
        await asyncio.gather(*(door.says(name, f"/join {code}") for name in names))
        primary = (await door.school()).primary_admin_id
        assert primary in {await _person(door, name) for name in names}


def _without_primary(uow: UnitOfWork, school_id: str) -> None:
    """Bring about what no command can: a school whose admins nobody leads."""
    assert isinstance(uow, SqlUnitOfWork)
    without = update(schools).where(schools.c.id == school_id).values(primary_admin_id=None)
    uow.members.connection.execute(without)
