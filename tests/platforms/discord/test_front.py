"""The whole front over real sockets, against a local Discord: it connects, answers and stops."""

import asyncio
import logging
from typing import Any

import discord
import pytest

from bot.chat.notifier import DeliveryFailed
from bot.platforms.discord import outbound
from bot.platforms.discord.front import DiscordFront, Work
from tests.patience import PATIENCE
from tests.platforms.discord import fronts
from tests.platforms.discord.fronts import HELLO, TO_GENERAL, front_for, running
from tests.platforms.discord.small import Nothing, small_runner
from tests.servers.discord import payloads
from tests.servers.discord.answering import Interaction
from tests.servers.discord.hand import Hand, walk, words
from tests.servers.discord.server import DiscordServer

server = fronts.server
BY_PROXY: dict[str, Any] = {
    "api_base": "http://discord.invalid/api/v10",
    "gateway_url": "ws://gateway.invalid/gateway/",
}


async def test_it_logs_in_and_answers(server: DiscordServer):
    hand = Hand(server)
    async with running(server, front_for(server)):
        asked = await hand.slash("admin", "desk whoami")
        callback = await hand.answered(asked)
        assert callback["type"] == 4
        assert callback["data"]["flags"] & 64
        assert "**administers:** True" in words(callback["data"])
        assert r"**workspace\_name:** Maple" in words(callback["data"])
        asked = await hand.slash("alice", "desk whoami")
        assert "**administers:** False" in words((await hand.answered(asked))["data"])
    assert not server.gateway.connected


async def test_a_server_that_has_our_commands_without_us_is_told_how_to_add_us(server: DiscordServer):
    """An app's own "Add App" button adds its commands alone, unless its owner has set it otherwise."""
    server.gateway.in_guild = False
    hand = Hand(server)
    async with running(server, front_for(server)):
        told = (await hand.answered(await hand.slash("admin", "desk whoami")))["data"]
    assert told["flags"] & 64
    assert "I am not fully installed in this server" in words(told)
    (button,) = [one for one in walk(told["components"]) if one["type"] == 2]
    assert f"client_id={payloads.APPLICATION}" in button["url"]
    assert "scope=bot" in button["url"]


async def test_without_an_intent_that_discord_withholds_it_comes_back_by_itself(
    server: DiscordServer, caplog: pytest.LogCaptureFixture
):
    """Past 10,000 users, the switch of the developer portal alone is not enough."""
    server.application["flags"] = discord.ApplicationFlags(gateway_guild_members=True).value
    server.gateway.not_allowed = discord.Intents(members=True).value
    front = front_for(server)
    with pytest.raises(discord.PrivilegedIntentsRequired):
        await asyncio.wait_for(front.run(), PATIENCE)
    assert "Server Members Intent" in caplog.text
    async with running(server, front):
        asked = await Hand(server).slash("admin", "desk whoami")
        assert "Maple" in words((await Hand(server).answered(asked))["data"])


async def test_everything_goes_through_the_proxy_of_the_environment(
    server: DiscordServer, monkeypatch: pytest.MonkeyPatch
):
    """The machine itself can resolve neither the API's nor the gateway's address."""
    monkeypatch.setenv("http_proxy", server.api_base.removesuffix("/api/v10"))
    monkeypatch.setenv("no_proxy", "localhost")
    hand = Hand(server)
    async with running(server, front_for(server, **BY_PROXY)):
        asked = await hand.slash("admin", "desk whoami")
        assert "Maple" in words((await hand.answered(asked))["data"])


