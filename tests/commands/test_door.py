"""Commands at the front door, as the Runner is asked to run them."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.chat.actions import Action
from bot.chat.replies import Card, Fields, Form, Reply, Text
from bot.chat.runner import Runner
from bot.chat.text import plain
from bot.platforms.web.playground.people import GENERAL, Player
from tests.world import open_world, sqlite_url

ADA = Player("Ada", "Admin", "#000", administers_workspace=True).caller(f"#{GENERAL}", "Playground", None)
NIA = Player("Nia", "Newcomer", "#000").caller(f"#{GENERAL}", "Playground", None)


@pytest.fixture
async def runner(tmp_path: Path) -> AsyncIterator[Runner]:
    async with open_world(sqlite_url(tmp_path)) as world:
        await world.runner.type('/school create "Maple Grove"', ADA)
        yield world.runner


def words(reply: Reply) -> str:
    card = reply.answer or reply.redraw
    assert isinstance(card, Card)
    said = [plain(card.title)]
    for block in card.blocks:
        match block:
            case Text(line):
                said.append(plain(line))
            case Fields(pairs):
                said += [f"{plain(name)}: {plain(value)}" for name, value in pairs]
            case _:
                pass
    return " | ".join(said)


async def test_a_form_sent_with_nothing_in_it_is_answered(runner: Runner) -> None:
    assert isinstance((await runner.type("/join", NIA)).answer, Form)
    sent = await runner.act(Action("join"), NIA)
    assert (sent.refused, sent.option) == (True, "code")
    assert words(sent) == "code is missing: enter it, or choose a public school."
    assert "settings saved" in words(await runner.act(Action("school edit"), ADA))
