"""The Discord notifier: sends cards to channels and in direct messages."""

import logging
import secrets
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import suppress
from hashlib import blake2b
from itertools import count, islice
from typing import Any

import discord

from bot.cards.notices.notices import digest
from bot.chat.notifier import DeliveryFailed
from bot.chat.replies import Card
from bot.core.notices.notices import Destination
from bot.platforms.discord.failures import QUARANTINED, connected, translated_errors
from bot.platforms.discord.rendering import paging
from bot.platforms.discord.rendering.paging import Page
from bot.platforms.discord.rendering.render import render

_log = logging.getLogger(__name__)
_REFUSED = 400
_NO_MESSAGE, _ARCHIVED = 10008, 50083
_NONCE = 12  # bytes, which are 24 hexadecimal digits; Discord accepts 25 characters


class DiscordNotifier:
    """Sends cards by whichever client is logged in."""

    def __init__(self, client: Callable[[], discord.Client | None]) -> None:
        """Take a function that returns the current client; a new login replaces it."""
        self._client = client
        self._reported = False

    async def post(self, to: Destination, card: Card, key: str = "") -> tuple[str, str]:
        """Send a card and return the ids of its channel and messages; a long card takes several messages."""
        try:
            async with translated_errors():
                place = await self._place(to)
                nonces = _nonces(f"{key} {digest(card)}" if key else "")
                sent = [await _send(place, page, nonces) for page in paging.mark_sent(render(card))]
        except DeliveryFailed as failed:
            self._report(failed)
            raise
        return str(place.id), ",".join(sent)

    def _report(self, failed: DeliveryFailed) -> None:
        """Log, once, that Discord has quarantined the bot: only the operator can appeal."""
        if getattr(failed.__cause__, "code", None) == QUARANTINED and not self._reported:
            self._reported = True
            _log.error(
                "Discord took direct messages of the bot for spam, and blocks messages to new people until "
                "you have appealed: see discord.com/developers/applications"
            )

    async def redraw(self, to: Destination, channel: str, message: str, card: Card) -> str:  # noqa: ARG002
        """Replace the messages of a card that was sent; messages that were deleted are not sent again."""
        async with translated_errors():
            client = connected(self._client())
            place = client.get_partial_messageable(_number(channel))
            try:
                return await _redrawn(place, message, card)
            except discord.HTTPException as refused:
                if refused.code != _ARCHIVED:
                    raise
            # Threads are archived automatically, and nothing in them can be edited until they are unarchived.
            await client.http.edit_channel(place.id, archived=False)
            return await _redrawn(place, message, card)

    async def _place(self, to: Destination) -> Any:
        client = connected(self._client())
        if to.account is not None:
            return await client.create_dm(discord.Object(_number(to.account)))
        return client.get_partial_messageable(_number(to.channel or ""))


async def _redrawn(place: discord.PartialMessageable, message: str, card: Card) -> str:
    pages = paging.mark_sent(render(card))
    known = [place.get_partial_message(_number(one)) for one in message.split(",")]
    for page, old in zip(pages, known, strict=False):
        await _unless_deleted(old.edit(content=None, view=page.view, attachments=page.files))
    more = await _all_or_none(place, pages[len(known) :])
    for old in known[len(pages) :]:
        await _unless_deleted(old.delete())
    return ",".join([*(str(old.id) for old in known[: len(pages)]), *more])


async def _unless_deleted(change: Awaitable[object]) -> None:
    """Await a change of a message; do nothing if the message was deleted."""
    try:
        await change
    except discord.NotFound as gone:
        if gone.code != _NO_MESSAGE:
            raise


async def _all_or_none(place: discord.PartialMessageable, pages: Sequence[Page]) -> list[str]:
    """Send the additional pages of a card and return their ids; on failure delete those already sent.

    A redraw is retried as a whole, so pages that stayed would appear twice.
    """
    sent: list[str] = []
    try:
        for page in pages:
            sent += (await _send(place, page, _nonces())).split(",")
    except discord.HTTPException:
        for one in sent:
            with suppress(discord.HTTPException):
                await place.get_partial_message(int(one)).delete()
        raise
    return sent


def _nonces(key: str = "") -> Iterator[str]:
    """Yield a nonce for each message of a card: Discord does not create a message again for a recent nonce.

    The key contains a digest of the card, so that a card that has changed before a retry is sent as a new
    one. Without a key, the nonces are random.
    """
    base = key or secrets.token_hex()
    return (blake2b(f"{base} {number}".encode(), digest_size=_NONCE).hexdigest() for number in count())


async def _send(place: discord.abc.Messageable, page: Page, nonces: Iterator[str]) -> str:
    # Nonces for the plain-text fallback are always taken, so that the nonces of later pages stay the same.
    nonce, *of_words = islice(nonces, 1 + len(page.words))
    try:
        return str((await place.send(view=page.view, files=page.files, nonce=nonce)).id)
    except discord.HTTPException as refused:
        if refused.status != _REFUSED:
            raise
        # Discord refused the components: send the same as plain text.
        parts = zip(page.words, of_words, strict=True)
        return ",".join([str((await place.send(words, nonce=own)).id) for words, own in parts])


def _number(snowflake: str) -> int:
    if not snowflake.isascii() or not snowflake.isdecimal():
        raise DeliveryFailed("This is not a Discord id", final=True)
    return int(snowflake)
