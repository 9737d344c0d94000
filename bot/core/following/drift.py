"""Drift: native things that follow roles are looked at from time to time, and changes made by hand reported.

Only things that follow roles are looked at. Accounts that Homeroom does not know are never changed, unless
the thing's `drift` setting says so, or an admin asks for it.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from bot.core import audit
from bot.core.errors import NotFound, NothingToChange
from bot.core.following import following
from bot.core.following import marks as following_marks
from bot.core.following.marks import Comparison
from bot.core.following.ports import (
    FOLLOWER,
    Difference,
    DifferenceState,
    Differs,
    DriftPolicy,
    Follower,
    MarkState,
    Problem,
)
from bot.core.notices.notices import Notice, redraw_copies
from bot.core.people import members
from bot.core.ports import UnitOfWork
from bot.core.rights import access
from bot.core.rights.actors import Actor
from bot.core.rights.permissions import Permission
from bot.core.schools.schools import School
from bot.core.stuck import ItemTracker
from bot.core.values import dataclass, replace

EVERY = timedelta(hours=1)
BATCH = 50
# How much the clocks of replicas may differ. Marks that changed later than this before a look are not judged.
_MARGIN = timedelta(minutes=1)
# For how many absent accounts a look tries again to give the thing.
_TRIED_AGAIN = 100
# How many differences of a thing are stored; the next look reports more.
MOST = 1000


@dataclass(frozen=True, slots=True)
class Seen:
    """What a platform says of a native thing: its name, who has it, and who is in the workspace.

    `has` is None if the platform does not tell, `present` if it is not known; both hold accounts. `names` has
    what the platform calls them. A `disabled` user group keeps its list, but nobody has it.
    """

    name: str
    has: frozenset[str] | None
    present: frozenset[str] | None = None
    names: Mapping[str, str] | None = None
    disabled: bool = False
    # How long ago reading began: long lists of accounts are read in several requests.
    age: timedelta = timedelta(0)


def queue_due_looks(uow: UnitOfWork, tracker: ItemTracker) -> int:
    """Queue a look at each native thing that is due for one; return how many were due."""
    due = uow.followings.due_for_look(uow.now, BATCH)
    for follower_id in tracker.each(FOLLOWER, sorted(due), str):
        uow.followings.lock(follower_id)
        follower = uow.followings.by_id(follower_id)
        if follower is not None:
            uow.followings.save(replace(follower, look_at=uow.now + EVERY))
            uow.followings.nudge(follower_id)  # so that no change is missed for longer than `EVERY`
            following_marks.ask_to_look(uow, follower)
    return len(due)


def judge_look(
    uow: UnitOfWork,
    notice: Notice,
    follower_id: str,
    seen: Seen,
    began: datetime,
    compared: Comparison | None,
) -> None:
    """Compare what a platform said, when asked at `began`, with the marks, and report or mend what differs.

    `compared` is the result of `following_marks.compare` with `as_if_free`. Unless it found every mark up to
    date, and nothing has changed since, nothing is judged now and the thing is looked at again soon.
    """
    uow.outbox.mark_delivered(notice.id, uow.now)
    uow.followings.lock(follower_id)
    before = uow.followings.by_id(follower_id)
    if before is None:
        return
    asked_for = compared == Comparison(uow.followings.position(follower_id), ())
    former = before.name if seen.name != before.name else before.former_name
    blind = seen.has is None
    now = replace(before, name=seen.name, former_name=former, problem=None, blind=blind, looked_at=uow.now)
    uow.followings.save(now)
    if before.problem is not None:
        uow.followings.nudge(follower_id)  # parked changes are queued again
    if not asked_for:
        # The marks are not up to date yet, so nobody can be said to have the thing wrongly.
        uow.followings.save(replace(now, look_at=uow.now + _MARGIN))
        return
    settled_before = began - seen.age - _MARGIN
    _try_absent(uow, now, seen)
    found = _differences(uow, now, seen, settled_before)
    if not seen.disabled:
        uow.follow_marks.drop_done(follower_id, settled_before)
    _tell_or_mend(uow, before, now, found)


def look_failed(uow: UnitOfWork, notice: Notice, follower_id: str, problem: Problem) -> None:
    """Record why a native thing could not be looked at."""
    uow.outbox.mark_delivered(notice.id, uow.now)
    uow.followings.lock(follower_id)
    follower = uow.followings.by_id(follower_id)
    if follower is not None:
        following_marks.note_problem(uow, follower, problem)


def _try_absent(uow: UnitOfWork, follower: Follower, seen: Seen) -> None:
    """Ask again for changes of accounts that were not in the workspace, and now may be."""
    for one in uow.follow_marks.listed(follower.id, states=[MarkState.ABSENT], limit=_TRIED_AGAIN):
        if seen.present is None or one.subject in seen.present:
            following_marks.request_change(uow, follower, one.subject, wanted=one.wanted)


def _differences(
    uow: UnitOfWork, follower: Follower, seen: Seen, settled_before: datetime
) -> list[Difference]:
    """Return which accounts have or lack a thing wrongly; changes on their way or just made do not count."""
    if seen.has is None:
        return []
    had, missing, spared = set[str](), list[str](), set[str]()
    for subject, wanted, state, at in uow.follow_marks.all(follower.id):
        had.add(subject)
        if state is not MarkState.DONE or at >= settled_before:
            spared.add(subject)
        elif wanted:
            spared.add(subject)
            if subject not in seen.has and (seen.present is None or subject in seen.present):
                missing.append(subject)
    extra = sorted(seen.has - spared)
    known = had | uow.follow_marks.known_accounts(follower.workspace.platform, extra)
    kinds = [(one, Differs.MISSING) for one in sorted(missing)]
    kinds += [(one, Differs.EXTRA) for one in extra if one in known]
    kinds += [(one, Differs.STRANGER) for one in extra if one not in known]
    names = seen.names or {}
    return [Difference(follower.id, one, what, names.get(one, "")) for one, what in kinds[:MOST]]


def _tell_or_mend(uow: UnitOfWork, before: Follower, now: Follower, found: list[Difference]) -> None:
    """Mend what the thing's setting allows; send the admins its card if there is news, else redraw it."""
    told = {(one.subject, one.differs): one.fate for one in uow.followings.differences(now.id)}
    judged = []
    for one in found:
        left = told.get((one.subject, one.differs)) is DifferenceState.LEFT
        judged.append(replace(one, fate=DifferenceState.LEFT) if left else one)
    todo = [one for one in judged if one.fate is DifferenceState.OPEN and _mended_by_itself(now, one)]
    news = [one for one in judged if told.get((one.subject, one.differs)) in {None, DifferenceState.MENDED}]
    uow.followings.set_differences(now.id, judged)
    if todo:
        _mend(uow, now, todo)
        audit.record_without_actor(
            uow,
            "role.drift_mended",
            now.subject,
            front=audit.CLOCK,
            school_id=now.school_id,
            new=_counted(todo),
        )
    if news or now.former_name != before.former_name:
        following_marks.tell_admins(uow, now)
    else:
        redraw_copies(uow, now.subject)


