"""Mirrored requests if Discord refuses a call, lacks a permission, or answers only in part."""

import asyncio
from datetime import timedelta

import pytest

from bot.core.requests.join_requests import RequestState
from bot.core.requests.mirror_answers import RequestAnswer
from bot.core.requests.mirror_ports import MirroredRequest, PlatformRequestState
from bot.platforms.discord.servers import requests
from tests.platforms.discord import mirrored
from tests.platforms.discord.connected import GUILD, Connected
from tests.platforms.discord.mirrored import NIA, again, decisions
from tests.world import START

scene = mirrored.scene


async def test_admins_are_told_once_if_the_bot_may_not_decide(scene: Connected) -> None:
    scene.server.place.apply(NIA, "nia")
    await again(scene)
    await scene.presses("admin", "Approve as Viewer")
    scene.server.refuse("PATCH", "/guilds/*/requests/*", 403, code=50013, times=3)
    await again(scene)
    looked = len(scene.asked("GET", "/requests"))
    for _ in range(30):
        await again(scene)
    assert len(scene.asked("GET", "/requests")) == looked  # not every minute, where it cannot help
    assert scene.cards().count("turn on Kick, Approve, and Reject Members") == 1
    assert "Kick, Approve, and Reject Members" in await scene.types("admin", "school mirror")
    for _ in range(3):
        await again(scene, timedelta(hours=1))
    assert decisions(scene) == [{"action": "APPROVED"}] * 4
    assert "Kick, Approve" not in await scene.types("admin", "school mirror")


async def test_where_we_may_not_look_the_admins_are_told_too(scene: Connected) -> None:
    scene.server.refuse("GET", "/guilds/*/requests", 403, code=50013)
    for _ in range(2):
        await again(scene)
    assert scene.cards().count("turn on Kick, Approve, and Reject Members") == 1
    await again(scene, timedelta(hours=1))
    assert "Kick, Approve" not in await scene.types("admin", "school mirror")


async def test_where_nobody_can_apply_it_is_said(scene: Connected) -> None:
    scene.server.refuse("GET", "/guilds/*/requests", 400)
    await again(scene)
    assert "Nobody can apply to join this server" in scene.cards()


async def test_what_was_told_before_a_crash_is_fine_when_told_again(scene: Connected) -> None:
    applied = scene.server.place.apply(NIA, "nia")
    await again(scene)
    await scene.presses("admin", "Approve as Viewer")
    mirrored = MirroredRequest(GUILD, applied, None, PlatformRequestState.WAITING, START)
    await scene.front.requests.answer(RequestAnswer(mirrored, lets_in=True))  # and then we die
    await again(scene)
    assert len(decisions(scene)) == 2
    assert "Told there" in scene.cards()
    await again(scene)
    assert len(decisions(scene)) == 2


async def test_what_discord_cannot_do_now_is_told_later(scene: Connected) -> None:
    scene.server.place.apply(NIA, "nia")
    await again(scene)
    await scene.presses("admin", "Approve as Viewer")
    scene.server.refuse("PATCH", "/guilds/*/requests/*", 400)
    await again(scene)
    assert len(decisions(scene)) == 1
    await again(scene)
    await again(scene, timedelta(hours=2))
    await again(scene)
    assert decisions(scene) == [{"action": "APPROVED"}] * 2


async def test_replicas_that_look_together_file_once(scene: Connected) -> None:
    for number in range(30):
        scene.server.place.apply(f"4000000000000001{number:02}", f"n{number}")
    await asyncio.gather(*(scene.world.sweep() for _ in range(3)))
    await asyncio.gather(*(scene.world.deliver() for _ in range(3)))
    await scene.world.deliver()
    assert len(await scene.requests()) == 30
    assert len(scene.asked("GET", "/requests")) == 1


@pytest.mark.parametrize("newest_first", [True, False])
async def test_all_pages_are_read_in_whatever_order_they_come(scene: Connected, newest_first: bool) -> None:
    place = scene.server.place
    place.newest_first = newest_first
    ids = [place.apply(f"40000000000000{number:04}", f"n{number}") for number in range(230)]
    place.decide(ids[3], "APPROVED")
    seen = await scene.front.requests.look(GUILD, [ids[3], "1"])
    assert {one.external_id for one in seen.waiting} == {*ids} - {ids[3]}
    assert (seen.whole, seen.let_in, seen.turned_away) == (True, frozenset({ids[3]}), frozenset())
    for one in scene.asked("GET", "/requests"):
        assert {*one.query} <= {"status", "limit", "before", "after"}


@pytest.mark.parametrize("newest_first", [True, False])
async def test_who_was_let_in_long_ago_is_found(scene: Connected, newest_first: bool) -> None:
    place = scene.server.place
    place.newest_first = newest_first
    ids = [place.apply(f"40000000000000{number:04}", f"n{number}") for number in range(230)]
    for one in ids[2:]:
        place.decide(one, "APPROVED")
    seen = await scene.front.requests.look(GUILD, [ids[3], ids[150]])
    assert (seen.let_in, seen.whole) == (frozenset({ids[3], ids[150]}), True)


async def test_nothing_is_concluded_from_a_part_of_what_was_decided(
    scene: Connected, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = scene.server.place
    place.newest_first = True
    applied = place.apply(NIA, "nia")
    await again(scene)
    others = [place.apply(f"40000000000000{number:04}", f"n{number}") for number in range(100)]
    for one in (applied, *others):
        place.decide(one, "APPROVED")
    monkeypatch.setattr(requests, "_MOST_PAGES", 1)
    for _ in range(2):
        await again(scene)
    assert [one.state for one in await scene.requests()] == [RequestState.PENDING]
    assert "No longer asks there" not in scene.cards()
