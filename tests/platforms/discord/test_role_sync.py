"""Discord roles that follow a school's: finding, giving, taking and reading them, and each problem."""

from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import discord
import pytest

from bot.chat.native_sync import Unfollowable
from bot.chat.notifier import Breadth, DeliveryFailed
from bot.core.following.drift import Seen
from bot.core.following.ports import Follower, MarkState, Native, NativeKind, Problem
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import AccountKey, Caller, Platform, WorkspaceKey
from bot.core.values import replace
from bot.platforms.discord import needs
from bot.platforms.discord.servers import role_sync
from bot.platforms.discord.servers.role_sync import RoleSync
from tests.platforms.discord.conftest import Stage
from tests.scenarios.fronts.discord import Driver
from tests.storage import build
from tests.world import START, open_world, sqlite_url

NOBODY = frozenset[str]()


def sync(stage: Stage) -> RoleSync:
    return RoleSync(lambda: stage.env.bot)


def caller(stage: Stage, who: Any) -> Caller:
    key = WorkspaceKey(Platform.DISCORD, str(stage.guild.id))
    return Caller(AccountKey("discord", str(who.id)), "Ada", Platform.DISCORD, key)


def follower(stage: Stage, role: Any) -> Follower:
    key = WorkspaceKey(Platform.DISCORD, str(stage.guild.id))
    return Follower("f", "s", key, NativeKind.ROLE, str(role.id), "Staff", START, START)


def wearers(stage: Stage, role: Any) -> set[int]:
    members = stage.env.backend.get_guild(stage.guild.id).members
    return {user for user, one in members.items() if role.id in one.role_ids}


async def test_a_role_is_found_by_name_id_and_mention(stage: Stage) -> None:
    role = stage.guild.create_role("Staff")
    found = Native(NativeKind.ROLE, str(role.id), "Staff")
    for typed in ("Staff", "@staff", str(role.id), f"<@&{role.id}>"):
        assert await sync(stage).find(caller(stage, stage.admin), typed) == found


async def test_what_cannot_be_given_says_why(stage: Stage) -> None:
    guild, find = stage.guild, sync(stage).find
    for _ in range(2):
        guild.create_role("Twice")
    top = guild.create_role("Top", position=99)
    low = guild.create_role("Low")
    (own,) = (one for one in stage.env.backend.get_guild(guild.id).roles.values() if one.managed)

    async def problem(typed: str, who: Any = stage.admin) -> Problem | None:
        return (await find(caller(stage, who), typed)).problem

    assert await problem("No such") is Problem.UNKNOWN
    assert await problem("Twice") is Problem.UNCLEAR
    assert await problem("@everyone") is Problem.EVERYONE
    assert await problem(str(own.id)) is Problem.MANAGED
    assert await problem(str(top.id)) is Problem.ABOVE_US
    assert await problem("Low", stage.alice) is Problem.ABOVE_YOU
    assert await problem("Low", stage.owner) is None
    own.permissions = 0
    assert await problem(str(low.id)) is Problem.NO_RIGHT


async def test_roles_are_given_and_taken_with_a_reason(stage: Stage) -> None:
    role = stage.guild.create_role("Staff")
    who = frozenset({str(stage.alice.id)})
    for _ in range(2):
        assert await sync(stage).change(follower(stage, role), give=who, take=NOBODY) == NOBODY
        assert wearers(stage, role) == {stage.alice.id}
    await sync(stage).change(follower(stage, role), give=NOBODY, take=who)
    assert wearers(stage, role) == set()
    assert {one.reason for one in stage.guild.audit_log()} == {"Follows the roles in Homeroom"}


async def test_who_has_left_is_no_error(stage: Stage) -> None:
    role = stage.guild.create_role("Staff")
    stage.guild.remove_member(stage.bob)
    who = frozenset({str(stage.bob.id)})
    assert await sync(stage).change(follower(stage, role), give=who, take=NOBODY) == who
    assert await sync(stage).change(follower(stage, role), give=NOBODY, take=who) == who


async def test_a_role_that_moved_above_ours_or_is_gone_stops_all(stage: Stage) -> None:
    top = stage.guild.create_role("Top", position=99)
    who = frozenset({str(stage.alice.id)})
    with pytest.raises(Unfollowable) as above:
        await sync(stage).change(follower(stage, top), give=who, take=NOBODY)
    assert above.value.problem is Problem.ABOVE_US
    gone = replace(follower(stage, top), external_id="5")
    with pytest.raises(Unfollowable) as missing:
        await sync(stage).change(gone, give=who, take=NOBODY)
    assert missing.value.problem is Problem.GONE
    for one, problem in ((follower(stage, top), Problem.ABOVE_US), (gone, Problem.GONE)):
        with pytest.raises(Unfollowable) as unseen:
            await sync(stage).look(one)
        assert unseen.value.problem is problem


