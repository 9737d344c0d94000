"""What a try to deliver leaves behind: arrived, put off, or given up."""

import random
from datetime import timedelta

from bot.cards.notices import digest, draw
from bot.chat.notifier import Breadth, DeliveryFailed, NoWay
from bot.chat.replies import Card
from bot.core import deliveries, notice_rights, notices
from bot.core.ids import new_id
from bot.core.notices import CardCopy, Loss, Notice
from bot.core.ports import UnitOfWork

# With the waits between them these take a day: a platform may be out for hours, and a mail server that does
# not know us yet (greylisting) takes a message on a later try.
MOST_ATTEMPTS = 36
# What breaks on our side breaks again: it holds up its place for a minute, and not for a day.
MOST_BREAKDOWNS = 6
_LONGEST_WAIT = timedelta(hours=1)
# Who asks for more, in seconds, errs: a whole platform would be silent, and nobody would know why.
_LONGEST_ASKED = 24 * 60 * 60.0
# What was asked to wait does not come back all at once.
_SPREAD, _MOST_SPREAD = 0.1, 5.0


class Broken(DeliveryFailed):
    """Something broke on our side."""


def posted(uow: UnitOfWork, *, notice: Notice, place: tuple[str, str] | None, card: Card) -> None:
    """Note that a card has arrived, and where it can be changed."""
    kind = deliveries.of(notice)
    changes = kind is None or kind.changed
    if place is not None and changes and notice_rights.is_somebodys(uow, notice.subject, notice.to):
        _remember(uow, notice, *place, card)
    if kind is not None:
        kind.arrived(uow, notice)
    uow.outbox.delivered(notice.id, uow.now)


def unsent(uow: UnitOfWork, *, notice: Notice) -> None:
    """Note that a notice need not be sent any more."""
    if (kind := deliveries.of(notice)) is not None:
        kind.withheld(uow, notice)
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
    uow.card_copies.add(copy, uow.now)
    current = draw(uow, notice.subject, notice.audience)
    if current is not None and digest(current) != copy.drawn:
        notices.queue_redraw(uow, copy)


def redrawn(uow: UnitOfWork, *, notice: Notice, copy_id: str, drawn: str, message: str | None) -> None:
    """Note what a copy shows now, and where, if that is another message."""
    uow.card_copies.redrawn(copy_id, drawn, uow.now, message)
    uow.outbox.delivered(notice.id, uow.now)


def postpone(uow: UnitOfWork, *, notice: Notice, failure: DeliveryFailed) -> bool:
    """Put a notice off, or give it up; tell whether it was given up."""
    most = MOST_BREAKDOWNS if isinstance(failure, Broken) else MOST_ATTEMPTS
    if not failure.final and (failure.ours or notice.attempts + 1 < most):
        wait = _wait(notice, failure)
        uow.outbox.postponed(notice.id, try_at=uow.now + wait, error=str(failure), counts=not failure.ours)
        if failure.retry_after is not None and failure.breadth is not Breadth.PLACE:
            wide = failure.breadth is Breadth.PLATFORM
            uow.outbox.pause(notice.to.platform.value if wide else notice.tenant, uow.now + wait)
        return False
    uow.outbox.failed(notice.id, uow.now, error=str(failure))
    if (kind := deliveries.of(notice)) is not None:
        kind.failed(uow, notice, _loss(failure))
    return True


def _loss(failure: DeliveryFailed) -> Loss:
    if failure.gone:
        return Loss.GONE
    if isinstance(failure, NoWay):
        return Loss.NO_WAY
    return Loss.REFUSED if failure.final else Loss.TRIED


def _wait(notice: Notice, failure: DeliveryFailed) -> timedelta:
    """Wait as long as the platform asks, or twice as long each time, never all at once."""
    if failure.retry_after is not None:
        asked = max(failure.retry_after, 0)
        if not asked <= _LONGEST_ASKED:  # nor is it a number
            asked = _LONGEST_ASKED
        return timedelta(seconds=asked + random.uniform(0, min(asked * _SPREAD, _MOST_SPREAD)))  # noqa: S311
    # No power of two that is too large for a float: what waits may be tried very often.
    longest = min(timedelta(seconds=2 ** min(notice.attempts, 16)), _LONGEST_WAIT)
    return longest * random.uniform(0.5, 1)  # noqa: S311 - spreads load
