"""People who are added and edited at the same instant, on both databases."""

import asyncio
from functools import partial

import pytest

from bot.core import members
from bot.core.people_filter import PeopleFilter
from bot.core.ports import UnitOfWork
from tests.core.door import Door, door_of, heard, maple
from tests.world import World, caller

ADA = caller("ada", administers=True)
BEA = caller("bea", administers=True, workspace="oak")
TIMES = 500
TAKEN = "Somebody has that e-mail address already"


@pytest.fixture
def door(world: World) -> Door:
    return door_of(world)


async def test_two_admins_of_two_schools_who_add_one_address_at_once_make_one_person(door: Door) -> None:
    await maple(door)
    await door.says(BEA, "/school create Oak")
    entries = len(await door.audit_entries())
    for number in range(TIMES):
        names = "first_name:Nia last_name:Okafor"
        replies = await asyncio.gather(
            door.says(ADA, f"/member create email:n{number}@example.org {names}"),
            door.says(BEA, f"/member create email:N{number}@EXAMPLE.org {names}"),
        )
        assert sum(TAKEN in heard(reply) for reply in replies) == 1
    assert len(await door.audit_entries()) == entries + TIMES


async def test_two_edits_of_one_person_at_once_keep_both(door: Door) -> None:
    await maple(door)
    await door.says(ADA, "/member create email:nia@example.org first_name:Nia last_name:Okafor")
    for number in range(TIMES):
        replies = await asyncio.gather(
            door.says(ADA, f"/member edit person:nia@example.org educator_id:{number}"),
            door.says("omar", f"/member edit person:nia@example.org first_name:Nia{number}"),
        )
        assert not any(reply.refused for reply in replies), [heard(reply) for reply in replies]
        said = heard(await door.says(ADA, "/member show nia@example.org")).split("\n")
        assert {f"Nia{number} Okafor", str(number)} <= set(said)


async def test_edits_of_one_person_from_two_schools_at_once_keep_both(door: Door) -> None:
    await maple(door)
    await door.says(BEA, "/school create Oak")
    await door.says(ADA, "/member create email:nia@example.org first_name:Nia last_name:Okafor")
    await door.database.run(_nia_in_oak)
    for number in range(TIMES):
        replies = await asyncio.gather(
            door.says(ADA, f"/member edit person:nia@example.org educator_id:{number}"),
            door.says(BEA, f"/member edit person:nia@example.org first_name:Nia{number}"),
        )
        assert not any(reply.refused for reply in replies), [heard(reply) for reply in replies]
        said = heard(await door.says(ADA, "/member show nia@example.org")).split("\n")
        assert {f"Nia{number} Okafor", str(number)} <= set(said)


def _nia_in_oak(uow: UnitOfWork) -> None:
    nia = uow.people.by_email("nia@example.org")
    assert nia is not None
    assert BEA.workspace is not None
    (oak,) = uow.schools.linked_to(BEA.workspace)
    assert members.activate(uow, oak.id, nia.id, "Viewer", by=None)


async def test_two_people_who_are_given_one_address_at_once(door: Door) -> None:
    await maple(door)
    school = await door.school()
    for number in range(TIMES):
        wanted = f"email:n{number}@example.org"
        replies = await asyncio.gather(
            door.says(ADA, f"/member edit person:omar {wanted}"),
            door.says("omar", f"/member edit person:ada {wanted}"),
        )
        assert sum(TAKEN in heard(reply) for reply in replies) == 1
        of = PeopleFilter(school.id, text=f"n{number}@example.org")
        assert await door.database.read(partial(_count, of=of)) == 1


def _count(uow: UnitOfWork, of: PeopleFilter) -> int:
    return uow.members.count(of)
