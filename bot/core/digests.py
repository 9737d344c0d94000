"""Digests of who waits: when one is due, who gets it, what it shows, and what becomes of it.

A digest goes out on a school's digest days, at its local time, where somebody waits whom no digest has
shown. So nothing is sent on top of one that nobody has read: its people are told of once, and if somebody
new waits, a newer digest takes its place.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.core import audit, destinations, request_views, school_settings
from bot.core.digest_ports import KIND, Digest
from bot.core.join_requests import MOST_APPROVER_DMS, RequestState
from bot.core.notices import (
    Audience,
    Destination,
    Loss,
    Notice,
    redraw_copies,
    tell,
    tell_each_time,
    tell_once,
)
from bot.core.permissions import Permission
from bot.core.ports import UnitOfWork
from bot.core.request_views import RequestView
from bot.core.school_days import LATEST_DIGEST
from bot.core.schools import School
from bot.core.stored import stored_school
from bot.core.stuck import ItemTracker
from bot.core.values import dataclass

# So many schools are looked at in one unit.
BATCH = 25
# A school is looked at so often even where nothing is due, so that no error lasts.
_LONGEST_REST = timedelta(days=7)
# So many requests a card shows: each has its buttons, and all must fit one message.
PAGE = 5
# More than so many who wait are pressed for by one card, and not by a card each.
FEW = 3
# So many of those who were decided since are named.
_LATELY = 5
LOST_CHANNEL = "lost_channel"


@dataclass(frozen=True, slots=True)
class Page:
    """Who waits, oldest first: one page of it, and how many there are in all."""

    school: School
    shown: tuple[RequestView, ...]
    waiting: int
    more: bool = False
    decided: tuple[RequestView, ...] = ()


def send_due(uow: UnitOfWork, tracker: ItemTracker) -> int:
    """Look at schools where a digest may be due, and send it; return how many schools there were."""
    # In an order that all replicas keep, since each digest holds its school's audit chain.
    due = sorted(uow.digests.due(uow.now, BATCH))
    for school_id, looked_at in tracker.each(KIND, due, lambda one: one[0]):
        school = stored_school(uow, school_id)
        # Where the clock was put back, what it had passed may not have been due yet: its day tells.
        put_back = looked_at > uow.now
        _look(uow, school, since=uow.now - LATEST_DIGEST if put_back else looked_at)
    return len(due)


def _look(uow: UnitOfWork, school: School, since: datetime) -> None:
    settings = uow.settings.of(school.id)
    day = school_settings.digest_day(school, settings, since, uow.now)
    if day is not None and not school.archived and uow.digests.anyone_new(school.id):
        _send(uow, school, Digest(school.id, day, uow.now))
    later = uow.now + _LONGEST_REST
    next_at = school_settings.next_digest(school, settings, uow.now)
    uow.digests.looked(school.id, uow.now, min(next_at or later, later))


def _send(uow: UnitOfWork, school: School, digest: Digest) -> None:
    """Queue a digest, unless its day has had one."""
    if _begin(uow, school, digest):
        for place in destinations.channels(uow, school.id) or _approvers(uow, school.id):
            tell(uow, digest.subject, Audience.APPROVER, place)


def _begin(uow: UnitOfWork, school: School, digest: Digest) -> bool:
    """Begin a digest, which replaces the one before it; False if its day has had one."""
    before = uow.digests.last(school.id)
    if not uow.digests.begin(digest):
        return False
    new = uow.digests.show_waiting(school.id)
    if before is not None:
        uow.outbox.drop(before.subject, Audience.APPROVER)
        redraw_copies(uow, before.subject)
    told = {"day": str(digest.day), "waiting": uow.digests.waiting(school.id), "new": new}
    audit.record_own(uow, "digest.sent", school.subject, front=audit.CLOCK, school_id=school.id, new=told)
    return True


def press(uow: UnitOfWork, school: School, audience: Audience, places: Iterable[Destination]) -> bool:
    """Tell once a day of all who wait by one card, if they are many; False where each has one of their own.

    A place that has had the digest of today is told nothing more.
    """
    if uow.digests.waiting(school.id) <= FEW:
        return False
    today = uow.now.astimezone(ZoneInfo(school.zone)).date()
    newest = uow.digests.last(school.id)
    if newest is None:
        newest = Digest(school.id, today, uow.now)
        _begin(uow, school, newest)  # or another replica has begun it at this moment
    told: set[Destination] = set()
    if newest.day == today:
        told = {copy.to for copy in uow.card_copies.of(newest.subject) if copy.audience is Audience.APPROVER}
        told |= set(uow.outbox.places(newest.subject, Audience.APPROVER))
    for place in places:
        if place not in told:
            tell_once(uow, newest.subject, audience, place, f"{audience} {newest.subject} {today} {place}")
    return True


def _approvers(uow: UnitOfWork, school_id: str) -> list[Destination]:
    return destinations.of_holders(uow, school_id, Permission.REQUEST_DECIDE, MOST_APPROVER_DMS)


def page(uow: UnitOfWork, school: School, *, after: str | None = None) -> Page:
    """Gather one page of those who wait, longest first."""
    found = uow.join_requests.listed(school.id, RequestState.PENDING, after=after, limit=PAGE + 1)
    return Page(
        school,
        tuple(request_views.view(uow, one) for one in found[:PAGE]),
        uow.digests.waiting(school.id),
        more=len(found) > PAGE,
        decided=tuple(request_views.view(uow, one) for one in uow.digests.decided(school.id, _LATELY)),
    )


def shown(uow: UnitOfWork, of: str) -> tuple[Page, bool] | None:
    """Gather what a digest shows now, and tell whether it still is the school's newest."""
    school_id, _, day = of.partition("/")
    school, last = uow.schools.by_id(school_id), uow.digests.last(school_id)
    if school is None or last is None:
        return None
    return page(uow, school), str(last.day) == day