def _mended_by_itself(follower: Follower, one: Difference) -> bool:
    if one.differs is Differs.STRANGER:
        return follower.drift is DriftPolicy.MEND_ALL
    return follower.drift is not DriftPolicy.REPORT


def _mend(uow: UnitOfWork, follower: Follower, some: Sequence[Difference]) -> None:
    """Ask for the changes that undo these differences, and store that they are being mended."""
    for one in some:
        following_marks.request_change(uow, follower, one.subject, wanted=one.differs is Differs.MISSING)
    _settle(uow, follower, some, DifferenceState.MENDED)


def _settle(uow: UnitOfWork, follower: Follower, some: Sequence[Difference], fate: DifferenceState) -> None:
    settled = {(one.subject, one.differs) for one in some}
    everything = uow.followings.differences(follower.id)
    uow.followings.set_differences(
        follower.id,
        [replace(one, fate=fate) if (one.subject, one.differs) in settled else one for one in everything],
    )


def mend(
    uow: UnitOfWork, actor: Actor, school: School, follower: Follower, *, strangers: bool = False
) -> int:
    """Undo the open differences of a native thing; return how many.

    Accounts that Homeroom does not know keep the thing, unless `strangers` is set.
    """
    current = _held(uow, actor, school, follower)
    todo = [
        one
        for one in uow.followings.differences(current.id)
        if one.fate is DifferenceState.OPEN and (strangers or one.differs is not Differs.STRANGER)
        if _still(uow, one)
    ]
    _record(uow, actor, "role.drift_mended", current, todo)
    _mend(uow, current, todo)
    redraw_copies(uow, current.subject)
    return len(todo)


def leave(uow: UnitOfWork, actor: Actor, school: School, follower: Follower) -> int:
    """Accept the open differences for as long as they last; return how many."""
    current = _held(uow, actor, school, follower)
    todo = [one for one in uow.followings.differences(current.id) if one.fate is DifferenceState.OPEN]
    _record(uow, actor, "role.drift_left", current, todo)
    _settle(uow, current, todo, DifferenceState.LEFT)
    redraw_copies(uow, current.subject)
    return len(todo)


def look_now(uow: UnitOfWork, actor: Actor, school: School, follower: Follower) -> Follower:
    """Queue a look at a native thing now, for example after an admin has solved its problem."""
    current = _held(uow, actor, school, follower)
    following_marks.ask_to_look(uow, current)
    return current


def _held(uow: UnitOfWork, actor: Actor, school: School, follower: Follower) -> Follower:
    access.require(uow, actor, Permission.ROLE_MANAGE, school)
    uow.followings.lock(follower.id)
    current = uow.followings.by_id(follower.id)
    if current is None or current.school_id != school.id:
        raise NotFound(following.THING)
    return current


def _still(uow: UnitOfWork, one: Difference) -> bool:
    """Tell whether the account's mark still asks for what would undo a difference."""
    mark = uow.follow_marks.of(one.follower_id, one.subject)
    return (mark is not None and mark.wanted) is (one.differs is Differs.MISSING)


def _record(
    uow: UnitOfWork, actor: Actor, action: str, follower: Follower, some: Sequence[Difference]
) -> None:
    if not some:
        raise NothingToChange("so already")
    by = members.enrol(uow, actor).id
    audit.record(
        uow, actor, action, follower.subject, school_id=follower.school_id, by=by, new=_counted(some)
    )


def _counted(some: Sequence[Difference]) -> dict[str, object]:
    kinds = [one.differs for one in some]
    return {kind.value: kinds.count(kind) for kind in Differs if kind in kinds}
