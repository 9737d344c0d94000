"""A whole Homeroom without its fronts: a real Runner, a real database, and a clock that tests set."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from bot.cards.refusals.refusals import Words
from bot.chat.context import Links
from bot.chat.notifier import Notifier
from bot.chat.replies import Reply
from bot.chat.request_inbox import RequestInbox
from bot.chat.runner import Runner
from bot.commands import REGISTRY
from bot.core.people.passwords import SignInWays
from bot.core.rights.actors import AccountKey, Actor, Caller, Person, Platform, WorkspaceKey
from bot.jobs.broadcasts import BroadcastWorker
from bot.jobs.bulk import BulkWorker
from bot.jobs.delivery import Delivery, Observer, Outcome
from bot.jobs.following import RoleComparisonWorker
from bot.jobs.oneroster import OneRosterWorker
from bot.jobs.rosters import RosterWorker
from bot.jobs.sweeps import sweep, sweeps
from bot.sheets.bounds import Bounds
from bot.storage.database import PostgresDatabase, SqliteDatabase, open_database
from bot.storage.vault import Vault
from bot.storage.waking import Queue
from tests.sqlite import with_tables

KEY = bytes(range(32))
START = datetime(2026, 9, 1, 8, 0, tzinfo=UTC)
BASE_URL = "https://door.example.org"
WAYS = SignInWays(providers=("google",), mails=True)
SLASHES = {Platform.DISCORD: "/", Platform.SLACK: "/homeroom ", Platform.WEB: "/"}


@dataclass
class FakeClock:
    """A clock that a test sets."""

    at: datetime = START

    def now(self) -> datetime:
        return self.at

    def forward(self, span: timedelta) -> None:
        self.at += span


@dataclass
class World:
    """The parts of the bot that a test uses."""

    database: SqliteDatabase | PostgresDatabase
    runner: Runner
    clock: FakeClock
    notifiers: dict[Platform, Notifier] = field(default_factory=dict)
    folders: str = ""
    inboxes: dict[Platform, RequestInbox] = field(default_factory=dict)
    # The queues that units have woken since they were last worked off.
    woken: set[Queue] = field(default_factory=set)

    def __post_init__(self) -> None:
        for queue in Queue:
            self.database.waking.add(queue, partial(self.woken.add, queue))

    async def sweep(self) -> int:
        """Run every sweep once; return how many items they did."""
        return sum([await sweep(self.database, one) for one in sweeps()])

    async def work(self) -> None:
        """Do the background work that units have woken a worker for."""
        while await RoleComparisonWorker(self.database).compare():  # nothing wakes this one
            pass
        if self.woken:
            self.woken.clear()
            await self.deliver()

    async def deliver(self) -> int:
        """Run all background work, deliver the outbox until nothing is due; return the number of notices."""
        work, sending = BulkWorker(self.database, self.clock), BroadcastWorker(self.database)
        while await work.round():
            pass
        rosters = RosterWorker(self.database, self.clock)
        while await rosters.round():
            pass
        oneroster = OneRosterWorker(self.database, self.clock, self.folders, Bounds())
        while await oneroster.round():
            pass
        comparing = RoleComparisonWorker(self.database)
        while await comparing.compare():
            pass
        native_syncs = self.runner.native_syncs
        delivery = Delivery(
            *(self.database, self.notifiers, self.clock, self.runner.links),
            native_syncs=native_syncs,
            inboxes=self.inboxes,
        )
        taken, fresh = 0, 1
        while fresh:
            while await sending.round():
                pass
            fresh = await deliver_due(delivery)
            taken += fresh
        return taken


@dataclass
class _Counted:
    """Counts the tries of a delivery, and passes them on."""

    to: Observer
    number: int = 0

    def tried(self, platform: Platform, outcome: Outcome, seconds: float) -> None:
        self.number += 1
        self.to.tried(platform, outcome, seconds)


async def deliver_due(delivery: Delivery) -> int:
    """Deliver all notices that are due, and wait for the end; return how many were tried."""
    counted = delivery.observer = _Counted(delivery.observer)
    while True:
        # A lane that ends during a round makes room too late for it.
        tried, idle = counted.number, not delivery.under_way()
        await delivery.round()
        if lanes := delivery.under_way():
            await asyncio.wait(lanes, return_when=asyncio.FIRST_COMPLETED)
        elif idle and counted.number == tried:
            break
    delivery.observer = counted.to
    return counted.number


@asynccontextmanager
async def open_world(
    url: str,
    *,
    base_url: str = BASE_URL,
    system_administrators: frozenset[str] = frozenset(),
    ways: SignInWays = WAYS,
    upgrade: bool = True,
    keys: Sequence[bytes] = (KEY,),
) -> AsyncIterator[World]:
    """Open a world on a database URL, and close it afterwards."""
    clock = FakeClock()
    if upgrade:
        with_tables(url)
    database = await open_database(url, clock, Vault(*keys), system_administrators, upgrade=upgrade)
    runner = Runner(
        database=database,
        registry=REGISTRY,
        words=Words(),
        links=Links(base_url, SLASHES),
        system_administrators=system_administrators,
        ways=ways,
    )
    try:
        with TemporaryDirectory() as folders:
            yield World(database, runner, clock, folders=folders)
    finally:
        await database.close()


def sqlite_url(folder: Path) -> str:
    return f"sqlite:///{folder / 'homeroom.db'}"


def caller(
    name: str,
    *,
    administers: bool = False,
    platform: Platform = Platform.WEB,
    workspace: str | None = "playground",
    channel: str = "general",
) -> Caller:
    """Make a caller as a front would; the name is also the id of the account."""
    key = WorkspaceKey(platform, workspace) if workspace else None
    return Caller(
        account=AccountKey(platform.value, name),
        name=name.capitalize(),
        platform=platform,
        workspace=key,
        workspace_name="Maple",
        channel=channel,
        administers_workspace=administers,
        zone="UTC",
    )


def system_admin(known: Person | None = None, *, workspace: str | None = "playground") -> Actor:
    """Make a System Administrator by the settings, as a front would; `known` if they are stored."""
    return Actor(caller("sysadmin", workspace=workspace), known, is_system_administrator=True)


async def delivered(runner: Runner, line: str, who: Caller, delivery: str) -> Reply:
    """Type a line as a platform delivers it, perhaps again: under the same key."""
    return await runner.typed(runner.read(line, who.platform), who, delivery=delivery)


async def say(world: World, who: str, line: str) -> str:
    """Run a typed line; `ada` administers the workspace. Return the answer as text."""
    reply = await world.runner.type(line.removeprefix("/"), caller(who, administers=who == "ada"))
    return repr(reply.answer)
