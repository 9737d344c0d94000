"""Only Slack may speak as Slack, and no packed value is trusted blindly."""

import asyncio
import json
import logging
import time
from urllib.parse import urlencode

import aiohttp
import pytest

from bot.platforms.slack.front import SlackFront, SlackLoginFailed
from bot.platforms.slack.installing import clients
from tests.patience import PATIENCE
from tests.platforms.slack.conftest import Stage
from tests.platforms.slack.small import SmallDatabase, small_runner
from tests.servers.slack.running import front_for
from tests.servers.slack.server import APP_TOKEN, BOT_TOKEN, TICKET, SlackServer, Trouble

COMMAND = urlencode(
    {"command": "/homeroom", "text": "about", "user_id": "U1", "team_id": "T1", "channel_id": "C1"}
)


async def test_a_forged_signature_is_refused(http: Stage) -> None:
    http.http.secret = "guessed"
    status, _ = await http.http.post(COMMAND)
    assert status == 401
    assert http.database.runs == 0


@pytest.mark.parametrize("skew", [-301, 400])  # a second may pass meanwhile
async def test_an_old_or_future_signature_is_refused(http: Stage, skew: int) -> None:
    http.http.skew = skew
    status, _ = await http.http.post(COMMAND)
    assert status == 401
    assert http.database.runs == 0


async def test_a_fresh_signature_is_taken(http: Stage) -> None:
    status, _ = await http.http.post(COMMAND)
    assert status == 200
    assert http.database.runs == 1


async def _post(http: Stage, body: bytes, **headers: str) -> int:
    url = f"{http.http.url}/slack/events"
    async with aiohttp.ClientSession() as session, session.post(url, data=body, headers=headers) as answer:
        return answer.status


async def test_requests_without_a_signature_are_refused(http: Stage) -> None:
    assert await _post(http, COMMAND.encode()) == 401
    assert http.database.runs == 0


async def test_a_huge_body_is_not_read(http: Stage) -> None:
    assert await _post(http, b"x" * 1_000_001) == 413


async def test_bytes_that_are_no_text_are_refused(http: Stage) -> None:
    assert await _post(http, b"\xff\xfe") == 401
    signature = {"X-Slack-Signature": "v0=0", "X-Slack-Request-Timestamp": str(int(time.time()))}
    assert await _post(http, b"\xff\xfe", **signature) == 400


async def test_signed_nonsense_is_answered_and_breaks_nothing(http: Stage) -> None:
    for body in ("", "nonsense", urlencode({"payload": "{}"}), urlencode({"command": "/other", "text": "x"})):
        status, _ = await http.http.post(body)
        assert status in {200, 404, 500}
    await http.type(http.ann, "about")
    assert http.seen(http.ann)[-1].startswith("A small bot")


def test_http_is_never_served_without_a_secret() -> None:
    front = SlackFront(small_runner(SmallDatabase()), bot_token=BOT_TOKEN, signing_secret="")
    with pytest.raises(ValueError, match=r"slack\.signing_secret"):
        front.routes()


@pytest.mark.parametrize(
    ("bot_token", "app_token", "named"),
    [("wrong", APP_TOKEN, "bot token"), (BOT_TOKEN, "wrong", "app token")],
)
async def test_a_wrong_token_is_reported(
    server: SlackServer, bot_token: str, app_token: str, named: str
) -> None:
    front = SlackFront(
        small_runner(SmallDatabase()), bot_token=bot_token, app_token=app_token, api_base=server.api_base
    )
    with pytest.raises(SlackLoginFailed, match=f"{named}: invalid_auth"):
        await front.run()


async def test_a_wrong_token_is_reported_over_http_too(server: SlackServer) -> None:
    front = SlackFront(
        small_runner(SmallDatabase()), bot_token="wrong", signing_secret="s", api_base=server.api_base
    )
    with pytest.raises(SlackLoginFailed, match="bot token: invalid_auth"):
        await front.serve_http()


@pytest.mark.parametrize("how", ["run", "serve_http"])
@pytest.mark.parametrize("error", ["token_revoked", "account_inactive"])
async def test_a_token_that_dies_while_we_serve_is_reported(
    server: SlackServer, monkeypatch: pytest.MonkeyPatch, how: str, error: str
) -> None:
    monkeypatch.setattr(clients, "_CHECK_EVERY", 0)
    front = front_for(small_runner(SmallDatabase()), server)
    serving = asyncio.create_task(getattr(front, how)())
    await server.until(lambda: len(server.called("auth.test")) > 2)
    # That Slack is not there for a moment is no dead token.
    server.fail("auth.test", Trouble(status=503), Trouble("ratelimited", 429, {"Retry-After": "1"}))
    server.fail("auth.test", Trouble(error))
    with pytest.raises(SlackLoginFailed, match=f"bot token: {error}"):
        await asyncio.wait_for(serving, PATIENCE)
    assert not server.troubles["auth.test"]


async def test_slack_being_away_is_reported(server: SlackServer) -> None:
    runner = small_runner(SmallDatabase())
    front = SlackFront(runner, bot_token=BOT_TOKEN, app_token=APP_TOKEN, api_base="http://127.0.0.1:1/")
    with pytest.raises(SlackLoginFailed, match="Slack cannot be reached: it refuses the connection"):
        await front.run()


