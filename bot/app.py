"""Builds the application without its fronts, which `fronts` adds; `running` keeps it running."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from bot.cards.refusals.refusals import Words
from bot.chat.context import Links
from bot.chat.native_sync import NativeSync
from bot.chat.notifier import Notifier
from bot.chat.request_inbox import RequestInbox
from bot.chat.runner import Runner
from bot.commands import REGISTRY
from bot.core.condition import Condition, current_condition
from bot.core.invitations.guessing import A_MINUTE, Limit, Limits
from bot.core.invitations.leaks import Watch
from bot.core.keys.ring import KeyRing
from bot.core.keys.rotation import WrongKey
from bot.core.people.passwords import SignInWays
from bot.core.retention import Leftover
from bot.core.rights.actors import Platform
from bot.jobs.broadcasts import BroadcastWorker
from bot.jobs.bulk import BulkWorker
from bot.jobs.delivery import Delivery
from bot.jobs.failure_log import FailureLog
from bot.jobs.oneroster import OneRosterWorker
from bot.jobs.rosters import RosterWorker
from bot.jobs.scheduler import Scheduler
from bot.jobs.serving import serving
from bot.jobs.supervising import Supervisor
from bot.jobs.sweeps import sweeps
from bot.settings import Settings
from bot.sheets.bounds import Bounds
from bot.storage.addresses import Unusable, is_missing, lost
from bot.storage.clock import SharedClock
from bot.storage.database import AnyDatabase, open_database
from bot.storage.vault import Vault
from bot.storage.waking import Queue

if TYPE_CHECKING:
    from bot.platforms.web.own_page import Entrance

_log = logging.getLogger(__name__)
Front = Callable[[], Awaitable[None]]


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the current time in UTC."""
        return datetime.now(UTC)


@dataclass
class Application:
    """The assembled application: the parts that every front uses, and the registries that fronts add to."""

    settings: Settings
    database: AnyDatabase
    clock: SharedClock
    runner: Runner
    delivery: Delivery
    bulk: BulkWorker
    broadcasting: BroadcastWorker
    rosters: RosterWorker
    oneroster: OneRosterWorker
    scheduler: Scheduler
    notifiers: dict[Platform, Notifier]
    keys: KeyRing
    inboxes: dict[Platform, RequestInbox] = field(default_factory=dict)
    fronts: dict[str, Front] = field(default_factory=dict)
    entrances: "dict[Platform, Entrance]" = field(default_factory=dict)
    workers: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    supervisor: Supervisor = field(default_factory=Supervisor)
    condition_failures: FailureLog = field(
        default_factory=lambda: FailureLog("Asking the database for the state of the installation", _log)
    )

    @property
    def links(self) -> Links:
        """The addresses of this installation."""
        return self.runner.links

    async def condition(self) -> Condition | None:
        """Read the condition of the outbox and the sweeps; return None if the database does not answer."""
        try:
            found = await self.database.read(current_condition)
        except Exception as broken:  # noqa: BLE001 - whatever went wrong, the database did not answer
            self.condition_failures.failed(broken)
            return None
        self.condition_failures.went_well()
        return found

    async def migrated(self) -> bool:
        """Tell whether the database has the tables that this version needs; False if it does not answer."""
        try:
            return await self.database.is_current()
        except Exception:  # noqa: BLE001 - `condition` logs that the database does not answer
            return False

    async def file_is_lost(self) -> bool:
        """Tell whether the file of an SQLite database was deleted, moved or replaced."""
        file = self.database.file
        return file is not None and bool(await asyncio.to_thread(file.look))

    def workers_running(self) -> dict[str, bool]:
        """Return whether each started worker is still running; empty before the workers are started."""
        return {name: not task.done() for name, task in self.workers.items()}


@asynccontextmanager
async def open_application(settings: Settings, ways: SignInWays | None = None) -> AsyncIterator[Application]:
    """Open the database and build the application; `ways` replaces the sign-in ways of the settings."""
    clock = SharedClock(SystemClock())
    database, keys = await _open_database(settings, clock)
    try:
        await database.set_clock(clock)
        async with serving(database):
            yield _build(settings, database, clock, keys, ways or _ways(settings))
    finally:
        await database.close()


