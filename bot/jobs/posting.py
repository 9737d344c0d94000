"""Posts notices as cards, which show the state at that moment, and redraws cards that were posted before."""

import logging
from functools import partial

from bot.cards.notices.notices import Target, digest, draw, no_longer_shown
from bot.chat.context import Links
from bot.chat.notifier import Notifier, Notifiers
from bot.chat.ports import Database
from bot.chat.replies import Card
from bot.core.notices import deliveries, notice_rights
from bot.core.notices.notices import Audience, Notice
from bot.core.people import passwords
from bot.core.ports import UnitOfWork
from bot.jobs import delivery_results
from bot.jobs.timeouts import in_time

_log = logging.getLogger(__name__)
# How often storing the result of a delivery is tried; after that, only that it was made is stored.
_MARKS = 2


class Posting:
    """Posts and redraws cards, which is what most notices ask for."""

    def __init__(self, database: Database, notifiers: Notifiers, links: Links) -> None:
        """Take the notifiers of the platforms that are set up."""
        self._database = database
        self._notifiers = notifiers
        self._links = links

    async def do(self, notice: Notice, worker: str) -> bool:
        """Post or redraw a notice's card; return False if the claim is lost or the tenant must wait."""
        notifier = self._notifiers[notice.to.platform]
        mine, card = await self._drawn(notice, worker)
        if not mine:
            return False
        if card is None:
            await self._database.run(partial(delivery_results.unsent, notice=notice))
        elif notice.copy_id is not None:
            await self._redraw(notifier, notice, notice.copy_id, card)
        else:
            place = await in_time(notifier.post(notice.to, card, notice.id))
            await self._arrived(notice, place, card)
        return True

    async def _arrived(self, notice: Notice, place: tuple[str, str] | None, card: Card) -> None:
        """Store that a card has arrived; an error in storing it must not cause the card to be sent again."""
        for _ in range(_MARKS):
            try:
                await self._database.run(
                    partial(delivery_results.posted, notice=notice, place=place, card=card, links=self._links)
                )
            except Exception as broken:  # noqa: BLE001 - whatever went wrong, the card has arrived
                told = {"notice": notice.id, "error": type(broken).__name__}
                _log.error("The result of a delivery could not be stored", extra=told)
            else:
                return
        await self._database.run(lambda uow: uow.outbox.mark_delivered(notice.id, uow.now))

    async def _drawn(self, notice: Notice, worker: str) -> tuple[bool, Card | None]:
        """Return whether the worker still holds its claim, and the card; None if nothing is to be sent."""
        hooks = deliveries.hooks_for(notice)
        secret = hooks.secret(notice)

        def unit(uow: UnitOfWork) -> tuple[bool, Card | None]:
            if not uow.outbox.holds(notice, worker, uow.now):
                return False, None
            if not notice_rights.may_be_told(uow, notice):
                return True, no_longer_shown(uow, notice.subject) if notice.copy_id is not None else None
            if not hooks.wanted(uow, notice):
                return True, None
            token = hooks.mint(uow, notice) if secret else ""
            link = self._link(notice, token) if token else None
            fresh = notice.copy_id is None
            target = Target(notice.audience, link or "", fresh, self._links, notice.to.platform)
            return True, draw(uow, notice.subject, target)

        return await (self._database.run if secret and hooks.stores else self._database.read)(unit)

    def _link(self, notice: Notice, token: str) -> str | None:
        if notice.audience is Audience.RECIPIENT_BY_MAIL:
            return self._links.stop(token)
        forgets = notice.audience in passwords.AUDIENCES
        return self._links.password(token) if forgets else self._links.invitation(token)

    async def _redraw(self, notifier: Notifier, notice: Notice, copy_id: str, card: Card) -> None:
        copy = await self._database.read(lambda uow: uow.card_copies.by_id(copy_id))
        drawn, message = digest(card), None
        if copy is not None and copy.drawn != drawn:
            message = await in_time(notifier.redraw(copy.to, copy.channel, copy.message, card))
        shows = partial(
            delivery_results.redrawn, notice=notice, copy_id=copy_id, drawn=drawn, message=message
        )
        await self._database.run(shows)
