"""The contract of every store for followers of roles."""

from datetime import timedelta

import pytest

from bot.core import audit, stuck
from bot.core.following.ports import (
    EVERYONE,
    FOLLOWER,
    Difference,
    Differs,
    DriftPolicy,
    Problem,
)
from bot.core.people.members import Access, Standing, Visibility
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import AccountKey, Actor, Person
from bot.core.rights.custom_roles import CustomRole
from bot.core.rights.roles import RoleUse
from bot.core.stuck import TrackedItem
from bot.core.values import replace
from tests.storage import build
from tests.storage.conftest import Store
from tests.storage.followings import TEAM, member, put, thing
from tests.world import START, caller

HOUR = timedelta(hours=1)


async def test_things_are_stored_and_found(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        maple, oak = build.school(uow), build.school(uow, "Oak")
        staff = thing(uow, maple)
        assert not uow.followings.add(replace(staff, id=build.fresh_id(), school_id=oak.id))
        admins = thing(uow, maple, "admins")
        other = thing(uow, oak, "Staff", TEAM)
        assert uow.followings.of_school(maple.id) == [admins, staff]
        assert uow.followings.by_external_id(build.MAPLE, "id-Staff") == staff
        assert uow.followings.by_external_id(TEAM, "id-Staff") == other
        assert uow.followings.by_external_id(TEAM, "id-admins") is None
        changed = replace(
            staff,
            name="New",
            former_name="Staff",
            drift=DriftPolicy.MEND,
            problem=Problem.PLAN,
            told=Problem.GONE,
            blind=True,
            looked_at=START,
            look_at=START + HOUR,
            ending=True,
        )
        uow.followings.save(changed)
        assert uow.followings.by_id(staff.id) == changed
        uow.followings.lock(staff.id)

    await store.run(unit)


async def test_roles_are_followed_once(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        maple = build.school(uow)
        staff = thing(uow, maple, "Staff", build.MAPLE, "Viewer", EVERYONE)
        assert not uow.followings.follow(staff.id, "Viewer")
        assert uow.followings.roles(staff.id) == [EVERYONE, "Viewer"]
        assert uow.followings.unfollow(staff.id, "Viewer")
        assert not uow.followings.unfollow(staff.id, "Viewer")
        assert uow.followings.roles(staff.id) == [EVERYONE]

    await store.run(unit)


async def test_deleting_a_thing_deletes_what_is_its(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        maple = build.school(uow)
        staff, kept = thing(uow, maple, "Staff", build.MAPLE, "Staff"), thing(uow, maple, "Other")
        mark, other = put(uow, staff, "1"), put(uow, kept, "1")
        for one in (staff, kept):
            uow.followings.set_differences(one.id, [Difference(one.id, "1", Differs.EXTRA, "Ada")])
        uow.followings.delete(staff.id)
        assert uow.followings.by_id(staff.id) is None
        assert uow.followings.roles(staff.id) == []
        assert uow.follow_marks.by_id(mark.id) is None
        assert uow.followings.differences(staff.id) == []
        assert uow.follow_marks.by_id(other.id) == other
        assert len(uow.followings.differences(kept.id)) == 1

    await store.run(unit)


async def test_what_a_school_records_makes_its_things_stale(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        maple, oak = build.school(uow), build.school(uow, "Oak")
        staff, other = sorted((thing(uow, maple), thing(uow, oak, "Other")), key=lambda one: one.id)
        assert uow.followings.to_compare(START, 9) == [staff.id, other.id], "nothing was compared yet"
        assert uow.followings.to_compare(START, 1) == [staff.id]
        for one in (staff, other):
            uow.followings.mark_compared(one.id, uow.followings.position(one.id))
        assert uow.followings.to_compare(START, 9) == []
        before = uow.followings.position(staff.id)
        ada = Actor(caller("ada"), build.person(uow))
        audit.record(uow, ada, "school.edited", maple.subject, school_id=maple.id)
        assert uow.followings.to_compare(START, 9) == [staff.id]
        uow.followings.mark_compared(staff.id, before)
        assert uow.followings.to_compare(START, 9) == [staff.id], "it was compared before that"
        uow.followings.mark_compared(staff.id, uow.followings.position(staff.id))
        assert uow.followings.to_compare(START, 9) == []
        uow.followings.nudge(other.id)
        assert uow.followings.to_compare(START, 9) == [other.id]

    await store.run(unit)


async def test_those_of_a_person_are_nudged(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        maple, oak = build.school(uow), build.school(uow, "Oak")
        staff, other = thing(uow, maple), thing(uow, oak, "Other")
        for one in (staff, other):
            uow.followings.mark_compared(one.id, uow.followings.position(one.id))
        ada = build.person(uow)
        build.membership(uow, maple, ada)
        uow.followings.nudge_those_of(ada.id)
        assert uow.followings.to_compare(START, 9) == [staff.id]
        uow.followings.nudge_those_of(build.person(uow, "Nobody").id)
        assert uow.followings.to_compare(START, 9) == [staff.id]

    await store.run(unit)


async def test_the_holders_that_a_thing_should_have(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        maple, oak = build.school(uow), build.school(uow, "Oak")
        member(uow, maple, "1", "Staff")
        member(uow, maple, "2", "Viewer")
        member(uow, oak, "3", "Staff")
        member(uow, maple, "T1/U4", "Staff", issuer="slack")
        member(uow, maple, "T2/U5", "Staff", issuer="slack")
        member(uow, maple, "6", "Staff", "Teacher")
        staff = thing(uow, maple, "Staff", build.MAPLE, "Staff", "Teacher")
        everyone = thing(uow, maple, "All", build.MAPLE, EVERYONE)
        group = thing(uow, maple, "group", TEAM, "Staff")
        nobody = thing(uow, maple, "none", TEAM)
        assert uow.follow_marks.outdated(staff, 9) == [("1", True), ("6", True)]
        assert uow.follow_marks.outdated(staff, 1) == [("1", True)]
        assert uow.follow_marks.outdated(everyone, 9) == [("1", True), ("2", True), ("6", True)]
        assert uow.follow_marks.outdated(group, 9) == [("T1/U4", True)]
        assert uow.follow_marks.outdated(nobody, 9) == []

    await store.run(unit)


@pytest.mark.parametrize(
    "off",
    [
        {"access": Access.SUSPENDED},
        {"access": Access.DEACTIVATED},
        {"visibility": Visibility.ARCHIVED},
        {"standing": Standing.PENDING},
        {"standing": Standing.REJECTED},
    ],
)
async def test_only_the_active_shall_have_it(store: Store, off: dict[str, object]) -> None:
    def unit(uow: UnitOfWork) -> None:
        maple = build.school(uow)
        one = member(uow, maple, "1", "Staff")
        staff = thing(uow, maple, "Staff", build.MAPLE, "Staff")
        put(uow, staff, "1")
        assert uow.follow_marks.outdated(staff, 9) == []
        uow.holdings.store_membership(replace(one, **off))  # type: ignore[arg-type]
        assert uow.follow_marks.outdated(staff, 9) == [("1", False)]

    await store.run(unit)


async def test_nobody_shall_have_what_follows_an_archived_school(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        maple = build.school(uow)
        member(uow, maple, "1", "Staff")
        staff = thing(uow, maple, "Staff", build.MAPLE, EVERYONE)
        put(uow, staff, "1")
        uow.schools.save(replace(maple, archived_at=START))
        assert uow.follow_marks.outdated(staff, 9) == [("1", False)]

    await store.run(unit)


async def test_things_are_looked_at_when_their_time_has_come(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        maple = build.school(uow)
        first, second = thing(uow, maple), thing(uow, maple, "Other")
        uow.followings.save(replace(first, look_at=START + HOUR))
        assert uow.followings.due_for_look(START, 9) == [second.id]
        assert uow.followings.due_for_look(START + HOUR, 9) == [second.id, first.id]
        assert uow.followings.due_for_look(START + HOUR, 1) == [second.id]

    await store.run(unit)


async def test_what_is_put_off_is_neither_looked_at_nor_compared(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        maple = build.school(uow)
        first, second = thing(uow, maple), thing(uow, maple, "Other")
        stuck.put_off(uow, TrackedItem(FOLLOWER, first.id), "KeyError")
        later = START + HOUR
        assert uow.followings.due_for_look(START, 1) == uow.followings.to_compare(START, 1) == [second.id]
        assert (
            {*uow.followings.due_for_look(later, 9)}
            == {*uow.followings.to_compare(later, 9)}
            == {first.id, second.id}
        )

    await store.run(unit)


async def test_a_followed_role_takes_its_new_name_along_and_is_in_use(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        maple, oak = build.school(uow), build.school(uow, "Oak")
        desk, other = (
            CustomRole(build.fresh_id(), one.id, "Desk", START, frozenset()) for one in (maple, oak)
        )
        for one in (desk, other):
            assert uow.roles.add(one)
        staff, far = thing(uow, maple, "Staff", build.MAPLE, "Desk"), thing(uow, oak, "far", TEAM, "Desk")
        assert uow.roles.save(replace(desk, name="Front Desk"), before=desk)
        assert uow.followings.roles(staff.id) == ["Front Desk"]
        assert uow.followings.roles(far.id) == ["Desk"]
        desk = replace(desk, name="Front Desk")
        assert uow.roles.uses(desk) == [RoleUse.FOLLOWED]
        assert not uow.roles.delete(desk)
        uow.followings.unfollow(staff.id, "Front Desk")
        assert uow.roles.delete(desk)

    await store.run(unit)


async def test_a_merged_account_is_the_persons_who_stays(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        maple = build.school(uow)
        ada, twin = build.person(uow, "Ada"), build.person(uow, "Twin", AccountKey("discord", "7"))
        build.membership(uow, maple, ada)
        staff = thing(uow, maple, "Staff", build.MAPLE, EVERYONE)
        assert uow.follow_marks.outdated(staff, 9) == []
        uow.accounts.absorb(twin.id, ada.id)
        assert isinstance(uow.people.by_account(AccountKey("discord", "7")), Person)
        assert uow.follow_marks.outdated(staff, 9) == [("7", True)]

    await store.run(unit)
