"""A turn: one interaction, acknowledged in time and answered with what the Runner replied."""

import asyncio
import logging
from collections.abc import Awaitable, Coroutine
from dataclasses import dataclass
from typing import Any, TypeAlias

import discord

from bot.cards.fronts import press_again, unanswered
from bot.chat import call_reference, drawing
from bot.chat.replies import Card, Form, Reply
from bot.platforms.discord.caller import Interaction
from bot.platforms.discord.forms import confirming, drafts, modals, reopening, steps
from bot.platforms.discord.forms.confirming import Confirmation
from bot.platforms.discord.forms.reopening import FormToReopen
from bot.platforms.discord.forms.steps import OpenStep, Unfinished
from bot.platforms.discord.rendering import paging
from bot.platforms.discord.rendering.paging import Page
from bot.platforms.discord.rendering.render import render

_log = logging.getLogger(__name__)
_REFUSED = 400  # HTTP status for a message that Discord refuses
_ALREADY_ACKNOWLEDGED = 40060  # error code: already acknowledged, since the interaction was delivered twice
PATIENCE = 0.8  # seconds until an interaction is acknowledged without an answer; Discord gives up after three

Outcome: TypeAlias = Reply | Unfinished | FormToReopen | OpenStep | Confirmation
_drawn = drawing.cached(render)


