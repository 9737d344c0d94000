"""Events that the bot has missed are found when a new session begins, and only then."""

import asyncio
from datetime import datetime
from functools import partial
from typing import Any

import discord
import pytest

from bot.core.ports import UnitOfWork
from bot.core.rights.actors import AccountKey, Platform, WorkspaceKey
from bot.core.schools.schools import Workspace
from bot.core.workspaces import events as workspace_events
from bot.platforms.discord import needs
from bot.platforms.discord.servers.catching_up import CatchUp
from tests.platforms.discord.connected import GUILD, WITHIN, Connected
from tests.platforms.discord.missing.conftest import BEN, EARLIER, LATER, NIA, Looks, linked, new_session
from tests.servers.discord import payloads
from tests.servers.discord.hand import words
from tests.storage.build import fresh_id
from tests.world import START


def welcomes(scene: Connected) -> int:
    told = map(words, scene.server.messages.values())
    return sum("Welcome to Maple" in one and "Join it with" in one for one in told)


async def test_who_came_and_left_and_was_banned_meanwhile(scene: Connected, looks: Looks) -> None:
    place = scene.server.place
    place.add_member(BEN, "ben", EARLIER)
    await new_session(scene, looks)  # from now on it serves a school
    await scene.types("admin", "school joining", access="public")
    assert "is waiting" in await scene.types("alice", "join", school="Maple")
    before = await scene.audited()

    del place.members[payloads.ALICE]
    place.add_member(NIA, "nia", LATER)
    place.ban(BEN, "ben")
    await new_session(scene, looks)
    fresh = (await scene.audited())[: -len(before)]
    assert sorted(fresh) == ["join_request.applicant_gone", "school.account_banned"]
    dms = [one for one in scene.server.messages.values() if one["channel_id"] == f"7{NIA[1:]}"]
    assert ["Welcome to Maple" in words(one) for one in dms] == [True]

    await new_session(scene, looks)  # nothing has happened, and nothing is done twice
    assert (await scene.audited())[: -len(before)] == fresh

    place.bans.clear()
    place.add_member(payloads.ALICE, "alice", LATER)
    await new_session(scene, looks)
    fresh = (await scene.audited())[: -len(before) - len(fresh)]
    assert sorted(fresh) == ["join_request.applicant_back", "school.account_unbanned"]
    assert not await scene.world.database.read(lambda uow: uow.bans.of(GUILD))


