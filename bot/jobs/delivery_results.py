"""Stores the result of an attempt to deliver a notice: arrived, postponed or given up."""

import random
from datetime import timedelta

from bot.cards.notices.notices import Target, digest, draw
from bot.chat.context import Links
from bot.chat.notifier import Breadth, DeliveryFailed, NotSetUp
from bot.chat.replies import Card
from bot.core.ids import new_id
from bot.core.notices import deliveries, notice_rights, notices
from bot.core.notices.notices import CardCopy, Loss, Notice
from bot.core.ports import UnitOfWork

# With the waits between them, these attempts take a day: a platform may be down for hours, and a mail server
# that does not know us yet (greylisting) accepts a message only on a later attempt.
MOST_ATTEMPTS = 36
# An error in our own code will happen again: its notice may hold up its place for a minute, not for a day.
MOST_BREAKDOWNS = 6
_LONGEST_WAIT = timedelta(hours=1)
# The longest wait, in seconds, that a platform may ask for. More must be a mistake, which would silence the
# whole platform, and nobody would know why.
_LONGEST_ASKED = 24 * 60 * 60.0
# Random delay, as a share of the wait and at most in seconds: postponed notices do not all come back at once.
_SPREAD, _MOST_SPREAD = 0.1, 5.0


class Broken(DeliveryFailed):
    """Raised if a delivery failed because of an error in our own code."""


def posted(
    uow: UnitOfWork, *, notice: Notice, place: tuple[str, str] | None, card: Card, links: Links
) -> None:
    """Store that a card has arrived, and in which message, if the card will be redrawn."""
    hooks = deliveries.hooks_for(notice)
    if place is not None and hooks.redrawn and notice_rights.recipient_exists(uow, notice.subject, notice.to):
        _remember(uow, notice, *place, card, links)
    hooks.arrived(uow, notice)
    uow.outbox.mark_delivered(notice.id, uow.now)


def unsent(uow: UnitOfWork, *, notice: Notice) -> None:
    """Store that a notice was not sent, because it is not wanted any more."""
    deliveries.hooks_for(notice).withheld(uow, notice)
    uow.outbox.mark_delivered(notice.id, uow.now)


def _remember(uow: UnitOfWork, notice: Notice, channel: str, message: str, card: Card, links: Links) -> None:
    """Store the copy of a card; queue a redraw if what it shows has changed while it was on its way."""
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
    again = Target(notice.audience, links=links, platform=notice.to.platform)
    current = draw(uow, notice.subject, again)
    if current is not None and digest(current) != copy.drawn:
        notices.queue_redraw(uow, copy)


def redrawn(uow: UnitOfWork, *, notice: Notice, copy_id: str, drawn: str, message: str | None) -> None:
    """Store what a copy of a card shows now, and its new message if it was posted again."""
    uow.card_copies.mark_redrawn(copy_id, drawn, uow.now, message)
    uow.outbox.mark_delivered(notice.id, uow.now)


def postpone(uow: UnitOfWork, *, notice: Notice, failure: DeliveryFailed) -> bool:
    """Postpone a notice whose delivery failed, or give it up; tell whether it was given up."""
    most = MOST_BREAKDOWNS if isinstance(failure, Broken) else MOST_ATTEMPTS
    if not failure.final and (failure.ours or notice.attempts + 1 < most):
        wait = _wait(notice, failure)
        uow.outbox.postpone(notice.id, try_at=uow.now + wait, error=str(failure), counts=not failure.ours)
        if failure.retry_after is not None and failure.breadth is not Breadth.PLACE:
            wide = failure.breadth is Breadth.PLATFORM
            uow.outbox.pause(notice.to.platform.value if wide else notice.tenant, uow.now + wait)
        return False
    uow.outbox.give_up(notice.id, uow.now, error=str(failure))
    deliveries.hooks_for(notice).failed(uow, notice, _loss(failure))
    return True


def _loss(failure: DeliveryFailed) -> Loss:
    if failure.gone:
        return Loss.GONE
    if isinstance(failure, NotSetUp):
        return Loss.NO_WAY
    return Loss.REFUSED if failure.final else Loss.TRIED


def _wait(notice: Notice, failure: DeliveryFailed) -> timedelta:
    """Return how long to wait: as long as the platform asks, or twice as long each time, randomly spread."""
    if failure.retry_after is not None:
        asked = max(failure.retry_after, 0)
        if not asked <= _LONGEST_ASKED:  # too long, or NaN
            asked = _LONGEST_ASKED
        return timedelta(seconds=asked + random.uniform(0, min(asked * _SPREAD, _MOST_SPREAD)))  # noqa: S311
    # The exponent is bounded, because two to the power of very many attempts would overflow a float.
    longest = min(timedelta(seconds=2 ** min(notice.attempts, 16)), _LONGEST_WAIT)
    return longest * random.uniform(0.5, 1)  # noqa: S311 - spreads load