async def test_socket_mode_without_its_token_names_the_setting(server: SlackServer) -> None:
    front = SlackFront(small_runner(SmallDatabase()), bot_token=BOT_TOKEN, api_base=server.api_base)
    with pytest.raises(SlackLoginFailed, match=r"slack\.app_token is empty"):
        await front.run()


@pytest.mark.parametrize("value", ["", "nonsense", "run:", "run:x?%", "eat:show echo", "run:a?b=1&c"])
async def test_an_unreadable_button_is_told_in_a_friendly_way(stage: Stage, value: str) -> None:
    await stage.type(stage.ann, "show board")
    (message,) = stage.server.workspace.seen_by(stage.ann.id)
    block = message.blocks[2]
    await stage.hand.act(
        stage.ann, message, block, {"type": "button", "action_id": "homeroom:0", "value": value}
    )
    await stage.front.idle()
    assert "This no longer works" in stage.seen(stage.ann)[-1]
    assert len(stage.seen(stage.admin)) == 1


@pytest.mark.parametrize("block_id", ["nonsense", "homeroom:select:", "homeroom:select:1:x:nonsense"])
async def test_an_unreadable_select_is_told_in_a_friendly_way(stage: Stage, block_id: str) -> None:
    await stage.type(stage.ann, "show board")
    (message,) = stage.server.workspace.seen_by(stage.ann.id)
    chosen = {"type": "static_select", "action_id": "homeroom:0", "selected_option": {"value": "Red"}}
    await stage.hand.act(stage.ann, message, {"block_id": block_id}, chosen)
    await stage.front.idle()
    assert "This no longer works" in stage.seen(stage.ann)[-1]


@pytest.mark.parametrize("metadata", ["", "nonsense", "[]", '{"action":7}', '{"action":"x","place":[]}'])
async def test_an_unreadable_form_is_told_in_a_direct_message(stage: Stage, metadata: str) -> None:
    await stage.type(stage.ann, "show echo")
    opened = stage.hand.opened(stage.ann)
    assert opened is not None
    opened.view["private_metadata"] = metadata
    await stage.submit(stage.ann, text="hello")
    assert "This no longer works" in stage.seen(stage.ann)[-1]


async def test_a_button_for_a_command_that_is_gone_is_refused(stage: Stage) -> None:
    await stage.type(stage.ann, "show board")
    (message,) = stage.server.workspace.seen_by(stage.ann.id)
    gone = {"type": "button", "action_id": "homeroom:0", "value": "run:show gone"}
    await stage.hand.act(stage.ann, message, {}, gone)
    await stage.front.idle()
    assert stage.seen(stage.ann)[-1] == "Refused: NotFound"


async def test_without_slacks_word_nobody_administers_anything(stage: Stage) -> None:
    stage.server.fail("users.info", Trouble("internal_error", 500))
    await stage.type(stage.admin, "about")
    assert f"slack:T0000001/{stage.admin.id} | admin |" in stage.seen(stage.admin)[-1]
    assert stage.seen(stage.admin)[-1].endswith("| None | False")
    await stage.type(stage.admin, "about")
    assert stage.seen(stage.admin)[-1].endswith("| Europe/Amsterdam | True")


async def test_people_are_asked_about_once(stage: Stage) -> None:
    for _ in range(3):
        await stage.type(stage.ann, "about")
    assert len(stage.server.called("users.info")) == 1


async def test_an_administrator_of_another_workspace_administers_nothing(stage: Stage) -> None:
    await stage.type(stage.ann, "show board")
    (message,) = stage.server.workspace.seen_by(stage.ann.id)
    about = {"type": "button", "action_id": "homeroom:0", "value": "run:about"}
    send = stage.hand.line.send

    async def from_elsewhere(kind: str, payload: dict[str, object]) -> object:
        payload["user"] = {"id": stage.admin.id, "username": "admin", "team_id": "T9"}
        return await send(kind, payload)

    stage.hand.line.send = from_elsewhere  # type: ignore[method-assign]
    await stage.hand.act(stage.admin, message, {}, about)
    await stage.front.idle()
    assert f"slack:T9/{stage.admin.id}" in stage.seen(stage.admin)[-1]
    assert stage.seen(stage.admin)[-1].endswith("| False")


async def test_an_administrator_of_another_workspace_who_types_here_is_a_stranger(stage: Stage) -> None:
    guest = stage.server.workspace.person("guest", admin=True, team="T9")
    await stage.type(guest, "about")
    assert f"slack:T9/{guest.id}" in stage.seen(guest)[-1]
    assert stage.seen(guest)[-1].endswith("| False")


async def test_nothing_that_people_write_reaches_the_log(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        await stage.restart()
        await stage.type(stage.ann, "show echo text:WMEB5NZH")
        await stage.type(stage.ann, "show echo")
        await stage.submit(stage.ann, text="WMEB5NZH")
        stage.server.fail("response_url", Trouble("expired_url", 404))
        await stage.type(stage.ann, "show board")
        await stage.click(stage.ann, "Whisper")
    for secret in ("WMEB5NZH", BOT_TOKEN, APP_TOKEN, "psst", "/response/", TICKET):
        assert secret not in caplog.text
    assert "another way" in caplog.text


async def test_the_acknowledgement_of_a_command_is_json_that_slack_takes(http: Stage) -> None:
    answer = await http.hand.type(http.ann, "show echo hi")
    assert json.loads(json.dumps(answer))["response_type"] == "ephemeral"
    assert not front_for(small_runner(http.database), http.server).routes()[0].path.endswith("/")