async def test_what_is_on_this_machine_or_named_is_reached_without_a_proxy(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("https_proxy", "http://proxy.example:3128")
    monkeypatch.setenv("no_proxy", "localhost")
    assert outbound.proxy() == "http://proxy.example:3128"
    assert outbound.proxy("https://127.0.0.1:8080/api") is None
    monkeypatch.setenv("no_proxy", ".discord.com,discord.com")
    assert outbound.proxy() is None


async def test_buttons_and_forms(server: DiscordServer):
    hand = Hand(server)
    async with running(server, front_for(server)):
        shown = await hand.slash("admin", "desk show_bell")
        await hand.answered(shown)
        pressed = await hand.press("alice", "Ring")
        assert (await hand.answered(pressed))["type"] == 7
        assert "Rung **1** times" in words(server.messages[shown.messages[0]])
        opened = await hand.press("alice", "Write")
        assert (await hand.answered(opened))["type"] == 9
        sent = await hand.submit("alice", opened, words="Hi", colour="Red")
        await server.until(lambda: sent.messages)
        assert words(server.messages[sent.messages[0]]) == "### To Bo: Hi, Red, None"


async def test_a_picture_is_uploaded(server: DiscordServer):
    hand = Hand(server)
    async with running(server, front_for(server)):
        callback = await hand.answered(await hand.slash("admin", "desk picture"))
    assert callback["data"]["attachments"] == [
        {"id": 0, "filename": "picture.png", "description": "One grey dot"}
    ]


async def test_who_does_not_have_the_shard_sends_and_listens_to_nothing(server: DiscordServer):
    asked: list[str] = []
    waits, may = asyncio.Event(), asyncio.Event()

    async def alone(name: str, work: Work) -> None:
        asked.append(name)
        waits.set()
        await may.wait()
        await work()

    front = front_for(server, shards=3, exclusively=alone)
    task = asyncio.create_task(front.run(2))
    await waits.wait()
    assert await front.notifier.post(TO_GENERAL, HELLO)
    assert server.gateway.shards == []
    may.set()
    await server.until(lambda: server.gateway.identified)
    assert (asked, server.gateway.shards) == (["discord shard 2 of 3"], [[2, 3]])
    task.cancel()
    await asyncio.wait({task})


async def test_a_broken_connection_is_taken_up_where_it_was(server: DiscordServer):
    hand = Hand(server)
    async with running(server, front_for(server)):
        await server.gateway.drop()
        missed = await hand.slash("admin", "desk whoami")
        await server.until(lambda: server.gateway.resumed)
        assert (await hand.answered(missed))["type"] == 4
        assert server.gateway.identified == 1


async def test_commands_are_told_once(server: DiscordServer):
    for _ in range(2):
        async with running(server, front_for(server)):
            server.gateway.identified = 0
    told = [one.method for one in server.requests if one.path.endswith("/commands")]
    assert told == ["GET", "PUT", "GET"]


@pytest.mark.parametrize("status", [400, 429, 403])
async def test_commands_that_discord_does_not_take_keep_nobody_out(
    server: DiscordServer, caplog: pytest.LogCaptureFixture, status: int
):
    async with running(server, front_for(server)):
        pass
    known, server.commands = server.commands, server.commands[:-1]
    server.refuse("PUT", "/applications/*/commands", status, retry_after=99.0, **{"global": False})
    server.gateway.identified = 0
    async with running(server, front_for(server)):
        asked = await Hand(server).slash("admin", "desk whoami")
        assert words((await Hand(server).answered(asked))["data"]).startswith("### You")
        await server.until(lambda: len(server.commands) == len(known))  # tried again with the session
    assert "Discord rejected the slash commands" in caplog.text


async def test_a_token_that_is_not_accepted_is_reported(server: DiscordServer):
    front = front_for(server, token="not.the.token")
    with pytest.raises(discord.LoginFailure):
        await front.run()
    with pytest.raises(DeliveryFailed) as failed:
        await front.notifier.post(TO_GENERAL, HELLO)
    assert not failed.value.final


async def test_a_front_can_be_run_again_after_it_failed(server: DiscordServer):
    server.refuse("GET", "/users/@me", 401)
    front = front_for(server)
    with pytest.raises(discord.LoginFailure):
        await front.run()
    async with running(server, front):
        assert await front.notifier.post(TO_GENERAL, HELLO)


async def test_a_gateway_that_cannot_be_reached_is_reported(server: DiscordServer):
    front = DiscordFront(
        small_runner(), server.token, api_base=server.api_base, gateway_url="ws://127.0.0.1:9"
    )
    with pytest.raises(ConnectionError, match="gateway cannot be reached"):
        await front.run()


async def test_a_stop_finishes_what_is_under_way(server: DiscordServer):
    hand, gate, begun = Hand(server), asyncio.Event(), asyncio.Event()

    async def slow() -> None:
        begun.set()
        await gate.wait()

    async with running(server, front_for(server, database=Nothing(slow))) as task:
        asked = await hand.slash("admin", "desk whoami")
        await begun.wait()
        task.cancel()
        done, _ = await asyncio.wait({task}, timeout=0.1)
        assert not done
        gate.set()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert asked.callback is not None
        assert asked.callback["type"] == 4
    assert not server.gateway.connected


async def test_all_is_acknowledged_while_the_database_stalls(server: DiscordServer):
    hand, gate = Hand(server), asyncio.Event()

    async def told(name: str) -> Interaction:
        asked = await hand.slash(name, "desk whoami")
        await hand.answered(asked)
        return asked

    async def stalled() -> None:
        await gate.wait()

    async with running(server, front_for(server, database=Nothing(stalled), patience=0.02)):
        done = await asyncio.gather(*(told(name) for name in ("admin", "alice") for _ in range(30)))
        assert {asked.callback["type"] for asked in done if asked.callback} == {5}
        gate.set()
        await server.until(lambda: all(asked.messages for asked in done))
    assert [len(asked.messages) for asked in done] == [1] * len(done)


async def test_a_stop_does_not_wait_for_ever(server: DiscordServer, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("bot.platforms.discord.front._FINISH_WITHIN", 0.05)
    never, begun = asyncio.Event(), asyncio.Event()

    async def stuck() -> None:
        begun.set()
        await never.wait()

    async with running(server, front_for(server, database=Nothing(stuck))) as task:
        await Hand(server).slash("admin", "desk whoami")
        await begun.wait()
        task.cancel()
        done, _ = await asyncio.wait({task}, timeout=PATIENCE)
        assert done
        never.set()


async def test_more_text_than_discord_itself_would_send(server: DiscordServer):
    hand = Hand(server)
    async with running(server, front_for(server)):
        asked = await hand.slash("alice", "desk say_it", text="y" * 10_000)
        callback = await hand.answered(asked)
    assert words(callback["data"]) == "### ⚠️ text is 10,000 characters long; 1,000 is the most"


@pytest.mark.parametrize("custom_id", ["", "nonsense", "run:", "x" * 200, "run:desk tell#a#b"])
async def test_a_form_that_nobody_can_read_is_answered_kindly(server: DiscordServer, custom_id: str):
    async with running(server, front_for(server)):
        sent = await server.happen(payloads.FORM, "alice", {"custom_id": custom_id, "components": []})
        callback = await Hand(server).answered(sent)
    assert words(callback["data"]).startswith("### ⚠️ This no longer works")


async def test_no_secret_is_logged(server: DiscordServer, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.DEBUG)
    hand = Hand(server)
    async with running(server, front_for(server)):
        asked = await hand.slash("admin", "join", code="SECRET-CODE")
        await hand.answered(asked)
    for secret in (server.token, "SECRET-CODE", asked.payload["token"]):
        assert secret not in caplog.text
