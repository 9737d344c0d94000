"""Digests of pending join requests: when one is due, who gets it, what it shows, and how it is replaced.

A digest is sent on a school's digest days, at its local time, if a request is pending that no digest has
shown. So every request is announced once, and unread digests do not pile up: each replaces the one before it.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.core import audit
from bot.core.notices import destinations
from bot.core.notices.notices import (
    Audience,
    Destination,
    Loss,
    Notice,
    redraw_copies,
    tell,
    tell_each_time,
    tell_once,
)
from bot.core.ports import UnitOfWork
from bot.core.requests import views as request_views
from bot.core.requests.digest_ports import KIND, Digest
from bot.core.requests.join_requests import MOST_APPROVER_DMS, RequestState
from bot.core.requests.views import RequestView
from bot.core.rights.permissions import Permission
from bot.core.schools import settings as school_settings
from bot.core.schools.calendar import LATEST_DIGEST
from bot.core.schools.schools import School
from bot.core.stored import stored_school
from bot.core.stuck import ItemTracker
from bot.core.values import dataclass

# How many schools one unit of work checks.
BATCH = 25
# A school is checked at least this often, even if nothing is due, so that no error lasts.
_LONGEST_REST = timedelta(days=7)
# How many requests one card shows: each has its buttons, and all must fit into one message.
PAGE = 5
# Reminders of more pending requests than this are one card for all, and not a card for each.
MOST_SEPARATE_CARDS = 3
# How many of the requests decided since the digest are shown.
_DECIDED_SHOWN = 5
LOST_CHANNEL = "lost_channel"


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a school's pending requests, oldest first, and how many there are in all."""

    school: School
    shown: tuple[RequestView, ...]
    waiting: int
    more: bool = False
    decided: tuple[RequestView, ...] = ()


def send_due(uow: UnitOfWork, tracker: ItemTracker) -> int:
    """Check schools where a digest may be due, and send it; return how many schools were checked."""
    # In the same order on all replicas, since each digest locks the audit chain of its school.
    due = sorted(uow.digests.due(uow.now, BATCH))
    for school_id, looked_at in tracker.each(KIND, due, lambda one: one[0]):
        school = stored_school(uow, school_id)
        # After the clock was put back, digest times that counted as over may be yet to come. None is sent
        # twice, since each day gets only one digest.
        put_back = looked_at > uow.now
        _check(uow, school, since=uow.now - LATEST_DIGEST if put_back else looked_at)
    return len(due)


def _check(uow: UnitOfWork, school: School, since: datetime) -> None:
    settings = uow.settings.of(school.id)
    day = school_settings.digest_day(school, settings, since, uow.now)
    if day is not None and not school.archived and uow.digests.has_unshown(school.id):
        _send(uow, school, Digest(school.id, day, uow.now))
    later = uow.now + _LONGEST_REST
    next_at = school_settings.next_digest(school, settings, uow.now)
    uow.digests.mark_checked(school.id, uow.now, min(next_at or later, later))


def _send(uow: UnitOfWork, school: School, digest: Digest) -> None:
    """Queue a digest for the channels of a school, or for its approvers, unless its day has had one."""
    if _begin(uow, school, digest):
        for place in destinations.channels(uow, school.id) or _approvers(uow, school.id):
            tell(uow, digest.subject, Audience.APPROVER, place)


def _begin(uow: UnitOfWork, school: School, digest: Digest) -> bool:
    """Store a new digest and withdraw the one before it; return False if its day has had one."""
    before = uow.digests.last(school.id)
    if not uow.digests.begin(digest):
        return False
    new = uow.digests.mark_shown(school.id)
    if before is not None:
        uow.outbox.drop(before.subject, Audience.APPROVER)
        redraw_copies(uow, before.subject)
    told = {"day": str(digest.day), "waiting": uow.digests.count_pending(school.id), "new": new}
    audit.record_without_actor(
        uow, "digest.sent", school.subject, front=audit.CLOCK, school_id=school.id, new=told
    )
    return True


def remind_together(
    uow: UnitOfWork, school: School, audience: Audience, places: Iterable[Destination]
) -> bool:
    """Send one card a day about all pending requests if they are many; else return False.

    Nothing more is sent to a place that has got today's digest.
    """
    if uow.digests.count_pending(school.id) <= MOST_SEPARATE_CARDS:
        return False
    today = uow.now.astimezone(ZoneInfo(school.zone)).date()
    newest = uow.digests.last(school.id)
    if newest is None:
        newest = Digest(school.id, today, uow.now)
        _begin(uow, school, newest)  # unless another replica has just stored it
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
    """Return one page of the pending requests, oldest first, starting after the request `after`."""
    found = uow.join_requests.listed(school.id, RequestState.PENDING, after=after, limit=PAGE + 1)
    return Page(
        school,
        tuple(request_views.view(uow, one) for one in found[:PAGE]),
        uow.digests.count_pending(school.id),
        more=len(found) > PAGE,
        decided=tuple(request_views.view(uow, one) for one in uow.digests.decided(school.id, _DECIDED_SHOWN)),
    )


def newest_page(uow: UnitOfWork, of: str) -> tuple[Page, bool] | None:
    """Return what a digest, named `school id/day`, shows now, and whether it is the school's newest.

    None if the school is gone or has had no digest.
    """
    school_id, _, day = of.partition("/")
    school, last = uow.schools.by_id(school_id), uow.digests.last(school_id)
    if school is None or last is None:
        return None
    return page(uow, school), str(last.day) == day


# The functions that `deliveries` calls after a notice is delivered or given up.


def arrived(uow: UnitOfWork, notice: Notice) -> None:
    """Store that a channel can be written to."""
    if notice.to.channel is not None:
        uow.digests.mark_working(_school_of(notice.subject), str(notice.to))


def failed(uow: UnitOfWork, notice: Notice, loss: Loss) -> None:
    """Send a digest that a channel refused to the approvers instead, and tell the admins once.

    A digest that an approver's chat refused is sent elsewhere to them.
    """
    if notice.to.channel is None:
        if notice.audience is Audience.APPROVER and loss in {Loss.REFUSED, Loss.GONE}:
            destinations.tell_elsewhere(uow, notice)
        return
    school_id = _school_of(notice.subject)
    _tell_approvers(uow, school_id, notice)
    channel_refuses(uow, school_id, notice.to)


def withheld(uow: UnitOfWork, notice: Notice) -> None:
    """Send a digest to the approvers if its channel's workspace no longer serves the school."""
    school_id = _school_of(notice.subject)
    if destinations.has_no_channel_left(uow, school_id, notice.to):
        _tell_approvers(uow, school_id, notice)


def _tell_approvers(uow: UnitOfWork, school_id: str, notice: Notice) -> None:
    last = uow.digests.last(school_id)
    if last is not None and last.subject == notice.subject:
        for place in _approvers(uow, school_id):
            tell(uow, notice.subject, Audience.APPROVER, place)


def channel_refuses(uow: UnitOfWork, school_id: str, to: Destination) -> None:
    """Tell the admins once that a channel refuses cards; again only if it has accepted a digest since."""
    if uow.digests.mark_failing(school_id, str(to)):
        subject = f"{LOST_CHANNEL}:{school_id}/{to.platform}/{to.workspace}"
        for place in destinations.of_holders(uow, school_id, Permission.SCHOOL_EDIT, MOST_APPROVER_DMS):
            tell_each_time(uow, subject, Audience.ADMIN, place)


def _school_of(subject: str) -> str:
    return subject.partition(":")[2].partition("/")[0]
