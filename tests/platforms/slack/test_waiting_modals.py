"""A modal that is opened at once holds the place of a form that comes later."""

import asyncio
from collections.abc import Awaitable, Callable

from tests.patience import PATIENCE
from tests.platforms.slack.conftest import Stage
from tests.platforms.slack.test_redelivery import Repeating
from tests.servers.slack.workspace import View


async def _waits(stage: Stage, work: Callable[[], Awaitable[object]]) -> View:
    """Open a form while the database stalls; return the modal that waits for it."""
    stage.database.gate.clear()
    stage.server.changed.clear()
    await work()
    async with asyncio.timeout(PATIENCE):
        while not (opened := stage.hand.opened(stage.ann)):
            await stage.server.changed.wait()
            stage.server.changed.clear()
    assert opened.view["callback_id"] == "homeroom:notice"
    return opened


async def test_a_modal_waits_for_a_form_that_is_late(slow: Stage) -> None:
    opened = await _waits(slow, lambda: slow.hand.type(slow.ann, "show order colour:Green"))
    slow.database.gate.set()
    await slow.front.idle()
    assert slow.hand.opened(slow.ann) is opened
    await slow.submit(slow.ann, amount="5")
    assert "Green | 5" in "".join(slow.seen(slow.ann))


async def test_a_modal_waits_for_the_form_of_a_button(slow: Stage) -> None:
    slow.patience = 5
    await slow.restart()
    await slow.type(slow.ann, "show board")
    slow.patience = 0.02
    await slow.restart()
    await _waits(slow, lambda: slow.hand.click(slow.ann, "Ask me"))
    slow.database.gate.set()
    await slow.front.idle()
    await slow.submit(slow.ann, amount="7")
    assert "Number: 7" in slow.seen(slow.ann)[0]


async def test_a_modal_waits_for_the_menu_and_for_the_form_that_follows(slow: Stage) -> None:
    opened = await _waits(slow, lambda: slow.hand.type(slow.ann, ""))
    slow.database.gate.set()
    await slow.front.idle()
    assert opened.view["callback_id"] == "homeroom:menu"
    slow.database.gate.clear()
    await slow.hand.submit(slow.ann, command="show order")
    assert opened.view["callback_id"] == "homeroom:notice"
    slow.database.gate.set()
    await slow.front.idle()
    await slow.submit(slow.ann, colour="Red", amount="5")
    assert "Red | 5" in "".join(slow.seen(slow.ann))


async def test_a_closed_waiting_modal_is_replaced_by_a_button_that_opens_the_form(slow: Stage) -> None:
    await _waits(slow, lambda: slow.hand.type(slow.ann, "show order colour:Green"))
    slow.server.workspace.views.clear()
    slow.database.gate.set()
    await slow.front.idle()
    assert "[Open the form]" in slow.seen(slow.ann)[-1]


async def test_the_modal_and_the_chat_say_why_no_form_comes(slow: Stage) -> None:
    slow.database.fails = True
    opened = await _waits(slow, lambda: slow.hand.type(slow.ann, "show order colour:Green"))
    slow.database.gate.set()
    await slow.front.idle()
    assert opened.view["blocks"][0]["text"]["text"].startswith("⚠️ Something broke")
    assert slow.seen(slow.ann)[-1].startswith("⚠️ Something broke")


async def test_a_form_that_is_late_and_asked_for_several_times_is_opened_once(slow: Stage) -> None:
    slow.hand.line = Repeating(slow.hand.line)
    opened = await _waits(slow, lambda: slow.hand.type(slow.ann, "show order colour:Green"))
    slow.database.gate.set()
    await slow.front.idle()
    assert opened.view["callback_id"] == "homeroom:form"
    assert slow.seen(slow.ann) == []
