"""How long a platform is waited for."""

import asyncio
from collections.abc import Awaitable
from datetime import timedelta
from typing import TypeVar

from bot.chat.notifier import DeliveryFailed

T = TypeVar("T")
# How long one delivery may take; what is then left of a claim is for marking it.
WITHIN = timedelta(seconds=50)


async def in_time(call: Awaitable[T]) -> T:
    """Wait for a platform, and not for longer than our claim holds."""
    try:
        async with asyncio.timeout(WITHIN.total_seconds()):
            return await call
    except TimeoutError as slow:
        raise DeliveryFailed("The platform did not answer in time") from slow
