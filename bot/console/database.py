"""Opens the database of the settings for one command of the console, and prints plain lines."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

from rich.console import Console

from bot.app import Application, SystemClock, open_application
from bot.settings import Settings
from bot.storage.addresses import Unusable, raising_unusable, sqlite_path
from bot.storage.clock import SharedClock
from bot.storage.database import AnyDatabase, open_database
from bot.storage.vault import Vault


@asynccontextmanager
async def opened_application(settings: Settings) -> AsyncIterator[Application]:
    """Open the application for one command; raise `Unusable` if the database or the secret key is missing.

    Older tables are not upgraded: the version that they belong to may be running.
    """
    require_existing(settings)
    async with open_application(settings.model_copy(update={"upgrade_at_start": False})) as application:
        yield application


@asynccontextmanager
async def opened_database(settings: Settings) -> AsyncIterator[AnyDatabase]:
    """Open the database for one command; raise `Unusable` if the database or the secret key is missing."""
    require_existing(settings)
    clock = SharedClock(SystemClock())
    database = await open_database(
        settings.database_url,
        clock,
        Vault(*settings.keys()),
        upgrade=False,
    )
    try:
        with raising_unusable():
            await database.set_clock(clock)
            yield database
    finally:
        await database.close()


def require_existing(settings: Settings) -> None:
    """Raise `Unusable` if the database file or the secret key does not exist: a command never makes them."""
    path = sqlite_path(settings.database_url)
    if path is not None and not Path(path).exists():
        raise Unusable(f"there is no database at {path}. Check HOMEROOM_DATABASE_URL")
    if not settings.has_key:
        raise Unusable(
            f"there is no secret key at {settings.secret_key_file}. Restore it from your backup; in a new "
            "installation, the first start creates it"
        )


def moment(at: datetime) -> str:
    """Return a time as operators see it, in UTC."""
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"


def say(console: Console, text: str) -> None:
    """Print a text without markup or highlighting, and let the terminal wrap it."""
    console.print(text, soft_wrap=True, markup=False, highlight=False)