async def test_who_is_banned_while_it_is_compared_stays_so(
    scene: Connected, looks: Looks, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = CatchUp._all_pages

    async def all_of(self: CatchUp, page: Any, guild: int) -> Any:
        found = await listed(self, page, guild)
        await self._events.banned(guild, int(BEN))  # the gateway tells what the list had not yet
        return found

    monkeypatch.setattr(CatchUp, "_all_pages", all_of)
    await new_session(scene, looks)
    assert await scene.world.database.read(lambda uow: uow.bans.of(GUILD)) == {BEN}
    assert "school.account_unbanned" not in await scene.audited()


async def test_a_session_that_is_resumed_is_not_looked_after(scene: Connected, looks: Looks) -> None:
    number, asked = len(looks.done), len(scene.asked("GET", "/guilds/"))
    for _ in range(3):
        resumed = scene.server.gateway.resumed
        await scene.server.gateway.drop()
        await scene.server.until(lambda: scene.server.gateway.resumed > resumed, within=WITHIN)  # noqa: B023
    await scene.types("admin", "help")
    assert len(looks.done) == number
    assert len(scene.asked("GET", "/guilds/")) == asked


async def test_a_removal_of_the_bot_while_disconnected_is_noticed(scene: Connected, looks: Looks) -> None:
    scene.server.gateway.in_guild = False
    await new_session(scene, looks)  # the gateway forgot us, and the server is still there
    assert await scene.world.database.read(lambda uow: uow.schools.linked_to(GUILD))
    scene.server.place.without_bot = True
    await new_session(scene, looks)
    assert await scene.world.database.read(lambda uow: uow.schools.linked_to(GUILD)) == []
    told = [words(one) for one in scene.server.messages.values()]
    assert sum("I was removed from a Discord server of Maple" in one for one in told) == 1


async def test_another_bot_with_these_data_ends_no_link(
    scene: Connected, looks: Looks, caplog: pytest.LogCaptureFixture
) -> None:
    oak = WorkspaceKey(Platform.DISCORD, str(int(GUILD.external_id) + 1))

    def links(uow: UnitOfWork) -> None:
        (maple,) = uow.schools.linked_to(GUILD)
        uow.workspaces.add(Workspace(fresh_id(), oak, "Oak", uow.now))
        assert uow.workspaces.link(maple.id, oak, uow.now)

    await scene.world.database.run(links)
    scene.server.gateway.in_guild, scene.server.place.without_bot = False, True
    await new_session(scene, looks)
    for key in (GUILD, oak):
        assert await scene.world.database.read(partial(linked, key=key))
    assert "check the token" in caplog.text


async def test_what_we_may_not_see_is_left_out(scene: Connected, looks: Looks) -> None:
    scene.server.place.ban(BEN, "ben")
    for path in ("/guilds/*/bans", "/guilds/*/members"):
        scene.server.refuse("GET", path, 403, code=50013)
    await new_session(scene, looks)
    assert looks.done[-1]
    assert not await scene.world.database.read(lambda uow: uow.bans.of(GUILD))


async def test_if_discord_does_not_answer_the_server_is_compared_again(
    scene: Connected, looks: Looks
) -> None:
    scene.server.place.add_member(NIA, "nia", LATER)
    scene.server.place.ban(BEN, "ben")
    scene.server.refuse("GET", "/guilds/*/bans", 501, times=1)
    await new_session(scene, looks)
    await looks.number(len(looks.done) + 1 - looks.done[-1])
    assert False in looks.done
    assert looks.done[-1]
    assert await scene.world.database.read(lambda uow: uow.bans.of(GUILD)) == {BEN}
    await scene.world.deliver()
    assert welcomes(scene) == 1


async def test_a_server_that_was_out_of_order_and_does_not_answer_at_first(
    scene: Connected, looks: Looks
) -> None:
    await new_session(scene, looks)
    gateway, number = scene.server.gateway, len(looks.done)
    await gateway.tell("GUILD_DELETE", {"id": payloads.GUILD, "unavailable": True})
    await scene.types("admin", "help")
    scene.server.place.ban(BEN, "ben")
    scene.server.refuse("GET", "/guilds/*/bans", 501, times=1)
    await gateway.tell("GUILD_CREATE", {**payloads.guild(), "unavailable": False})
    await looks.number(number + 1)
    assert looks.done[-1]
    assert await scene.world.database.read(lambda uow: uow.bans.of(GUILD)) == {BEN}


async def test_a_discord_that_asks_for_a_long_wait_is_asked_again(
    scene: Connected, looks: Looks, monkeypatch: pytest.MonkeyPatch
) -> None:
    await new_session(scene, looks)
    gateway, number = scene.server.gateway, len(looks.done)
    await gateway.tell("GUILD_DELETE", {"id": payloads.GUILD, "unavailable": True})
    await scene.types("admin", "help")
    scene.server.place.ban(BEN, "ben")
    compare, limited = CatchUp._bans, [discord.RateLimited(31.0)]

    async def bans(self: CatchUp, key: WorkspaceKey) -> None:
        if limited:
            raise limited.pop()
        await compare(self, key)

    monkeypatch.setattr(CatchUp, "_bans", bans)
    await gateway.tell("GUILD_CREATE", {**payloads.guild(), "unavailable": False})
    await looks.number(number + 1)
    assert looks.done[-1]
    assert await scene.world.database.read(lambda uow: uow.bans.of(GUILD)) == {BEN}


async def test_a_server_that_was_out_of_order(scene: Connected, looks: Looks) -> None:
    await new_session(scene, looks)
    gateway = scene.server.gateway
    await gateway.tell("GUILD_DELETE", {"id": payloads.GUILD, "unavailable": True})
    await scene.types("admin", "help")
    scene.server.place.ban(BEN, "ben")
    looked = len(scene.asked("GET", "/members"))
    await gateway.tell("GUILD_CREATE", {**payloads.guild(), "unavailable": False})
    await scene.server.until(lambda: len(scene.asked("GET", "/members")) > looked, within=WITHIN)

    def banned(uow: UnitOfWork) -> frozenset[str]:
        assert uow.people.by_account(AccountKey("discord", BEN)) is None
        return uow.bans.of(GUILD)

    assert await scene.world.database.read(banned) == {BEN}
    assert await scene.world.database.read(lambda uow: uow.schools.linked_to(GUILD))


async def test_a_server_that_is_back_before_it_is_noted_that_it_was_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Slow:
        async def read(self, _: Any) -> datetime:
            await asyncio.sleep(0)
            return START

    looked = []

    async def trying(_: CatchUp, key: WorkspaceKey, since: datetime | None) -> bool:
        looked.append((key.external_id, since))
        return True

    monkeypatch.setattr(CatchUp, "_try_server", trying)
    anything: Any = None
    one = CatchUp(anything, Slow(), anything, "0")  # type: ignore[arg-type]
    await asyncio.gather(one.guild_unavailable(7), one.guild_available(7))
    assert looked == [("7", START)]


@pytest.mark.parametrize("event", ["GUILD_BAN_ADD", "GUILD_DELETE"])
async def test_what_the_database_did_not_take_is_looked_for(
    scene: Connected, looks: Looks, monkeypatch: pytest.MonkeyPatch, event: str
) -> None:
    await new_session(scene, looks)
    real, away = workspace_events.matters, [OSError("the database is away")]

    def concern(uow: UnitOfWork, **what: Any) -> bool:
        if away:
            raise away.pop()
        return real(uow, **what)

    monkeypatch.setattr(workspace_events, "matters", concern)
    server, number = scene.server, len(looks.done)
    if event == "GUILD_BAN_ADD":
        server.guild["roles"][0]["permissions"] = str(needs.TO_HEAR_OF_BANS.value)
        server.place.ban(BEN, "ben")
        await server.gateway.tell(event, {"guild_id": payloads.GUILD, "user": payloads.user(BEN, "ben")})
    else:
        server.place.without_bot = True
        await server.gateway.tell(event, {"id": payloads.GUILD})
    await looks.number(number + 1)
    assert looks.done[-1]
    assert not away
    if event == "GUILD_BAN_ADD":
        assert await scene.world.database.read(lambda uow: uow.bans.of(GUILD)) == {BEN}
    else:
        assert not await scene.world.database.read(partial(linked, key=GUILD))
