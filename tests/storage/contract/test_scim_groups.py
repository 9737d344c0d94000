"""The contract of every store for identity providers' groups, and the roles that these give."""

from datetime import timedelta

from bot.core.ports import UnitOfWork
from bot.core.rights.custom_roles import CustomRole
from bot.core.rights.permissions import Permission
from bot.core.rights.roles import RoleUse
from bot.core.scim.queries import EVERYTHING, Compare, Field, Op
from bot.core.values import replace
from tests.storage import build, scim
from tests.storage.conftest import Store
from tests.world import START

HOUR = timedelta(hours=1)


async def test_groups_and_what_they_give(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        north, school = scim.place(uow)
        nia, leo = build.person(uow, "Nia"), build.person(uow, "Leo")
        account = scim.account(uow, north, nia)
        moved = replace(account, id=account.id)
        assert uow.scim_users.save(moved)
        linked = scim.group(uow, north, "Teachers", school_id=school.id, role="Teacher")
        free = scim.group(uow, north, "Free", external_id="f")
        for one in (linked, free):
            uow.scim_groups.put(one.id, [nia.id, leo.id, nia.id])
        assert uow.scim_groups.members(linked.id) == [(nia.id, nia.id), (leo.id, leo.id)]
        assert uow.scim_groups.members(linked.id, [leo.id, "other"]) == [(leo.id, leo.id)]
        assert uow.scim_groups.wanted_roles(north.id, nia.id) == [(school.id, "Teacher")]
        uow.scim_groups.drop(linked.id, [nia.id])
        assert uow.scim_groups.wanted_roles(north.id, nia.id) == []
        assert uow.scim_groups.wanted_roles(scim.district(uow, "South").id, leo.id) == []
        uow.scim_groups.leave_all(north.id, leo.id)
        assert uow.scim_groups.members(free.id) == [(nia.id, nia.id)]
        assert uow.scim_groups.by_id(north.id, free.id) == free
        assert uow.scim_groups.by_id("other", free.id) is None
        renamed = replace(free, name="Renamed", changed_at=START + HOUR)
        uow.scim_groups.save(renamed)
        member = Compare(Field.MEMBER, Op.EQ, nia.id)
        assert uow.scim_groups.search(north.id, member, start=0, limit=5) == (1, [renamed])
        called = Compare(Field.DISPLAY_NAME, Op.EQ, "TEACHERS")
        assert uow.scim_groups.search(north.id, called, start=0, limit=5) == (1, [linked])
        assert uow.scim_groups.search(north.id, EVERYTHING, start=1, limit=5) == (2, [renamed])

    await store.run(unit)


async def test_an_archived_school_gives_nothing(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        north, school = scim.place(uow)
        nia = build.person(uow, "Nia")
        uow.scim_groups.put(scim.group(uow, north, school_id=school.id, role="Teacher").id, [nia.id])
        uow.schools.save(replace(school, archived_at=START))
        assert uow.scim_groups.wanted_roles(north.id, nia.id) == []

    await store.run(unit)


async def test_grants_are_remembered_and_released(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        north, school = scim.place(uow)
        nia, leo = build.person(uow, "Nia"), build.person(uow, "Leo")
        group = scim.group(uow, north, school_id=school.id, role="Teacher")
        uow.scim_groups.put(group.id, [nia.id])
        for who, role in ((nia, "Teacher"), (nia, "Teacher"), (nia, "Staff"), (leo, "Teacher")):
            uow.scim_groups.give(who.id, school.id, role)
        assert uow.scim_groups.given_roles(north.id, nia.id) == [(school.id, "Staff"), (school.id, "Teacher")]
        uow.scim_groups.release(group)
        assert uow.scim_groups.given_roles(north.id, nia.id) == [(school.id, "Staff")]
        assert uow.scim_groups.given_roles(north.id, leo.id) == [(school.id, "Teacher")]
        uow.scim_groups.take(leo.id, school.id, "Teacher")
        assert uow.scim_groups.given_roles(north.id, leo.id) == []

    await store.run(unit)


async def test_who_is_due_is_taken_once(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        north, _ = scim.place(uow)
        nia, leo = build.person(uow, "Nia"), build.person(uow, "Leo")
        group = scim.group(uow, north)
        uow.scim_groups.put(group.id, [nia.id, leo.id])
        uow.scim_groups.make_due(north.id, [nia.id])
        uow.scim_groups.delete(group.id)
        assert uow.scim_groups.by_id(north.id, group.id) is None
        assert uow.scim_groups.next_due() == north.id
        assert uow.scim_groups.next_due(excluding=[nia.id, leo.id]) is None
        assert uow.scim_groups.take_due("other", 5) == []
        assert uow.scim_groups.take_due(north.id, 5, excluding=[nia.id, leo.id]) == []
        assert uow.scim_groups.take_due(north.id, 1) == [nia.id]
        assert uow.scim_groups.take_due(north.id, 5) == [leo.id]
        assert uow.scim_groups.next_due() is None

    await store.run(unit)


async def test_a_role_that_a_group_gives_is_renamed_with_it_and_not_deleted(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        north, school = scim.place(uow)
        custom = CustomRole(build.fresh_id(), school.id, "Coach", START, frozenset({Permission.MEMBER_READ}))
        assert uow.roles.add(custom)
        group = scim.group(uow, north, school_id=school.id, role="Coach")
        nia = build.person(uow, "Nia")
        uow.scim_groups.give(nia.id, school.id, "Coach")
        assert uow.roles.uses(custom) == [RoleUse.GROUP]
        assert not uow.roles.delete(custom)
        trainer = replace(custom, name="Trainer")
        assert uow.roles.save(trainer, before=custom)
        assert uow.scim_groups.by_id(north.id, group.id) == replace(group, role="Trainer")
        assert uow.scim_groups.given_roles(north.id, nia.id) == [(school.id, "Trainer")]
        uow.scim_groups.delete(group.id)
        assert uow.roles.delete(trainer)

    await store.run(unit)
