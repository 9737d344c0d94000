"""Cards that go out on their own: to a channel, or to one person directly."""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress

from slack_sdk.web.async_client import AsyncWebClient

from bot.cards.slack import no_file
from bot.chat.notifier import Breadth, DeliveryFailed
from bot.chat.replies import Card, File
from bot.core.notices import Destination
from bot.core.values import dataclass
from bot.platforms.slack.api import LOCKED_OUT, SlackRefused, call
from bot.platforms.slack.clients import Clients
from bot.platforms.slack.files import files_of, share
from bot.platforms.slack.outlet import direct, post, update
from bot.platforms.slack.pictures import Pictures
from bot.platforms.slack.render import Message, render, sent

_log = logging.getLogger(__name__)

# A card of several messages has all their ids, so that each can be changed.
_AND = ","
# Deactivated, deleted, or in no channel with us any more. Who is in a workspace that has not taken us in, or
# has taken us out, is still there: nobody but us has left.
_GONE = {"user_not_found", "user_disabled", "users_not_found", "user_not_visible"}


@dataclass(frozen=True, slots=True)
class SlackNotifier:
    """Sends cards to Slack and changes those that were sent; see `bot.chat.notifier.Notifier`.

    A card goes out when something has changed, and others may look at that elsewhere: `changed` is told.
    """

    clients: Clients
    pictures: Pictures
    changed: Callable[[], None] = lambda: None

    async def post(self, to: Destination, card: Card, _: str = "") -> tuple[str, str]:
        """Send a card; return the channel's id and the ids of its messages."""
        try:
            client = await self.clients.of(_team(to))
            channel = await _channel(client, to)
            messages = sent(await self.pictures.draw(card, _team(to)))
            shown = await self._whole(client, channel, messages, files_of(card))
            self.changed()
            return channel, _AND.join(shown)
        except SlackRefused as refused:
            raise failed(refused) from None

    async def _whole(
        self, client: AsyncWebClient, channel: str, messages: Sequence[Message], files: Sequence[File]
    ) -> list[str]:
        """Post all that a card still lacks, or nothing: all is tried again, and would be there twice."""
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
        """Share a file; one that Slack will never take does not keep its card back."""
        try:
            await share(client, channel, file)
        except SlackRefused as refused:
            if refused.passing:
                raise
            _log.warning("Slack did not take a file: %s", refused.error)
            for said in render(no_file(file.name)):
                await post(client, channel, said)

    async def redraw(self, to: Destination, channel: str, message: str, card: Card) -> str:
        """Put a card in the place of one that was sent: messages too many are deleted, more are added."""
        shown = message.split(_AND)
        try:
            client = await self.clients.of(_team(to))
            drawn = sent(await self.pictures.draw(card, _team(to)))
            for number, (ts, page) in enumerate(zip(shown, drawn, strict=False)):
                with _if_there() if number else nullcontext():
                    await self._update(client, channel, ts, page)
            more = await self._whole(client, channel, drawn[len(shown) :], ())
            for ts in shown[len(drawn) :]:
                with _if_there():
                    await call(client.chat_delete(channel=channel, ts=ts))
            self.changed()
            return _AND.join([*shown[: len(drawn)], *more])
        except SlackRefused as refused:
            raise failed(refused) from None

    async def _post(self, client: AsyncWebClient, channel: str, message: Message) -> str:
        return await self.pictures.send(message, lambda drawn: post(client, channel, drawn))

    async def _update(self, client: AsyncWebClient, channel: str, ts: str, message: Message) -> None:
        await self.pictures.send(message, lambda drawn: update(client, channel, ts, drawn))


@contextmanager
def _if_there() -> Iterator[None]:
    """Let a further message of a card stay deleted: that was done by us, or by somebody there."""
    try:
        yield
    except SlackRefused as refused:
        if refused.error != "message_not_found":
            raise


def _team(to: Destination) -> str:
    """Name the workspace of a destination: a person's is the one where they are known."""
    return to.workspace or (to.account or "").partition("/")[0]


async def _channel(client: AsyncWebClient, to: Destination) -> str:
    if to.account is not None:
        return await direct(client, to.account.rpartition("/")[2])
    if to.channel is None:
        raise DeliveryFailed("The destination names neither a channel nor a person", final=True)
    return to.channel


# Whoever is locked out asks again after so many seconds.
_LOCKED_OUT_FOR = 60.0


def failed(refused: SlackRefused) -> DeliveryFailed:
    """Say what Slack's refusal means for a delivery."""
    why = f"Slack did not take it: {refused.error}"
    wait = refused.retry_after
    if wait is None and refused.error in LOCKED_OUT:
        wait = _LOCKED_OUT_FOR
    return DeliveryFailed(
        why,
        final=not refused.passing,
        gone=refused.error in _GONE,
        retry_after=wait,
        # Slack counts by workspace; what it says of one channel holds for all the sooner.
        breadth=Breadth.TENANT if wait is not None else Breadth.PLACE,
        ours=refused.ours,
    )
