"""A school whose roles are followed on a fake platform, in memory or on a real database."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from bot.chat.native_sync import Unfollowable
from bot.chat.notifier import DeliveryFailed
from bot.chat.replies import Card
from bot.core.following import following
from bot.core.following.drift import Seen, queue_due_looks
from bot.core.following.ports import DriftPolicy, Follower, Mark, Native, NativeKind, Problem
from bot.core.notices.notices import Destination
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import AccountKey, Actor, Caller, Platform, WorkspaceKey
from bot.core.rights.roles import SCHOOL_ADMIN
from bot.core.schools.schools import School
from bot.core.stuck import ItemTracker
from bot.jobs.delivery import Delivery
from bot.jobs.following import RoleComparisonWorker
from bot.storage.database import PostgresDatabase, SqliteDatabase
from tests.fakes.database import FakeDatabase
from tests.storage import build
from tests.world import FakeClock, caller, deliver_due

T = TypeVar("T")
GUILD = WorkspaceKey(Platform.DISCORD, "700")


@dataclass
class FakePlatform:
    """A platform with native roles: who is present, who has which role, and how it fails."""

    has: dict[str, set[str]] = field(default_factory=dict)
    present: set[str] = field(default_factory=set)
    names: dict[str, str] = field(default_factory=dict)
    problem: Problem | None = None
    troubles: list[DeliveryFailed] = field(default_factory=list)
    blind: bool = False
    lost: int = 0
    killed: int = 0
    calls: list[tuple[str, frozenset[str], frozenset[str]]] = field(default_factory=list)
    posted: list[Destination] = field(default_factory=list)
    during: Callable[[], None] | None = None

    async def find(self, _: Caller, typed: str) -> Native:
        name = typed.removeprefix("@")
        known = name in self.has
        return Native(NativeKind.ROLE, name, name, None if known else Problem.UNKNOWN)

    async def change(
        self, follower: Follower, *, give: frozenset[str], take: frozenset[str]
    ) -> frozenset[str]:
        self.calls.append((follower.external_id, give, take))
        if self.during is not None:
            self.during()
        if self.troubles:
            raise self.troubles.pop(0)
        if self.problem is not None:
            raise Unfollowable(self.problem)
        there = self.has[follower.external_id]
        there |= give & self.present
        there -= take
        if self.lost:  # the change is made, but the answer is lost
            self.lost -= 1
            raise DeliveryFailed("no answer")
        if self.killed:  # the change is made, but the worker dies before it stores that
            self.killed -= 1
            raise asyncio.CancelledError
        return (give | take) - self.present

    async def look(self, follower: Follower) -> Seen:
        if self.problem is not None:
            raise Unfollowable(self.problem)
        name = self.names.get(follower.external_id, follower.name)
        if self.blind:
            return Seen(name, None)
        return Seen(
            name, frozenset(self.has[follower.external_id]), frozenset(self.present), {"9": "Stranger"}
        )

    async def post(self, to: Destination, *_: object) -> tuple[str, str]:
        self.posted.append(to)
        return "channel", str(len(self.posted))

    async def redraw(self, to: Destination, channel: str, message: str, card: Card) -> None:
        """Do nothing, since nobody reads the cards."""


@dataclass
class Stage:
    """A school in a workspace, its admin, and the fake platform."""

    database: FakeDatabase | SqliteDatabase | PostgresDatabase
    clock: FakeClock
    platform: FakePlatform = field(default_factory=FakePlatform)
    school: School = field(init=False)
    admin: Actor = field(init=False)
    staff: Follower = field(init=False)

    async def open(self) -> "Stage":
        """Store the school, its workspace and its admin; return the stage."""

        def unit(uow: UnitOfWork) -> None:
            build.workspace(uow, GUILD)
            self.school = build.school(uow)
            uow.workspaces.link(self.school.id, GUILD, uow.now)
            call = caller("1", administers=True, platform=Platform.DISCORD, workspace="700")
            ada = build.person(uow, "Ada", call.account)
            build.membership(uow, self.school, ada)
            uow.members.assign(ada.id, SCHOOL_ADMIN.name, self.school.id, by=None, at=uow.now)
            self.admin = Actor(call, ada)

        await self.database.run(unit)
        return self

    async def member(self, account: str, *roles: str, name: str = "") -> str:
        """Add a member with roles, who is also in the workspace; return the person's id."""
        self.platform.present.add(account)

        def unit(uow: UnitOfWork) -> str:
            who = build.person(uow, name or f"P{account}", AccountKey("discord", account))
            build.membership(uow, self.school, who)
            for role in roles:
                uow.members.assign(who.id, role, self.school.id, by=None, at=uow.now)
            return who.id

        return await self.database.run(unit)

    async def follow(self, role: str, thing: str, drift: DriftPolicy | None = None) -> Follower:
        """Let a native role follow a role of the school."""
        self.platform.has.setdefault(thing, set())
        native = await self.platform.find(self.admin.caller, thing)
        return await self.do(lambda uow: following.follow(uow, self.admin, self.school, role, native, drift))

    async def do(self, unit: Callable[[UnitOfWork], T]) -> T:
        """Run a unit of work."""
        return await self.database.run(unit)

    async def compare(self) -> None:
        """Run the comparison of roles until nothing is left to compare."""
        comparing = RoleComparisonWorker(self.database)
        while await comparing.compare():
            pass

    def delivery(self) -> Delivery:
        """Return a worker that delivers to the fake platform."""
        return Delivery(
            self.database,
            {Platform.DISCORD: self.platform},
            self.clock,
            native_syncs={Platform.DISCORD: self.platform},
        )

    async def settle(self) -> None:
        """Compare roles and deliver changes until nothing is due."""
        await self.compare()
        while await deliver_due(self.delivery()):
            await self.compare()

    async def look(self) -> None:
        """Queue all due checks of what native roles are like, and settle."""
        await self.do(lambda uow: queue_due_looks(uow, ItemTracker()))
        await self.settle()

    async def shown(self, follower: Follower) -> following.FollowerView:
        """Return what admins are shown about a followed role."""

        def unit(uow: UnitOfWork) -> following.FollowerView:
            current = uow.followings.by_id(follower.id)
            assert current is not None
            return following.shown(uow, current, self.school)

        return await self.database.read(unit)

    async def mark(self, follower: Follower, account: str) -> Mark | None:
        """Return an account's mark; None if there is none."""
        return await self.database.read(lambda uow: uow.follow_marks.of(follower.id, account))
