"""`homeroom run` as a process: Slack works while Discord cannot log in, and SIGTERM loses nothing."""

import asyncio
import sqlite3
from pathlib import Path

import pytest

from tests.processes import STARTS_WITHIN, homeroom_run
from tests.servers.discord.server import DiscordServer
from tests.servers.slack.hand import Hand
from tests.servers.slack.lines import HttpLine, SocketLine
from tests.servers.slack.reading import text_of
from tests.servers.slack.server import APP_TOKEN, BOT_TOKEN, SIGNING_SECRET, SlackServer
from tests.servers.slack.workspace import Person


async def _a_school(hand: Hand) -> None:
    workspace = hand.server.workspace
    workspace.channel("general")
    admin = workspace.person("admin", admin=True)
    await hand.type(admin, "school create Maple")
    await _sees(hand, admin, "Maple is ready")
    await hand.type(admin, "invite create uses:3")
    await _sees(hand, admin, "Invitation to Maple")


async def _sees(hand: Hand, person: Person, words: str) -> None:
    workspace = hand.server.workspace
    async with asyncio.timeout(STARTS_WITHIN):
        while not any(words in text_of(message) for message in workspace.seen_by(person.id)):
            hand.server.changed.clear()
            await hand.server.changed.wait()


async def test_slack_by_socket_mode_while_discord_cannot_log_in(tmp_path: Path):
    async with SlackServer() as slack, DiscordServer() as discord:
        settings = {
            "SLACK__BOT_TOKEN": BOT_TOKEN,
            "SLACK__APP_TOKEN": APP_TOKEN,
            "SLACK__API_BASE": slack.api_base,
            "DISCORD__TOKEN": "not.the.token",
            "DISCORD__API_BASE": discord.api_base,
            "DISCORD__GATEWAY_URL": discord.gateway_url,
        }
        async with homeroom_run(tmp_path, **settings) as process:
            await asyncio.wait_for(slack.connected.wait(), STARTS_WITHIN)
            hand = Hand(slack, SocketLine(slack))
            await _a_school(hand)
            await process.says("The front discord failed", "is restarted in", times=2)
            assert await process.terminate() == 0, process.output
        assert "Stopped" in process.output
        for secret in (BOT_TOKEN, APP_TOKEN, "not.the.token"):
            assert secret not in process.output
    with sqlite3.connect(tmp_path / "homeroom.db") as database:
        assert database.execute("SELECT count(*) FROM invitations").fetchone() == (1,)
        assert database.execute("SELECT count(*) FROM audit_entries").fetchone() == (2,)


async def test_slack_by_signed_http(tmp_path: Path, unused_tcp_port: int):
    async with SlackServer() as slack:
        settings = {
            "SLACK__BOT_TOKEN": BOT_TOKEN,
            "SLACK__SIGNING_SECRET": SIGNING_SECRET,
            "SLACK__PUBLIC_HTTP": "true",
            "SLACK__API_BASE": slack.api_base,
            "BASE_URL": f"http://127.0.0.1:{unused_tcp_port}",
            "WEB__PORT": str(unused_tcp_port),
        }
        async with homeroom_run(tmp_path, **settings) as process:
            # There is no System Administrator yet: the reader of this line can become it.
            await process.says("/account claim", "Signed in to Slack", "The web pages are at")
            line = HttpLine(f"http://127.0.0.1:{unused_tcp_port}")
            await _a_school(Hand(slack, line))
            forged = HttpLine(line.url, secret="not the secret")
            assert (await forged.post("command=%2Fhomeroom&text=help"))[0] == 401
            assert await process.terminate() == 0, process.output


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"WEB__PORT": "many"}, ("web.port", "HOMEROOM_WEB__PORT")),
        ({"WEB__PLAYGROUND": "true"}, ("playground_password",)),
        ({"SYSTEM_ADMINISTRATORS": '["someone"]'}, ("system_administrators", "discord:123")),
        ({"SECRET_KEY": "short"}, ("secret_key", "64 hexadecimal digits")),
        ({"CONFIG": "nowhere.toml"}, ("nowhere.toml", "does not exist")),
    ],
)
async def test_bad_settings_are_named(tmp_path: Path, settings: dict[str, str], words: tuple[str, ...]):
    async with homeroom_run(tmp_path, **settings) as process:
        assert await asyncio.wait_for(process.process.wait(), STARTS_WITHIN) == 2
        await process.says(*words)


async def test_what_ends_a_start_is_named(tmp_path: Path):
    async with homeroom_run(tmp_path, DATABASE_URL=f"sqlite:///{tmp_path}") as process:
        assert await asyncio.wait_for(process.process.wait(), STARTS_WITHIN) == 1
        await process.says(
            f"Homeroom cannot continue: the database {tmp_path} cannot be used: unable to open",
            "`homeroom check`",
        )
        assert "Traceback" not in process.output
