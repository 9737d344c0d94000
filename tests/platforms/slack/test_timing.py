"""Slow work, restarts, lost connections: acknowledged in time, answered in the end, nothing lost."""

import asyncio
import time
from collections.abc import Awaitable
from contextlib import nullcontext

import pytest

from bot.core.notices.notices import Destination
from bot.core.rights.actors import AccountKey
from bot.platforms.slack import api, dispatcher, front
from bot.platforms.slack.api import SlackRefused
from bot.platforms.slack.front import SlackLoginFailed
from bot.platforms.slack.work import InFlight
from tests.patience import PATIENCE
from tests.platforms.slack.conftest import Stage
from tests.platforms.slack.small import SmallDatabase, board_card, small_runner
from tests.servers.slack.running import front_for
from tests.servers.slack.server import SlackServer, Trouble
from tests.soak import SOAKING, size

LINES, AT_ONCE = 90, 20
# How long the database stalls while Slack goes on telling us things, in seconds.
STALL = size(0, 5)
# Looked at in `make soak` alone: in the usual run others are busy too. Slack itself gives up after three.
P99 = 1.0


async def test_a_slow_command_is_acknowledged_first_and_answered_later(slow: Stage) -> None:
    slow.database.gate.clear()
    assert not await slow.hand.type(slow.ann, "show echo hello")
    assert slow.seen(slow.ann) == []
    slow.database.gate.set()
    await slow.front.idle()
    assert slow.seen(slow.ann) == ["You said\nhello\nhello"]
    assert slow.seen(slow.admin) == []


async def test_a_slow_click_is_acknowledged_first_and_redrawn_later(slow: Stage) -> None:
    await slow.type(slow.ann, "show board")
    slow.database.gate.clear()
    await slow.hand.click(slow.ann, "Count")
    assert "Number: 0" in slow.seen(slow.ann)[0]
    slow.database.gate.set()
    await slow.front.idle()
    assert "Number: 1" in slow.seen(slow.ann)[0]


async def test_a_slow_form_closes_and_is_answered_later(slow: Stage) -> None:
    await slow.type(slow.ann, "show echo")
    slow.database.gate.clear()
    await slow.hand.submit(slow.ann, text="hello")
    assert slow.hand.opened(slow.ann) is None
    slow.database.gate.set()
    await slow.front.idle()
    assert slow.seen(slow.ann) == ["You said\nhello\nhello"]


async def test_a_form_that_slack_no_longer_opens_is_offered_by_a_button(stage: Stage) -> None:
    stage.server.fail("views.open", Trouble("expired_trigger_id"))
    await stage.type(stage.ann, 'show order colour:Green note:"by train"')
    assert stage.hand.opened(stage.ann) is None
    assert "[Open the form]" in stage.seen(stage.ann)[-1]
    assert stage.seen(stage.admin) == []
    await stage.click(stage.ann, "Open the form")
    await stage.submit(stage.ann, amount="5")
    assert "Green | 5 | None | by train" in "".join(stage.seen(stage.ann))


async def test_a_late_form_carries_as_much_as_a_button_can(stage: Stage) -> None:
    stage.server.fail("views.open", Trouble("expired_trigger_id"))
    await stage.type(stage.ann, f'show order colour:Green note:"{"long " * 30}"')
    await stage.click(stage.ann, "Open the form")
    await stage.submit(stage.ann, amount="5", note="short")
    assert "Green | 5 | None | short" in "".join(stage.seen(stage.ann))


async def test_an_expired_response_url_is_no_dead_end(stage: Stage) -> None:
    await stage.type(stage.ann, "show board")
    stage.server.fail("response_url", Trouble("expired_url", 404))
    await stage.click(stage.ann, "Whisper")
    assert len(stage.server.called("chat.postEphemeral")) == 1
    assert stage.seen(stage.ann)[-1] == "You said\npsst\npsst"
    assert len(stage.seen(stage.admin)) == 1