async def test_who_has_a_role_is_listed_without_bots(stage: Stage) -> None:
    role = stage.guild.create_role("Staff")
    bots = stage.guild.add_member(stage.env.create_user("robot", bot=True), roles=[role])
    stage.env.backend.add_member_role(stage.guild.id, stage.alice.id, role.id)
    seen = await sync(stage).look(follower(stage, role))
    assert seen.name == "Staff"
    assert seen.has == frozenset({str(stage.alice.id)})
    assert seen.names == {str(stage.alice.id): "Alice"}
    assert seen.present is not None
    assert str(stage.bob.id) in seen.present
    assert str(bots.id) not in seen.present


async def test_a_large_server_is_read_in_several_goes(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(role_sync, "_PAGE", 2)
    monkeypatch.setattr(role_sync, "_PAGES", 2)
    role = stage.guild.create_role("Staff")
    crowd = [stage.guild.add_member(stage.env.create_user(f"one{n}"), roles=[role]) for n in range(9)]
    reads, goes = sync(stage), 1
    while True:
        try:
            seen = await reads.look(follower(stage, role))
        except DeliveryFailed as goes_on:
            assert (goes_on.ours, goes_on.retry_after, goes_on.breadth) == (True, 1.0, Breadth.PLACE)  # noqa: PT017
            goes += 1
        else:
            break
    people = len(stage.env.backend.get_guild(stage.guild.id).members)
    assert goes == people // 4 + 1
    assert seen.has == frozenset(str(one.id) for one in crowd)
    assert seen.present is not None
    assert len(seen.present) == people - 1, "all but the bot itself"
    assert seen.age > timedelta(0)
    again = await _looked_to_the_end(reads, follower(stage, role))
    assert again.has == seen.has, "the next look begins anew"


async def test_what_is_half_read_for_hours_is_read_anew(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, number in (("_PAGE", 2), ("_PAGES", 1), ("_READING", -1.0)):
        monkeypatch.setattr(role_sync, name, number)
    role = stage.guild.create_role("Staff")
    reads = sync(stage)
    for _ in range(20):
        with pytest.raises(DeliveryFailed):
            await reads.look(follower(stage, role))


async def _looked_to_the_end(reads: RoleSync, thing: Follower) -> Seen:
    while True:
        with suppress(DeliveryFailed):
            return await reads.look(thing)


async def test_without_the_intent_it_is_not_known_who_has_a_role(stage: Stage) -> None:
    role = stage.guild.create_role("Staff")
    stage.env.inject_error("GET", f"/guilds/{stage.guild.id}/members", status=403, code=50001)
    assert (await sync(stage).look(follower(stage, role))).has is None


async def test_a_discord_that_is_broken_is_tried_again(stage: Stage) -> None:
    role = stage.guild.create_role("Staff")
    path = f"/guilds/{stage.guild.id}/members/{stage.alice.id}/roles/{role.id}"
    stage.env.inject_error("PUT", path, status=400, code=0)
    with pytest.raises(DeliveryFailed):
        await sync(stage).change(follower(stage, role), give=frozenset({str(stage.alice.id)}), take=NOBODY)
    with pytest.raises(DeliveryFailed) as away:
        await RoleSync(lambda: None).change(follower(stage, role), give=NOBODY | {"1"}, take=NOBODY)
    assert away.value.ours
    found = await RoleSync(lambda: None).find(caller(stage, stage.admin), "Staff")
    assert found.problem is Problem.SILENT


async def test_the_intent_is_asked_for_where_it_is_switched_on() -> None:
    flags = discord.ApplicationFlags
    assert not needs.has_members_intent(flags())
    for switched_on in (flags(gateway_guild_members=True), flags(gateway_guild_members_limited=True)):
        assert needs.has_members_intent(switched_on)


async def test_who_comes_into_the_server_gets_their_roles(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(needs, "has_members_intent", lambda _: True)
    async with open_world(sqlite_url(tmp_path)) as world, Driver(world) as driver:
        for line in ("/school create Maple", "/role follow role:Staff into:@staff"):
            await driver.type("admin", line)
        user = driver.env.create_user("late")

        def join(uow: UnitOfWork) -> None:
            (school,) = uow.schools.linked_to(WorkspaceKey(Platform.DISCORD, str(driver._guild.id)))
            late = build.person(uow, "Late", AccountKey("discord", str(user.id)))
            build.membership(uow, school, late)
            uow.members.assign(late.id, "Staff", school.id, by=None, at=uow.now)
            for one in uow.followings.of_school(school.id):
                uow.followings.nudge(one.id)

        await world.database.run(join)
        await world.deliver()
        state = await world.database.read(lambda uow: _state(uow, str(user.id)))
        assert state is MarkState.ABSENT
        driver._guild.add_member(user)
        await driver.env.settle()
        await world.deliver()
        member = driver.env.backend.get_member(driver._guild.id, user.id)
        assert driver.roles["staff"].id in member.role_ids


def _state(uow: UnitOfWork, account: str) -> MarkState:
    (school,) = uow.schools.of_person(uow.people.by_account(AccountKey("discord", account)).id)  # type: ignore[union-attr]
    (one,) = uow.followings.of_school(school.id)
    mark = uow.follow_marks.of(one.id, account)
    assert mark is not None
    return mark.state
