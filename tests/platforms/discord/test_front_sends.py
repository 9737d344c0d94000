"""What the front sends by itself, over real sockets: cards that go out, are retried, or must wait."""

from types import SimpleNamespace
from typing import Any

import discord
import pytest

from bot.chat.notifier import Breadth, DeliveryFailed
from bot.chat.replies import Card, Text
from bot.chat.text import say, verbatim
from bot.core.notices.notices import Destination
from bot.core.rights.actors import Platform
from bot.platforms.discord.notifier import DiscordNotifier
from tests.platforms.discord import fronts
from tests.platforms.discord.fronts import HELLO, TO_GENERAL, front_for, running
from tests.servers.discord import payloads
from tests.servers.discord.hand import words
from tests.servers.discord.server import DiscordServer

server = fronts.server


async def test_a_discord_that_does_not_answer(server: DiscordServer, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("bot.platforms.discord.failures._WITHIN", 0.05)
    front = front_for(server)
    async with running(server, front):
        server.refuse("POST", "/users/@me/channels", 502, times=9)
        with pytest.raises(DeliveryFailed) as failed:
            await front.notifier.post(Destination(Platform.DISCORD, account=payloads.ALICE), HELLO)
    assert not failed.value.final


async def test_cards_leave_on_their_own(server: DiscordServer):
    front = front_for(server)
    async with running(server, front):
        channel, message = await front.notifier.post(TO_GENERAL, HELLO)
        assert channel == payloads.GENERAL
        assert words(server.messages[message]) == "### Hello"
        await front.notifier.redraw(TO_GENERAL, channel, message, Card(say("Goodbye")))
        assert words(server.messages[message]) == "### Goodbye"
        direct = Destination(Platform.DISCORD, account=payloads.ALICE)
        channel, message = await front.notifier.post(direct, HELLO)
        assert server.messages[message]["channel_id"] == channel != payloads.GENERAL


async def test_a_card_that_went_out_as_words_is_redrawn_as_a_card(server: DiscordServer):
    front = front_for(server)
    async with running(server, front):
        server.refuse("POST", "/channels/*/messages", 400)
        channel, message = await front.notifier.post(TO_GENERAL, HELLO)
        assert server.messages[message]["content"] == "Hello"
        await front.notifier.redraw(TO_GENERAL, channel, message, Card(say("Goodbye")))
        assert words(server.messages[message]) == "### Goodbye"


async def test_a_card_in_a_thread_that_rests_is_redrawn(server: DiscordServer):
    front = front_for(server)
    async with running(server, front):
        channel, message = await front.notifier.post(TO_GENERAL, HELLO)
        server.archived_threads.add(channel)
        await front.notifier.redraw(TO_GENERAL, channel, message, Card(say("Goodbye")))
        assert "Goodbye" in words(server.messages[message])
        server.archived_threads.add(channel)
        server.refuse("PATCH", f"/channels/{channel}", 403, code=50013)  # it is locked
        with pytest.raises(DeliveryFailed) as failed:
            await front.notifier.redraw(TO_GENERAL, channel, message, HELLO)
        assert failed.value.final


async def test_a_card_that_is_tried_again_is_there_once(server: DiscordServer):
    front = front_for(server)
    long = Card(say("Long"), tuple(Text(verbatim(f"{number} {'word ' * 300}")) for number in range(4)))
    async with running(server, front):
        server.refuse("POST", "/channels/*/messages", 400, times=1)  # its words then
        first = await front.notifier.post(TO_GENERAL, HELLO, "one")
        server.refuse("POST", "/channels/*/messages", 400, times=1)
        assert await front.notifier.post(TO_GENERAL, HELLO, "one") == first
        assert len(server.messages) == 1
        server.fails_after = 1
        with pytest.raises(DeliveryFailed):
            await front.notifier.post(TO_GENERAL, long, "two")
        server.fails_after = None
        _, sent = await front.notifier.post(TO_GENERAL, long, "two")
        assert len(server.messages) == 1 + len(sent.split(",")) > 2, "no page of it is there twice"
        before = len(server.messages)
        for key, card in (("three", HELLO), ("three", Card(say("Goodbye"))), ("", HELLO), ("", HELLO)):
            await front.notifier.post(TO_GENERAL, card, key)
        assert len(server.messages) == before + 4, "what shows something else is another one"


async def test_being_asked_to_wait_for_long(server: DiscordServer):
    front = front_for(server)
    async with running(server, front):
        server.refuse("POST", "/channels/*/messages", 429, retry_after=42.5, **{"global": False})
        with pytest.raises(DeliveryFailed) as failed:
            await front.notifier.post(TO_GENERAL, HELLO)
    assert (failed.value.final, failed.value.retry_after) == (False, 42.5)
    assert failed.value.ours, "no message's fault"


@pytest.mark.parametrize(
    ("headers", "breadth"),
    [
        ({}, Breadth.PLATFORM),
        ({"Via": "1.1 google", "X-RateLimit-Scope": "global"}, Breadth.PLATFORM),
        ({"Via": "1.1 google", "X-RateLimit-Global": "true"}, Breadth.PLATFORM),
        ({"Via": "1.1 google", "X-RateLimit-Scope": "shared"}, Breadth.PLACE),
    ],
)
async def test_for_whom_a_wait_holds(headers: dict[str, str], breadth: Breadth):
    response: Any = SimpleNamespace(status=429, reason="", headers={"Retry-After": "65", **headers})

    class Busy:
        user, is_closed = object(), staticmethod(lambda: False)

        async def create_dm(self, _: object) -> None:
            raise discord.HTTPException(response, "slow down")

    client: Any = Busy()
    with pytest.raises(DeliveryFailed) as failed:
        await DiscordNotifier(lambda: client).post(
            Destination(Platform.DISCORD, account=payloads.ALICE), HELLO
        )
    assert (failed.value.breadth, failed.value.retry_after, failed.value.ours) == (breadth, 65, True)


async def test_a_network_that_is_down():
    async with DiscordServer() as server:
        front = front_for(server)
        async with running(server, front):
            await server.__aexit__()
            with pytest.raises(DeliveryFailed) as failed:
                await front.notifier.post(TO_GENERAL, HELLO)
            assert not failed.value.final
