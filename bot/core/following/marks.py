"""Which accounts should have a native thing that follows roles, and how far giving and taking it has come.

A mark says what was last asked for one account: to give it the thing, or to take it away. The marks are
compared with the memberships whenever the school has changed, which its audit chain tells, since every change
appends to it in its own transaction. Each account that differs gets a new mark and a notice in the outbox. A
`queued` mark has exactly one waiting notice; what to do is read when that is delivered, so that several
changes in a row become one.
"""

from collections.abc import Collection, Iterable

from bot.core.following import following
from bot.core.following.ports import MARK, Follower, Mark, MarkState, Position, Problem
from bot.core.ids import new_id
from bot.core.notices import destinations
from bot.core.notices.notices import Audience, Loss, Notice, queue_work, redraw_copies, tell_each_time
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import AccountKey, WorkspaceKey
from bot.core.rights.permissions import Permission
from bot.core.values import dataclass, replace

# How many accounts one unit of work asks for, and one notice changes where the platform takes whole lists.
BATCH = 200
# How many differing accounts one comparison finds; finding one costs as much as finding all.
MOST_COMPARED = 5000
_ALL = 1_000_000
_TO_DO = frozenset({MarkState.QUEUED, MarkState.FAILED})


@dataclass(frozen=True, slots=True)
class RoleChange:
    """What a notice asks for now: the marks of the accounts to give a thing to, or to take it from.

    `gone` are accounts from which it was taken before; the list of a disabled user group may still name them.
    """

    follower: Follower
    marks: tuple[Mark, ...]
    gone: frozenset[str] = frozenset()

    @property
    def give(self) -> frozenset[str]:
        """The accounts that should have the thing."""
        return frozenset(one.subject for one in self.marks if one.wanted)

    @property
    def take(self) -> frozenset[str]:
        """The accounts that should not have the thing."""
        return self.gone.union(one.subject for one in self.marks if not one.wanted)


@dataclass(frozen=True, slots=True)
class Comparison:
    """The result of a comparison: accounts with outdated marks, and whether they should have the thing.

    `position` says up to which changes of the school the comparison counts.
    """

    position: Position
    accounts: tuple[tuple[str, bool], ...]


def compare(
    uow: UnitOfWork, follower_id: str, *, most: int = MOST_COMPARED, as_if_free: bool = False
) -> Comparison | None:
    """Compare the memberships with the marks and change nothing; return None if the thing is gone.

    With `as_if_free`, the thing's problem is ignored. A comparison is slow if many accounts have the thing,
    so it runs in a unit of work that only reads, and no writer waits for it.
    """
    follower = uow.followings.by_id(follower_id)
    if follower is None:
        return None
    # Read first, so that a change made during the comparison is compared again.
    position = uow.followings.position(follower_id)
    as_it_counts = replace(follower, problem=None) if as_if_free else follower
    return Comparison(position, tuple(uow.follow_marks.outdated(as_it_counts, most)))


def apply_comparison(uow: UnitOfWork, follower_id: str, accounts: Iterable[tuple[str, bool]]) -> None:
    """Ask for what a comparison has found; the thing is compared again, since that may be outdated by now."""
    uow.followings.lock(follower_id)
    follower = uow.followings.by_id(follower_id)
    if follower is not None:
        uow.followings.nudge(follower_id)
        for subject, wanted in accounts:
            request_change(uow, follower, subject, wanted=wanted)


def mark_compared(uow: UnitOfWork, follower_id: str, position: Position) -> None:
    """Record up to which changes of the school no account differs."""
    uow.followings.lock(follower_id)
    follower = uow.followings.by_id(follower_id)
    if follower is not None and not following.forget_ended(uow, follower):
        uow.followings.mark_compared(follower_id, position)


def request_change(uow: UnitOfWork, follower: Follower, subject: str, *, wanted: bool) -> None:
    """Ask that an account is given a thing, or loses it; the caller holds the lock of the thing."""
    before = uow.follow_marks.of(follower.id, subject)
    state = MarkState.QUEUED if follower.problem is None else MarkState.PARKED
    waits = before is not None and before.state is MarkState.QUEUED
    if before is not None and waits:
        state = MarkState.QUEUED  # its notice still waits, and will find that the thing cannot be changed
    mark = Mark(before.id if before else new_id(uow.now), follower.id, subject, wanted, state, uow.now)
    uow.follow_marks.put(mark)
    if state is MarkState.QUEUED and not waits:
        _queue(uow, follower, mark)


def _queue(uow: UnitOfWork, follower: Follower, mark: Mark) -> None:
    if follower.kind.one_by_one:
        _notice(uow, follower, mark.notice, Audience.FOLLOW)
    elif not uow.outbox.places(follower.subject, Audience.FOLLOW):
        _notice(uow, follower, follower.subject, Audience.FOLLOW)


def ask_to_look(uow: UnitOfWork, follower: Follower) -> None:
    """Queue a look at who really has a thing, unless one is waiting."""
    if not uow.outbox.places(follower.subject, Audience.LOOK):
        _notice(uow, follower, follower.subject, Audience.LOOK)


def _notice(uow: UnitOfWork, follower: Follower, subject: str, audience: Audience) -> None:
    queue_work(uow, MARK, subject, audience, follower.workspace, follower.school_id)


