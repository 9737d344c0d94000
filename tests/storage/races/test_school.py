"""The last name, seat or invitation is wanted twice at the same moment, on both databases."""

import asyncio
from functools import partial

import pytest

from bot.core import claims
from bot.core.ids import new_id
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import Platform, WorkspaceKey
from bot.core.schools.schools import Workspace
from tests.core.door import Door, actions_in, door_of, heard, maple
from tests.core.people.test_accounts import linking_code
from tests.storage.rounds import times
from tests.world import World, caller

ADA = caller("ada", administers=True)
TIMES, FEW = times(100), times(15)


@pytest.fixture
async def door(world: World) -> Door:
    """A door with a System Administrator and the district North."""
    made = door_of(world)
    code = await made.database.run(_claim)
    await made.says("root", f"/account claim {code}")
    await made.says("root", "/district create North")
    return made


def _named(uow: UnitOfWork, name: str) -> str:
    (found,) = uow.schools.overseen(None, name, 2)
    return found.id


def _claim(uow: UnitOfWork) -> str:
    code = claims.offer_system_administrator(uow)
    assert code is not None
    return code


async def test_two_schools_with_the_same_name_in_a_district_make_one(door: Door) -> None:
    for number in range(TIMES):
        replies = await asyncio.gather(
            door.says("root", f'/school create "Maple {number}" district:North'),
            door.says(caller("root", workspace="oak"), f'/school create "MAPLE {number}" district:North'),
        )
        said = [heard(reply) for reply in replies]
        assert sum("is already taken here" in one for one in said) == 1, said
        assert sum("is ready" in one for one in said) == 1, said


async def test_only_one_of_two_schools_gets_the_same_new_name(door: Door) -> None:
    ids = []
    for name in ("Alder", "Beech"):
        await door.says("root", f"/school create {name} district:North")
        ids.append(await door.database.read(partial(_named, name=name)))
    for number in range(TIMES):
        said = [
            heard(reply)
            for reply in await asyncio.gather(
                *(door.says("root", f'/school edit school:{one} name:"Cedar {number}"') for one in ids)
            )
        ]
        assert sum("is already taken here" in one for one in said) == 1, said
        assert sum("settings saved" in one for one in said) == 1, said


async def test_two_schools_with_the_same_name_in_a_workspace_make_one(door: Door) -> None:
    for number in range(FEW):
        asked = [(caller(who, administers=True, workspace=f"w{number}")) for who in ("ada", "bea")]
        replies = await asyncio.gather(*(door.says(who, "/school create Elm") for who in asked))
        said = [heard(reply) for reply in replies]
        assert sum("is already taken here" in one for one in said) == 1, said
        assert sum("is ready" in one for one in said) == 1, said
        # And so is it where the workspace is known already.
        replies = await asyncio.gather(*(door.says(who, "/school create Ash") for who in asked))
        said = [heard(reply) for reply in replies]
        assert sum("is ready" in one for one in said) == 1, said


async def test_only_one_of_two_districts_gets_the_same_name(door: Door) -> None:
    for number in range(FEW):
        lines = [f"/district create East{number}", f"/district create EAST{number}"]
        said = [heard(one) for one in await asyncio.gather(*(door.says("root", line) for line in lines))]
        assert sum("is already taken here" in one for one in said) == 1, said
        lines = [f"/district create West{number}", f"/district edit district:East{number} name:West{number}"]
        said = [heard(one) for one in await asyncio.gather(*(door.says("root", line) for line in lines))]
        assert sum("is already taken here" in one for one in said) == 1, said


