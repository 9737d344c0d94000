"""Files of a card: each is shared as a message of its own, because no block can show a file."""

from slack_sdk.web.async_client import AsyncWebClient

from bot.chat.replies import Card, File
from bot.chat.text import plain
from bot.platforms.slack import limits
from bot.platforms.slack.api import call


def files_of(card: Card) -> list[File]:
    """Return a card's files."""
    return [block for block in card.blocks if isinstance(block, File)]


async def share(client: AsyncWebClient, channel: str, file: File) -> None:
    """Upload a file and share it in a channel."""
    title = plain(file.alt)[: limits.FILE_TITLE] or file.name
    await call(
        client.files_upload_v2(
            channel=channel,
            filename=file.name,
            file=file.content,
            title=title,
            request_file_info=False,
        )
    )
