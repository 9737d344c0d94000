"""Requests without Slack's valid signature have no effect: no state, no audit entry, no message."""

import hashlib
import hmac
import json
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlencode

import aiohttp
import pytest

from tests.core.door import door_of
from tests.platforms.slack.installs import House, house
from tests.servers.slack.lines import HttpLine, Line
from tests.servers.slack.running import front_for, over_http
from tests.servers.slack.server import SIGNING_SECRET, SlackServer
from tests.servers.slack.workspace import TEAM
from tests.world import open_world, sqlite_url

Headers = dict[str, str]
SIGNATURE, STAMP = "X-Slack-Signature", "X-Slack-Request-Timestamp"
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def signed(body: str, *, secret: str = SIGNING_SECRET, skew: int = 0, version: str = "v0") -> Headers:
    """Sign as Slack does."""
    stamp = str(int(time.time()) + skew)
    proof = hmac.new(secret.encode(), f"{version}:{stamp}:{body}".encode(), hashlib.sha256).hexdigest()
    return {SIGNATURE: f"{version}={proof}", STAMP: stamp}


def _but(**changed: Callable[[str], str]) -> Callable[[str], Headers]:
    """Return a function that signs correctly, and then changes headers."""
    names = {"signature": SIGNATURE, "stamp": STAMP}

    def sign(body: str) -> Headers:
        right = signed(body)
        return right | {names[name]: change(right[names[name]]) for name, change in changed.items()}

    return sign


def _without(name: str) -> Callable[[str], Headers]:
    return lambda body: {key: value for key, value in signed(body).items() if key != name}


WRONG: dict[str, Callable[[str], Headers]] = {
    "forged": lambda body: signed(body, secret="guessed"),
    "with an empty secret": lambda body: signed(body, secret=""),
    "of another body": lambda body: signed(body + "&more=1"),
    "of a body with another case": lambda body: signed(body.swapcase()),
    "old": lambda body: signed(body, skew=-301),
    "of the future": lambda body: signed(body, skew=400),  # 300 are allowed, and time passes meanwhile
    "old, with a new time": lambda body: signed(body, skew=-900) | {STAMP: str(int(time.time()))},
    "of another version": lambda body: signed(body, version="v1"),
    "in capitals": _but(signature=str.upper),
    "digits in capitals": _but(signature=lambda it: "v0=" + it[3:].upper()),
    "cut off": _but(signature=lambda it: it[:-1]),
    "with one bit flipped": _but(signature=lambda it: it[:-1] + ("0" if it[-1] != "0" else "1")),
    "with nothing behind the version": _but(signature=lambda _: "v0="),
    "without the version": _but(signature=lambda it: it[3:]),
    "empty": _but(signature=lambda _: ""),
    "with no signature": _without(SIGNATURE),
    "with no time": _without(STAMP),
    "with an empty time": _but(stamp=lambda _: ""),
    "with a time that is none": _but(stamp=lambda _: "now"),
    "with a time without end": _but(stamp=lambda _: "9" * 5000),
    "with a fraction of a second": _but(stamp=lambda it: f"{it}.0"),
    "with nothing at all": lambda _: {},
}


def _address(line: Line) -> str:
    assert isinstance(line, HttpLine)
    return f"{line.url}/slack/events"


async def _post(line: Line, body: str, headers: Headers) -> int:
    async with (
        aiohttp.ClientSession() as session,
        session.post(_address(line), data=body, headers={**_FORM, **headers}) as answer,
    ):
        return answer.status


def _command(server: SlackServer, who: str, text: str) -> str:
    return urlencode(
        {
            "command": "/homeroom",
            "text": text,
            "user_id": who,
            "user_name": "admin",
            "team_id": TEAM,
            "channel_id": server.workspace.named("general").id,
            "trigger_id": server.workspace.trigger(who),
            "response_url": server.response_url("nowhere"),
        }
    )


async def test_what_slack_has_not_signed_does_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with SlackServer() as server, open_world(sqlite_url(tmp_path)) as world:
        server.workspace.channel("general")
        admin = server.workspace.person("admin", admin=True)
        door, front = door_of(world), front_for(world.runner, server)
        async with over_http(front) as line:
            await front.idle()
            before, called = await door.tables(), len(server.calls)
            wrong = []
            for name, sign in WRONG.items():
                body = _command(server, admin.id, f'school create "{name}"')
                status = await _post(line, body, sign(body))
                await front.idle()
                if status not in {400, 401} or await door.tables() != before or len(server.calls) != called:
                    wrong.append(f"{name}: {status}")
            assert wrong == []
            assert "school+create" not in caplog.text, "nobody writes into our log"

            # The same request with its right signature is taken, once: a replay is answered and does nothing.
            body = _command(server, admin.id, "school create Maple")
            headers = signed(body)
            assert await _post(line, body, headers) == 200
            await front.idle()
            after = await door.tables()
            assert len(after["schools"]) == 1
            assert len(after["audit_entries"]) == 1
            for again in (headers, {name.lower(): value for name, value in headers.items()}, signed(body)):
                assert await _post(line, body, again) == 200
                await front.idle()
                assert await door.tables() == after


@pytest.mark.parametrize("method", ["GET", "PUT", "HEAD"])
async def test_only_posts_are_taken(tmp_path: Path, method: str) -> None:
    async with SlackServer() as server, open_world(sqlite_url(tmp_path)) as world:
        front = front_for(world.runner, server)
        async with (
            over_http(front) as line,
            aiohttp.request(method, _address(line), headers=signed("")) as answer,
        ):
            assert answer.status == 405


async def test_what_is_no_request_at_all_is_refused_and_without_a_signature_not_read(tmp_path: Path) -> None:
    deep = "[" * 100_000
    wrong = ["[1, 2]", '"text"', "7", "null", '{"authorizations": 7}', "{", "payload=[1]", "payload=7"]
    wrong += (deep, f"payload={deep}", '{"a":' * 100_000, '{"event":' + deep + "]" * 100_000 + "}")
    async with (
        SlackServer() as server,
        open_world(sqlite_url(tmp_path)) as world,
        over_http(front_for(world.runner, server)) as line,
    ):
        for body in wrong:
            for kind in ({}, {"Content-Type": "application/json"}):
                assert await _post(line, body, kind) == 401, body[:60]
                assert await _post(line, body, signed(body) | kind) in {400, 404}, body[:60]


@pytest.mark.parametrize("many", [False, True])
async def test_slack_is_answered_that_the_address_is_ours(tmp_path: Path, *, many: bool) -> None:
    """Slack accepts no address without it (docs.slack.dev/reference/events/url_verification)."""
    asks = {"type": "url_verification", "token": "unused", "challenge": "3eZbrw1aBm2rZgRNFdxV"}
    async with SlackServer() as server, open_world(sqlite_url(tmp_path)) as world:
        front = front_for(world.runner, server)
        async with house(server, tmp_path) if many else over_http(front) as running:
            line = running.line if isinstance(running, House) else running
            assert isinstance(line, HttpLine)
            status, answer = await line.post(json.dumps(asks), "application/json")
            assert (status, json.loads(answer)) == (200, {"challenge": asks["challenge"]})
