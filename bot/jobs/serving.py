"""While a process serves people, the others know which secret keys it has."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from bot.chat.ports import Database
from bot.core import key_rotation

_LEAVING_SECONDS = 2.0


@asynccontextmanager
async def serving(database: Database) -> AsyncIterator[None]:
    """Begin to serve people; at the end the others wait for us no more, where the database answers."""
    await database.run(key_rotation.serve)
    try:
        yield
    finally:
        with suppress(Exception):
            async with asyncio.timeout(_LEAVING_SECONDS):
                await database.run(key_rotation.leave)
