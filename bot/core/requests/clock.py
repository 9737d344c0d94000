"""What time does to a pending join request: reminders to approvers, escalation, and finally lapsing.

`JoinRequest.due_at` says when the next step is due. A sweep takes the requests that are due and does one step
with each; the time of the next step follows from the school's settings at that moment.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial

from bot.core import audit, due_work
from bot.core.notices import destinations
from bot.core.notices.notices import (
    Audience,
    Destination,
    Loss,
    Notice,
    redraw_copies,
    tell_each_time,
    tell_once,
)
from bot.core.notices.tenants import school_of
from bot.core.ports import UnitOfWork
from bot.core.requests import digests, join_requests, pending_memberships
from bot.core.requests.join_requests import JoinRequest, RequestState
from bot.core.rights.permissions import Permission
from bot.core.rights.roles import DISTRICT_ADMIN
from bot.core.schools import settings as school_settings
from bot.core.schools.schools import School
from bot.core.schools.settings import SchoolSettings
from bot.core.stored import stored_school
from bot.core.stuck import ItemTracker
from bot.core.values import replace
from bot.core.workspaces import events as workspace_events

# How long a claim lasts if its approver does nothing.
CLAIM_LASTS = timedelta(hours=24)
# How often it is checked that an approver who claims a request may still decide it.
CLAIM_CHECK = timedelta(minutes=10)
# Levels of escalation: first the Primary Admin is told, then the district's admins.
PRIMARY, DISTRICT = 1, 2
# How many due requests one unit of work handles.
BATCH = 20
# How many requests one unit of work reschedules after a change of settings.
_RESCHEDULE_BATCH = 500
# After a late reminder or escalation, a request lapses only once people have had this long to decide it.
_GRACE = timedelta(days=1)
# Requests of an archived school rest; this often, the sweep checks whether it was restored.
_ARCHIVED_REST = timedelta(days=1)


def next_step(request: JoinRequest, settings: SchoolSettings, now: datetime) -> datetime | None:
    """Return when a request's next step is due; None if it has none.

    While an approver claims the request, nobody else is reminded of it; so their right to decide is checked.
    """
    free_at = request.claimed_at + CLAIM_LASTS if request.claimed_at else request.submitted_at
    steps = [min(free_at, now + CLAIM_CHECK)] if request.claimed_at else []
    if (remind_at := _remind_at(request, settings)) is not None:
        steps.append(max(remind_at, free_at))
    if (escalate_at := _escalate_at(request, settings)) is not None:
        steps.append(max(escalate_at, free_at))
    if (lapse_at := _lapse_at(request, settings)) is not None:
        steps.append(lapse_at)
    return min(steps, default=None)


def _remind_at(request: JoinRequest, settings: SchoolSettings) -> datetime | None:
    if not settings.remind_hours or request.reminded_at is not None:
        return None
    return request.submitted_at + timedelta(hours=settings.remind_hours)


def _escalate_at(request: JoinRequest, settings: SchoolSettings) -> datetime | None:
    if not settings.escalate_hours or request.escalation >= DISTRICT:
        return None
    return (request.escalated_at or request.submitted_at) + timedelta(hours=settings.escalate_hours)


def _lapse_at(request: JoinRequest, settings: SchoolSettings) -> datetime | None:
    if not settings.lapse_days:
        return None
    lapse_at = request.submitted_at + timedelta(days=settings.lapse_days)
    told_at = [at for at in (request.reminded_at, request.escalated_at) if at is not None]
    if not told_at:
        return lapse_at
    last = timedelta(hours=max(settings.remind_hours, settings.escalate_hours))
    return max(lapse_at, max(told_at) + min(_GRACE, lapse_at - request.submitted_at - last))


def sweep(uow: UnitOfWork, tracker: ItemTracker) -> int:
    """Do the next step of each due request; return how many were handled."""
    rescheduled = _reschedule(uow)
    due = partial(uow.join_requests.due, uow.now, BATCH)
    return rescheduled + due_work.do_due(uow, tracker, join_requests.KIND, due, partial(_sweep_one, uow))


def _reschedule(uow: UnitOfWork) -> int:
    """Reschedule the requests of a school whose settings have changed; count them."""
    number = 0
    for school_id, after in uow.settings.to_reschedule(1):
        uow.schools.lock(school_id)
        settings = uow.settings.of(school_id)
        found = uow.join_requests.listed(
            school_id, RequestState.PENDING, after=after, limit=_RESCHEDULE_BATCH
        )
        uow.join_requests.save_due_times(
            [replace(one, due_at=next_step(one, settings, uow.now)) for one in found]
        )
        uow.settings.reschedule(school_id, found[-1].id if len(found) == _RESCHEDULE_BATCH else None)
        number += len(found) or 1
    return number


def _sweep_one(uow: UnitOfWork, request: JoinRequest) -> bool:
    """Do the next step of a request; False if another unit changed it first."""
    school = stored_school(uow, request.school_id)
    settings = uow.settings.of(school.id)
    free = request.claimed_at is None
    if school.archived:
        return _rest(uow, request, uow.now + _ARCHIVED_REST)
    if request.claimed_at is not None and (
        _is_due(uow, request.claimed_at + CLAIM_LASTS) or not join_requests.claim_stands(uow, request, school)
    ):
        return _end_claim(uow, request, settings)
    escalates = free and _is_due(uow, _escalate_at(request, settings))
    reminds = free and _is_due(uow, _remind_at(request, settings))
    if escalates or reminds:
        if (resumes := school_settings.day_off_ends(school, settings, uow.now)) is not None:
            return _rest(uow, request, resumes)
        step = _escalate if escalates else _remind
        return step(uow, request, school, settings)
    # Checked last, so that after an outage no request lapses before anybody was reminded of it.
    if _is_due(uow, _lapse_at(request, settings)):
        return _lapse(uow, request)
    return _store(uow, request, request, settings)


def _rest(uow: UnitOfWork, request: JoinRequest, until: datetime) -> bool:
    """Put the next step of a request off; False if another unit changed it first."""
    return uow.join_requests.save_progress(replace(request, due_at=until), expected=request)


def _is_due(uow: UnitOfWork, at: datetime | None) -> bool:
    return at is not None and at <= uow.now


def _store(uow: UnitOfWork, before: JoinRequest, after: JoinRequest, settings: SchoolSettings) -> bool:
    """Store a request with the time of its next step; False if another unit changed it first."""
    timed = replace(after, due_at=next_step(after, settings, uow.now))
    return uow.join_requests.save_progress(timed, expected=before)


def _step(
    uow: UnitOfWork, before: JoinRequest, after: JoinRequest, settings: SchoolSettings, how: str
) -> bool:
    """Store a step, audit it and redraw the cards; False if another unit changed the request first."""
    if not _store(uow, before, after, settings):
        return False
    new: dict[str, object] = {"level": after.escalation} if after.escalation > before.escalation else {}
    _record(uow, after, how, new)
    redraw_copies(uow, after.subject)
    return True


def _record(uow: UnitOfWork, request: JoinRequest, how: str, new: dict[str, object]) -> None:
    audit.record_without_actor(
        uow,
        f"join_request.{how}",
        request.subject,
        front=audit.CLOCK,
        school_id=request.school_id,
        new=new,
    )


def _end_claim(uow: UnitOfWork, request: JoinRequest, settings: SchoolSettings) -> bool:
    """End a claim whose approver did nothing or may not decide any more, and have the others reminded."""
    free = replace(request, claimed_by=None, claimed_at=None, reminded_at=None)
    return _step(uow, request, free, settings, "released")


def _remind(uow: UnitOfWork, request: JoinRequest, school: School, settings: SchoolSettings) -> bool:
    """Remind the approvers."""
    if not _step(uow, request, replace(request, reminded_at=uow.now), settings, "reminded"):
        return False
    places = join_requests.approvers(uow, school, excluding=request.person_id)
    _nudge(uow, request, school, Audience.REMINDER, places)
    return True


def _escalate(uow: UnitOfWork, request: JoinRequest, school: School, settings: SchoolSettings) -> bool:
    """Tell the next level that has anybody in it, and tell the applicant that they are not forgotten."""
    levels = range(request.escalation + 1, DISTRICT + 1)
    told = {level: _responsible(uow, school, level, excluding=request.person_id) for level in levels}
    level = next((level for level in levels if told[level]), None)
    if level is None:  # no level has anybody: do not try again
        return _store(uow, request, replace(request, escalation=DISTRICT), settings)
    # After an escalation, the approvers who let it come to that are not reminded as well.
    up = replace(request, escalation=level, escalated_at=uow.now, reminded_at=request.reminded_at or uow.now)
    if not _step(uow, request, up, settings, "escalated"):
        return False
    _nudge(uow, request, school, Audience.ESCALATION, destinations.of_people(uow, told[level]))
    if not request.escalation and request.gone_at is None:
        destinations.tell_account(uow, request.subject, Audience.STILL_WAITING, request.account)
    return True


def _responsible(uow: UnitOfWork, school: School, level: int, *, excluding: str) -> list[str]:
    """List the ids of the people responsible for a school at a level of escalation."""
    if level == PRIMARY:
        found = [school.primary_admin_id]
    elif school.district_id is not None:
        roles = uow.districts.roles(school.district_id)
        found = [one.person.id for one in roles if one.role == DISTRICT_ADMIN.name]
    else:
        found = []
    return [one for one in found if one is not None and one != excluding]


def _nudge(
    uow: UnitOfWork, request: JoinRequest, school: School, audience: Audience, places: Sequence[Destination]
) -> None:
    """Send a card to these destinations, except to those that snoozed the request.

    If many requests wait, one card for all of them is sent instead.
    """
    if digests.remind_together(uow, school, audience, places):
        return
    later = uow.outbox.places(request.subject, Audience.SNOOZED)
    for place in places:
        if place not in later:
            tell_each_time(uow, request.subject, audience, place)


def _lapse(uow: UnitOfWork, request: JoinRequest) -> bool:
    """End a request that nobody has decided, and tell the applicant."""
    lapsed = replace(request, state=RequestState.LAPSED, decided_at=uow.now)
    if not uow.join_requests.decide(lapsed):
        return False
    pending_memberships.undo_pending_membership(uow, request)
    redraw_copies(uow, request.subject)
    if request.gone_at is None:
        destinations.tell_account(uow, request.subject, Audience.OUTCOME, request.account)
    _record(uow, lapsed, "lapsed", {"state": lapsed.state.value})
    return True


# Called with the outcome of a delivery; see `deliveries`.


def unreachable(uow: UnitOfWork, notice: Notice, loss: Loss) -> None:
    """Tell a person elsewhere what could not be delivered; mark an applicant who has left as gone."""
    if notice.to.channel is not None:
        _refused_by_channel(uow, notice)
    if notice.audience in {Audience.OUTCOME, Audience.APPROVER} and loss in {Loss.REFUSED, Loss.GONE}:
        destinations.tell_elsewhere(uow, notice)
    mine = notice.audience in {Audience.APPLICANT, Audience.STILL_WAITING}
    if not mine or loss is not Loss.GONE:
        return
    request = uow.join_requests.by_id(notice.subject.partition(":")[2])
    if request is not None:
        workspace_events.applicant_left(uow, request, request.account)


def withheld(uow: UnitOfWork, notice: Notice) -> None:
    """Tell the approvers directly when a channel's workspace no longer serves the school."""
    school = uow.schools.by_id(school_of(uow, notice.subject) or "")
    if school is not None and destinations.has_no_channel_left(uow, school.id, notice.to):
        _tell_approvers(uow, school, notice)


def _refused_by_channel(uow: UnitOfWork, notice: Notice) -> None:
    """Tell the approvers directly what a channel did not accept."""
    school = uow.schools.by_id(school_of(uow, notice.subject) or "")
    if school is not None:
        digests.channel_refuses(uow, school.id, notice.to)
        _tell_approvers(uow, school, notice)


def _tell_approvers(uow: UnitOfWork, school: School, notice: Notice) -> None:
    """Send the approvers what their channel does not show, unless they get direct messages anyway."""
    request = uow.join_requests.by_id(notice.subject.partition(":")[2])
    if request is None or request.state is not RequestState.PENDING or school.approver_dms:
        return
    for place in destinations.of_holders(
        uow, school.id, Permission.REQUEST_DECIDE, join_requests.MOST_APPROVER_DMS
    ):
        key = f"{notice.subject} {notice.audience} {place} {uow.now.date()}"  # once for all channels
        tell_once(uow, notice.subject, notice.audience, place, key)
