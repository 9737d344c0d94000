"""After any events in any order, the platform ends up with what the memberships say."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.chat.notifier import Breadth, DeliveryFailed
from bot.core.errors import Refusal
from bot.core.following import following
from bot.core.following import marks as following_marks
from bot.core.following.ports import DriftPolicy, NativeKind
from bot.core.people import lifecycle
from bot.core.people.lifecycle import Verb
from bot.core.ports import UnitOfWork
from bot.core.rights import grants
from bot.core.rights.actors import AccountKey, Actor
from bot.core.schools import tree
from bot.core.values import replace
from tests.core.following_stage import GUILD, Stage
from tests.fakes.database import FakeDatabase
from tests.matrices import Counts
from tests.soak import size
from tests.world import FakeClock

PEOPLE = ["2", "3", "4"]
THINGS = {"staff": "Staff", "teachers": "Teacher", "all": "*"}
STRANGER = "9"
SLOW = DeliveryFailed("slowly", retry_after=30, breadth=Breadth.TENANT, ours=True)

person = st.sampled_from(PEOPLE)
thing = st.sampled_from(sorted(THINGS))
steps = st.one_of(
    st.tuples(st.just("verb"), person, st.sampled_from(list(Verb))),
    st.tuples(
        st.just("roles"), person, st.sampled_from([["Staff"], ["Teacher"], ["Staff", "Teacher"], ["Viewer"]])
    ),
    st.tuples(st.just("follow"), thing, st.sampled_from(list(THINGS.values()))),
    st.tuples(st.just("unfollow"), thing, st.booleans()),
    st.tuples(st.just("hand"), thing, st.sampled_from([*PEOPLE, STRANGER])),
    st.tuples(st.just("gone"), person, st.booleans()),
    st.tuples(st.just("school"), st.booleans(), st.none()),
    st.tuples(st.just("trouble"), st.sampled_from(["slow", "broken", "lost", "killed"]), st.none()),
    st.tuples(st.just("compare"), st.none(), st.none()),
    st.tuples(st.just("settle"), st.integers(0, 90), st.none()),
    st.tuples(st.just("look"), st.none(), st.none()),
)
Step = tuple[str, object, object]


class Run:
    """One sequence of events."""

    def __init__(self, kind: NativeKind) -> None:
        self.clock = FakeClock()
        self.stage = Stage(FakeDatabase(self.clock), self.clock)
        self.kind = kind
        self.ids: dict[str, str] = {}
        self.strange = set(THINGS)  # where the stranger has what is there

    async def play(self, events: list[Step]) -> None:
        await self.stage.open()
        self.ids = {one: await self.stage.member(one, "Staff") for one in PEOPLE}
        self.stage.platform.has = {name: {STRANGER} for name in THINGS}
        self.stage.platform.present |= {"1", STRANGER}
        for what, first, second in events:
            await getattr(self, f"_{what}")(first, second)
        await self._end()

    async def _try(self, unit: Callable[[UnitOfWork], object]) -> None:
        with suppress(Refusal):  # not possible as things stand
            await self.stage.do(unit)

    async def _verb(self, who: str, verb: Verb) -> None:
        one, admin, school = self.ids[who], self.stage.admin, self.stage.school
        await self._try(lambda uow: lifecycle.change(uow, admin, school, one, verb))

    async def _roles(self, who: str, roles: list[str]) -> None:
        one, admin, school = self.ids[who], self.stage.admin, self.stage.school
        await self._try(lambda uow: grants.set_roles(uow, admin, school, one, roles))

    async def _follow(self, name: str, role: str) -> None:
        native = replace(await self.stage.platform.find(self.stage.admin.caller, name), kind=self.kind)
        await self._try(
            lambda uow: following.follow(
                uow, self.stage.admin, self.stage.school, role, native, DriftPolicy.MEND
            )
        )

    async def _unfollow(self, name: str, take_away: bool) -> None:
        admin, school = self.stage.admin, self.stage.school
        await self._try(lambda uow: following.unfollow(uow, admin, school, name, take_away=take_away))

    async def _hand(self, name: str, who: str) -> None:
        if await self._led(name):
            self.stage.platform.has[name] ^= {who} & self.stage.platform.present
            self.strange ^= {name} if who == STRANGER else set()

    async def _gone(self, who: str, comes: bool) -> None:
        platform = self.stage.platform
        if comes and who not in platform.present:
            platform.present.add(who)
            await self.stage.do(
                lambda uow: following_marks.account_joined(uow, GUILD, AccountKey("discord", who))
            )
        elif not comes:
            platform.present.discard(who)
            for wearers in platform.has.values():
                wearers.discard(who)

    async def _school(self, archive: bool, _: None) -> None:
        root = Actor(self.stage.admin.caller, self.stage.admin.person, is_system_administrator=True)
        await self._try(lambda uow: (tree.archive if archive else tree.restore)(uow, root, self.stage.school))

    async def _trouble(self, what: str, _: None) -> None:
        match what:
            case "slow":
                self.stage.platform.troubles.append(SLOW)
            case "broken":
                self.stage.platform.troubles.append(DeliveryFailed("broken"))
            case "lost":
                self.stage.platform.lost += 1
            case "killed":
                self.stage.platform.killed += 1

    async def _compare(self, _: None, __: None) -> None:
        await self.stage.compare()

    async def _settle(self, seconds: int, _: None) -> None:
        self.clock.forward(timedelta(seconds=seconds))
        await self.stage.settle()

    async def _look(self, _: None, __: None) -> None:
        self.clock.forward(timedelta(hours=1))
        await self.stage.look()

    async def _led(self, name: str) -> bool:
        found = await self.stage.do(lambda uow: uow.followings.by_external_id(GUILD, name))
        return found is not None and not found.ending

    async def _end(self) -> None:
        self.stage.platform.troubles.clear()
        self.stage.platform.lost = self.stage.platform.killed = 0
        for _ in range(4):
            self.clock.forward(timedelta(hours=2))
            await self.stage.settle()
            await self.stage.look()
        for name in THINGS:
            assert (STRANGER in self.stage.platform.has[name]) == (name in self.strange)
            if await self._led(name):
                shall = await self.stage.do(lambda uow, name=name: self._shall(uow, name))  # type: ignore[misc]
                assert self.stage.platform.has[name] - {STRANGER} == shall & self.stage.platform.present

    def _shall(self, uow: UnitOfWork, name: str) -> set[str]:
        """Compute who is to have the native role, from each person's membership."""
        follower = uow.followings.by_external_id(GUILD, name)
        school = uow.schools.by_id(self.stage.school.id)
        assert follower is not None
        assert school is not None
        roles = set(uow.followings.roles(follower.id))
        found = set()
        for account, one in {**self.ids, "1": self.stage.admin.person_id or ""}.items():
            membership = uow.members.of(school.id, one)
            fits = "" in roles or roles & set(uow.members.roles(school.id, one))
            if membership is not None and membership.active and fits and not school.archived:
                found.add(account)
        return found


@settings(max_examples=size(120, 500))
@given(st.sampled_from([NativeKind.ROLE, NativeKind.GROUP]), st.lists(steps, max_size=25))
def test_in_the_end_the_platform_has_what_the_memberships_say(kind: NativeKind, events: list[Step]) -> None:
    asyncio.run(Run(kind).play(events))


def test_so_it_was_tried(counts: Counts) -> None:
    counts.add("sequences of changes that native roles and groups follow", size(120, 500))