# What a delivery changes; see `deliveries`.


def arrived(uow: UnitOfWork, notice: Notice) -> None:
    """Note that a channel can be written to."""
    if notice.to.channel is not None:
        uow.digests.channel_works(_school_of(notice.subject), str(notice.to))


def failed(uow: UnitOfWork, notice: Notice, _: Loss) -> None:
    """Send a digest that a channel did not take to the approvers instead, and tell the admins once."""
    if notice.to.channel is None:
        return
    school_id = _school_of(notice.subject)
    _tell_approvers(uow, school_id, notice)
    channel_refuses(uow, school_id, notice.to)


def withheld(uow: UnitOfWork, notice: Notice) -> None:
    """Send a digest to the approvers that was for a channel whose workspace serves the school no more."""
    school_id = _school_of(notice.subject)
    if destinations.has_no_channel_left(uow, school_id, notice.to):
        _tell_approvers(uow, school_id, notice)


def _tell_approvers(uow: UnitOfWork, school_id: str, notice: Notice) -> None:
    last = uow.digests.last(school_id)
    if last is not None and last.subject == notice.subject:
        for place in _approvers(uow, school_id):
            tell(uow, notice.subject, Audience.APPROVER, place)


def channel_refuses(uow: UnitOfWork, school_id: str, to: Destination) -> None:
    """Tell the admins that a channel does not take cards: once, until it has taken a digest again."""
    if uow.digests.channel_fails(school_id, str(to)):
        subject = f"{LOST_CHANNEL}:{school_id}/{to.platform}"
        for place in destinations.of_holders(uow, school_id, Permission.SCHOOL_EDIT, MOST_APPROVER_DMS):
            tell_each_time(uow, subject, Audience.ADMIN, place)


def _school_of(subject: str) -> str:
    return subject.partition(":")[2].partition("/")[0]