async def test_an_answer_that_slack_refuses_as_if_it_took_it_is_given_another_way(stage: Stage) -> None:
    await stage.type(stage.ann, "show board")
    stage.server.fail("response_url", Trouble("action_prohibited"))
    await stage.click(stage.ann, "Whisper")
    assert stage.seen(stage.ann)[-1] == "You said\npsst\npsst"


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ("ok", ""),
        ("", ""),
        ('{"ok":true}', ""),
        ("invalid_blocks", "invalid_blocks"),
        ('{"ok":false,"error":"expired_url"}', "expired_url"),
        ("<html>", "<html>"),
    ],
)
async def test_what_a_response_url_says_counts(server: SlackServer, body: str, error: str) -> None:
    server.fail("response_url", Trouble(body=body))
    refused = pytest.raises(SlackRefused, match=error) if error else nullcontext()
    async with api.session() as session:
        with refused:
            await api.respond(session, server.response_url("any"), {"text": "Hello"})


async def test_in_a_direct_conversation_it_answers_with_a_message(stage: Stage) -> None:
    await stage.front.notifier.post(Destination.direct(AccountKey("slack", stage.ann.id)), board_card(0))
    stage.server.fail("response_url", Trouble("expired_url", 404))
    await stage.click(stage.ann, "Whisper")
    assert stage.seen(stage.ann)[-1] == "You said\npsst\npsst"
    assert stage.server.called("chat.postEphemeral") == []


async def test_a_bot_outside_of_the_channel_answers_directly(stage: Stage) -> None:
    await stage.type(stage.ann, "show board")
    general = stage.server.workspace.named("general")
    general.private, general.bot_is_in = True, False
    stage.server.fail("response_url", Trouble("expired_url", 404))
    await stage.click(stage.ann, "Whisper")
    assert stage.server.called("conversations.open") == [{"users": stage.ann.id}]
    assert stage.seen(stage.ann)[-1] == "You said\npsst\npsst"
    assert len(stage.seen(stage.admin)) == 1


async def test_a_click_still_redraws_if_the_bot_is_not_in_the_channel(stage: Stage) -> None:
    await stage.type(stage.ann, "show board")
    general = stage.server.workspace.named("general")
    general.private, general.bot_is_in = True, False
    await stage.click(stage.ann, "Count")
    assert "Number: 1" in stage.seen(stage.ann)[0]


async def test_a_private_card_is_redrawn_for_its_reader_alone(stage: Stage) -> None:
    await stage.type(stage.ann, "show board private:yes")
    await stage.click(stage.ann, "Count")
    (board,) = stage.seen(stage.ann)
    assert "Number: 1" in board
    assert stage.seen(stage.admin) == []
    assert stage.server.called("chat.update") == []


async def test_a_menu_that_slack_no_longer_opens_is_no_dead_end(stage: Stage) -> None:
    stage.server.fail("views.open", Trouble("expired_trigger_id"))
    await stage.type(stage.ann, "")
    assert stage.seen(stage.ann) == ["Type a command\nFor example /homeroom help."]


async def test_pictures_that_slack_still_looks_at_are_tried_again(stage: Stage) -> None:
    stage.server.pictures_ready_after = 1
    await stage.type(stage.ann, "show picture")
    assert stage.seen(stage.ann) == ["Look\n(picture: A red square)"]


async def test_words_stand_for_a_picture_that_cannot_be_uploaded(stage: Stage) -> None:
    stage.server.fail("files.getUploadURLExternal", Trouble("missing_scope"))
    await stage.type(stage.ann, "show picture")
    assert stage.seen(stage.ann) == ["Look\nA red square"]


async def test_a_button_works_after_a_restart(stage: Stage) -> None:
    await stage.type(stage.ann, "show board")
    await stage.restart()
    await stage.click(stage.admin, "Count")
    assert "Number: 1" in stage.seen(stage.ann)[0]


@pytest.mark.parametrize("how", ["private:yes", "private:no"])
async def test_an_open_form_works_after_a_restart(stage: Stage, how: str) -> None:
    await stage.type(stage.ann, f"show board {how}")
    await stage.click(stage.ann, "Ask me")
    await stage.restart()
    await stage.submit(stage.ann, amount="7")
    board, ordered = stage.seen(stage.ann)
    assert "Number: 7" in board
    assert "Red | 7" in ordered


