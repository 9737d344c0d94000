"""Mirroring: requests to join a server, made with its platform's own form, become join requests of a school.

The platform does not report new requests, so its list is looked at from time to time. A decision here is also
told to the platform. A decision made on the platform concerns the server alone, and makes nobody a member.
"""

from datetime import datetime, timedelta

from bot.core import audit
from bot.core.errors import NothingToChange, Refusal
from bot.core.joining_errors import MirroredElsewhere, NoOwnRequests, NotLinkedHere
from bot.core.notices import destinations
from bot.core.notices.notices import Audience, Notice, redraw_copies, tell_each_time
from bot.core.people import members
from bot.core.ports import UnitOfWork
from bot.core.requests import asking, join_requests, mirror_answers, pending_memberships
from bot.core.requests.join_requests import RequestState
from bot.core.requests.mirror_ports import (
    MIRROR,
    Mirror,
    MirroredRequest,
    MirrorProblem,
    PlatformRequest,
    PlatformRequests,
    PlatformRequestState,
)
from bot.core.rights import access
from bot.core.rights.actors import AccountKey, Actor, Caller, Platform, WorkspaceKey
from bot.core.rights.permissions import Permission
from bot.core.schools.schools import School, is_linked
from bot.core.stuck import ItemTracker
from bot.core.values import dataclass, replace
from bot.core.workspaces import bans

EVERY = timedelta(minutes=1)
# How long to wait before a failed look, or an answer that delivery gave up on, is tried again.
LATER = timedelta(hours=1)
BATCH = 50
# How much a platform's clock, or its lists, may be behind ours.
_MARGIN = timedelta(minutes=1)
_FATES = {
    PlatformRequestState.LET_IN: "let_in_there",
    PlatformRequestState.TURNED_AWAY: "turned_away_there",
    PlatformRequestState.GONE: "taken_back_there",
}


@dataclass(frozen=True, slots=True)
class MirrorView:
    """What admins are shown of mirroring in a workspace; `mirror` is None if it is off."""

    school: School
    mirror: Mirror | None
    waiting: int = 0


def shown(uow: UnitOfWork, actor: Actor, school: School) -> MirrorView:
    """Return what an admin is shown of mirroring in the actor's workspace."""
    mirror = uow.mirrors.of(_here(uow, actor, school))
    if mirror is None or mirror.school_id != school.id:
        return MirrorView(school, None)
    return MirrorView(school, mirror, len(uow.mirrors.waiting(mirror.workspace)))


def switch(uow: UnitOfWork, actor: Actor, school: School, *, on: bool) -> None:
    """Turn mirroring of the actor's server on or off for a school.

    Raise `MirroredElsewhere` if another school decides the server's requests.
    """
    uow.schools.lock(school.id)
    access.require(uow, actor, Permission.SCHOOL_EDIT, school)
    key = _here(uow, actor, school)
    known = uow.mirrors.of(key)
    if known is not None and known.school_id != school.id:
        if mirror_answers.still_decides(uow, known):
            raise MirroredElsewhere
        known = None  # that school is not linked any more, so nobody of it could turn it off
    if on is (known is not None):
        raise NothingToChange("on already" if on else "off already")
    if on:
        uow.mirrors.put(Mirror(key, school.id, look_at=uow.now))
    else:
        uow.mirrors.delete(key)
    new: dict[str, object] = {"workspace": str(key)}
    action = "school.mirror_on" if on else "school.mirror_off"
    audit.record(uow, actor, action, school.subject, school_id=school.id, new=new)


def _here(uow: UnitOfWork, actor: Actor, school: School) -> WorkspaceKey:
    key = actor.caller.workspace
    if key is None or key.platform is not Platform.DISCORD:
        raise NoOwnRequests
    if not is_linked(uow, key, school.id):
        raise NotLinkedHere(school)
    return key


