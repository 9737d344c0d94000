"""Cards that leave on their own: to channels and in direct messages."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import discord

from bot.chat.notifier import Breadth, DeliveryFailed
from bot.chat.replies import Card
from bot.core.notices import Destination
from bot.platforms.discord.paging import Page
from bot.platforms.discord.render import render

_REFUSED, _UNKNOWN_BOT, _RATE_LIMITED, _SERVER = 400, 401, 429, 500
_WITHIN = 45.0  # seconds for one delivery with discord.py's own retries; a claim on a notice lasts longer
# Unknown User; no server is shared with them. Whoever only takes no direct messages is still there.
_GONE = {10013, 50278}
_NOT_CONNECTED = 5.0  # seconds until we look again whether Discord is there


class DiscordNotifier:
    """Sends cards as the client that is logged in now."""

    def __init__(self, client: Callable[[], discord.Client | None]) -> None:
        """Take a way to the client, which a new login replaces."""
        self._client = client

    async def post(self, to: Destination, card: Card) -> tuple[str, str]:
        """Send a card, and return its channel's and messages' ids; a long card is several messages."""
        async with _failures():
            place = await self._place(to)
            sent = [await _send(place, page) for page in render(card)]
        return str(place.id), ",".join(sent)

    async def redraw(self, to: Destination, channel: str, message: str, card: Card) -> None:  # noqa: ARG002
        """Put a card in the place of the messages of one that was sent."""
        async with _failures():
            place = self._connected().get_partial_messageable(_number(channel))
            pages = render(card)
            known = [place.get_partial_message(_number(one)) for one in message.split(",")]
            for page, old in zip(pages, known, strict=False):
                await old.edit(view=page.view, attachments=page.files)
            for page in pages[len(known) :]:
                await _send(place, page)
            for old in known[len(pages) :]:
                await old.delete()

    async def _place(self, to: Destination) -> Any:
        client = self._connected()
        if to.account is not None:
            return await client.create_dm(discord.Object(_number(to.account)))
        return client.get_partial_messageable(_number(to.channel or ""))

    def _connected(self) -> discord.Client:
        client = self._client()
        if client is None or client.is_closed() or client.user is None:
            raise DeliveryFailed("Discord is not connected", retry_after=_NOT_CONNECTED, ours=True)
        return client


async def _send(place: discord.abc.Messageable, page: Page) -> str:
    try:
        return str((await place.send(view=page.view, files=page.files)).id)
    except discord.HTTPException as refused:
        if refused.status != _REFUSED:
            raise
        # Better plain words than nothing.
        return ",".join([str((await place.send(words)).id) for words in page.words])


def _number(snowflake: str) -> int:
    if not snowflake.isascii() or not snowflake.isdecimal():
        raise DeliveryFailed("This is no id of Discord's", final=True)
    return int(snowflake)


@asynccontextmanager
async def _failures() -> AsyncIterator[None]:
    """Say what Discord's errors mean for a delivery."""
    try:
        async with asyncio.timeout(_WITHIN):
            yield
    except discord.RateLimited as limited:
        wait, breadth = limited.retry_after, Breadth.TENANT
        raise DeliveryFailed(
            "Discord asks to wait", retry_after=wait, breadth=breadth, ours=True
        ) from limited
    except discord.HTTPException as error:
        ours = error.status in {_UNKNOWN_BOT, _RATE_LIMITED}
        raise DeliveryFailed(
            f"Discord answered {error.status} (code {error.code})",
            final=_REFUSED <= error.status < _SERVER and not ours,
            gone=error.code in _GONE,
            retry_after=_retry_after(error),
            breadth=_breadth(error),
            ours=ours,
        ) from error
    except TimeoutError as slow:
        raise DeliveryFailed("Discord did not answer in time") from slow
    except (aiohttp.ClientError, OSError) as error:
        why = f"Discord cannot be reached: {type(error).__name__}"
        raise DeliveryFailed(why, ours=True) from error


def _headers(error: discord.HTTPException) -> Mapping[str, str]:
    return getattr(error.response, "headers", None) or {}


def _breadth(error: discord.HTTPException) -> Breadth:
    """Tell for whom a wait holds; an answer without `Via` is no API's, but keeps our whole address out."""
    headers = _headers(error)
    whole = headers.get("X-RateLimit-Global") or headers.get("X-RateLimit-Scope") == "global"
    if error.status == _RATE_LIMITED and (whole or not headers.get("Via")):
        return Breadth.PLATFORM
    return Breadth.PLACE


def _retry_after(error: discord.HTTPException) -> float | None:
    try:
        return float(_headers(error)["Retry-After"])
    except (KeyError, ValueError):
        return None
