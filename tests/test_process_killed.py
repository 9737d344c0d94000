"""`homeroom run` on Discord and Slack is killed in the middle: it goes on, and does nothing twice."""

import asyncio
import copy
import re
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.processes import STARTS_WITHIN, Process, homeroom_run
from tests.servers.discord import hand as discord_hand
from tests.servers.discord import payloads
from tests.servers.discord.hand import walk, words
from tests.servers.discord.server import DiscordServer
from tests.servers.slack import hand as slack_hand
from tests.servers.slack.lines import SocketLine
from tests.servers.slack.reading import text_of
from tests.servers.slack.server import APP_TOKEN, BOT_TOKEN, SlackServer, Trouble
from tests.servers.slack.workspace import Message, Person
from tests.soak import SOAKING

# What the bot had taken when it was killed is free a minute later.
TAKEN_OVER_WITHIN = 120.0
ASKS, APPROVE, APPROVED = "Alice asks to join Maple", "Approve as Viewer", "Approved as Viewer by Approver"
CODE = r"\b[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{5}\b"
WAITING = "SELECT id FROM outbox WHERE delivered_at IS NULL AND failed_at IS NULL"
DECIDED = "SELECT state FROM join_requests"
DOUBLED = (
    "SELECT action FROM audit_entries WHERE subject LIKE 'join_request:%' GROUP BY action HAVING count(*) > 1"
)
ROWS = {"schools": 1, "invitations": 2, "join_requests": 1, "memberships": 3, "redemptions": 2}


@dataclass
class Town:
    """A local Discord and a local Slack, one bot for both, and their people."""

    folder: Path
    discord: DiscordServer
    slack: SlackServer
    process: Process = field(init=False)
    on_discord: discord_hand.Hand = field(init=False)
    on_slack: slack_hand.Hand = field(init=False)
    admin: Person = field(init=False)
    approver: Person = field(init=False)
    _lives: AsyncExitStack = field(default_factory=AsyncExitStack)
    _held: tuple[str, int] = ("", 0)

    def __post_init__(self) -> None:
        self.on_discord = discord_hand.Hand(self.discord)
        self.on_slack = slack_hand.Hand(self.slack, SocketLine(self.slack))
        workspace = self.slack.workspace
        workspace.channel("general")
        workspace.channel("approvals")
        self.admin, self.approver = workspace.person("admin", admin=True), workspace.person("approver")

    async def start(self) -> None:
        """Run the bot, and wait until it listens on both platforms."""
        self.discord.gateway.identified = 0
        settings = {
            "DISCORD__TOKEN": self.discord.token,
            "DISCORD__API_BASE": self.discord.api_base,
            "DISCORD__GATEWAY_URL": self.discord.gateway_url,
            "SLACK__BOT_TOKEN": BOT_TOKEN,
            "SLACK__APP_TOKEN": APP_TOKEN,
            "SLACK__API_BASE": self.slack.api_base,
        }
        self.process = await self._lives.enter_async_context(homeroom_run(self.folder, **settings))
        await self.discord.until(lambda: self.discord.gateway.identified, within=STARTS_WITHIN)
        await asyncio.wait_for(self.slack.connected.wait(), STARTS_WITHIN)

    def hold(self, on_slack: str, *on_discord: tuple[str, str]) -> None:
        """From now on, leave these calls of the bot unanswered."""
        self._held = on_slack, len(self.slack.called(on_slack))
        self.slack.gates[on_slack] = asyncio.Event()
        for method, path in on_discord:
            self.discord.hold(method, path)

    def hangs(self) -> bool:
        """Tell whether the bot waits for answers from both platforms."""
        method, before = self._held
        return self.discord.held > 0 and len(self.slack.called(method)) > before

    async def killed(self) -> None:
        """Kill the bot, whose calls that hang are lost; start it again once its claims have ended."""
        await self.process.kill()
        method, before = self._held
        if method:
            lost = len(self.slack.called(method)) - before
            self.slack.fail(method, *[Trouble(status=503)] * lost)
            self.slack.gates.pop(method).set()
        self._held = "", 0
        self.discord.drop_held()
        await self.until(lambda: not self.slack.sockets and not self.discord.gateway.connected)
        if not SOAKING:  # which waits for it
            with sqlite3.connect(self.folder / "homeroom.db") as database:
                database.execute("UPDATE leases SET until = '2000-01-01 00:00:00.000000'")
                database.execute("UPDATE outbox SET claimed_until = '2000-01-01 00:00:00.000000'")
        await self.start()

    async def asks(self, who: str, path: str, **options: Any) -> str:
        """Enter a command on Discord; return the answer."""
        asked = await self.on_discord.slash(who, path, **options)
        return await self.on_discord.told(asked)

    async def types(self, who: Person, line: str, wanted: str, channel: str = "general") -> None:
        """Type a command on Slack, and wait for the answer."""
        known = len(self.slack.workspace.seen_by(who.id))
        await self.on_slack.type(who, line, channel)
        await self.until(lambda: any(wanted in one for one in self.seen(who)[known:]))

    def seen(self, who: Person) -> list[str]:
        """Return what a person sees on Slack."""
        return [text_of(one) for one in self.slack.workspace.seen_by(who.id)]

    async def until(self, condition: Callable[[], object]) -> None:
        """Wait until a condition on a platform or the database holds."""
        async with asyncio.timeout(TAKEN_OVER_WITHIN):
            while not condition():  # noqa: ASYNC110 - another process's database tells nobody
                await asyncio.sleep(0.05)

    def cards(self) -> list[str]:
        """Return the cards about Alice that approvers see, in channels and direct messages."""
        there = [words(one) + _labels(one) for one in self.discord.messages.values()]
        read = (one.replace("*", "") for one in (*there, *map(text_of, self.slack.workspace.messages)))
        return [one for one in read if ASKS in one]

    def card_on_slack(self) -> Message:
        """Return the card in Slack's channel as it is now."""
        channel = self.slack.workspace.named("approvals").id
        messages = (one for one in self.slack.workspace.messages if one.channel == channel)
        return copy.deepcopy(next(one for one in messages if ASKS in text_of(one)))

    def card_on_discord(self) -> dict[str, Any]:
        """Return the card in Discord's channel as it is now."""
        messages = (one for one in self.discord.messages.values() if one["channel_id"] == payloads.APPROVALS)
        return copy.deepcopy(next(one for one in messages if ASKS in words(one)))

    def stored(self, query: str) -> list[Any]:
        """Run a unit of work that reads the database."""
        with sqlite3.connect(self.folder / "homeroom.db") as database:
            return database.execute(query).fetchall()


