"""A school whose roles are followed on a platform of our own making, in memory or on a real database."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from bot.chat.follower import Unfollowable
from bot.chat.notifier import DeliveryFailed
from bot.chat.replies import Card
from bot.core import following
from bot.core.actors import AccountKey, Actor, Caller, Platform, WorkspaceKey
from bot.core.following_drift import Seen, queue_due_looks
from bot.core.following_ports import Drift, Followed, Mark, Native, NativeKind, Problem
from bot.core.notices import Destination
from bot.core.ports import UnitOfWork
from bot.core.roles import SCHOOL_ADMIN
from bot.core.schools import School
from bot.core.stuck import ItemTracker
from bot.jobs.delivery import Delivery
from bot.jobs.following import RoleComparisonWorker
from bot.storage.database import PostgresDatabase, SqliteDatabase
from tests.fakes.database import FakeDatabase
from tests.storage import build
from tests.world import FakeClock, caller

T = TypeVar("T")
GUILD = WorkspaceKey(Platform.DISCORD, "700")


@dataclass
class FakePlatform:
    """A platform with native things: who is there, who has what, and what it refuses."""

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
        self, followed: Followed, *, give: frozenset[str], take: frozenset[str]
    ) -> frozenset[str]:
        self.calls.append((followed.external_id, give, take))
        if self.during is not None:
            self.during()
        if self.troubles:
            raise self.troubles.pop(0)
        if self.problem is not None:
            raise Unfollowable(self.problem)
        there = self.has[followed.external_id]
        there |= give & self.present
        there -= take
        if self.lost:  # done, and the answer does not arrive
            self.lost -= 1
            raise DeliveryFailed("no answer")
        if self.killed:  # done, and we die before it is marked
            self.killed -= 1
            raise asyncio.CancelledError
        return (give | take) - self.present

    async def look(self, followed: Followed) -> Seen:
        if self.problem is not None:
            raise Unfollowable(self.problem)
        name = self.names.get(followed.external_id, followed.name)
        if self.blind:
            return Seen(name, None)
        return Seen(
            name, frozenset(self.has[followed.external_id]), frozenset(self.present), {"9": "Stranger"}
        )

    async def post(self, to: Destination, *_: object) -> tuple[str, str]:
        self.posted.append(to)
        return "channel", str(len(self.posted))

    async def redraw(self, to: Destination, channel: str, message: str, card: Card) -> None:
        """Change nothing: whoever reads is not here."""


@dataclass
class Stage:
    """A school in a workspace, its admin, and the platform."""

    database: FakeDatabase | SqliteDatabase | PostgresDatabase
    clock: FakeClock
    platform: FakePlatform = field(default_factory=FakePlatform)
    school: School = field(init=False)
    admin: Actor = field(init=False)
    staff: Followed = field(init=False)

    async def open(self) -> "Stage":
        """Make the school."""

        def unit(uow: UnitOfWork) -> None:
            build.workspace(uow, GUILD)
            self.school = build.school(uow)
            uow.schools.link(self.school.id, GUILD, uow.now)
            call = caller("1", administers=True, platform=Platform.DISCORD, workspace="700")
            ada = build.person(uow, "Ada", call.account)
            build.membership(uow, self.school, ada)
            uow.members.assign(ada.id, SCHOOL_ADMIN.name, self.school.id, by=None, at=uow.now)
            self.admin = Actor(call, ada)

        await self.database.run(unit)
        return self

    async def member(self, account: str, *roles: str, name: str = "") -> str:
        """Let somebody be a member with roles, and be in the workspace; return the person's id."""
        self.platform.present.add(account)

        def unit(uow: UnitOfWork) -> str:
            who = build.person(uow, name or f"P{account}", AccountKey("discord", account))
            build.membership(uow, self.school, who)
            for role in roles:
                uow.members.assign(who.id, role, self.school.id, by=None, at=uow.now)
            return who.id

        return await self.database.run(unit)

    async def follow(self, role: str, thing: str, drift: Drift | None = None) -> Followed:
        """Let a thing follow a role."""
        self.platform.has.setdefault(thing, set())
        native = await self.platform.find(self.admin.caller, thing)
        return await self.do(lambda uow: following.follow(uow, self.admin, self.school, role, native, drift))

    async def do(self, unit: Callable[[UnitOfWork], T]) -> T:
        """Run a unit."""
        return await self.database.run(unit)

    async def compare(self) -> None:
        """Compare what is stale until nothing is left."""
        comparing = RoleComparisonWorker(self.database)
        while await comparing.compare():
            pass

    def delivery(self) -> Delivery:
        """Make a worker that delivers."""
        return Delivery(
            self.database,
            {Platform.DISCORD: self.platform},
            self.clock,
            followers={Platform.DISCORD: self.platform},
        )

    async def settle(self) -> None:
        """Compare and deliver until nothing is due."""
        await self.compare()
        while await self.delivery().deliver_due():
            await self.compare()

    async def look(self) -> None:
        """Look at everything whose time has come, and settle."""
        await self.do(lambda uow: queue_due_looks(uow, ItemTracker()))
        await self.settle()

    async def shown(self, followed: Followed) -> following.Shown:
        """Gather what admins are shown of a thing."""

        def unit(uow: UnitOfWork) -> following.Shown:
            current = uow.followings.by_id(followed.id)
            assert current is not None
            return following.shown(uow, current, self.school)

        return await self.database.read(unit)

    async def mark(self, followed: Followed, account: str) -> Mark | None:
        """Find an account's mark."""
        return await self.database.read(lambda uow: uow.follow_marks.of(followed.id, account))