async def test_what_is_begun_is_finished_before_the_front_stops(slow: Stage) -> None:
    slow.database.gate.clear()
    await slow.hand.type(slow.ann, "show echo hello")
    stopping = asyncio.create_task(slow.stop())
    done, _ = await asyncio.wait({stopping}, timeout=0.2)
    assert not done
    slow.database.gate.set()
    await stopping
    assert slow.seen(slow.ann) == ["You said\nhello\nhello"]


async def test_what_is_not_acknowledged_yet_still_is_before_the_front_stops(stage: Stage) -> None:
    stage.database.gate.clear()
    typing = asyncio.create_task(stage.hand.type(stage.ann, "show echo hello"))
    await asyncio.wait_for(stage.database.entered.wait(), PATIENCE)
    stopping = asyncio.create_task(stage.stop())
    done, _ = await asyncio.wait({stopping}, timeout=0.2)
    assert not done
    stage.database.gate.set()
    assert (await typing)["text"] == "You said\nhello\nhello"
    await stopping


async def test_a_request_is_waited_for_until_it_is_answered() -> None:
    work, answered = InFlight(), asyncio.Event()
    request = asyncio.create_task(work.tracked(answered.wait()))
    idle = asyncio.create_task(work.idle())
    for _ in range(5):
        await asyncio.sleep(0)
    assert not idle.done()
    answered.set()
    await asyncio.wait_for(idle, PATIENCE)
    assert request.done()


async def test_a_new_connection_takes_the_place_of_one_that_slack_ends(socket_mode: Stage) -> None:
    server = socket_mode.server
    old = server.sockets[-1]
    await old.send_json({"type": "disconnect", "reason": "refresh_requested"})
    await server.until(lambda: old not in server.sockets and bool(server.sockets))
    await socket_mode.type(socket_mode.ann, "show echo hello")
    assert socket_mode.seen(socket_mode.ann) == ["You said\nhello\nhello"]


async def test_a_connection_that_does_not_come_back_fails_the_front(
    server: SlackServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(front, "_CHECK_EVERY", 0.01)
    monkeypatch.setattr(front, "_MAX_DOWNTIME", 0.05)
    running = asyncio.create_task(front_for(small_runner(SmallDatabase()), server).run())
    await asyncio.wait_for(server.connected.wait(), PATIENCE)
    server.fail("apps.connections.open", *[Trouble("invalid_auth")] * 100)
    for one in [*server.sockets]:
        await one.close()
    with pytest.raises(SlackLoginFailed, match="was lost, and could not be restored"):
        await asyncio.wait_for(running, PATIENCE)


async def test_all_is_acknowledged_within_a_second_while_the_database_stalls(stage: Stage) -> None:
    stage.patience = dispatcher.PATIENCE
    await stage.restart()
    await stage.type(stage.ann, "show board")
    await stage.hand.type(stage.ann, "show order colour:Green")
    await stage.front.idle()
    opened = stage.hand.opened(stage.ann)
    assert opened is not None
    (field,) = (block for block in opened.view["blocks"] if block.get("block_id") == "name")
    stage.database.gate.clear()
    took: list[float] = []

    gate = asyncio.Semaphore(AT_ONCE)

    async def timed(work: Awaitable[object]) -> None:
        async with gate:
            begun = time.monotonic()
            await work
            took.append(time.monotonic() - begun)

    several: list[Awaitable[object]]
    several = [stage.hand.click(stage.ann, label) for label in ("Count", "Ask me", "Whisper", "Announce")]
    several += [stage.hand.type(stage.ann, line) for line in ("show echo hello", "", "show order", "help me")]
    several += [stage.hand.suggest(stage.ann, opened, field, "A"), stage.hand.submit(stage.ann, amount="5")]
    stalled_since, waves = time.monotonic(), 0
    while not waves or time.monotonic() - stalled_since < STALL:
        more = [stage.hand.type(stage.ann, f"show echo {waves}x{number}") for number in range(LINES)]
        await asyncio.gather(*(timed(work) for work in [*several, *more]))
        several, waves = [], waves + 1
    took.sort()
    # The gate is still shut: nothing waited for the database.
    assert not SOAKING or took[int(0.99 * len(took))] < P99, took[-5:]
    stage.database.gate.set()
    await stage.front.idle()
    said = stage.seen(stage.ann)
    assert sum("You said" in one for one in said) == waves * LINES + 2
