"""The only place where things are built and joined."""

import asyncio
import logging
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from bot.cards.refusals import Words
from bot.chat.context import Links
from bot.chat.notifier import Notifier
from bot.chat.runner import Runner
from bot.commands import REGISTRY
from bot.core import claims
from bot.core.actors import Platform
from bot.core.audit_lines import Verdict, verify_stored
from bot.core.guessing import A_MINUTE, Limit, Limits
from bot.core.ids import grouped
from bot.core.leaks import Watch
from bot.core.passwords import Ways
from bot.core.ports import UnitOfWork
from bot.core.recipients import recipient
from bot.core.retention import Leftover
from bot.jobs.alone import Alone
from bot.jobs.bulk import BulkWork
from bot.jobs.delivery import Delivery
from bot.jobs.scheduler import Scheduler
from bot.jobs.sweeps import sweeps
from bot.settings import Settings
from bot.storage.database import PostgresDatabase, SqliteDatabase, open_database
from bot.storage.vault import Vault

if TYPE_CHECKING:
    from starlette.routing import BaseRoute

    from bot.platforms.mail.notifier import Send
    from bot.platforms.web.own import Entrance
    from bot.platforms.web.playground.app import Playground
    from bot.platforms.web.sign_in.door import SignIn

_log = logging.getLogger(__name__)
_FIRST_WAIT, _LONGEST_WAIT = 1.0, 60.0
Front = Callable[[], Awaitable[None]]


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return this moment in UTC."""
        return datetime.now(UTC)


@dataclass
class Home:
    """The bot without its fronts: what every front is given, and what the fronts add."""

    settings: Settings
    database: SqliteDatabase | PostgresDatabase
    runner: Runner
    delivery: Delivery
    bulk: BulkWork
    scheduler: Scheduler
    notifiers: dict[Platform, Notifier]
    fronts: dict[str, Front] = field(default_factory=dict)
    entrances: "dict[Platform, Entrance]" = field(default_factory=dict)

    @property
    def links(self) -> Links:
        """The addresses of this installation."""
        return self.runner.links

    async def healthy(self) -> bool:
        """Tell whether the database answers."""
        try:
            await self.database.read(lambda uow: uow.outbox.waiting())
        except Exception:  # noqa: BLE001 - whatever it is, the answer is no
            _log.exception("The database does not answer")
            return False
        return True


@asynccontextmanager
async def open_home(settings: Settings, ways: Ways | None = None) -> AsyncIterator[Home]:
    """Open the database and join core, commands and delivery; `ways` stand in place of the settings'."""
    clock = SystemClock()
    vault = Vault(settings.key())
    try:
        database = await open_database(
            settings.database_url, clock, vault, frozenset(settings.system_administrators)
        )
    except OSError as silent:
        raise OSError(f"the database does not answer: {silent}") from silent
    notifiers: dict[Platform, Notifier] = {}
    links = Links(settings.base_url)
    delivery = Delivery(database, notifiers, clock, links)
    bulk = BulkWork(database, clock, committed=delivery.wake)
    codes = settings.codes
    watch = Watch(many=codes.rush, times_usual=codes.rush_times_usual)
    keep = {Leftover(name): days for name, days in settings.retention}
    scheduler = Scheduler(database, sweeps(watch, keep), committed=delivery.wake)

    def committed() -> None:
        delivery.wake()
        bulk.wake()

    runner = Runner(
        database=database,
        registry=REGISTRY,
        words=Words(),
        links=links,
        slashes=slashes(settings),
        system_administrators=frozenset(settings.system_administrators),
        committed=committed,
        limits=Limits(everyone=Limit(codes.misses_a_minute, A_MINUTE)),
        ways=ways or _ways(settings),
    )
    try:
        yield Home(settings, database, runner, delivery, bulk, scheduler, notifiers)
    finally:
        await database.close()


def _ways(settings: Settings) -> Ways:
    """Say how people sign in on the web."""
    return Ways(settings.sign_in.passwords, tuple(settings.sign_in.offered), bool(settings.mail.host))