def _labels(message: dict[str, Any]) -> str:
    return " ".join(f"[{one['label']}]" for one in walk(message["components"]) if one.get("label"))


@asynccontextmanager
async def a_town(folder: Path) -> AsyncIterator[Town]:
    async with DiscordServer() as discord, SlackServer() as slack:
        town = Town(folder, discord, slack)
        async with town._lives:
            await town.start()
            yield town
        assert slack.problems == []


async def _one_school(town: Town) -> str:
    """Make a school on both platforms, with an admin on each; return a code for others."""
    assert "Maple is ready" in await town.asks("admin", "school create", name="Maple", approval="automatic")
    await town.asks("admin", "school approvals", channel=payloads.APPROVALS)
    link = _code(await town.asks("admin", "school share"))
    await town.types(town.admin, f"school link {link}", "Maple is linked to this server or workspace")
    admins = _code(await town.asks("admin", "invite create", role="School Admin", uses=1))
    await town.types(town.approver, f"join {admins}", "Welcome to Maple")
    await town.types(town.approver, "school approvals", "Approval", channel="approvals")
    await town.asks("admin", "school edit", approval="by request")
    return _code(await town.asks("admin", "invite create", uses=2))


def _code(shown: str) -> str:
    found = re.search(CODE, shown)
    assert found is not None, shown
    return found[0]


async def _late(town: Town, on_slack: Message, on_discord: dict[str, Any]) -> None:
    """Click the buttons of outdated cards; check that both answers tell who was faster."""
    (block,) = [one for one in on_slack.blocks if one["type"] == "actions"][:1]
    (button,) = [one for one in block["elements"] if one["text"]["text"] == APPROVE]
    await town.on_slack.act(town.approver, on_slack, block, button)
    (pressed,) = [one for one in walk(on_discord["components"]) if one.get("label") == APPROVE]
    data = {"custom_id": pressed["custom_id"], "component_type": 2, "id": pressed.get("id", 0)}
    click = await town.discord.happen(payloads.CONTROL, "admin", data, on_discord)
    assert APPROVED in (await town.on_discord.told(click)).replace("*", "")


USUAL = [["it is approved"]]
ALL = [
    ["it is filed"],
    ["its cards are there"],
    *USUAL,
    ["it is filed", "its cards are there", "it is approved"],
]


@pytest.mark.parametrize("kills", ALL if SOAKING else USUAL, ids=" + ".join)
async def test_killed_in_the_middle_it_goes_on_where_it_was(tmp_path: Path, kills: list[str]) -> None:
    async with a_town(tmp_path) as town:
        code = await _one_school(town)
        await town.until(lambda: not town.stored(WAITING))
        if "it is filed" in kills:
            town.hold("chat.postMessage", ("POST", "/channels/*/messages"))
        assert "is waiting" in await town.asks("alice", "join", code=code)
        if "it is filed" in kills:
            await town.until(town.hangs)
            await town.killed()

        await town.until(lambda: not town.stored(WAITING))
        assert len(town.cards()) == 4, town.cards()
        if "its cards are there" in kills:
            await town.killed()

        on_slack, on_discord = town.card_on_slack(), town.card_on_discord()
        if "it is approved" in kills:
            town.hold("chat.update", ("PATCH", "/channels/*"), ("POST", "/channels/*/messages"))
        await town.on_slack.click(town.approver, APPROVE)
        if "it is approved" in kills:
            await town.until(lambda: town.hangs() and town.stored(DECIDED) == [("approved",)])
            await town.killed()

        await town.until(lambda: town.stored(DECIDED) == [("approved",)] and not town.stored(WAITING))
        assert len(town.cards()) == 4, town.cards()
        assert all(APPROVED in one and APPROVE not in one for one in town.cards()), town.cards()
        welcomes = [one for one in town.discord.messages.values() if "Welcome to Maple" in words(one)]
        assert len(welcomes) == 1
        assert welcomes[0]["channel_id"] == f"7{payloads.ALICE[1:]}"

        await _late(town, on_slack, on_discord)
        await town.until(lambda: not town.stored(WAITING))
        assert len(town.cards()) == 4, town.cards()
        assert await town.process.terminate() == 0, town.process.output
        for table, rows in ROWS.items():
            assert town.stored(f"SELECT count(*) FROM {table}") == [(rows,)], table
        assert town.stored(DOUBLED) == []
        assert town.stored("SELECT id FROM outbox WHERE failed_at IS NOT NULL") == []