async def test_a_role_over_a_district_is_not_left_with_whom_nobody_is_any_more(door: Door) -> None:
    await maple(door)
    await door.says("root", '/school move school:"Maple Grove" district:North')
    code = await door.code()
    for number in range(FEW):
        nia, ida, leo = (f"{who}{number}" for who in ("nia", "ida", "leo"))
        for who in (nia, ida, leo):
            await door.says(who, f"/join {code}")
        told = await door.says(ida, f"/account link {await linking_code(door, nia)}")
        merges = actions_in(told)["Link and merge"]
        granted, *_ = await asyncio.gather(
            door.says("root", f'/district grant person:{ida} role:"District User" district:North'),
            door.clicks(ida, merges.command, **merges.values),
        )
        await asyncio.gather(
            door.says("root", f'/district grant person:{leo} role:"District User" district:North'),
            door.says(leo, "/account erase sure:yes"),
        )
        has = "District User\nNorth" in heard(await door.says(ida, "/me"))
        assert has == ("is now District User" in heard(granted))
    for line in (heard(await door.says("root", "/district show North"))).split("\n"):
        assert line != "—"


async def test_two_system_settings_that_change_at_once_are_both_kept(door: Door) -> None:
    for number in range(1, FEW + 1):
        lines = [f"/system edit mails_a_day:{number}", f"/system edit members_a_school:{number}"]
        await asyncio.gather(*(door.says("root", line) for line in lines))
        now = await door.database.read(lambda uow: uow.system.settings())
        assert (now.mails_a_day, now.members_a_school) == (number, number)


async def test_the_last_seat_is_taken_once(door: Door) -> None:
    await maple(door)
    codes = [await door.code()]  # of one code the uses are taken one after the other anyway
    for _ in range(2):
        await door.says(ADA, "/invite create")
        codes.append(await door.code())
    for number in range(TIMES):
        await door.says("root", f"/system edit members_a_school:{3 + number}")
        replies = await asyncio.gather(
            *(door.says(f"n{number}x{place}", f"/join {code}") for place, code in enumerate(codes))
        )
        said = [heard(reply) for reply in replies]
        assert sum("Welcome" in one for one in said) == 1, said
        assert sum("members in this school" in one for one in said) == 2, said


async def test_the_last_invitation_is_made_once(door: Door) -> None:
    await maple(door, invite=None)
    await door.says(ADA, "/school limits most_open:1")
    for _ in range(TIMES):
        replies = await asyncio.gather(*(door.says(who, "/invite create") for who in (ADA, "omar")))
        said = [heard(reply) for reply in replies]
        assert sum("over the limit for open invitations, which is 1" in one for one in said) == 1, said
        await door.says(ADA, f"/invite revoke {await door.code()}")


async def test_a_last_use_that_is_taken_meanwhile_makes_a_request(door: Door) -> None:
    await maple(door, invite=None)
    await door.says(ADA, "/school joining late_codes:yes")
    for number in range(TIMES):
        await door.says(ADA, "/invite create uses:1")
        code = await door.code()
        replies = await asyncio.gather(
            *(door.says(f"n{number}x{place}", f"/join {code}") for place in range(2))
        )
        said = [heard(reply) for reply in replies]
        assert sum("Welcome" in one for one in said) == 1, said
        assert sum("is waiting" in one for one in said) == 1, said


async def test_one_of_two_links_that_are_removed_at_once_stays(door: Door) -> None:
    await door.says(ADA, "/school create Maple")
    school = await door.database.read(partial(_named, name="Maple"))
    keys = [WorkspaceKey(Platform.WEB, name) for name in ("playground", "oak")]

    def both(uow: UnitOfWork) -> None:
        for key in keys:
            uow.workspaces.add(Workspace(new_id(uow.now), key, "W", uow.now))
            uow.workspaces.link(school, key, uow.now)

    for _ in range(FEW):
        await door.database.run(both)
        lines = (f"/school unlink school:{school} workspace:{key}" for key in keys)
        said = [heard(one) for one in await asyncio.gather(*(door.says(ADA, line) for line in lines))]
        assert sum("is unlinked from" in one for one in said) == 1, said
        assert sum("to any other server or workspace" in one for one in said) == 1, said
