"""Keeps platform roles and groups in step with memberships: finds differences, and changes the platform."""

from collections.abc import Sequence
from functools import partial

from bot.chat.follower import Follower, Followers, Unfollowable
from bot.chat.notifier import NotSetUp
from bot.chat.ports import Database
from bot.core import following_drift, following_marks
from bot.core.following_marks import RoleChange
from bot.core.following_ports import FOLLOWED, Followed, Position
from bot.core.notices import Audience, Notice
from bot.core.ports import UnitOfWork
from bot.core.stuck import TrackedItem
from bot.jobs.breaking import put_off
from bot.jobs.timeouts import in_time
from bot.jobs.worker import Worker

# Notices that change or read something on a platform, and post no card.
PLATFORM_WORK = frozenset({Audience.FOLLOW, Audience.LOOK})
_AT_ONCE = 200


class RoleComparisonWorker(Worker):
    """Compares memberships with the platform roles already asked for, wherever a school has changed.

    Changes do not wake it, so that a thousand changes in a second cost one comparison.
    """

    poll_seconds = 1.0

    def __init__(self, database: Database) -> None:
        """Compare what is in a database."""
        super().__init__()
        self._database = database

    async def round(self) -> bool:
        """Compare what is stale; tell whether anything differed, because then it must be compared again."""
        return await self.compare() > 0

    async def compare(self) -> int:
        """Compare each followed role or group that is stale; return how many accounts differed."""
        number = 0
        for followed_id in await self._database.read(_stale):
            try:
                number += await self._one(followed_id)
            except Exception as broken:  # noqa: BLE001 - one role must not stop the others
                await put_off(self._database, TrackedItem(FOLLOWED, followed_id), broken)
        return number

    async def _one(self, followed_id: str) -> int:
        found = await self._database.read(partial(following_marks.compare, followed_id=followed_id))
        if found is None:
            return 0
        differing = found.accounts
        for first in range(0, len(differing), following_marks.BATCH):
            some = differing[first : first + following_marks.BATCH]
            await self._database.run(
                partial(following_marks.apply_comparison, followed_id=followed_id, accounts=some)
            )
        if not differing:
            await self._database.run(partial(_settled, followed_id=followed_id, position=found.position))
        return len(differing)


def _stale(uow: UnitOfWork) -> Sequence[str]:
    return uow.followings.stale(uow.now, _AT_ONCE)


def _settled(uow: UnitOfWork, *, followed_id: str, position: Position) -> None:
    following_marks.mark_compared(uow, followed_id, position)
    uow.stuck.forget(TrackedItem(FOLLOWED, followed_id))


class RoleChanges:
    """Gives and takes platform roles and groups as notices ask, by the state at that moment."""

    def __init__(self, database: Database, followers: Followers) -> None:
        """Take the followers of the platforms that are set up."""
        self._database = database
        self._followers = followers

    async def do(self, notice: Notice, worker: str) -> bool:
        """Do what a notice asks for; return False if the worker has lost its claim on it."""
        follower = self._followers.get(notice.to.platform)
        if follower is None:
            raise NotSetUp("Nothing is set up to change roles or groups there")
        held, role_change, followed = await self._database.read(partial(_asked, notice=notice, worker=worker))
        if not held:
            return False
        if notice.audience is Audience.LOOK and followed is not None:
            await self._look(follower, notice, followed)
        elif role_change is not None:
            await self._follow(follower, notice, role_change)
        else:
            await self._database.run(lambda uow: uow.outbox.mark_delivered(notice.id, uow.now))
        return True

    async def _follow(self, follower: Follower, notice: Notice, role_change: RoleChange) -> None:
        try:
            change = follower.change(role_change.followed, give=role_change.give, take=role_change.take)
            absent = await in_time(change)
        except Unfollowable as stuck:
            unit = partial(following_marks.parked, notice=notice, did=role_change, problem=stuck.problem)
        else:
            unit = partial(following_marks.done, notice=notice, did=role_change, absent=absent)
        await self._database.run(unit)

    async def _look(self, follower: Follower, notice: Notice, followed: Followed) -> None:
        began = await self._database.read(lambda uow: uow.now)
        try:
            seen = await in_time(follower.look(followed))
        except Unfollowable as stuck:
            problem = stuck.problem
            await self._database.run(
                lambda uow: following_drift.look_failed(uow, notice, followed.id, problem)
            )
        else:
            compared = await self._database.read(
                partial(following_marks.compare, followed_id=followed.id, most=1, as_if_free=True)
            )
            await self._database.run(
                lambda uow: following_drift.judge_look(uow, notice, followed.id, seen, began, compared)
            )


def _asked(
    uow: UnitOfWork, *, notice: Notice, worker: str
) -> tuple[bool, RoleChange | None, Followed | None]:
    if not uow.outbox.holds(notice, worker, uow.now):
        return False, None, None
    if notice.audience is Audience.LOOK:
        return True, None, uow.followings.by_id(notice.subject.partition(":")[2])
    return True, following_marks.role_change(uow, notice), None
