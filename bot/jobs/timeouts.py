"""The time limit for calls to a platform."""

import asyncio
from collections.abc import Awaitable
from datetime import timedelta
from typing import TypeVar

from bot.chat.notifier import DeliveryFailed

T = TypeVar("T")
# How long one delivery may take. The rest of the claim (`delivery.LEASE`) is for storing its result.
WITHIN = timedelta(seconds=50)


async def in_time(call: Awaitable[T]) -> T:
    """Wait for a call to a platform; raise `DeliveryFailed` before it outlasts our claim on the notice."""
    try:
        async with asyncio.timeout(WITHIN.total_seconds()):
            return await call
    except TimeoutError as slow:
        raise DeliveryFailed("The platform did not answer in time") from slow
