"""Keeps platform roles and groups in step with memberships: finds differences, and changes the platform."""

from collections.abc import Sequence
from functools import partial

from bot.chat.native_sync import NativeSync, NativeSyncs, Unfollowable
from bot.chat.notifier import NotSetUp
from bot.chat.ports import Database
from bot.core.following import drift as following_drift
from bot.core.following import marks as following_marks
from bot.core.following.marks import RoleChange
from bot.core.following.ports import FOLLOWER, Follower, Position
from bot.core.notices.notices import Audience, Notice
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
        for follower_id in await self._database.read(_stale):
            try:
                number += await self._one(follower_id)
            except Exception as broken:  # noqa: BLE001 - one role must not stop the others
                await put_off(self._database, TrackedItem(FOLLOWER, follower_id), broken)
        return number

    async def _one(self, follower_id: str) -> int:
        found = await self._database.read(partial(following_marks.compare, follower_id=follower_id))
        if found is None:
            return 0
        differing = found.accounts
        for first in range(0, len(differing), following_marks.BATCH):
            some = differing[first : first + following_marks.BATCH]
            await self._database.run(
                partial(following_marks.apply_comparison, follower_id=follower_id, accounts=some)
            )
        if not differing:
            await self._database.run(partial(_settled, follower_id=follower_id, position=found.position))
        return len(differing)


def _stale(uow: UnitOfWork) -> Sequence[str]:
    return uow.followings.to_compare(uow.now, _AT_ONCE)


def _settled(uow: UnitOfWork, *, follower_id: str, position: Position) -> None:
    following_marks.mark_compared(uow, follower_id, position)
    uow.stuck.forget(TrackedItem(FOLLOWER, follower_id))


class RoleChanges:
    """Gives and takes platform roles and groups as notices ask, by the state at that moment."""

    def __init__(self, database: Database, native_syncs: NativeSyncs) -> None:
        """Take what changes roles and groups on each platform that is set up."""
        self._database = database
        self._native_syncs = native_syncs

    async def do(self, notice: Notice, worker: str) -> bool:
        """Do what a notice asks for; return False if the worker has lost its claim on it."""
        native_sync = self._native_syncs.get(notice.to.platform)
        if native_sync is None:
            raise NotSetUp("Nothing is set up to change roles or groups there")
        held, role_change, follower = await self._database.read(partial(_asked, notice=notice, worker=worker))
        if not held:
            return False
        if notice.audience is Audience.LOOK and follower is not None:
            await self._look(native_sync, notice, follower)
        elif role_change is not None:
            await self._follow(native_sync, notice, role_change)
        else:
            await self._database.run(lambda uow: uow.outbox.mark_delivered(notice.id, uow.now))
        return True

    async def _follow(self, native_sync: NativeSync, notice: Notice, role_change: RoleChange) -> None:
        try:
            change = native_sync.change(role_change.follower, give=role_change.give, take=role_change.take)
            absent = await in_time(change)
        except Unfollowable as stuck:
            unit = partial(following_marks.parked, notice=notice, did=role_change, problem=stuck.problem)
        else:
            unit = partial(following_marks.done, notice=notice, did=role_change, absent=absent)
        await self._database.run(unit)

    async def _look(self, native_sync: NativeSync, notice: Notice, follower: Follower) -> None:
        began = await self._database.read(lambda uow: uow.now)
        try:
            seen = await in_time(native_sync.look(follower))
        except Unfollowable as stuck:
            problem = stuck.problem
            await self._database.run(
                lambda uow: following_drift.look_failed(uow, notice, follower.id, problem)
            )
        else:
            compared = await self._database.read(
                partial(following_marks.compare, follower_id=follower.id, most=1, as_if_free=True)
            )
            await self._database.run(
                lambda uow: following_drift.judge_look(uow, notice, follower.id, seen, began, compared)
            )


def _asked(
    uow: UnitOfWork, *, notice: Notice, worker: str
) -> tuple[bool, RoleChange | None, Follower | None]:
    if not uow.outbox.holds(notice, worker, uow.now):
        return False, None, None
    if notice.audience is Audience.LOOK:
        return True, None, uow.followings.by_id(notice.subject.partition(":")[2])
    return True, following_marks.role_change(uow, notice), None
