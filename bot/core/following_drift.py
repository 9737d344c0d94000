"""What is really there: a thing is looked at from time to time, and what somebody changed by hand is told.

Only what follows roles is looked at. Whom Homeroom does not know is never touched, unless the thing's own
setting says so.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from bot.core import access, audit, following, following_marks, members
from bot.core.actors import Actor
from bot.core.errors import NotFound, NothingToChange
from bot.core.following_marks import Unlike
from bot.core.following_ports import FOLLOWED, Difference, Differs, Drift, Fate, Followed, MarkState, Problem
from bot.core.notices import Notice, redraw_copies
from bot.core.permissions import Permission
from bot.core.ports import UnitOfWork
from bot.core.schools import School
from bot.core.stuck import ItemTracker
from bot.core.values import dataclass, replace

EVERY = timedelta(hours=1)
BATCH = 50
# Clocks of replicas agree to within this; what changed since shortly before a look is not judged by it.
_MARGIN = timedelta(minutes=1)
# So many of those who were not there are tried again where the platform does not say who is.
_TRIED_AGAIN = 100
# So many differences of a thing are kept; of more the next look tells.
MOST = 1000


@dataclass(frozen=True, slots=True)
class Seen:
    """What a platform says of a thing: its name, who has it, and who is in the workspace.

    `has` is None where it does not say, and `present` where we do not know. Both hold accounts; `names` are
    what the platform calls them. A list that `rests` is nobody's, and still names those who had it.
    """

    name: str
    has: frozenset[str] | None
    present: frozenset[str] | None = None
    names: Mapping[str, str] | None = None
    rests: bool = False
    # How long ago the first of it was read: what is large is read in several goes.
    age: timedelta = timedelta(0)


def look_again(uow: UnitOfWork, tracker: ItemTracker) -> int:
    """Ask to look at the things whose time has come; count them."""
    due = uow.followings.to_look(uow.now, BATCH)
    for followed_id in tracker.each(FOLLOWED, sorted(due), str):
        uow.followings.lock(followed_id)
        followed = uow.followings.by_id(followed_id)
        if followed is not None:
            uow.followings.save(replace(followed, look_at=uow.now + EVERY))
            uow.followings.nudge(followed_id)  # no change is missed for longer than that
            following_marks.ask_to_look(uow, followed)
    return len(due)


def looked(
    uow: UnitOfWork, notice: Notice, followed_id: str, seen: Seen, began: datetime, compared: Unlike | None
) -> None:
    """Compare what a platform said with what was asked for; `began` is when it was asked.

    `compared` is what `following_marks.compare` found before, as if free. Where the school has changed since,
    the look comes again soon.
    """
    uow.outbox.delivered(notice.id, uow.now)
    uow.followings.lock(followed_id)
    before = uow.followings.by_id(followed_id)
    if before is None:
        return
    asked_for = compared == Unlike(uow.followings.position(followed_id), ())
    former = before.name if seen.name != before.name else before.former_name
    blind = seen.has is None
    now = replace(before, name=seen.name, former_name=former, problem=None, blind=blind, looked_at=uow.now)
    uow.followings.save(now)
    if before.problem is not None:
        uow.followings.nudge(followed_id)  # what was parked goes on
    if not asked_for:
        # Who shall have it is not asked for yet, so nobody can be said to have it wrongly.
        uow.followings.save(replace(now, look_at=uow.now + _MARGIN))
        return
    sure = began - seen.age - _MARGIN
    _try_absent(uow, now, seen)
    found = _differences(uow, now, seen, sure)
    if not seen.rests:
        uow.follow_marks.drop_done(followed_id, sure)
    _tell_or_mend(uow, before, now, found)


def unseen(uow: UnitOfWork, notice: Notice, followed_id: str, problem: Problem) -> None:
    """Note why a thing could not be looked at."""
    uow.outbox.delivered(notice.id, uow.now)
    uow.followings.lock(followed_id)
    followed = uow.followings.by_id(followed_id)
    if followed is not None:
        following_marks.stuck(uow, followed, problem)


def _try_absent(uow: UnitOfWork, followed: Followed, seen: Seen) -> None:
    """Try again to give the thing to those who were not in the workspace, and now may be."""
    for one in uow.follow_marks.listed(followed.id, states=[MarkState.ABSENT], limit=_TRIED_AGAIN):
        if seen.present is None or one.subject in seen.present:
            following_marks.want(uow, followed, one.subject, wanted=one.wanted)


def _differences(uow: UnitOfWork, followed: Followed, seen: Seen, sure: datetime) -> list[Difference]:
    """Work out what differs; what is on its way, or came there just now, does not."""
    if seen.has is None:
        return []
    had, missing, spared = set[str](), list[str](), set[str]()
    for subject, wanted, state, at in uow.follow_marks.all(followed.id):
        had.add(subject)
        if state is not MarkState.DONE or at >= sure:
            spared.add(subject)
        elif wanted:
            spared.add(subject)
            if subject not in seen.has and (seen.present is None or subject in seen.present):
                missing.append(subject)
    extra = sorted(seen.has - spared)
    known = had | uow.follow_marks.known(followed.workspace.platform, extra)
    kinds = [(one, Differs.MISSING) for one in sorted(missing)]
    kinds += [(one, Differs.EXTRA) for one in extra if one in known]
    kinds += [(one, Differs.STRANGER) for one in extra if one not in known]
    names = seen.names or {}
    return [Difference(followed.id, one, what, names.get(one, "")) for one, what in kinds[:MOST]]


def _tell_or_mend(uow: UnitOfWork, before: Followed, now: Followed, found: list[Difference]) -> None:
    """Mend what the setting lets us; tell the admins of what is new, else only redraw their cards."""
    told = {(one.subject, one.differs): one.fate for one in uow.followings.differences(now.id)}
    judged = []
    for one in found:
        left = told.get((one.subject, one.differs)) is Fate.LEFT
        judged.append(replace(one, fate=Fate.LEFT) if left else one)
    todo = [one for one in judged if one.fate is Fate.OPEN and _mended_by_itself(now, one)]
    news = [one for one in judged if told.get((one.subject, one.differs)) in {None, Fate.MENDED}]
    uow.followings.set_differences(now.id, judged)
    if todo:
        _mend(uow, now, todo)
        told_of = {"new": _counted(todo), "front": audit.CLOCK, "school_id": now.school_id}
        audit.record_own(uow, "role.drift_mended", now.subject, **told_of)  # type: ignore[arg-type]
    if news or now.former_name != before.former_name:
        following_marks.tell_admins(uow, now)
    else:
        redraw_copies(uow, now.subject)


def _mended_by_itself(followed: Followed, one: Difference) -> bool:
    if one.differs is Differs.STRANGER:
        return followed.drift is Drift.MEND_ALL
    return followed.drift is not Drift.REPORT


def _mend(uow: UnitOfWork, followed: Followed, some: Sequence[Difference]) -> None:
    """Ask for what shall be, and remember of whom that was."""
    for one in some:
        following_marks.want(uow, followed, one.subject, wanted=one.differs is Differs.MISSING)
    _settle(uow, followed, some, Fate.MENDED)


def _settle(uow: UnitOfWork, followed: Followed, some: Sequence[Difference], fate: Fate) -> None:
    settled = {(one.subject, one.differs) for one in some}
    everything = uow.followings.differences(followed.id)
    uow.followings.set_differences(
        followed.id,
        [replace(one, fate=fate) if (one.subject, one.differs) in settled else one for one in everything],
    )


def mend(
    uow: UnitOfWork, actor: Actor, school: School, followed: Followed, *, strangers: bool = False
) -> int:
    """Give and take as it shall be; from those whom Homeroom does not know only with `strangers`."""
    current = _held(uow, actor, school, followed)
    todo = [
        one
        for one in uow.followings.differences(current.id)
        if one.fate is Fate.OPEN and (strangers or one.differs is not Differs.STRANGER)
        if _still(uow, one)
    ]
    _record(uow, actor, "role.drift_mended", current, todo)
    _mend(uow, current, todo)
    redraw_copies(uow, current.subject)
    return len(todo)


def leave(uow: UnitOfWork, actor: Actor, school: School, followed: Followed) -> int:
    """Leave what differs as it is, for as long as it does."""
    current = _held(uow, actor, school, followed)
    todo = [one for one in uow.followings.differences(current.id) if one.fate is Fate.OPEN]
    _record(uow, actor, "role.drift_left", current, todo)
    _settle(uow, current, todo, Fate.LEFT)
    redraw_copies(uow, current.subject)
    return len(todo)


def look_now(uow: UnitOfWork, actor: Actor, school: School, followed: Followed) -> Followed:
    """Look at a thing now, as after whatever stood in the way was put right."""
    current = _held(uow, actor, school, followed)
    following_marks.ask_to_look(uow, current)
    return current


def _held(uow: UnitOfWork, actor: Actor, school: School, followed: Followed) -> Followed:
    access.require(uow, actor, Permission.ROLE_MANAGE, school)
    uow.followings.lock(followed.id)
    current = uow.followings.by_id(followed.id)
    if current is None or current.school_id != school.id:
        raise NotFound(following.WHAT)
    return current


def _still(uow: UnitOfWork, one: Difference) -> bool:
    """Tell whether who shall have it is as it was when it was looked at."""
    mark = uow.follow_marks.of(one.followed_id, one.subject)
    return (mark is not None and mark.wanted) is (one.differs is Differs.MISSING)


def _record(
    uow: UnitOfWork, actor: Actor, action: str, followed: Followed, some: Sequence[Difference]
) -> None:
    if not some:
        raise NothingToChange("so already")
    by = members.enrol(uow, actor).id
    audit.record(
        uow, actor, action, followed.subject, school_id=followed.school_id, by=by, new=_counted(some)
    )


def _counted(some: Sequence[Difference]) -> dict[str, object]:
    kinds = [one.differs for one in some]
    return {kind.value: kinds.count(kind) for kind in Differs if kind in kinds}
