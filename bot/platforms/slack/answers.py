"""Delivers replies: to the place where something was done, or into a modal that waits for them."""

import asyncio
import logging

import msgspec
from slack_bolt.response import BoltResponse

from bot.cards.fronts import unanswered
from bot.cards.slack import ONE_MOMENT, TAKEN
from bot.chat import call_reference
from bot.chat.ports import Words
from bot.chat.replies import Card, Fields, Form, Reply, Text
from bot.chat.text import plain
from bot.core.values import dataclass
from bot.platforms.slack.api import SlackRefused
from bot.platforms.slack.forms import notice
from bot.platforms.slack.rendering.render import Message, words
from bot.platforms.slack.reopening import FilledForm
from bot.platforms.slack.reply_sender import ReplySender
from bot.platforms.slack.turn import Turn

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Answers:
    """Answers each turn in a way that Slack still allows."""

    sender: ReplySender
    words: Words

    def failed(self) -> Card:
        """Log the current exception, and return a card that says that something went wrong."""
        _log.exception("A request from Slack failed")
        return self.words.failed(call_reference.begin())

    async def with_waiting_modal(self, turn: Turn) -> Turn:
        """Open a waiting modal for the form before the trigger expires; return the turn with it."""
        try:
            return turn.shown_in(await self.sender.open_view(turn, notice(plain(ONE_MOMENT), turn.place)))
        except SlackRefused as refused:
            _log.info("Slack did not open a modal: %s", refused.told)
            return turn

    async def deliver_later(self, task: asyncio.Task[Reply], turn: Turn, *, after: float = 0) -> None:
        """Answer when the work is done, but not before `after` seconds have passed."""
        if turn.expects_form and not task.done():
            turn = await self.with_waiting_modal(turn)
        reply, _ = await asyncio.gather(task, asyncio.sleep(after))
        await self.deliver(reply, turn)

    async def deliver(self, reply: Reply, turn: Turn) -> None:
        """Answer now; a refusal by Slack is only logged."""
        if turn.answered_elsewhere:
            return
        try:
            await self._show(reply, turn)
        except SlackRefused as refused:
            _log.warning("Slack rejected a reply: %s", refused.told)
        except Exception:  # noqa: BLE001 - whatever broke, the person is told
            _log.exception("A reply to Slack failed")
            await self.sender.show(turn.place, unanswered(call_reference.begin()))

    async def _show(self, reply: Reply, turn: Turn) -> None:
        if reply.redraw is not None and turn.place.clicked:
            await self.sender.redraw(turn.place, reply.redraw)
        if isinstance(reply.answer, Form):
            await self.sender.open(turn, reply.answer)
            return
        card = card_of(reply)
        if turn.view:
            await self._fill(turn, card)
        if card and turn.place.home and await self._shown_in_modal(turn, card):
            return
        if card and (reply.answer or not turn.place.clicked):
            await self.sender.show(turn.place, card, _form_to_reopen(reply, turn))

    async def _shown_in_modal(self, turn: Turn, card: Card) -> bool:
        """Show a short answer in a modal over the App Home page; return False if that is not possible."""
        if any(not isinstance(block, Text | Fields) for block in card.blocks):
            return False
        try:
            await self.sender.open_view(turn, notice(words(card), turn.place))
        except SlackRefused as refused:
            _log.info("Slack did not open a modal: %s", refused.told)
            return False
        return True

    async def _fill(self, turn: Turn, card: Card | None) -> None:
        """Show the card in the waiting modal; it goes to the chat as well, in case the modal was closed."""
        try:
            await self.sender.open_view(turn, notice(words(card) if card else plain(TAKEN), turn.place))
        except SlackRefused as refused:
            _log.info("Slack did not change a modal: %s", refused.told)


def _form_to_reopen(reply: Reply, turn: Turn) -> FilledForm | None:
    """Return the form to offer beside a refusal of something that is not settled: submitted, or typed."""
    better, filled = reply.correction, turn.filled
    if better is not None:
        filled = FilledForm.of_form(better.form, better.typed)
    wanted = reply.refused and reply.redraw is None and filled is not None and filled.worth_keeping
    return filled if wanted else None


def acknowledgement(message: Message, *, private: bool) -> BoltResponse:
    """Return an acknowledgement that contains the answer; Bolt's own way takes several times as long."""
    kind = "ephemeral" if private else "in_channel"
    shown = {"text": message.text, "blocks": message.blocks, "response_type": kind}
    said = msgspec.json.encode({**shown, "unfurl_links": False, "unfurl_media": False})
    return BoltResponse(status=200, body=said.decode())


def card_of(reply: Reply) -> Card | None:
    """Return the card that answers where no card was clicked: the reply's own, or else the redrawn one."""
    return reply.alone if isinstance(reply.alone, Card) else None