def role_change(uow: UnitOfWork, notice: Notice) -> RoleChange | None:
    """Return what a notice asks for now, or None if nothing is left to do."""
    found = _follower_of(uow, notice)
    if found is None:
        return None
    follower, mark = found
    if mark is not None:
        marks: Collection[Mark] = [mark] if mark.state in _TO_DO else []
        return RoleChange(follower, tuple(marks)) if marks else None
    marks = uow.follow_marks.listed(follower.id, states=_TO_DO, limit=BATCH)
    return RoleChange(follower, tuple(marks), uow.follow_marks.taken(follower.id)) if marks else None


def _follower_of(uow: UnitOfWork, notice: Notice) -> tuple[Follower, Mark | None] | None:
    of = notice.subject.partition(":")[2]
    mark = uow.follow_marks.by_id(of) if notice.subject.startswith(f"{MARK}:") else None
    follower = uow.followings.by_id(mark.follower_id if mark else of)
    return (follower, mark) if follower else None


def done(uow: UnitOfWork, notice: Notice, did: RoleChange, absent: Collection[str]) -> None:
    """Record what a notice has done; queue again what was asked for in the meantime.

    `absent` are accounts that could not be given the thing because they are not in the workspace.
    """
    follower = _held(uow, did)
    uow.outbox.mark_delivered(notice.id, uow.now)
    if follower is None:
        return
    if follower.told is not None:
        uow.followings.save(replace(follower, told=None))
    for mark in did.marks:
        now = uow.follow_marks.by_id(mark.id)
        if now is None:
            continue
        if now.wanted == mark.wanted:
            state = MarkState.ABSENT if mark.wanted and mark.subject in absent else MarkState.DONE
            uow.follow_marks.put(replace(now, state=state, at=uow.now))
        elif now.state is MarkState.QUEUED and follower.kind.one_by_one:
            _queue(uow, follower, now)
    if not follower.kind.one_by_one and uow.follow_marks.listed(
        follower.id, states=[MarkState.QUEUED], limit=1
    ):
        _notice(uow, follower, follower.subject, Audience.FOLLOW)
    following.forget_ended(uow, follower)


def _held(uow: UnitOfWork, did: RoleChange) -> Follower | None:
    uow.followings.lock(did.follower.id)
    return uow.followings.by_id(did.follower.id)


def parked(uow: UnitOfWork, notice: Notice, did: RoleChange, problem: Problem) -> None:
    """Park what a notice asked for because of a problem with the thing; tell the admins of it once."""
    follower = _held(uow, did)
    uow.outbox.mark_delivered(notice.id, uow.now)
    if follower is None:
        return
    for mark in _asked_by(uow, did):
        if mark.state in _TO_DO:
            uow.follow_marks.put(replace(mark, state=MarkState.PARKED, at=uow.now))
    note_problem(uow, follower, problem)


def _asked_by(uow: UnitOfWork, did: RoleChange) -> Iterable[Mark]:
    """Return the current marks that a notice stands for: all unfinished ones if the platform takes lists."""
    if not did.follower.kind.one_by_one:
        return uow.follow_marks.listed(did.follower.id, states=_TO_DO, limit=_ALL)
    return filter(None, (uow.follow_marks.by_id(one.id) for one in did.marks))


def note_problem(uow: UnitOfWork, follower: Follower, problem: Problem) -> None:
    """Record why a thing cannot be changed, and tell the school's admins, once for each reason."""
    now = replace(follower, problem=problem, told=problem)
    uow.followings.save(now)
    if not following.forget_ended(uow, now) and follower.told is not problem:
        tell_admins(uow, now)


def failed(uow: UnitOfWork, notice: Notice, _: Loss) -> None:
    """Record that delivery has given up on a change; its notice stays a dead letter and can be sent again."""
    found = _follower_of(uow, notice)
    if found is None or notice.audience is not Audience.FOLLOW:
        return
    follower, mark = found
    uow.followings.lock(follower.id)
    for one in _asked_by(uow, RoleChange(follower, (mark,) if mark else ())):
        if one.state is MarkState.QUEUED:
            uow.follow_marks.put(replace(one, state=MarkState.FAILED, at=uow.now))


def account_joined(uow: UnitOfWork, workspace: WorkspaceKey, account: AccountKey) -> None:
    """Ask for everything that an account which has joined a workspace should have there."""
    waiting = [one for one in uow.follow_marks.of_account(workspace, account.subject) if one.wanted]
    for one in sorted(waiting, key=lambda mark: mark.follower_id):
        uow.followings.lock(one.follower_id)
        follower = uow.followings.by_id(one.follower_id)
        if follower is not None:
            request_change(uow, follower, one.subject, wanted=True)


def tell_admins(uow: UnitOfWork, follower: Follower) -> None:
    """Send the card of a thing to the school's approvals channels, or else to admins who manage roles."""
    places = destinations.admins(uow, follower.school_id, Permission.ROLE_MANAGE)
    uow.outbox.drop(follower.subject, Audience.ADMIN)
    redraw_copies(uow, follower.subject)
    for place in places:
        tell_each_time(uow, follower.subject, Audience.ADMIN, place)