def queue_due_looks(uow: UnitOfWork, tracker: ItemTracker, every: timedelta = EVERY) -> int:
    """Queue a look at each workspace that is due for one; return how many."""
    due = uow.mirrors.due(uow.now, BATCH)
    for school_id in sorted({one.school_id for one in due}):
        uow.schools.lock(school_id)
    # Search again: another replica may have queued looks while this unit waited for the locks.
    mine = [one for one in uow.mirrors.due(uow.now, BATCH) if one in due]
    for mirror in tracker.each(MIRROR, mine, lambda one: one.subject.partition(":")[2]):
        uow.mirrors.put(replace(mirror, look_at=uow.now + every))
        mirror_answers.queue(uow, mirror.subject, Audience.REQUESTS, mirror.workspace, mirror.school_id)
    return len(mine)


def to_look_at(uow: UnitOfWork, notice: Notice) -> tuple[Mirror, tuple[str, ...]] | None:
    """Return the mirror that a notice asks to look at, and the ids of its requests that are known to wait."""
    mirror = uow.mirrors.of(_workspace(notice))
    if mirror is None:
        return None
    return mirror, tuple(one.external_id for one in uow.mirrors.waiting(mirror.workspace))


def _workspace(notice: Notice) -> WorkspaceKey:
    return WorkspaceKey.from_path(notice.subject.partition(":")[2])


def file(
    uow: UnitOfWork, workspace: WorkspaceKey, some: tuple[PlatformRequest, ...], began: datetime
) -> None:
    """File join requests for requests that wait on the platform; `began` is when the look at it began."""
    found = _held(uow, workspace)
    if found is None:
        return
    _, school = found
    for applied in some:
        known = uow.mirrors.by_external_id(workspace, applied.external_id)
        if known is None or _asks_again(uow, known, school, began):
            _file(uow, workspace, school, applied)


def _held(uow: UnitOfWork, workspace: WorkspaceKey) -> tuple[Mirror, School] | None:
    """Lock the school of a workspace's mirror; return both, read again, or None if it no longer decides."""
    before = uow.mirrors.of(workspace)
    if before is None:
        return None
    uow.schools.lock(before.school_id)
    mirror, school = uow.mirrors.of(workspace), uow.schools.by_id(before.school_id)
    if mirror is None or school is None or mirror.school_id != before.school_id:
        return None
    return (mirror, school) if mirror_answers.still_decides(uow, mirror) else None


def _asks_again(uow: UnitOfWork, known: MirroredRequest, school: School, began: datetime) -> bool:
    """Tell whether a known request that waits on the platform needs a new join request.

    It does if it waits, but no join request of this school stands for it; or if it was decided before, unless
    that is so recent that the look may have missed the decision.
    """
    if known.fate is PlatformRequestState.WAITING:
        request = uow.join_requests.by_id(known.request_id) if known.request_id else None
        return request is None or request.school_id != school.id
    return known.at < began - _MARGIN


def _file(uow: UnitOfWork, workspace: WorkspaceKey, school: School, applied: PlatformRequest) -> None:
    person = uow.people.by_account(applied.account)
    former = uow.members.of(school.id, person.id) if person else None
    waiting = uow.join_requests.pending_of(school.id, person.id) if person else None
    mirrored = MirroredRequest(workspace, applied.external_id, None, PlatformRequestState.WAITING, uow.now)
    if former is not None and former.active:
        if bans.is_banned(uow, former.person_id, school):
            return  # one of the member's other accounts is banned, so people on the platform decide
        uow.mirrors.save_request(mirrored)
        mirror_answers.ask(uow, mirrored, school.id)
        return
    if waiting is not None:
        uow.mirrors.save_request(replace(mirrored, request_id=waiting.id))
        redraw_copies(uow, waiting.subject)
        return
    actor = Actor(Caller(applied.account, applied.name, workspace.platform), person)
    try:
        if former is not None:
            asking.refuse_former(uow, school, former)
        who, role = members.enrol(uow, actor), school.default_role
        request = join_requests.file(uow, actor, who, school, role, former=former, answers=applied.answers)
    except Refusal:
        return  # barred, or rejected too recently, so people on the platform decide
    uow.mirrors.save_request(replace(mirrored, request_id=request.id, filed=True))
    audit.record(uow, actor, "join_request.submitted", request.subject, school_id=school.id, by=who.id)