@dataclass
class Turn:
    """One interaction, and how far its answer has come.

    `_thinking` is True while Discord shows "thinking…", and `_acknowledged_elsewhere` after another process
    or delivery has acknowledged the interaction.
    """

    interaction: Interaction
    patience: float = PATIENCE
    _thinking: bool = False
    _acknowledged_elsewhere: bool = False

    @call_reference.per_run
    async def take(self, work: Coroutine[Any, Any, Outcome]) -> None:
        """Run the work, acknowledge if it takes long, and answer with its outcome; never raises."""
        try:
            outcome = await self._in_time(work)
            if isinstance(outcome, Reply) and outcome.repeated:
                return  # delivered twice: an acknowledgement here would get in the way of the other's answer
            await self._deliver(outcome)
        except discord.HTTPException as refused:
            # The exception's text can quote what was sent, so only its numbers are logged.
            _log.warning("Discord rejected a reply", extra={"status": refused.status, "code": refused.code})
        except Exception:  # noqa: BLE001 - the person gets an answer, whatever broke
            _log.exception("An interaction failed")
            await self._apologise(unanswered(call_reference.begin()))

    async def _in_time(self, work: Coroutine[Any, Any, Outcome]) -> Outcome:
        """Run the work in the current task; a second task, to acknowledge, starts only if that takes long."""
        loop, deferring = asyncio.get_running_loop(), []
        late = loop.call_later(self.patience, lambda: deferring.append(loop.create_task(self._defer())))
        try:
            return await work
        finally:
            late.cancel()
            for task in deferring:
                await task

    async def _defer(self) -> None:
        try:
            await self._acknowledge()
        except Exception as refused:  # noqa: BLE001 - the outcome of the work is still delivered
            details = {"status": getattr(refused, "status", None), "failure": type(refused).__name__}
            _log.warning("An interaction was not acknowledged in time", extra=details)

    async def _acknowledge(self) -> None:
        self._thinking = self.interaction.message is None
        await self._respond(self.interaction.response.defer(ephemeral=True, thinking=self._thinking))

    @property
    def _acknowledged(self) -> bool:
        return self._acknowledged_elsewhere or self.interaction.response.is_done()

    async def _respond(self, answer: Awaitable[object]) -> bool:
        """Send the first response; return False if another process or delivery has acknowledged already."""
        try:
            await answer
        except discord.HTTPException as refused:
            if refused.code != _ALREADY_ACKNOWLEDGED or not await self._still_awaited():
                raise
            self._acknowledged_elsewhere, self._thinking = True, self.interaction.message is None
        return not self._acknowledged_elsewhere

    async def _still_awaited(self) -> bool:
        """Tell whether the interaction was only acknowledged, not answered.

        A click's answer cannot be told from its acknowledgement, so it counts as not answered.
        """
        if self.interaction.message is not None:
            return True
        return (await self.interaction.original_response()).flags.loading

    async def _apologise(self, card: Card) -> None:
        try:
            await self._show(card)
        except Exception as refused:  # noqa: BLE001 - nothing more can be done
            _log.warning("Discord rejected an error message", extra={"failure": type(refused).__name__})

    async def _deliver(self, outcome: Outcome) -> None:
        match outcome:
            case Unfinished() | FormToReopen():
                await self._lead_on(outcome)
            case OpenStep(form, step):
                if not await self._opened(modals.modal(form, step)):
                    await self._show(press_again())
            case Confirmation():
                if not await self._opened(confirming.as_modal(outcome)):
                    await self._show(confirming.as_card(outcome))
            case Reply() if self.interaction.message is None:
                await self._answer(outcome.alone)
            case Reply(Card(private=True) as answer, None, refused=False) if drafts.keeps_answers(
                self.interaction.message
            ):
                await self._redraw(answer)
            case Reply(answer, redraw):
                if redraw is not None:
                    await self._redraw(redraw)
                await self._answer(answer)

    async def _lead_on(self, to: Unfinished | FormToReopen) -> None:
        """Show somebody the answers that they typed, replacing the message that has kept them so far."""
        pages = steps.waypoint(to) if isinstance(to, Unfinished) else reopening.pages(to)
        if drafts.keeps_answers(self.interaction.message):
            await self._replace(pages.pop(0))
        for page in pages:
            await self._send(page, private=True)

    async def _answer(self, answer: Card | Form | None) -> None:
        match answer:
            case Card():
                await self._show(answer)
            case Form():
                if not await self._opened(modals.modal(answer)):
                    await self._lead_on(reopening.from_late_form(answer))
            case None:
                await self._say_nothing()

    async def _opened(self, modal: discord.ui.Modal) -> bool:
        """Open a modal; return False where that is too late, or where Discord refuses it."""
        submitted = self.interaction.type is discord.InteractionType.modal_submit
        if submitted or self._acknowledged:
            return False
        try:
            await self.interaction.response.send_modal(modal)
        except discord.HTTPException as refused:
            if refused.status != _REFUSED or refused.code == _ALREADY_ACKNOWLEDGED:
                raise
            _log.warning("Discord rejected a modal; a card is sent instead", extra={"code": refused.code})
            return False
        return True

    async def _say_nothing(self) -> None:
        if not self._acknowledged:
            await self._acknowledge()
        if self._thinking:
            self._thinking = False
            await self.interaction.delete_original_response()

    async def _show(self, card: Card) -> None:
        for page in _drawn(card):
            await self._send(page, private=card.private)

    async def _send(self, page: Page, *, private: bool) -> None:
        try:
            await self._put({"view": page.view, "files": page.files}, private=private)
        except discord.HTTPException as refused:
            if refused.status != _REFUSED or refused.code == _ALREADY_ACKNOWLEDGED:
                raise
            _log.warning("Discord rejected a card; it is sent as text", extra={"code": refused.code})
            for words in page.words:
                await self._put({"content": words}, private=private)

    async def _put(self, message: dict[str, Any], *, private: bool) -> None:
        response = self.interaction.response
        if not self._acknowledged:
            sending = response.send_message(**message, ephemeral=private)
            if await self._respond(sending):
                return
        if self._thinking and private:
            # Editing the acknowledgement, unlike sending a follow-up, shows the answer once even if it is
            # retried.
            await self.interaction.edit_original_response(attachments=message.pop("files", []), **message)
            self._thinking = False
            return
        if self._thinking:
            # A private acknowledgement cannot become public: it is completed here, and deleted below.
            await self.interaction.edit_original_response(content="…")
        await self.interaction.followup.send(**message, ephemeral=private)
        if self._thinking:
            self._thinking = False
            await self.interaction.delete_original_response()

    async def _redraw(self, card: Card) -> None:
        pages, message = render(card), self.interaction.message
        if (number := paging.sent_page_index(message)) is not None:
            # The notifier redraws the other pages of this card.
            await self._replace(paging.mark_sent(pages)[min(number, len(pages) - 1)])
            return
        first, *more = pages
        await self._replace(first)
        for page in more:
            await self._send(page, private=message.flags.ephemeral if message else card.private)

    async def _replace(self, page: Page) -> None:
        """Replace the message that was clicked with a page; if that fails, send the page."""
        try:
            shown: dict[str, Any] = {"view": page.view, "attachments": page.files}
            response = self.interaction.response
            if self._acknowledged or not await self._respond(response.edit_message(**shown)):
                await self.interaction.edit_original_response(**shown)
        except discord.HTTPException as refused:
            _log.warning(
                "A card could not be redrawn", extra={"status": refused.status, "code": refused.code}
            )
            await self._send(page, private=True)