async def _open_database(settings: Settings, clock: SharedClock) -> tuple[AnyDatabase, KeyRing]:
    """Open the database with the keys of the settings; raise `WrongKey` if it was sealed with other keys."""
    is_first_key = not settings.has_key
    if not is_first_key:
        _require_file(settings)
    vault = Vault(*settings.keys())
    named = frozenset(settings.system_administrators)
    try:
        database = await open_database(
            settings.database_url, clock, vault, named, upgrade=settings.upgrade_at_start
        )
    except WrongKey:
        if not is_first_key:
            raise
        # This start made the key file. Nothing is sealed with it, and it would be taken for the lost key.
        settings.secret_key_file.unlink()
        raise WrongKey(lost=str(settings.secret_key_file)) from None
    except Unusable:
        if is_first_key and is_missing(settings.database_url):
            settings.secret_key_file.unlink()  # otherwise the next start would take its database for lost
        raise
    return database, vault.ring


def _require_file(settings: Settings) -> None:
    """Raise `Unusable` if there is a secret key in a file, but not the database that goes with it.

    A new, empty database in its place would look as if all schools were gone, and nobody would stop to look
    for the file. A key in the environment proves nothing: it is set before the first start.
    """
    if settings.secret_key.get_secret_value():
        return
    if (found := lost(settings.database_url, settings.secret_key_file)) is not None:
        raise Unusable(". ".join(found))


def _build(
    settings: Settings, database: AnyDatabase, clock: SharedClock, keys: KeyRing, ways: SignInWays
) -> Application:
    """Build the runner, the workers and the sweeps on one database."""
    links, bounds = Links(settings.base_url, slashes(settings)), bounds_of(settings)
    notifiers: dict[Platform, Notifier] = {}
    native_syncs: dict[Platform, NativeSync] = {}
    inboxes: dict[Platform, RequestInbox] = {}
    application = Application(
        settings=settings,
        database=database,
        clock=clock,
        runner=Runner(
            database=database,
            registry=REGISTRY,
            words=Words(),
            links=links,
            system_administrators=frozenset(settings.system_administrators),
            limits=Limits(everyone=Limit(settings.codes.misses_a_minute, A_MINUTE)),
            ways=ways,
            native_syncs=native_syncs,
            bounds=bounds,
        ),
        delivery=Delivery(database, notifiers, clock, links, native_syncs=native_syncs, inboxes=inboxes),
        bulk=BulkWorker(database, clock),
        broadcasting=BroadcastWorker(database),
        rosters=RosterWorker(database, clock),
        oneroster=OneRosterWorker(database, clock, settings.rosters.oneroster_folder, bounds),
        scheduler=_scheduler(settings, database),
        notifiers=notifiers,
        keys=keys,
        inboxes=inboxes,
    )
    database.waking.add(Queue.OUTBOX, application.delivery.wake)
    database.waking.add(Queue.BULK, application.bulk.wake)
    database.waking.add(Queue.MESSAGES, application.broadcasting.wake)
    database.waking.add(Queue.ROSTERS, application.rosters.wake)
    database.waking.add(Queue.ONEROSTER, application.oneroster.wake)
    return application


def _scheduler(settings: Settings, database: AnyDatabase) -> Scheduler:
    """Build the scheduler, whose sweeps have the limits and retention times of the settings."""
    watch = Watch(many=settings.codes.rush, times_usual=settings.codes.rush_times_usual)
    keep = {Leftover(name): days for name, days in settings.retention}
    look = timedelta(seconds=settings.discord.requests_seconds)
    return Scheduler(database, sweeps(watch, keep, look, indexes_names_later=database.indexes_names_later))


def bounds_of(settings: Settings) -> Bounds:
    """Return the limits on files that people upload."""
    return Bounds(**settings.rosters.model_dump(exclude={"oneroster_folder"}))


def _ways(settings: Settings) -> SignInWays:
    """Return the ways in which people can sign in on the web."""
    return SignInWays(settings.sign_in.passwords, tuple(settings.sign_in.offered), bool(settings.mail.host))


def slashes(settings: Settings) -> dict[Platform, str]:
    """Return what a typed command begins with on each platform."""
    return {Platform.DISCORD: "/", Platform.SLACK: f"/{settings.slack.command} ", Platform.WEB: "/"}
