"""Adds fronts to the application: those for which the settings have a token or an address."""

import logging
from collections.abc import Callable, Collection
from contextlib import AsyncExitStack
from functools import partial
from typing import TYPE_CHECKING

from bot.app import Application, open_application
from bot.core.keys.ring import KeyRing
from bot.core.notices.mail_addresses import recipient
from bot.core.rights.actors import Platform
from bot.jobs.leases import LeaseKeeper
from bot.running import keep_running, offer_claim, stop_on_signals, unless_stopped
from bot.settings import Settings

if TYPE_CHECKING:
    from starlette.routing import BaseRoute

    from bot.platforms.mail.notifier import Send
    from bot.platforms.mail.smtp import Smtp
    from bot.platforms.slack.installing.oauth import App
    from bot.platforms.web.metrics import Monitoring
    from bot.platforms.web.playground.app import Playground
    from bot.platforms.web.sign_in.flow import SignIn

_log = logging.getLogger(__name__)
_NO_FRONT = (
    "Neither Discord nor Slack has a token: only the web pages are served. Set HOMEROOM_DISCORD__TOKEN, or "
    "HOMEROOM_SLACK__BOT_TOKEN with HOMEROOM_SLACK__APP_TOKEN; the README says where to get them."
)


async def run(settings: Settings) -> None:
    """Run every front that has a token until SIGTERM or SIGINT."""
    stop = stop_on_signals()
    async with AsyncExitStack() as opened:
        application = await unless_stopped(stop, opened.enter_async_context(open_application(settings)))
        if application is None:
            return
        routes = add_slack(application)
        add_discord(application)
        add_mail(application)
        playground = _playground(application) if settings.web.playground else None
        add_web(application, routes, playground)
        if not application.notifiers.keys() - {Platform.EMAIL}:
            _log.warning(_NO_FRONT)
        await offer_claim(application)
        await keep_running(application, stop)


def _playground(application: Application) -> "Playground":
    from bot.platforms.web.playground.app import Playground  # noqa: PLC0415 - only where it is wanted
    from bot.platforms.web.playground.cast import room  # noqa: PLC0415

    opened = room()
    application.notifiers[Platform.WEB] = opened
    application.runner.native_syncs[Platform.WEB] = opened.badges
    return Playground(opened, application.settings.web.playground_password.get_secret_value())


def add_discord(application: Application) -> None:
    """Add the Discord front, if it has a token."""
    wanted = application.settings.discord
    if not (token := wanted.token.get_secret_value()):
        return
    from bot.platforms.discord.front import DiscordFront  # noqa: PLC0415 - an SDK is loaded when used

    front = DiscordFront(
        application.runner,
        token,
        api_base=wanted.api_base or None,
        gateway_url=wanted.gateway_url or None,
        shards=wanted.shard_count,
        hide_commands=wanted.hide_commands,
        exclusively=LeaseKeeper(application.database),
    )
    application.notifiers[Platform.DISCORD] = front.notifier
    application.runner.native_syncs[Platform.DISCORD] = front.roles
    application.inboxes[Platform.DISCORD] = front.requests
    application.entrances[Platform.DISCORD] = front.server_invites
    for shard in wanted.shards:
        name = f"discord shard {shard}" if wanted.shard_count > 1 else "discord"
        application.fronts[name] = partial(front.run, shard)


def add_slack(application: Application) -> "list[BaseRoute]":
    """Add the Slack front, if the settings have a bot token or an app that many workspaces install.

    Return the routes that the web server must serve for it: installation, and events with public HTTP.
    """
    wanted = application.settings.slack
    token = wanted.bot_token.get_secret_value()
    if not (token or wanted.client_id):
        return []
    from bot.platforms.slack.front import SlackFront  # noqa: PLC0415 - an SDK is loaded when used

    front = SlackFront(
        application.runner,
        bot_token=token,
        oauth=slack_app(application.settings, application.keys) if wanted.client_id else None,
        app_token=wanted.app_token.get_secret_value(),
        signing_secret=wanted.signing_secret.get_secret_value(),
        api_base=wanted.api_base or None,
        command=f"/{wanted.command}",
    )
    application.notifiers[Platform.SLACK] = front.notifier
    application.runner.native_syncs[Platform.SLACK] = front.groups
    application.fronts["slack"] = front.serve_http if wanted.public_http else front.run
    return [*front.install_routes(), *(front.routes() if wanted.public_http else [])]


def slack_app(settings: Settings, keys: KeyRing) -> "App":
    """Return the Slack app of the settings, which many workspaces can install."""
    wanted = settings.slack
    from bot.platforms.slack.installing.oauth import App  # noqa: PLC0415 - an SDK is loaded when used

    secret = wanted.client_secret.get_secret_value()
    return App(wanted.client_id, secret, keys, settings.base_url, wanted.install == "public")


