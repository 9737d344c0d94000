"""The database of the settings, for a command that ends."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

from bot.app import SystemClock
from bot.settings import Settings
from bot.storage.addresses import usable
from bot.storage.database import PostgresDatabase, SqliteDatabase, open_database
from bot.storage.vault import Vault


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[SqliteDatabase | PostgresDatabase]:
    """Open the database, and close it again."""
    database = await open_database(
        settings.database_url,
        SystemClock(),
        Vault(settings.key()),
        upgrade=settings.upgrade_at_start,
    )
    try:
        with usable():
            yield database
    finally:
        await database.close()


def moment(at: datetime) -> str:
    """Say when something was."""
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"
