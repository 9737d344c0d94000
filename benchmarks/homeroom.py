"""Runs a whole Homeroom with its fronts in this process, built from settings as usual."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from pydantic import SecretStr

from benchmarks.door import KEY
from bot.app import open_application
from bot.chat.commands import Group, Registry
from bot.commands import REGISTRY
from bot.core.values import replace
from bot.fronts import add_discord, add_slack, add_web
from bot.running import keep_running
from bot.settings import Settings
from bot.settings.sections import DiscordSettings, SlackSettings, WebSettings


def only(path: str) -> Registry:
    """Return a registry with only one of the bot's commands."""
    found = REGISTRY[path]
    (group,) = (one for one in REGISTRY.groups if found in one.commands)
    alone = Group(group.name, group.description)
    alone.commands.append(found)
    return Registry([alone])


@asynccontextmanager
async def fronts(
    database: str,
    command: str = "",
    *,
    slack: SlackSettings | None = None,
    discord: DiscordSettings | None = None,
) -> AsyncIterator[str]:
    """Serve the web pages, and the fronts that have settings; yield the address of the pages.

    With `command`, this is the only command. Workers and sweeps run, too, as they always do.
    """
    settings = Settings(
        database_url=database,
        secret_key=SecretStr(KEY.hex()),
        web=WebSettings(port=0),
        slack=slack or SlackSettings(),
        discord=discord or DiscordSettings(),
    )
    async with open_application(settings) as application:
        if command:
            application.runner = replace(application.runner, registry=only(command))
        address: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        routes = add_slack(application)
        add_discord(application)
        add_web(application, routes, listening=lambda host, port: address.set_result(f"http://{host}:{port}"))
        stop = asyncio.Event()
        running = asyncio.create_task(keep_running(application, stop))
        try:
            yield await address
        finally:
            stop.set()
            await running
