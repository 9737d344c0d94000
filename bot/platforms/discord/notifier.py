"""Cards that leave on their own: to channels and in direct messages."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import discord

from bot.chat.notifier import DeliveryFailed
from bot.chat.replies import Card
from bot.core.notices import Destination
from bot.platforms.discord.paging import Page
from bot.platforms.discord.render import render

_REFUSED, _RATE_LIMITED, _SERVER = 400, 429, 500
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
            raise DeliveryFailed("Discord is not connected", retry_after=_NOT_CONNECTED)
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
        raise DeliveryFailed("Discord asks to wait", retry_after=limited.retry_after) from limited
    except discord.HTTPException as error:
        final = _REFUSED <= error.status < _SERVER and error.status not in {401, _RATE_LIMITED}
        why = f"Discord answered {error.status} (code {error.code})"
        gone, wait = error.code in _GONE, _retry_after(error)
        raise DeliveryFailed(why, final=final, gone=gone, retry_after=wait) from error
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        raise DeliveryFailed(f"Discord cannot be reached: {type(error).__name__}") from error


def _retry_after(error: discord.HTTPException) -> float | None:
    headers = getattr(error.response, "headers", None) or {}
    try:
        return float(headers["Retry-After"])
    except (KeyError, ValueError):
        return None