def is_from_member(uow: UnitOfWork, mirrored: MirroredRequest, account: AccountKey) -> bool:
    """Tell whether a request that was noted as a member's still is one's, and so may be let in.

    If they are no member any more, the request is set aside, and the next look handles it as a new one.
    """
    found, person = _held(uow, mirrored.workspace), uow.people.by_account(account)
    if found is None:
        return False
    membership = uow.members.of(found[1].id, person.id) if person else None
    if membership is not None and membership.active:
        return not bans.is_banned(uow, membership.person_id, found[1])
    uow.mirrors.save_request(replace(mirrored, fate=PlatformRequestState.GONE, at=uow.now))
    return False


def record_look(uow: UnitOfWork, notice: Notice, seen: PlatformRequests, began: datetime) -> None:
    """Record what became of requests that no longer wait there, and queue answers that are overdue."""
    uow.outbox.mark_delivered(notice.id, uow.now)
    found = _held(uow, _workspace(notice))
    if found is None:
        return
    mirror, _ = found
    there, untold = {one.external_id for one in seen.waiting}, False
    for one in uow.mirrors.waiting(mirror.workspace):
        if one.external_id in there:
            overdue = mirror.problem is not None or one.at < uow.now - LATER
            if overdue and mirror_answers.answer(uow, one) is not None:
                mirror_answers.ask(uow, one, mirror.school_id)
                untold = True
        elif one.at < began and (seen.whole or one.external_id in seen.let_in | seen.turned_away):
            _decided_there(uow, one, _fate(one, seen))
    # Seeing requests does not prove that we may decide them; if answers are queued, they will show it.
    uow.mirrors.put(replace(mirror, looked_at=uow.now, problem=mirror.problem if untold else None))


def _fate(one: MirroredRequest, seen: PlatformRequests) -> PlatformRequestState:
    if one.external_id in seen.let_in:
        return PlatformRequestState.LET_IN
    return (
        PlatformRequestState.TURNED_AWAY if one.external_id in seen.turned_away else PlatformRequestState.GONE
    )


def _decided_there(uow: UnitOfWork, one: MirroredRequest, fate: PlatformRequestState) -> None:
    """Record a decision made on the platform; it closes only a join request that was filed for that request.

    It never approves a join request, and never rejects one that the person made here.
    """
    told = mirror_answers.answer(uow, one)
    ours = told is not None and fate is mirror_answers.fate_of(told)
    uow.mirrors.save_request(replace(one, fate=PlatformRequestState.ANSWERED if ours else fate, at=uow.now))
    request = uow.join_requests.by_id(one.request_id) if one.request_id else None
    if request is None:
        return
    redraw_copies(uow, request.subject)
    if request.state is not RequestState.PENDING:
        return
    ends = one.filed and fate is not PlatformRequestState.LET_IN
    if ends:
        state = RequestState.CLOSED if fate is PlatformRequestState.TURNED_AWAY else RequestState.WITHDRAWN
        uow.join_requests.decide(replace(request, state=state, decided_at=uow.now))
        pending_memberships.undo_pending_membership(uow, request)
    audit.record_without_actor(
        uow,
        f"join_request.{_FATES[fate]}",
        request.subject,
        front=one.workspace.platform.value,
        school_id=request.school_id,
        new={"state": state.value} if ends else {},
    )


def record_problem(uow: UnitOfWork, notice: Notice, problem: MirrorProblem) -> None:
    """Record why requests cannot be seen or decided, and tell the school's admins, once for each reason."""
    uow.outbox.mark_delivered(notice.id, uow.now)
    found = _held(uow, _workspace(notice))
    if found is None:
        return
    mirror, school = found
    uow.mirrors.put(replace(mirror, problem=problem, look_at=uow.now + LATER))
    if mirror.problem is not problem:
        for place in destinations.admins(uow, school.id, Permission.SCHOOL_EDIT):
            tell_each_time(uow, mirror.subject, Audience.ADMIN, place)


def about(uow: UnitOfWork, of: str) -> MirrorView | None:
    """Return what admins are shown of the mirror that a notice is about; None if it is gone."""
    mirror = uow.mirrors.of(WorkspaceKey.from_path(of))
    school = uow.schools.by_id(mirror.school_id) if mirror else None
    return (
        MirrorView(school, mirror, len(uow.mirrors.waiting(mirror.workspace))) if mirror and school else None
    )