async def verify_audit(settings: Settings) -> list[Verdict]:
    """Go through all audit chains of the database."""
    database = await open_database(settings.database_url, SystemClock(), Vault(settings.key()))

    def unit(uow: UnitOfWork) -> list[Verdict]:
        log = uow.audit
        return [verify_stored(name, log.chain(name), log.head(name)) for name in log.chains()]

    try:
        return await database.read(unit)
    finally:
        await database.close()


def slashes(settings: Settings) -> dict[Platform, str]:
    """Say how commands begin on each platform."""
    return {Platform.DISCORD: "/", Platform.SLACK: f"/{settings.slack.command} ", Platform.WEB: "/"}


def add_discord(home: Home) -> None:
    """Add the Discord front, if it has a token."""
    wanted = home.settings.discord
    if not (token := wanted.token.get_secret_value()):
        return
    from bot.platforms.discord.front import DiscordFront  # noqa: PLC0415 - an SDK is loaded when used

    front = DiscordFront(
        home.runner,
        token,
        api_base=wanted.api_base or None,
        gateway_url=wanted.gateway_url or None,
        shards=wanted.shard_count,
        alone=Alone(home.database),
    )
    home.notifiers[Platform.DISCORD] = front.notifier
    home.entrances[Platform.DISCORD] = front.entrance
    for shard in wanted.shards:
        name = f"discord shard {shard}" if wanted.shard_count > 1 else "discord"
        home.fronts[name] = partial(front.run, shard)


def add_slack(home: Home) -> "list[BaseRoute]":
    """Add the Slack front, if it has a token; with public HTTP it is a route of the web pages."""
    wanted = home.settings.slack
    if not (token := wanted.bot_token.get_secret_value()):
        return []
    from bot.platforms.slack.front import SlackFront  # noqa: PLC0415 - an SDK is loaded when used

    front = SlackFront(
        home.runner,
        bot_token=token,
        app_token=wanted.app_token.get_secret_value(),
        signing_secret=wanted.signing_secret.get_secret_value(),
        api_base=wanted.api_base or None,
        command=f"/{wanted.command}",
    )
    home.notifiers[Platform.SLACK] = front.notifier
    home.fronts["slack"] = front.serve_http if wanted.public_http else front.run
    return [*front.routes()] if wanted.public_http else []


def add_mail(home: Home, send: "Send | None" = None) -> None:
    """Add mail by the server of the settings; `send` takes the mails in its place."""
    from bot.platforms.mail.message import Sender  # noqa: PLC0415 - a front is loaded when used
    from bot.platforms.mail.notifier import MailNotifier, NoMail  # noqa: PLC0415
    from bot.platforms.mail.smtp import Server, Smtp  # noqa: PLC0415

    wanted = home.settings.mail
    if not (wanted.host or send):
        home.notifiers[Platform.EMAIL] = NoMail()
        return
    server = Server(
        wanted.host,
        wanted.port,
        wanted.security,
        wanted.username,
        wanted.password.get_secret_value(),
        wanted.ca_file,
        wanted.timeout,
    )
    home.notifiers[Platform.EMAIL] = MailNotifier(
        send=send or Smtp(server).send,
        recipient_of=lambda whom: home.database.read(lambda uow: recipient(uow, whom)),
        sender=Sender(wanted.sender, wanted.reply_to),
        clock=SystemClock(),
        base_url=home.links.base,
    )


def add_web(
    home: Home,
    routes: "list[BaseRoute]",
    playground: "Playground | None" = None,
    listening: Callable[[str, int], None] | None = None,
) -> None:
    """Add the web pages: invitations, health, other fronts' routes, perhaps the playground."""
    from bot.platforms.web import server  # noqa: PLC0415 - a web framework is loaded when used
    from bot.platforms.web.doorstep import looking  # noqa: PLC0415
    from bot.platforms.web.guard import Proxies  # noqa: PLC0415

    slashes = home.runner.slashes
    ways = {platform: slashes[platform] for platform in home.notifiers if platform in slashes}
    app = server.build(
        home.runner,
        look_up=looking(home.runner),
        health=home.healthy,
        joins=ways,
        routes=routes,
        playground=playground,
        sign_in=_sign_in(home),
        entrances=home.entrances,
        proxies=Proxies(home.settings.web.trusted_proxies),
    )
    web = home.settings.web
    told = listening or _log_address
    home.fronts["web"] = lambda: server.serve(app, web.host, web.port, listening=told)


