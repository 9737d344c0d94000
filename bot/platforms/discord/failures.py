"""Translates Discord's errors into what they mean for a delivery."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import aiohttp
import discord

from bot.chat.notifier import Breadth, DeliveryFailed
from bot.unreachable import why_unreachable

_REFUSED, _UNKNOWN_BOT, _RATE_LIMITED, _SERVER = 400, 401, 429, 500
_WITHIN = 45.0  # seconds for one delivery with discord.py's own retries; a claim on a notice lasts longer
# Unknown User; no server is shared with them. An account that only refuses direct messages is not gone.
_GONE = {10013, 50278}
# Discord's spam filter does not let us open new direct messages until the operator has appealed.
QUARANTINED = 20026
_TOO_FAST = 40003  # direct messages were opened too fast
# Errors that are not the message's fault, whatever their HTTP status, and how long it waits, in seconds. The
# 300 seconds are for when sending or a part of Discord is switched off or overloaded, or Cloudflare blocks
# us.
_LATER = {QUARANTINED: 3600.0, _TOO_FAST: 600.0} | dict.fromkeys((40004, 40006, 40062, 40333, 130000), 300.0)
_NOT_CONNECTED = 5.0  # seconds until a delivery is tried again while no client is logged in


@asynccontextmanager
async def translated_errors() -> AsyncIterator[None]:
    """Raise `DeliveryFailed` for Discord's errors in the block, and where it takes too long."""
    try:
        async with asyncio.timeout(_WITHIN):
            yield
    except discord.RateLimited as limited:
        wait, breadth = limited.retry_after, Breadth.TENANT
        raise DeliveryFailed(
            "Discord asks to wait", retry_after=wait, breadth=breadth, ours=True
        ) from limited
    except discord.HTTPException as error:
        ours = error.status in {_UNKNOWN_BOT, _RATE_LIMITED} or error.code in _LATER
        raise DeliveryFailed(
            f"Discord answered {error.status} (code {error.code})",
            final=_REFUSED <= error.status < _SERVER and not ours,
            gone=error.code in _GONE,
            retry_after=_retry_after(error) or _LATER.get(error.code),
            breadth=_breadth(error),
            ours=ours,
        ) from error
    except TimeoutError as slow:
        raise DeliveryFailed("Discord did not answer in time") from slow
    except (aiohttp.ClientError, OSError) as error:
        why = f"Discord cannot be reached: {why_unreachable(error)}"
        raise DeliveryFailed(why, ours=True) from error


def _headers(error: discord.HTTPException) -> Mapping[str, str]:
    return getattr(error.response, "headers", None) or {}


def _breadth(error: discord.HTTPException) -> Breadth:
    """Tell for whom a wait holds.

    A 429 without a `Via` header does not come from the API itself: it blocks our whole address.
    """
    headers = _headers(error)
    whole = headers.get("X-RateLimit-Global") or headers.get("X-RateLimit-Scope") == "global"
    if error.status == _RATE_LIMITED and (whole or not headers.get("Via")):
        return Breadth.PLATFORM
    return Breadth.TENANT if error.code == _TOO_FAST else Breadth.PLACE


def _retry_after(error: discord.HTTPException) -> float | None:
    try:
        return float(_headers(error)["Retry-After"])
    except (KeyError, ValueError):
        return None


def connected(client: discord.Client | None) -> discord.Client:
    """Return the client if it is logged in; otherwise raise `DeliveryFailed`, to try again later."""
    if client is None or client.is_closed() or client.user is None:
        raise DeliveryFailed("Discord is not connected", retry_after=_NOT_CONNECTED, ours=True)
    return client
