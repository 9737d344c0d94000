"""Tells other replicas which secret keys this process has, for as long as it runs."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from bot.chat.ports import Database
from bot.core.keys import rotation as key_rotation

_LEAVING_SECONDS = 2.0


@asynccontextmanager
async def serving(database: Database) -> AsyncIterator[None]:
    """Register this replica and its secret keys; at the end remove it, if the database answers.

    A new key is put in use only once all registered replicas have it.
    """
    await database.run(key_rotation.serve)
    try:
        yield
    finally:
        with suppress(Exception):
            async with asyncio.timeout(_LEAVING_SECONDS):
                await database.run(key_rotation.leave)