def add_mail(application: Application, send: "Send | None" = None) -> None:
    """Add mail through the server of the settings; a given `send` takes the mails instead."""
    from bot.platforms.mail.message import Sender  # noqa: PLC0415 - a front is loaded when used
    from bot.platforms.mail.notifier import MailNotifier, NoMail  # noqa: PLC0415

    wanted = application.settings.mail
    if not (wanted.host or send):
        application.notifiers[Platform.EMAIL] = NoMail()
        return
    application.notifiers[Platform.EMAIL] = MailNotifier(
        send=send or smtp(application.settings).send,
        recipient_of=lambda whom: application.database.read(lambda uow: recipient(uow, whom)),
        sender=Sender(wanted.sender, wanted.reply_to),
        clock=application.clock,
        base_url=application.links.base if application.runner.ways.on_the_web else "",
    )


def smtp(settings: Settings) -> "Smtp":
    """Return a client for the mail server of the settings."""
    from bot.platforms.mail.smtp import Server, Smtp, hello  # noqa: PLC0415 - a front is loaded when used
    from bot.platforms.mail.tokens import Issuer, Tokens  # noqa: PLC0415

    wanted = settings.mail
    server = Server(
        wanted.host,
        wanted.port,
        wanted.security,
        wanted.username,
        wanted.password.get_secret_value(),
        wanted.ca_file,
        wanted.timeout,
        hello(settings.base_url, wanted.sender),
    )
    if not wanted.token_url:
        return Smtp(server)
    secret = wanted.client_secret.get_secret_value()
    return Smtp(server, tokens=Tokens(Issuer(wanted.token_url, wanted.client_id, secret, wanted.scope)))


def add_web(
    application: Application,
    routes: "list[BaseRoute]",
    playground: "Playground | None" = None,
    listening: Callable[[str, int], None] | None = None,
) -> None:
    """Add the web server: invitation pages, health, other fronts' routes, and perhaps the playground."""
    from bot.platforms.web import server  # noqa: PLC0415 - a web framework is loaded when used
    from bot.platforms.web.guard import Proxies  # noqa: PLC0415
    from bot.platforms.web.link_view import link_lookup  # noqa: PLC0415

    monitoring = _monitoring(application)
    application.delivery.observer = monitoring.deliveries
    slashes = application.runner.links.slashes
    ways = {platform: slashes[platform] for platform in application.notifiers if platform in slashes}
    app = server.build(
        application.runner,
        look_up=link_lookup(application.runner),
        monitoring=monitoring,
        joins=ways,
        routes=routes,
        playground=playground,
        sign_in=_sign_in(application),
        entrances=application.entrances,
        proxies=Proxies(application.settings.web.trusted_proxies),
    )
    web = application.settings.web
    told = listening or _log_address
    application.fronts["web"] = lambda: server.serve(app, web.host, web.port, listening=told)


def _monitoring(application: Application) -> "Monitoring":
    from bot.platforms.web.metrics import Monitoring, Report, SharedReport  # noqa: PLC0415 - a front is loaded when used

    async def report() -> Report:
        return Report(
            await application.condition(),
            await application.migrated(),
            application.workers_running(),
            application.supervisor.failures,
            file_lost=await application.file_is_lost(),
        )

    token = application.settings.web.metrics_token.get_secret_value()
    return Monitoring(SharedReport(report), token, application.settings.base_url)


def _sign_in(application: Application) -> "SignIn | None":
    """Return the sign-in of the web pages; None if the settings offer no way to sign in."""
    settings = application.settings
    if not (settings.sign_in.offered or settings.sign_in.passwords):
        return None
    from bot.platforms.web.sign_in.flow import SignIn  # noqa: PLC0415 - only where it is wanted
    from bot.platforms.web.sign_in.providers import ProviderSettings  # noqa: PLC0415

    offered = {
        name: ProviderSettings(**{**dict(one), "client_secret": one.client_secret.get_secret_value()})
        for name, one in settings.sign_in.offered.items()
    }

    async def allow(set_up: Collection[str]) -> Collection[str]:
        return await application.database.read(lambda uow: uow.system.settings().allowed(set_up))

    sign_in = SignIn.of(
        offered, base_url=settings.base_url, keys=application.keys, clock=application.clock, allow=allow
    )
    if not settings.sign_in.passwords:
        return sign_in
    return sign_in.with_passwords(application.runner, mails=application.runner.ways.mails)


def _log_address(host: str, port: int) -> None:
    _log.info("The web pages are at http://%s:%d", f"[{host}]" if ":" in host else host, port)
