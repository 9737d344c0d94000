"""The App Home page, the bot's own page in Slack: one view per person, showing the panel."""

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine
from typing import Any

from bot.chat.replies import Card, Form, Reply
from bot.chat.runner import Runner
from bot.core.values import dataclass, field, replace
from bot.platforms.slack import ids, limits
from bot.platforms.slack.api import SlackRefused, call
from bot.platforms.slack.people.people import People, SlackUser
from bot.platforms.slack.place import HOME, Place, packed
from bot.platforms.slack.rendering.render import render
from bot.platforms.slack.rendering.spans import Element
from bot.platforms.slack.reply_sender import ReplySender
from bot.platforms.slack.work import InFlight

_log = logging.getLogger(__name__)
PANEL = "home show"
# Commands whose card is the panel itself, so that it replaces the one on the page.
PAGES = frozenset({"home open", "home schools", "home requests"})
# For how many seconds after it was opened a page is redrawn when something changes, and for how many pages.
_OPEN_FOR = 600.0
_MAX_PAGES = 50


@dataclass
class _OpenPage:
    """A page that somebody has opened; `drawing` is held while it is drawn, so that the newest wins."""

    who: SlackUser
    school: str = ""
    opened: float = 0.0
    drawing: asyncio.Lock = field(default_factory=asyncio.Lock)


@dataclass
class HomePages:
    """Draws the pages of people who have them open."""

    runner: Runner
    people: People
    sender: ReplySender
    work: InFlight
    clock: Callable[[], float] = time.monotonic
    max_pages: int = _MAX_PAGES
    _open: dict[tuple[str, str], _OpenPage] = field(default_factory=dict)
    _changed_again: bool = False
    _refreshing: bool = False

    async def opened(self, who: SlackUser, school: str) -> None:
        """Draw the page that somebody has just opened, about the school that it showed before."""
        await self._draw(self._page(who, school))

    async def redraw_after(
        self, work: Coroutine[Any, Any, Reply], place: Place, who: SlackUser, command: str
    ) -> Reply:
        """Await work that was started on a page, redraw the page, and return the rest of the reply."""
        reply = await work
        if isinstance(reply.answer, Form):
            return reply
        page = self._page(who, "" if place.home == HOME else place.home)
        await self._draw(page, reply.redraw if command in PAGES else None)
        return replace(reply, redraw=None)

    def changed(self) -> None:
        """Redraw the pages that were opened recently; changes during that are redrawn in one more round."""
        self._changed_again = bool(self._open)
        if self._changed_again and not self._refreshing:
            self._refreshing = True
            self.work.spawn(self._refresh())

    async def _refresh(self) -> None:
        try:
            while self._changed_again:
                self._changed_again = False
                since = self.clock() - _OPEN_FOR
                for key, page in list(self._open.items()):
                    if page.opened < since:
                        self._open.pop(key, None)
                    else:
                        await self._draw(page)
        finally:
            self._refreshing = False

    def _page(self, who: SlackUser, school: str) -> _OpenPage:
        key = (who.team, who.user)
        page = self._open.pop(key, None) or _OpenPage(who)
        page.who, page.school, page.opened = who, school, self.clock()
        self._open[key] = page
        while len(self._open) > self.max_pages:
            del self._open[next(iter(self._open))]
        return page

    async def _draw(self, page: _OpenPage, card: Card | None = None) -> None:
        """Publish a page; never raises `SlackRefused`."""
        async with page.drawing:
            try:
                shown = card or await self._panel(page)
                if shown is not None:
                    client = await self.sender.clients.of(page.who.team)
                    await call(client.views_publish(user_id=page.who.user, view=view(shown, page.school)))
            except (SlackRefused, ValueError) as refused:
                _log.warning("Slack rejected a Home tab: %s", refused)

    async def _panel(self, page: _OpenPage) -> Card | None:
        caller = await self.people.caller(page.who)
        values = {"school": page.school} if page.school else {}
        reply = await self.runner.run(PANEL, caller, values)
        if reply.refused and page.school:  # they have left it since
            page.school = ""
            reply = await self.runner.run(PANEL, caller, {})
        return reply.answer if isinstance(reply.answer, Card) else None


def view(card: Card, school: str) -> Element:
    """Return the panel as a Home view, which stores the school that it is about."""
    blocks = [block for message in render(card) for block in message.blocks]
    return {
        "type": "home",
        "callback_id": ids.HOME,
        "private_metadata": packed({"school": school}),
        "blocks": blocks[: limits.VIEW_BLOCKS],
    }
