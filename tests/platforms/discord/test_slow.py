"""If the Runner takes its time, the front acknowledges by itself and answers later."""

import asyncio
from typing import Any

import aiohttp
import pytest

from bot.platforms.discord.client import HomeroomClient
from bot.platforms.discord.turn import PATIENCE, Outcome, Turn
from tests.platforms.discord.conftest import Stage, answer, texts
from tests.platforms.discord.small import small_runner


class Slow:
    """A Runner that waits until a test lets it answer."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self._open = asyncio.Event()
        stage.database.slow = self._wait

    async def _wait(self) -> None:
        await self.stage.env.external_wait(self._open.wait(), reason="a slow database")

    def acknowledged(self) -> int:
        """Return how the front has acknowledged while the Runner waits."""
        assert not self._open.is_set()
        return int(self.stage.callbacks()[-1]["type"])

    def go_on(self) -> None:
        """Answer from now on."""
        self._open.set()

    async def answers(self) -> None:
        self.go_on()
        await self.stage.env.settle()


async def slowed(stage: Stage) -> Slow:
    await stage.env.restart_bot(HomeroomClient(small_runner(stage.database), patience=0.02))
    return Slow(stage)


def test_the_front_waits_less_than_discord_does():
    assert PATIENCE <= 3 / 2


async def test_slow_and_private(stage: Stage):
    slow = await slowed(stage)
    said = await stage.alice.slash(stage.general, "desk whoami")
    assert slow.acknowledged() == 5
    await slow.answers()
    assert answer(said).ephemeral
    assert texts(answer(said)).startswith("### You")


@pytest.mark.parametrize("failure", [aiohttp.ServerDisconnectedError(), RuntimeError("Session is closed")])
async def test_slow_and_the_acknowledgement_is_lost(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, failure: Exception
):
    """The work goes on, so its result is told."""

    async def lost(_: Turn) -> None:
        raise failure

    monkeypatch.setattr(Turn, "_acknowledge", lost)
    slow = await slowed(stage)
    said = await stage.alice.slash(stage.general, "desk whoami")
    await slow.answers()
    assert texts(answer(said)).startswith("### You")


async def test_an_answer_that_is_lost_does_not_say_that_nothing_was_done(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
):
    put, troubles = Turn._put, [aiohttp.ClientConnectionError("connection lost")]

    async def once(self: Turn, message: dict[str, Any], *, private: bool) -> None:
        if troubles:
            raise troubles.pop()
        await put(self, message, private=private)

    monkeypatch.setattr(Turn, "_put", once)
    said = await stage.alice.slash(stage.general, "desk whoami")
    assert "It may have been done anyway" in texts(answer(said))


async def test_nothing_is_raised_where_no_answer_can_be_sent(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    async def lost(*_: object, **__: object) -> None:
        raise RuntimeError("Session is closed")

    monkeypatch.setattr(Turn, "_put", lost)
    await stage.alice.slash(stage.general, "desk whoami")
    await stage.env.settle()
    told = [one.message for one in caplog.records if one.name == "bot.platforms.discord.turn"]
    assert told == ["An interaction failed", "Discord rejected an error message"]


async def test_what_is_done_while_the_acknowledgement_is_under_way_is_told_after_it(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
):
    run, acknowledge, deliver = HomeroomClient._run, Turn._acknowledge, Turn._deliver
    done, told = asyncio.Event(), list[str]()

    async def ran(client: HomeroomClient, *what: Any) -> Outcome:
        try:
            return await run(client, *what)
        finally:
            done.set()

    async def overtaken(turn: Turn) -> None:
        slow.go_on()
        await stage.env.external_wait(done.wait(), reason="the work is done first")
        await acknowledge(turn)
        told.append("acknowledged")

    async def noted(turn: Turn, outcome: Outcome) -> None:
        told.append("answered")
        await deliver(turn, outcome)

    monkeypatch.setattr(HomeroomClient, "_run", ran)
    monkeypatch.setattr(Turn, "_acknowledge", overtaken)
    monkeypatch.setattr(Turn, "_deliver", noted)
    slow = await slowed(stage)
    said = await stage.alice.slash(stage.general, "desk whoami")
    await stage.env.settle()
    assert told == ["acknowledged", "answered"]
    assert texts(answer(said)).startswith("### You")


async def test_slow_and_for_everyone(stage: Stage):
    slow = await slowed(stage)
    said = await stage.alice.slash(stage.general, "desk show_bell")
    assert slow.acknowledged() == 5
    await slow.answers()
    assert not answer(said).ephemeral
    assert "The bell" in texts(answer(said))


async def test_slow_and_silent(stage: Stage):
    slow = await slowed(stage)
    said = await stage.alice.slash(stage.general, "desk nothing")
    assert slow.acknowledged() == 5
    await slow.answers()
    assert said.response is None
    assert said.followups == []


async def test_a_form_that_comes_too_late_is_opened_by_a_button(stage: Stage):
    slow = await slowed(stage)
    said = await stage.alice.slash(stage.general, "desk compose")
    assert slow.acknowledged() == 5
    await slow.answers()
    assert said.modal is None
    opened = await stage.alice.click(answer(said), label="Open the form")
    assert opened.modal is not None
    assert opened.modal["custom_id"] == "run:desk write"


async def test_a_slow_click_redraws_its_card(stage: Stage):
    card = answer(await stage.alice.slash(stage.general, "desk show_bell"))
    slow = await slowed(stage)
    await stage.bob.click(card, label="Ring")
    assert slow.acknowledged() == 6
    await slow.answers()
    assert "Rung **1** times" in texts(card)


async def test_a_slow_click_answers_in_private(stage: Stage):
    card = answer(await stage.alice.slash(stage.general, "desk show_bell"))
    slow = await slowed(stage)
    pressed = await stage.bob.click(card, label="Tell")
    assert slow.acknowledged() == 6
    await slow.answers()
    assert pressed.followups[0].ephemeral
    assert texts(pressed.followups[0]) == "### ✅ It rang 0 times"


async def test_a_slow_form_answers_where_it_was_opened(stage: Stage):
    card = answer(await stage.alice.slash(stage.general, "desk show_bell"))
    opened = await stage.bob.click(card, label="Write")
    slow = await slowed(stage)
    sent = await stage.bob.submit_modal(opened, {"words": "Hi"})
    assert slow.acknowledged() == 6
    await slow.answers()
    assert texts(sent.followups[0]) == "### To Bo: Hi, None, None"
    assert "Rung **7** times" in texts(card)


async def test_a_step_that_comes_too_late_is_tried_again(stage: Stage):
    survey = answer(await stage.alice.slash(stage.general, "survey start"))
    first = await stage.alice.click(survey, label="Begin")
    waiting = answer(await stage.alice.submit_modal(first, {"name": "Al", "street": "Main"}))
    slow = await slowed(stage)
    late = await stage.alice.click(waiting, label="Continue (2/2)")
    assert slow.acknowledged() == 6
    await slow.answers()
    assert texts(late.followups[0]).startswith("### ⏳ That took a little too long")
    stage.database.slow = None
    again = await stage.alice.click(waiting, label="Continue (2/2)")
    assert again.modal is not None


async def test_an_acknowledgement_that_is_refused_does_not_stop_the_work(stage: Stage):
    slow = await slowed(stage)
    stage.env.inject_error("POST", "/interactions/*/callback", status=404, code=10062)
    said = await stage.alice.slash(stage.general, "desk whoami")
    assert slow.acknowledged() == 5
    await slow.answers()
    assert texts(answer(said)).startswith("### You")
