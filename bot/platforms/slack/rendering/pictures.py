"""Pictures: uploaded to Slack before the message that shows them, and replaced by words where that fails."""

import asyncio
import hashlib
import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

from bot.chat.replies import Card, Image
from bot.chat.text import plain
from bot.core.values import replace
from bot.platforms.slack.api import SlackRefused, call
from bot.platforms.slack.installing.clients import Clients
from bot.platforms.slack.rendering.render import Message, alt_instead, render

T = TypeVar("T")
_log = logging.getLogger(__name__)

# Slack's error for bad blocks, and for a file that it has not processed yet (slackapi/python-slack-sdk issue
# 1521).
_REFUSED = "invalid_blocks"
_NEVER = {_REFUSED, "invalid_blocks_format", "msg_blocks_too_long"}
# Seconds between tries while Slack processes a file. These four leave one more try without pictures: a
# response URL accepts five posts.
_PAUSES = (0.5, 1.5, 3.0, 5.0)
_REMEMBERED = 100


class Pictures:
    """Uploads a card's pictures and sends the messages that show them."""

    def __init__(self, clients: Clients) -> None:
        """Take the workspaces' clients, through which pictures are uploaded."""
        self._clients = clients
        self._files: dict[tuple[str, str], str] = {}

    async def draw(self, card: Card, team: str) -> tuple[Message, ...]:
        """Render a card for a workspace after uploading its pictures there."""
        images = [block for block in card.blocks if isinstance(block, Image)]
        found = [(image, file) for image in images if (file := await self._upload(image, team)) is not None]
        return render(card, dict(found))

    async def _upload(self, image: Image, team: str) -> str | None:
        known = (team, hashlib.sha256(image.png).hexdigest())
        if known in self._files:
            return self._files[known]
        alt = plain(image.alt)
        title = alt[:100] or image.filename
        try:
            client = await self._clients.of(team)
            # The alt text goes into the block: a file uploaded with one is not shown (issue 1818 there).
            answer = await call(client.files_upload_v2(filename=image.filename, file=image.png, title=title))
        except SlackRefused as refused:
            _log.warning("Slack rejected a picture: %s", refused.told)
            return None
        file = str(answer["files"][0]["id"])
        if len(self._files) >= _REMEMBERED:
            self._files.clear()
        self._files[known] = file
        return file

    async def send(self, message: Message, post: Callable[[Message], Awaitable[T]]) -> T:
        """Post a message; retry while Slack still processes its pictures, then post it without them.

        If Slack refuses the other blocks too, the message is sent as plain text.
        """
        bare = replace(message, blocks=[alt_instead(block) for block in message.blocks])
        for pause in _PAUSES if bare != message else ():
            try:
                return await post(message)
            except SlackRefused as refused:
                if refused.error != _REFUSED:
                    raise
            await asyncio.sleep(pause)
        try:
            return await post(bare)
        except SlackRefused as refused:
            if refused.error not in _NEVER:
                raise
            _log.warning("Slack rejected a card; it is sent as text: %s", refused.told)
            return await post(replace(message, blocks=[], glance=message.text))
