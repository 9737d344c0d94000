"""Limits: a school's own limits on invitations, and the quotas of the whole system.

What is counted stays locked until the unit of work ends, so that two at once cannot both take the last place.
"""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from bot.core.errors import BadValue, LimitReached, Quota
from bot.core.ports import UnitOfWork

if TYPE_CHECKING:
    from bot.core.schools.schools import School
    from bot.core.schools.settings import SchoolSettings

DAY = timedelta(days=1)


def invitations(
    uow: UnitOfWork,
    school: "School",
    *,
    uses: int | None = None,
    expires_at: datetime | None,
    number: int = 1,
) -> tuple[int | None, datetime | None]:
    """Check the limits for new invitations; return their uses and expiry within the school's limits.

    A missing value becomes the largest that the school allows; a larger one is refused. The caller holds the
    school's lock, and has checked the actor's rights under it.
    """
    limits = uow.settings.of(school.id)
    if limits.most_uses:
        uses = limits.most_uses if uses is None else uses
        if uses > limits.most_uses:
            raise BadValue("uses", f"must be at most {limits.most_uses:,}: that is the school's limit")
    if limits.longest_days:
        latest = uow.now + timedelta(days=limits.longest_days)
        expires_at = latest if expires_at is None else expires_at
        if ends_too_late(limits, expires_at, uow.now):
            most = "a day" if limits.longest_days == 1 else f"{limits.longest_days} days"
            raise BadValue("expires", f"must be within {most}: that is the school's limit", "7d")
    if limits.most_open:
        _refuse_more(Quota.OPEN, limits.most_open, uow.invitations.count_usable(school.id, uow.now), number)
    a_day = uow.system.settings().invitations_a_day
    if a_day:
        _refuse_more(
            Quota.INVITATIONS, a_day, uow.invitations.count_made_since(school.id, uow.now - DAY), number
        )
    return uses, expires_at


def ends_too_late(limits: "SchoolSettings", end: datetime, begin: datetime) -> bool:
    """Tell whether an invitation lasts longer than its school allows."""
    # A typed day means its end, in whatever time zone, so the last day allowed counts as a whole.
    return bool(limits.longest_days) and end >= begin + timedelta(days=limits.longest_days) + DAY


def seat(uow: UnitOfWork, school_id: str, number: int = 1) -> None:
    """Check that a school may have one more member, or `number` more."""
    most = uow.system.settings().members_a_school
    if most:
        uow.schools.lock(school_id)
        _refuse_more(Quota.MEMBERS, most, uow.members.count_seats(school_id), number)


def mail(uow: UnitOfWork, at: datetime | None = None) -> None:
    """Check that one more e-mail may be sent, now or at its time."""
    if uow.system.settings().mails_a_day:
        uow.system.lock()
        most = uow.system.settings().mails_a_day
        _refuse_more(Quota.MAILS, most, _mails(uow, at or uow.now), 1)


def messages(uow: UnitOfWork, school_id: str, *, people: int, mails: int) -> None:
    """Check that a message may go to this many people, and by e-mail to this many of them.

    The caller holds the school's lock.
    """
    a_day = uow.system.settings().messages_a_day
    if a_day:
        _refuse_more(
            Quota.MESSAGES, a_day, uow.recipients.count_written_since(school_id, uow.now - DAY), people
        )
    if mails and uow.system.settings().mails_a_day:
        uow.system.lock()
        _refuse_more(Quota.MAILS, uow.system.settings().mails_a_day, _mails(uow, uow.now), mails)


def _mails(uow: UnitOfWork, at: datetime) -> int:
    """Count the e-mails due within a day before or after a moment.

    Counts the e-mails of messages under way that are not queued yet, too: they go out about now.
    """
    ahead = uow.recipients.count_mails_ahead() if at < uow.now + DAY else 0
    return uow.outbox.mails_between(at - DAY, at + DAY) + ahead


def _refuse_more(what: Quota, limit: int, used: int, more: int) -> None:
    if limit and used + more > limit:
        raise LimitReached(what, limit)
