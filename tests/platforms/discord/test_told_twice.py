"""What Discord sends twice, to one process or two, is done once, and answered where it was done."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.chat import deferred, runner
from bot.chat.replies import Reply
from bot.platforms.discord import client
from bot.platforms.discord.caller import Interaction
from bot.platforms.discord.turn import Turn
from tests.platforms.discord.fronts import front_for, running
from tests.platforms.discord.small import Nothing
from tests.servers.discord.answering import Interaction as Happened
from tests.servers.discord.hand import Hand, words
from tests.servers.discord.server import DiscordServer

NEVER, AT_ONCE = 60.0, 0.0


@pytest.fixture
async def server() -> AsyncIterator[DiscordServer]:
    async with DiscordServer() as server:
        yield server


class Two:
    """Two Runners that get the same call: only the first does it, and both wait until they may go on."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, first: float, second: float) -> None:
        self.gates = [asyncio.Event(), asyncio.Event()]
        self.begun = 0
        self._patience = [first, second]
        monkeypatch.setattr(client, "Turn", self._turn)
        self.database = Nothing()

    def _turn(self, interaction: Interaction, _: float) -> Turn:
        return Turn(interaction, self._patience.pop(0) if self._patience else NEVER)

    async def wait(self) -> None:
        number, self.begun = self.begun, self.begun + 1
        if number < len(self.gates):
            await self.gates[number].wait()


def said(server: DiscordServer, asked: Happened) -> list[str]:
    return [words(server.messages[one]) for one in asked.messages]


async def test_what_is_done_elsewhere_is_not_acknowledged_here(
    server: DiscordServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn, ended, resolved, take = asyncio.Event(), asyncio.Event(), deferred.resolved, Turn.take

    async def slowly(reply: Reply) -> Reply:
        await drawn.wait()
        return await resolved(reply)

    async def taken(turn: Turn, work: Any) -> None:
        await take(turn, work)
        ended.set()

    hand = Hand(server)
    async with running(server, front_for(server)):
        monkeypatch.setattr(runner, "resolved", slowly)
        monkeypatch.setattr(Turn, "take", taken)
        asked = await hand.slash("admin", "desk whoami")
        await server.tell(asked)
        await ended.wait()
        assert asked.callback is None
        drawn.set()
        assert "**administers:** True" in words((await hand.answered(asked))["data"])
    assert len(asked.messages) == 1


@pytest.mark.parametrize("promised_by", [0, 1])
async def test_an_answer_follows_the_promise_that_another_made(
    server: DiscordServer, monkeypatch: pytest.MonkeyPatch, promised_by: int
) -> None:
    two = Two(monkeypatch, *(AT_ONCE if one == promised_by else NEVER for one in (0, 1)))
    hand = Hand(server)
    async with running(server, front_for(server, database=two.database)):
        two.database.slow = two.wait
        asked = await hand.slash("admin", "desk whoami")
        await server.tell(asked)
        assert (await hand.answered(asked))["type"] == 5
        two.gates[0].set()
        await server.until(lambda: any(said(server, asked)))
        two.gates[1].set()
    assert [one.startswith("### You") for one in said(server, asked)] == [True]


async def test_a_card_is_redrawn_though_another_has_acknowledged_the_click(
    server: DiscordServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    hand, database = Hand(server), Nothing()
    async with running(server, front_for(server, database=database)):
        shown = await hand.slash("admin", "desk show_bell")
        await hand.answered(shown)
        two = Two(monkeypatch, NEVER, AT_ONCE)
        database.slow = two.wait
        pressed = await hand.press("alice", "Ring")
        await server.tell(pressed)
        assert (await hand.answered(pressed))["type"] == 6
        two.gates[0].set()
        await server.until(lambda: "Rung **1** times" in words(server.messages[shown.messages[0]]))
        two.gates[1].set()
    assert pressed.messages == []


async def test_what_only_reads_is_answered_once_though_it_is_told_twice(
    server: DiscordServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is read twice, but the second answer finds that there is one already."""
    two = Two(monkeypatch, NEVER, NEVER)
    hand = Hand(server)
    async with running(server, front_for(server, database=two.database)):
        two.database.slow = two.wait
        asked = await hand.slash("admin", "desk look")
        await server.tell(asked)
        two.gates[0].set()
        await hand.answered(asked)
        two.gates[1].set()
    assert len(said(server, asked)) == 1
