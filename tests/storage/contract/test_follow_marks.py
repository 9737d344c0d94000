"""The contract of every store for marks of followed roles, on both databases and in memory."""

from datetime import timedelta

from bot.core.following.ports import (
    Difference,
    DifferenceState,
    Differs,
    MarkState,
    Problem,
)
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import AccountKey, Platform
from bot.core.values import replace
from tests.storage import build
from tests.storage.conftest import Store
from tests.storage.followings import TEAM, member, put, thing
from tests.world import START

HOUR = timedelta(hours=1)


async def test_what_is_unlike_a_mark(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        maple = build.school(uow)
        for number in range(1, 6):
            member(uow, maple, str(number), "Staff")
        staff = thing(uow, maple, "Staff", build.MAPLE, "Staff")
        put(uow, staff, "1", MarkState.QUEUED)
        put(uow, staff, "2", wanted=False)
        put(uow, staff, "3", MarkState.PARKED)
        put(uow, staff, "4", MarkState.FAILED)
        put(uow, staff, "8", MarkState.PARKED, wanted=False)
        put(uow, staff, "9", MarkState.ABSENT)
        stuck = replace(staff, problem=Problem.PLAN)
        unlike = [("2", True), ("5", True), ("9", False)]
        assert uow.follow_marks.outdated(stuck, 9) == unlike
        assert uow.follow_marks.outdated(staff, 9) == sorted([*unlike, ("3", True), ("8", False)])

    await store.run(unit)


async def test_marks_are_put_and_found(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        maple = build.school(uow)
        staff, other = thing(uow, maple), thing(uow, maple, "Other")
        far = thing(uow, maple, "far", TEAM)
        first, second = put(uow, staff, "1"), put(uow, staff, "2", MarkState.QUEUED)
        beside, _ = put(uow, other, "1", MarkState.QUEUED), put(uow, far, "1")
        assert uow.follow_marks.by_id(first.id) == first
        assert uow.follow_marks.of(staff.id, "2") == second
        assert uow.follow_marks.of(staff.id, "3") is None
        changed = replace(first, wanted=False, state=MarkState.QUEUED, at=START + HOUR)
        uow.follow_marks.put(changed)
        assert uow.follow_marks.by_id(first.id) == changed
        queued = [MarkState.QUEUED, MarkState.FAILED]
        assert uow.follow_marks.listed(staff.id, states=queued, limit=9) == [second, changed]
        assert uow.follow_marks.listed(staff.id, states=queued, limit=1) == [second]
        assert uow.follow_marks.listed(staff.id, states=[MarkState.DONE], limit=9) == []
        assert uow.follow_marks.of_account(build.MAPLE, "1") == [changed, beside]
        assert uow.follow_marks.count_by_state(staff.id) == {
            (True, MarkState.QUEUED): 1,
            (False, MarkState.QUEUED): 1,
        }
        assert uow.follow_marks.all(staff.id) == [
            ("1", False, MarkState.QUEUED, START + HOUR),
            ("2", True, MarkState.QUEUED, START),
        ]

    await store.run(unit)


async def test_marks_of_those_who_have_it_no_more_are_dropped(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        staff = thing(uow, build.school(uow))
        put(uow, staff, "gone", wanted=False)
        put(uow, staff, "there")
        put(uow, staff, "going", MarkState.QUEUED, wanted=False)
        late = put(uow, staff, "late", wanted=False)
        uow.follow_marks.put(replace(late, at=START + HOUR))
        assert uow.follow_marks.taken(staff.id) == {"gone", "late"}
        uow.follow_marks.drop_done(staff.id, START + HOUR)
        assert [one[0] for one in uow.follow_marks.all(staff.id)] == ["going", "late", "there"]

    await store.run(unit)


async def test_known_accounts(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        for number in range(3):
            build.person(uow, "Ada", AccountKey("discord", str(number)))
        build.person(uow, "Ada", AccountKey("slack", "9"))
        asked = [str(number) for number in range(1200)]
        assert uow.follow_marks.known_accounts(Platform.DISCORD, asked) == {"0", "1", "2"}
        assert uow.follow_marks.known_accounts(Platform.DISCORD, []) == frozenset()

    await store.run(unit)


async def test_differences_are_replaced_and_forgotten(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        maple = build.school(uow)
        staff, far = thing(uow, maple), thing(uow, maple, "far", TEAM)
        found = [
            Difference(staff.id, "1", Differs.MISSING, "Ada"),
            Difference(staff.id, "2", Differs.STRANGER, "", DifferenceState.LEFT),
        ]
        uow.followings.set_differences(staff.id, found)
        uow.followings.set_differences(far.id, [Difference(far.id, "1", Differs.EXTRA, "")])
        assert uow.followings.differences(staff.id) == found
        uow.followings.set_differences(staff.id, found[::-1])
        assert uow.followings.differences(staff.id) == found
        uow.followings.forget([AccountKey("discord", "1")])
        assert uow.followings.differences(staff.id) == found[1:]
        assert len(uow.followings.differences(far.id)) == 1
        uow.followings.set_differences(staff.id, [])
        assert uow.followings.differences(staff.id) == []

    await store.run(unit)
