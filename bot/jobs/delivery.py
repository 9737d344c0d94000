"""Delivers the outbox: claims what is due, draws it as things stand now, sends it, marks it."""

import asyncio
import logging
import random
import traceback
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial

from bot.cards.notices import digest, draw
from bot.chat.context import Links
from bot.chat.notifier import DeliveryFailed, Notifier, Notifiers, NoWay
from bot.chat.replies import Card
from bot.chat.runner import Database
from bot.core import deliveries, notices, passwords
from bot.core.actors import Platform
from bot.core.ids import new_id
from bot.core.notices import CardCopy, Loss, Notice
from bot.core.ports import Clock, UnitOfWork
from bot.jobs.worker import Worker

_log = logging.getLogger(__name__)

# How long a claim holds: longer than any delivery takes, so that a crashed replica's work goes on.
LEASE = timedelta(seconds=60)
MOST_AT_ONCE = 50
# With the waits between them these take more than two hours: a mail server that does not know us yet
# (greylisting) takes a message on a later try.
MOST_ATTEMPTS = 15
_LONGEST_WAIT = timedelta(hours=1)


class Delivery(Worker):
    """The outbox's worker."""

    poll_seconds = 2.0

    def __init__(
        self, database: Database, notifiers: Notifiers, clock: Clock, links: Links | None = None
    ) -> None:
        """Deliver to the platforms that have a notifier; the others' notices wait."""
        super().__init__()
        self._database = database
        self._notifiers = notifiers
        self._clock = clock
        self._links = links or Links()

    async def round(self) -> bool:
        """Deliver what is due now."""
        return await self.deliver_due() > 0

    async def deliver_due(self) -> int:
        """Deliver what is due now; return how many notices were taken."""
        now = self._clock.now()
        platforms = tuple(self._notifiers)
        claim = partial(_claim, platforms=platforms, until=now + LEASE)
        taken = await self._database.run(claim)
        places: dict[str, list[Notice]] = {}
        for notice in taken:
            places.setdefault(str(notice.to), []).append(notice)
        await asyncio.gather(*(self._in_order(queue) for queue in places.values()))
        return len(taken)

    async def _in_order(self, queue: Sequence[Notice]) -> None:
        """Deliver one place's notices in order; after a failure the rest waits for the claim to end."""
        for notice in queue:
            if not await self._deliver(notice):
                return

    async def _deliver(self, notice: Notice) -> bool:
        try:
            await self._send(notice)
        except DeliveryFailed as failure:
            await self._database.run(partial(_postpone, notice=notice, failure=failure))
            # What is wrong with the installation is reported by the front, once and not for each notice.
            _log.log(
                logging.DEBUG if failure.ours else logging.WARNING,
                "A notice was not delivered: %s",
                failure,
                extra={"notice": notice.id, "to": notice.to.platform},
            )
            return failure.final
        except Exception as broken:  # noqa: BLE001 - one notice must not stop the others
            # Where it broke, and not what it says: that may be the message itself, with its link.
            where = "".join(traceback.format_tb(broken.__traceback__))
            told = {"notice": notice.id, "error": type(broken).__name__, "where": where}
            _log.error("A notice broke the delivery", extra=told)
            unknown = DeliveryFailed(type(broken).__name__)
            await self._database.run(partial(_postpone, notice=notice, failure=unknown))
            return False
        return True

    async def _send(self, notice: Notice) -> None:
        notifier = self._notifiers[notice.to.platform]
        card = await self._drawn(notice)
        if card is None:
            await self._database.run(lambda uow: uow.outbox.delivered(notice.id, uow.now))
        elif notice.copy_id is not None:
            await self._redraw(notifier, notice, notice.copy_id, card)
        else:
            place = await notifier.post(notice.to, card)
            await self._database.run(partial(_posted, notice=notice, place=place, card=card))

    async def _drawn(self, notice: Notice) -> Card | None:
        kind = deliveries.of(notice)
        if kind is None or not kind.secret(notice):
            fresh = notice.copy_id is None
            return await self._database.read(
                lambda uow: draw(uow, notice.subject, notice.audience, fresh=fresh)
            )

        def unit(uow: UnitOfWork) -> Card | None:
            secret = kind.mint(uow, notice)
            link = self._link(notice, secret) if secret else None
            return draw(uow, notice.subject, notice.audience, link=link or "")

        return await self._database.run(unit)

    def _link(self, notice: Notice, secret: str) -> str | None:
        forgets = notice.audience in passwords.AUDIENCES
        return self._links.password(secret) if forgets else self._links.invitation(secret)

    async def _redraw(self, notifier: Notifier, notice: Notice, copy_id: str, card: Card) -> None:
        copy = await self._database.read(lambda uow: uow.outbox.copy(copy_id))
        drawn = digest(card)
        if copy is not None and copy.drawn != drawn:
            await notifier.redraw(copy.to, copy.channel, copy.message, card)
        await self._database.run(partial(_redrawn, notice=notice, copy_id=copy_id, drawn=drawn))


def _claim(uow: UnitOfWork, *, platforms: Sequence[Platform], until: datetime) -> Sequence[Notice]:
    return uow.outbox.claim(platforms, uow.now, until=until, limit=MOST_AT_ONCE)


def _posted(uow: UnitOfWork, *, notice: Notice, place: tuple[str, str] | None, card: Card) -> None:
    """Note that a card has arrived, and where it can be changed."""
    if place is not None:
        _remember(uow, notice, *place, card)
    if (kind := deliveries.of(notice)) is not None:
        kind.arrived(uow, notice)
    uow.outbox.delivered(notice.id, uow.now)


def _remember(uow: UnitOfWork, notice: Notice, channel: str, message: str, card: Card) -> None:
    """Remember where a card is; if things changed while it was on its way, it is redrawn."""
    copy = CardCopy(
        id=new_id(uow.now),
        subject=notice.subject,
        audience=notice.audience,
        to=notice.to,
        channel=channel,
        message=message,
        drawn=digest(card),
    )
    uow.outbox.add_copy(copy)
    current = draw(uow, notice.subject, notice.audience)
    if current is not None and digest(current) != copy.drawn:
        notices.queue_redraw(uow, copy)


def _redrawn(uow: UnitOfWork, *, notice: Notice, copy_id: str, drawn: str) -> None:
    uow.outbox.redrawn(copy_id, drawn)
    uow.outbox.delivered(notice.id, uow.now)


def _postpone(uow: UnitOfWork, *, notice: Notice, failure: DeliveryFailed) -> None:
    if not failure.final and (failure.ours or notice.attempts + 1 < MOST_ATTEMPTS):
        due_at = uow.now + _wait(notice, failure)
        uow.outbox.postponed(notice.id, due_at=due_at, error=str(failure), counts=not failure.ours)
        return
    uow.outbox.failed(notice.id, uow.now, error=str(failure))
    if (kind := deliveries.of(notice)) is not None:
        kind.failed(uow, notice, _loss(failure))


def _loss(failure: DeliveryFailed) -> Loss:
    if failure.gone:
        return Loss.GONE
    if isinstance(failure, NoWay):
        return Loss.NO_WAY
    return Loss.REFUSED if failure.final else Loss.TRIED


def _wait(notice: Notice, failure: DeliveryFailed) -> timedelta:
    """Wait as long as the platform asks, or twice as long each time, never all at once."""
    if failure.retry_after is not None:
        return timedelta(seconds=failure.retry_after)
    longest = min(timedelta(seconds=2**notice.attempts), _LONGEST_WAIT)
    return longest * random.uniform(0.5, 1)  # noqa: S311 - spreads load
