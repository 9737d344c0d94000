"""Two processes on one PostgreSQL: repeated calls are done once, and so is the work of sweeps."""

import asyncio
import random
import re
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import asyncpg
import pytest

from bot.core.bulk.work import CHUNK
from tests import replicas
from tests.crash.ground import SOME, opened, planned
from tests.processes import homeroom_run
from tests.servers.slack.hand import Hand
from tests.servers.slack.lines import HttpLine
from tests.servers.slack.reading import text_of
from tests.servers.slack.server import BOT_TOKEN, SIGNING_SECRET, SlackServer
from tests.servers.slack.workspace import Person
from tests.world import KEY

TIMES = 4
PEOPLE = 8
STALLED, AT_ONCE = 40, 10
WITHIN = 60.0
DAY = timedelta(days=1)


@dataclass
class Repeating:
    """A network that sends everything four times to two replicas, much of it late and out of order."""

    lines: list[HttpLine]
    chosen: random.Random = field(default_factory=lambda: random.Random("replicas"))
    _late: list[tuple[HttpLine, str, dict[str, Any]]] = field(default_factory=list)
    _under_way: set[asyncio.Task[Any]] = field(default_factory=set)

    async def send(self, kind: str, payload: dict[str, Any]) -> Any:
        """Send to both at once, and to each again some time later; return the answer that has content."""
        self._late += [(line, kind, payload) for line in self.lines * (TIMES // 2 - 1)]
        answers = await asyncio.gather(*(line.send(kind, payload) for line in self.lines))
        self.chosen.shuffle(self._late)
        while len(self._late) > TIMES:
            task = asyncio.create_task(_send(*self._late.pop()))
            self._under_way.add(task)
        return next((answer for answer in answers if answer), None)

    async def rest(self) -> None:
        """Send what has not been sent yet."""
        await asyncio.gather(*self._under_way, *(_send(*one) for one in self._late))
        self._late.clear()


async def _send(line: HttpLine, kind: str, payload: dict[str, Any]) -> None:
    await line.send(kind, payload)


@dataclass
class Pair:
    """Two replicas, their Slack, and their database."""

    slack: SlackServer
    lines: list[HttpLine]
    database: asyncpg.Connection

    async def value(self, query: str) -> Any:
        return await self.database.fetchval(query)

    async def until(self, query: str, wanted: object) -> None:
        """Wait until a condition on the database holds."""
        until = time.monotonic() + WITHIN
        while (found := await self.value(query)) != wanted:
            assert time.monotonic() < until, f"{query}: {found}"
            await asyncio.sleep(0.1)

    async def until_delivered(self) -> None:
        """Wait until all messages are delivered."""
        await self.until(
            "SELECT count(*) FROM outbox WHERE delivered_at IS NULL AND failed_at IS NULL"
            " AND platform = 'slack'",
            0,
        )

    async def audited(self) -> Counter[str]:
        rows = await self.database.fetch("SELECT action FROM audit_entries")
        return Counter(row["action"] for row in rows)

    def seen(self, person: Person, words: str) -> int:
        """Count the messages with these words that a person sees."""
        return sum(words in text_of(one) for one in self.slack.workspace.seen_by(person.id))


@asynccontextmanager
async def _pair(slack: SlackServer, url: str, folder: Path, ports: list[int]) -> AsyncIterator[Pair]:
    """Start two replicas at the same time."""
    settings = {
        "DATABASE_URL": url,
        "SECRET_KEY": KEY.hex(),
        "SLACK__BOT_TOKEN": BOT_TOKEN,
        "SLACK__SIGNING_SECRET": SIGNING_SECRET,
        "SLACK__PUBLIC_HTTP": "true",
        "SLACK__API_BASE": slack.api_base,
        "BASE_URL": "http://127.0.0.1",
    }
    async with AsyncExitStack() as stack:
        runs = [homeroom_run(folder, **settings, WEB__PORT=str(port)) for port in ports]
        both = await asyncio.gather(*(stack.enter_async_context(run) for run in runs))
        for process in both:
            await process.says("Signed in to Slack", "The web pages are at")
        database = await asyncpg.connect(url)
        stack.push_async_callback(database.close)
        yield Pair(slack, [HttpLine(f"http://127.0.0.1:{port}") for port in ports], database)
        assert await asyncio.gather(*(process.terminate() for process in both)) == [0, 0]


async def _sees(pair: Pair, person: Person, words: str, times: int = 1) -> None:
    async with asyncio.timeout(WITHIN):
        while pair.seen(person, words) < times:
            pair.slack.changed.clear()
            await pair.slack.changed.wait()


async def _code(pair: Pair, person: Person) -> str:
    await _sees(pair, person, "Invitation to")
    told = "\n".join(text_of(one) for one in pair.slack.workspace.seen_by(person.id))
    (code,) = set(re.findall(r"\b[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{5}\b", told))
    return str(code)


async def test_what_slack_tells_four_times_is_done_once_while_the_database_stalls_too(
    postgres_url: str, tmp_path: Path, unused_tcp_port_factory: Any
) -> None:
    ports = [unused_tcp_port_factory() for _ in range(2)]
    async with SlackServer() as slack, _pair(slack, postgres_url, tmp_path, ports) as pair:
        workspace = slack.workspace
        workspace.channel("general")
        workspace.channel("approvals")
        admin = workspace.person("admin", admin=True)
        line = Repeating(pair.lines)
        hand = Hand(slack, line)
        await hand.type(admin, "school create")
        await _opened(hand, admin)
        await hand.submit(admin, name="Maple")
        await _sees(pair, admin, "Maple is ready")
        await hand.type(admin, "school approvals", "approvals")
        await hand.type(admin, f"invite create uses:{PEOPLE}")
        code = await _code(pair, admin)
        people = [workspace.person(f"p{number}") for number in range(PEOPLE)]
        await asyncio.gather(*(hand.type(one, f"join {code}") for one in people))
        await pair.until("SELECT count(*) FROM join_requests", PEOPLE)
        await _sees(pair, admin, "[Approve as Viewer]", PEOPLE)
        for number in range(PEOPLE):
            await hand.click(admin, "Approve as Viewer")
            await pair.until("SELECT count(*) FROM join_requests WHERE state = 'approved'", number + 1)
            await pair.until_delivered()  # all copies of its card are redrawn
        await line.rest()
        await pair.until_delivered()
        expected = {
            "school.created": 1,
            "school.approvals_channel_set": 1,
            "invitation.created": 1,
            "invitation.redeemed": PEOPLE,
            "join_request.approved": PEOPLE,
        }
        assert await pair.audited() == expected
        for one in people:
            assert pair.seen(one, "Welcome to Maple") == 1
        assert pair.seen(admin, "Invitation to Maple") == 1
        await _stall(pair, hand, admin)
        assert await pair.audited() == {**expected, "invitation.created": 1 + STALLED}
        assert slack.problems == []


async def _opened(hand: Hand, person: Person) -> None:
    async with asyncio.timeout(WITHIN):
        while hand.opened(person) is None:
            hand.server.changed.clear()
            await hand.server.changed.wait()


async def _stall(pair: Pair, hand: Hand, admin: Person) -> None:
    """Type many commands while the database is blocked: each is acknowledged, and done later."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def typed() -> None:
        async with gate:
            await hand.type(admin, "invite create")

    async with pair.database.transaction(), asyncio.timeout(WITHIN):
        await pair.database.execute("LOCK TABLE accounts, persons IN ACCESS EXCLUSIVE MODE")
        await asyncio.gather(*(typed() for _ in range(STALLED)))
        # Nothing could be read so far: no acknowledgement waited for the database.
        assert pair.seen(admin, "Invitation to Maple") == 1
    await hand.line.rest()  # type: ignore[attr-defined]
    await _sees(pair, admin, "Invitation to Maple", 1 + STALLED)
    assert pair.seen(admin, "Invitation to Maple") == 1 + STALLED


async def test_the_sample_of_two_replicas_goes_on_when_one_is_killed(
    postgres_url: str, tmp_path: Path
) -> None:
    told = "\n".join(await replicas.show(postgres_url, tmp_path))
    through = re.findall(r"(\d+) people came in through (.+): (\d+) by port \d+, (\d+) by port", told)
    (_, _, first, second), (_, _, killed, left) = through
    assert (int(first), int(second)) == (5, 5)
    assert (int(killed), int(left)) == (0, 10)
    assert "was killed" in told


@pytest.fixture
def noon() -> str:
    """Return a time zone in which it is about noon, so that tests of a day do not cross midnight."""
    named = (name for name in sorted(available_timezones()) if "/" in name and not name.startswith("Etc/"))
    return next(name for name in named if datetime.now(ZoneInfo(name)).hour == 12)


async def test_what_time_does_happens_once(
    postgres_url: str, tmp_path: Path, noon: str, unused_tcp_port_factory: Any
) -> None:
    now = datetime.now(UTC)
    ports = [unused_tcp_port_factory() for _ in range(2)]
    async with SlackServer() as slack:
        async with opened(postgres_url, slack, at=now - 40 * DAY, zone=noon) as ground:
            await ground.says("ada", "school times digest_time:11:00 digest_days:Mon-Sun")
            await ground.wait(PEOPLE, "old")
            ground.world.clock.at = now - DAY
            await ground.wait(SOME, "new")
            action = await planned(ground)
            await ground.world.runner.act(action, ground.who("ada"))
        posted = len(slack.workspace.messages)
        async with _pair(slack, postgres_url, tmp_path, ports) as pair:
            await pair.until("SELECT count(*) FROM join_requests WHERE state = 'lapsed'", PEOPLE)
            await pair.until("SELECT count(*) FROM bulk_jobs WHERE state = 'done'", 1)
            await pair.until("SELECT count(*) FROM dated_jobs WHERE at > now() - interval '1 hour'", 1)
            await pair.until("SELECT count(*) > 4 FROM job_states", wanted=True)
            await pair.until_delivered()
            audited = await pair.audited()
            assert audited["join_request.lapsed"] == PEOPLE
            assert audited["member.suspended"] == CHUNK + SOME
            told = Counter(text_of(one).partition("\n")[0] for one in slack.workspace.messages[posted:])
            assert [times for words, times in told.items() if "wait to join Maple" in words] == [1]
            for name, one in ground.people.items():
                assert pair.seen(one, "was not answered") == int(name.startswith("old")), told
