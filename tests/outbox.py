"""Takes notices out of the outbox without a platform."""

from datetime import timedelta

from bot.core.notices.notices import Notice
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import Platform

MINUTE = timedelta(minutes=1)
MANY = 10_000


def take_all(uow: UnitOfWork, span: timedelta = MINUTE, worker: str = "test") -> list[Notice]:
    """Claim all notices that are due for a time span; return them in the order in which they became due."""
    found: list[Notice] = []
    for head in uow.outbox.heads(list(Platform), uow.now, full=(), limit=MANY):
        found += uow.outbox.take(head.place, uow.now, worker=worker, until=uow.now + span, limit=MANY)
    return sorted(found, key=lambda one: (one.due_at, one.id))


def deliver_all(uow: UnitOfWork) -> list[Notice]:
    """Take all notices that are due and mark them as delivered; return them in the order of being due."""
    found = take_all(uow)
    for one in found:
        uow.outbox.mark_delivered(one.id, uow.now)
    return found