def _sign_in(home: Home) -> "SignIn | None":
    """Make the sign-in of the web pages, where the settings name a way."""
    settings = home.settings
    if not (settings.sign_in.offered or settings.sign_in.passwords):
        return None
    from bot.platforms.web.sign_in.door import SignIn  # noqa: PLC0415 - only where it is wanted
    from bot.platforms.web.sign_in.providers import ProviderSettings  # noqa: PLC0415

    offered = {
        name: ProviderSettings(**{**dict(one), "client_secret": one.client_secret.get_secret_value()})
        for name, one in settings.sign_in.offered.items()
    }

    async def allow(set_up: Collection[str]) -> Collection[str]:
        return await home.database.read(lambda uow: uow.system.settings().allowed(set_up))

    sign_in = SignIn.of(
        offered, base_url=settings.base_url, key=settings.key(), clock=SystemClock(), allow=allow
    )
    if not settings.sign_in.passwords:
        return sign_in
    return sign_in.with_passwords(home.runner, mails=home.runner.ways.mails)


def _log_address(host: str, port: int) -> None:
    _log.info("The web pages are at http://%s:%d", host, port)


async def run(settings: Settings) -> None:
    """Run every front that has a token until SIGTERM or SIGINT."""
    stop = stop_on_signals()
    async with open_home(settings) as home:
        routes = add_slack(home)
        add_discord(home)
        add_mail(home)
        playground = _playground(home) if settings.web.playground else None
        add_web(home, routes, playground)
        if not home.notifiers.keys() - {Platform.EMAIL}:
            _log.warning("No front has a token: only the web pages are served. See the README.")
        await offer_claim(home)
        await keep_running(home, stop)


def _playground(home: Home) -> "Playground":
    from bot.platforms.web.playground.app import Playground  # noqa: PLC0415 - only where it is wanted
    from bot.platforms.web.playground.cast import room  # noqa: PLC0415

    opened = room()
    home.notifiers[Platform.WEB] = opened
    return Playground(opened, home.settings.web.playground_password.get_secret_value())


async def offer_claim(home: Home) -> None:
    """Print a one-time code for the first System Administrator, while there is none."""
    if home.settings.system_administrators:
        return

    def unit(uow: UnitOfWork) -> str | None:
        return claims.offer_system_administrator(uow)

    code = await home.database.run(unit)
    if code is not None:
        # Printed, not logged: logs are kept and read by others.
        line = f"/account claim {grouped(code)}"
        sys.stdout.write(f"\nTo become System Administrator, type in chat within 24 hours:  {line}\n\n")
        sys.stdout.flush()


def stop_on_signals() -> asyncio.Event:
    """Return an event that SIGTERM and SIGINT set from now on."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for received in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(received, stop.set)
    return stop


async def keep_running(home: Home, stop: asyncio.Event) -> None:
    """Run delivery and all fronts until told to stop; fronts end first, so that nothing they took is lost."""
    working = [
        asyncio.create_task(home.delivery.run(), name="delivery"),
        asyncio.create_task(home.bulk.run(), name="bulk"),
        asyncio.create_task(home.scheduler.run(), name="scheduler"),
    ]
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(supervise(name, front), name=name) for name, front in home.fronts.items()
            ]
            await stop.wait()
            _log.info("Stopping: finishing what is under way")
            for task in tasks:
                task.cancel()
    finally:
        for task in working:
            task.cancel()
        await asyncio.wait(working)
    _log.info("Stopped")


async def supervise(name: str, front: Front) -> None:
    """Keep a front running: a failure is reported and tried again, and stops nobody else."""
    wait = _FIRST_WAIT
    loop = asyncio.get_running_loop()
    while True:
        started = loop.time()
        try:
            await front()
            _log.warning("The front %s ended", name)
        except Exception as failure:  # noqa: BLE001 - whatever it is, the other fronts go on
            _log.error("The front %s failed: %s: %s", name, type(failure).__name__, failure)
        if loop.time() - started > _LONGEST_WAIT:
            wait = _FIRST_WAIT
        _log.info("The front %s is tried again in %.0f s", name, wait)
        await asyncio.sleep(wait)
        wait = min(wait * 2, _LONGEST_WAIT)
