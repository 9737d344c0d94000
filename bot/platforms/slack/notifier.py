"""The Slack notifier: sends cards to channels and in direct messages."""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress

from slack_sdk.web.async_client import AsyncWebClient

from bot.cards.slack import no_file
from bot.chat.notifier import Breadth, DeliveryFailed
from bot.chat.replies import Card, File
from bot.core.notices.notices import Destination
from bot.core.values import dataclass
from bot.platforms.slack.api import LOCKED_OUT, SlackRefused, call
from bot.platforms.slack.installing.clients import Clients
from bot.platforms.slack.rendering.files import files_of, share
from bot.platforms.slack.rendering.pictures import Pictures
from bot.platforms.slack.rendering.render import Message, mark_sent, render
from bot.platforms.slack.reply_sender import direct, post, update

_log = logging.getLogger(__name__)

# Joins the ids of a card's messages, so that each can be changed.
_SEPARATOR = ","
# The person is deactivated, deleted, or shares no channel with us. Errors about a missing or removed app are
# not among these: then the person is still there.
_GONE = {"user_not_found", "user_disabled", "users_not_found", "user_not_visible"}


@dataclass(frozen=True, slots=True)
class SlackNotifier:
    """Sends cards to Slack and changes those that were sent; see `bot.chat.notifier.Notifier`.

    A card goes out because something has changed, so `changed` is called after it, to refresh open App Home
    pages.
    """

    clients: Clients
    pictures: Pictures
    changed: Callable[[], None] = lambda: None

    async def post(self, to: Destination, card: Card, _: str = "") -> tuple[str, str]:
        """Send a card, and return the id of its channel and the ids of its messages."""
        try:
            client = await self.clients.of(_team(to))
            channel = await _channel(client, to)
            messages = mark_sent(await self.pictures.draw(card, _team(to)))
            shown = await self._post_all(client, channel, messages, files_of(card))
            self.changed()
            return channel, _SEPARATOR.join(shown)
        except SlackRefused as refused:
            raise delivery_failure(refused) from None

    async def _post_all(
        self, client: AsyncWebClient, channel: str, messages: Sequence[Message], files: Sequence[File]
    ) -> list[str]:
        """Post messages and files, and return the messages' ids; if one fails, delete those already posted.

        The whole is retried, so messages that stayed would appear twice.
        """
        shown: list[str] = []
        try:
            for message in messages:
                shown.append(await self._post(client, channel, message))  # noqa: PERF401 - what is there counts
            for file in files:
                await self._share(client, channel, file)
        except SlackRefused:
            for ts in shown:
                with suppress(SlackRefused):
                    await call(client.chat_delete(channel=channel, ts=ts))
            raise
        return shown

    async def _share(self, client: AsyncWebClient, channel: str, file: File) -> None:
        """Share a file; a file that Slack will never accept does not hold back its card."""
        try:
            await share(client, channel, file)
        except SlackRefused as refused:
            if refused.transient:
                raise
            _log.warning("Slack rejected a file: %s", refused.told)
            for said in render(no_file(file.name)):
                await post(client, channel, said)

    async def redraw(self, to: Destination, channel: str, message: str, card: Card) -> str:
        """Replace a card that was sent; surplus messages are deleted, and missing ones are added.

        Messages that somebody deleted are not sent again.
        """
        shown = message.split(_SEPARATOR)
        try:
            client = await self.clients.of(_team(to))
            drawn = mark_sent(await self.pictures.draw(card, _team(to)))
            for ts, page in zip(shown, drawn, strict=False):
                with _unless_deleted():
                    await self._update(client, channel, ts, page)
            more = await self._post_all(client, channel, drawn[len(shown) :], ())
            for ts in shown[len(drawn) :]:
                with _unless_deleted():
                    await call(client.chat_delete(channel=channel, ts=ts))
            self.changed()
            return _SEPARATOR.join([*shown[: len(drawn)], *more])
        except SlackRefused as refused:
            raise delivery_failure(refused) from None

    async def _post(self, client: AsyncWebClient, channel: str, message: Message) -> str:
        return await self.pictures.send(message, lambda drawn: post(client, channel, drawn))

    async def _update(self, client: AsyncWebClient, channel: str, ts: str, message: Message) -> None:
        await self.pictures.send(message, lambda drawn: update(client, channel, ts, drawn))


@contextmanager
def _unless_deleted() -> Iterator[None]:
    """Ignore that a message no longer exists: we or somebody else deleted it."""
    try:
        yield
    except SlackRefused as refused:
        if refused.error != "message_not_found":
            raise


def _team(to: Destination) -> str:
    """Return the workspace of a destination; for a person, the one where they have their account."""
    return to.workspace or (to.account or "").partition("/")[0]


async def _channel(client: AsyncWebClient, to: Destination) -> str:
    if to.account is not None:
        return await direct(client, to.account.rpartition("/")[2])
    if to.channel is None:
        raise DeliveryFailed("The destination names neither a channel nor a person", final=True)
    return to.channel


# Seconds until a delivery is tried again while no token of the workspace works.
_LOCKED_OUT_FOR = 60.0


def delivery_failure(refused: SlackRefused) -> DeliveryFailed:
    """Return what a refusal by Slack means for a delivery."""
    why = f"Slack did not take it: {refused.told}"
    wait = refused.retry_after
    if wait is None and refused.error in LOCKED_OUT:
        wait = _LOCKED_OUT_FOR
    return DeliveryFailed(
        why,
        final=not refused.transient,
        gone=refused.error in _GONE,
        retry_after=wait,
        # Slack's limits are per workspace or per channel, and do not say which: wait with the whole
        # workspace.
        breadth=Breadth.TENANT if wait is not None else Breadth.PLACE,
        ours=refused.ours,
    )
