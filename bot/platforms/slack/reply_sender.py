"""Sends replies back to the place where something was done."""

import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bot.cards.fronts import late_form
from bot.cards.slack import no_file
from bot.chat.replies import Card, Form
from bot.core.values import dataclass, replace
from bot.platforms.slack.api import SlackRefused, call, respond
from bot.platforms.slack.forms import modal
from bot.platforms.slack.installing.clients import Clients
from bot.platforms.slack.place import Place
from bot.platforms.slack.rendering.files import files_of, share
from bot.platforms.slack.rendering.pictures import Pictures
from bot.platforms.slack.rendering.render import Message, mark_sent
from bot.platforms.slack.reopening import FilledForm
from bot.platforms.slack.turn import Turn

_log = logging.getLogger(__name__)

# The first letter of a direct conversation's id. Slack accepts ephemeral messages there, but shows them to
# nobody.
_DIRECT = "D"

Way = Callable[[Message], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class ReplySender:
    """Shows cards and opens forms; there are several ways for each, and the first that works is used."""

    clients: Clients
    pictures: Pictures

    async def show(self, place: Place, card: Card, reopens: FilledForm | None = None) -> None:
        """Show a card where something was done, to one person or to everybody there.

        With `reopens`, a form to be opened again, only that person sees the card, because it contains what
        they typed.
        """
        *first, last = await self.pictures.draw(card, place.team)
        if reopens is not None:
            last = replace(last, blocks=[*last.blocks, *reopens.blocks()])
        await self.post_messages(place, [*first, last], private=card.private or reopens is not None)
        await self._share(place, card, private=card.private)

    async def post_messages(self, place: Place, messages: Sequence[Message], *, private: bool) -> None:
        """Post messages where something was done."""
        for message in messages:
            ways = self._private(place) if private else [*self._public(place), *self._private(place)]
            await self._first_that_works(ways, message)

    async def redraw(self, place: Place, card: Card) -> None:
        """Replace the message that was clicked with a card."""
        messages = await self.pictures.draw(card, place.team)
        if place.page:  # the notifier redraws the other messages of this card
            messages = mark_sent(messages)[min(place.page, len(messages)) - 1 :][:1]
        shown, *more = messages
        await self._first_that_works([*self._replace(place), *self._private(place)], shown)
        await self.post_messages(place, more, private=place.ephemeral)
        await self._share(place, card, private=place.ephemeral or card.private)

    async def _share(self, place: Place, card: Card, *, private: bool) -> None:
        """Share a card's files; private ones in the direct conversation, as files cannot be ephemeral."""
        for file in files_of(card):
            try:
                client = await self.clients.of(place.team)
                if place.channel and not private:
                    try:
                        await share(client, place.channel, file)
                        continue
                    except SlackRefused as refused:
                        _log.info("Slack rejected a file there, so it is sent directly: %s", refused.told)
                await share(client, await direct(client, place.user), file)
            except SlackRefused as refused:
                _log.warning("Slack rejected a file: %s", refused.told)
                messages = await self.pictures.draw(no_file(file.name), place.team)
                await self.post_messages(place, messages, private=True)

    async def open(self, turn: Turn, form: Form) -> None:
        """Open a form; if Slack refuses, offer a button that opens it."""
        try:
            await self.open_view(turn, modal(form, turn.place))
        except SlackRefused as refused:
            _log.info("Slack did not open a form: %s", refused.told)
            await self.show(turn.place, late_form(form.title), FilledForm.of_form(form))

    async def open_view(self, turn: Turn, view: dict[str, Any]) -> str:
        """Show a modal, or update the turn's open one, and return its id.

        The id is "" where the trigger was used before: Slack delivered this twice, and the modal is already
        open.
        """
        client = await self.clients.of(turn.place.team)
        if turn.view:
            await call(client.views_update(view_id=turn.view, view=view))
            return turn.view
        if not (trigger := turn.usable_trigger):
            raise SlackRefused("expired_trigger_id")
        try:
            opened = await call(client.views_open(trigger_id=trigger, view=view))
        except SlackRefused as refused:
            if refused.error != "exchanged_trigger_id":
                raise
            return ""
        return str(opened["view"]["id"])

    async def _first_that_works(self, ways: Sequence[Way], message: Message) -> None:
        for number, way in enumerate(ways, 1):
            try:
                await self.pictures.send(message, way)
            except SlackRefused as refused:
                if number == len(ways):
                    raise
                _log.info("Slack rejected a reply (%s); trying another way", refused.told)
            else:
                return

    def _private(self, place: Place) -> list[Way]:
        ways: list[Way] = []
        if place.response_url:
            ways.append(self._response(place.response_url, response_type="ephemeral", replace_original=False))
        if place.channel and not place.channel.startswith(_DIRECT):
            ways.append(self._ephemeral(place, place.channel))
        return [*ways, self._direct(place)]

    def _public(self, place: Place) -> list[Way]:
        ways: list[Way] = []
        if place.response_url:
            ways.append(
                self._response(place.response_url, response_type="in_channel", replace_original=False)
            )
        if place.channel:
            ways.append(self._post(place, place.channel))
        return ways

    def _replace(self, place: Place) -> list[Way]:
        ways: list[Way] = []
        if place.channel and place.message and not place.ephemeral:
            ways.append(self._update(place, place.channel, place.message))
        if place.response_url:
            ways.append(self._response(place.response_url, replace_original=True))
        return ways

    def _response(self, url: str, **how: object) -> Way:
        async def way(message: Message) -> None:
            body = {"text": message.text, "blocks": message.blocks, **how}
            await respond(self.clients.session, url, {**body, "unfurl_links": False, "unfurl_media": False})

        return way

    def _ephemeral(self, place: Place, channel: str) -> Way:
        async def way(message: Message) -> object:
            post = (await self.clients.of(place.team)).chat_postEphemeral
            return await call(
                post(channel=channel, user=place.user, text=message.text, blocks=message.blocks)
            )

        return way

    def _post(self, place: Place, channel: str) -> Way:
        async def way(message: Message) -> object:
            return await post(await self.clients.of(place.team), channel, message)

        return way

    def _update(self, place: Place, channel: str, ts: str) -> Way:
        async def way(message: Message) -> None:
            await update(await self.clients.of(place.team), channel, ts, message)

        return way

    def _direct(self, place: Place) -> Way:
        async def way(message: Message) -> object:
            client = await self.clients.of(place.team)
            return await post(client, await direct(client, place.user), message)

        return way


async def direct(client: AsyncWebClient, user: str) -> str:
    """Open a direct conversation and return its channel id."""
    answer = await call(client.conversations_open(users=user))
    return str(answer["channel"]["id"])


async def post(client: AsyncWebClient, channel: str, message: Message) -> str:
    """Post a message to a channel and return its timestamp, which is its id.

    The fallback text is the short one, which phones show in the notification. Updates and ephemeral messages
    notify nobody, so their fallback text is the complete one, for screen readers.
    """
    send = client.chat_postMessage(
        channel=channel, text=message.glance, blocks=message.blocks, unfurl_links=False, unfurl_media=False
    )
    return str((await call(send))["ts"])


async def update(client: AsyncWebClient, channel: str, ts: str, message: Message) -> None:
    """Update a message."""
    await call(client.chat_update(channel=channel, ts=ts, text=message.text, blocks=message.blocks))
