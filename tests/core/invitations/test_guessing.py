"""Guessing of codes is throttled: five misses per account, twenty per address, and a brake for all."""

import asyncio
from datetime import timedelta

import pytest

from bot.commands import REGISTRY
from bot.core.ids import grouped, new_code
from bot.core.invitations.guessing import Limit, Limits
from bot.core.values import replace
from tests.core.door import Door, door_of, heard, maple
from tests.world import World, caller

UNUSABLE = "That invitation cannot be used."
TOO_MANY = "Too many wrong codes."
QUARTER = timedelta(minutes=15)
MOMENT = timedelta(seconds=1)


async def guess(door: Door, who: str, times: int = 1) -> list[str]:
    said = [heard(await door.says(who, f"/join {new_code()}")) for _ in range(times)]
    return [one.split("\n")[0] for one in said]


async def test_five_misses_then_no_code_is_looked_at(door: Door) -> None:
    await maple(door)
    code = await door.code()
    assert await guess(door, "eve", 7) == [UNUSABLE] * 5 + [TOO_MANY] * 2
    refused = heard(await door.says("eve", f"/join {code}"))
    assert refused.startswith(TOO_MANY)
    assert "after 01 Sep 2026, 08:16 UTC" in refused
    assert "Eve" not in await door.members()
    assert "Welcome" in heard(await door.says("nora", f"/join {code}")), "others are not stopped"


async def test_the_window_passes_and_moves(door: Door) -> None:
    await maple(door)
    await guess(door, "eve", 1)
    door.clock.forward(timedelta(minutes=10))
    assert await guess(door, "eve", 5) == [UNUSABLE] * 4 + [TOO_MANY]
    door.clock.forward(timedelta(minutes=5))
    assert await guess(door, "eve", 2) == [UNUSABLE, TOO_MANY], "only the first is that long ago"
    door.clock.forward(QUARTER)
    assert "Welcome" in heard(await door.says("eve", f"/join {await door.code()}"))


async def test_what_is_refused_prolongs_nothing(door: Door) -> None:
    await maple(door)
    await guess(door, "eve", 5)
    for _ in range(14):
        door.clock.forward(timedelta(minutes=1))
        assert await guess(door, "eve") == [TOO_MANY]
    door.clock.forward(timedelta(minutes=1))
    assert "Welcome" in heard(await door.says("eve", f"/join {await door.code()}"))


@pytest.mark.parametrize("dead", ["expired", "revoked", "used up", "malformed"])
async def test_every_code_that_does_not_work_counts(door: Door, dead: str) -> None:
    await maple(door, invite="/invite create expires:1h uses:1")
    (invitation, _) = await door.invitations()
    if dead == "expired":
        door.clock.forward(timedelta(hours=2))
    if dead == "revoked":
        await door.clicks("ada", "invite revoke", invitation=invitation.id)
    if dead == "used up":
        await door.says("nora", f"/join {invitation.code}")
    typed = "nonsense" if dead == "malformed" else grouped(invitation.code)
    said = [heard(await door.says("eve", f"/join {typed}")) for _ in range(6)]
    assert [one.split("\n")[0] for one in said] == [UNUSABLE] * 5 + [TOO_MANY]


async def test_one_time_codes_count_too(door: Door) -> None:
    await maple(door)
    lines = ["/account claim {}", "/account link code:{}"] * 3
    said = [heard(await door.says("eve", line.format(new_code()))) for line in lines]
    assert [one.startswith("That one-time code") for one in said] == [True] * 5 + [False]
    assert said[5].startswith(TOO_MANY)
    assert (await guess(door, "eve"))[0] == TOO_MANY


@pytest.mark.parametrize("who", ["nora", "eve"])
async def test_commands_where_misses_do_not_count_tell_nobody_without_rights_which_codes_exist(
    door: Door, who: str
) -> None:
    await maple(door)
    code = await door.code()
    await door.says("nora", f"/join {code}")
    told = [one for one in REGISTRY.typed() if one.option("invitation") and not one.guessable]
    for one in told:
        said = [heard(await door.says(who, f"/{one.path} {typed}")) for typed in (code, new_code())]
        assert said[0] == said[1], one.path
    assert len(told) >= 10


async def test_members_and_admins_make_no_misses(door: Door) -> None:
    await maple(door, invite="/invite create expires:1h")
    code = await door.code()
    for _ in range(7):
        assert TOO_MANY not in heard(await door.says("nora", f"/join {code}"))
    await door.says("ada", "/invite create uses:1")
    assert not (await door.tables())["misses"]


async def test_a_miss_writes_nothing_else(door: Door) -> None:
    await maple(door)
    before = await door.tables()
    await guess(door, "eve")
    after = await door.tables()
    assert {name for name in after if after[name] != before[name]} == {"misses"}
    await guess(door, "eve", 4)
    full = await door.tables()
    assert await guess(door, "eve") == [TOO_MANY]
    assert await door.tables() == full


async def test_old_misses_are_dropped(door: Door) -> None:
    await maple(door)
    await guess(door, "eve", 5)
    door.clock.forward(QUARTER + MOMENT)
    await guess(door, "mal")
    assert await door.database.read(lambda uow: uow.misses.nth_newest({"account web:eve": 1})) == {}


async def test_an_address_has_twenty_a_minute_for_all_who_use_it(door: Door) -> None:
    await maple(door)
    code = await door.code()

    async def tries(name: str, address: str, typed: str) -> str:
        who = replace(caller(name), address=address)
        return heard(await door.runner.run("join", who, {"code": typed})).split("\n")[0]

    said = [await tries(f"p{number}", "203.0.113.9", new_code()) for number in range(22)]
    assert said == [UNUSABLE] * 20 + [TOO_MANY] * 2
    assert await tries("nora", "203.0.113.9", code) == TOO_MANY
    assert "Welcome" in await tries("nora", "203.0.113.10", code)
    door.clock.forward(timedelta(minutes=1))
    assert "Welcome" in await tries("theo", "203.0.113.9", code)


async def test_the_brake_makes_misses_weigh_more_and_stops_nobody_with_a_code(door: Door) -> None:
    await maple(door)
    code = await door.code()
    door.runner = replace(door.runner, limits=Limits(everyone=Limit(4, timedelta(minutes=1))))
    assert await guess(door, "nora", 1) == [UNUSABLE]
    for number in range(4):
        await guess(door, f"mal{number}")
    assert await guess(door, "eve", 3) == [UNUSABLE, UNUSABLE, TOO_MANY]
    for name in ("nora", "theo"):
        assert "Welcome" in heard(await door.says(name, f"/join {code}"))
    door.clock.forward(timedelta(minutes=2))
    assert await guess(door, "zed", 6) == [UNUSABLE] * 5 + [TOO_MANY], "the brake lets go"


async def test_many_tries_at_the_same_instant_are_five(world: World) -> None:
    door = door_of(world)
    await maple(door)
    said = [
        heard(one)
        for one in await asyncio.gather(*(door.says("eve", f"/join {new_code()}") for _ in range(64)))
    ]
    assert sum(one.startswith(UNUSABLE) for one in said) == 5
    assert sum(one.startswith(TOO_MANY) for one in said) == 59
