"""Groups: the roles that they give, to whom they do not, and what happens when they are deleted."""

from collections.abc import Callable
from typing import Any

import pytest

from bot.core.errors import (
    BadValue,
    NameUnclear,
    NotFound,
    NothingToChange,
    NotPermitted,
    PrimaryAdminProtected,
    RoleAboveCeiling,
)
from bot.core.people import lifecycle
from bot.core.people.lifecycle import Verb
from bot.core.people.members import Standing
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import Actor, Person
from bot.core.rights.roles import DISTRICT_ADMIN, SCHOOL_ADMIN, SYSTEM_ADMINISTRATOR
from bot.core.schools.system import SystemSettings
from bot.core.scim import group_roles, groups
from bot.core.values import replace
from tests.core.scim.land import SYSTEM_ADMIN, Land, member, off, on, settled
from tests.fakes.database import FakeDatabase
from tests.fakes.scim import FakeScimGroups
from tests.fakes.scopes import FakeDistricts
from tests.storage import build
from tests.world import FakeClock, caller


async def test_a_linked_group_lets_its_members_in_and_takes_back_what_it_gave(land: Land) -> None:
    nia, leo = await land.create("nia"), await land.create("leo")
    person = nia.account.person_id
    group = await land.group("Teachers", nia.account.id)
    assert await land.of(land.one, person) == (None, ())
    await land.link(group, land.one, "Teacher")
    membership, given = await land.of(land.one, person)
    assert membership is not None
    assert (membership.active, given) == (True, ("Teacher",))
    await land.fill(group, add=[leo.account.id], drop=[nia.account.id])
    assert await land.of(land.one, person) == (None, ())
    assert (await land.of(land.one, leo.account.person_id))[1] == ("Teacher",)


async def test_what_somebody_has_otherwise_is_not_taken(land: Land) -> None:
    leo = await land.run(lambda uow: member(uow, land.one, "Leo", "Teacher", "Staff", email="l@example.org"))
    group = await land.group("Teachers", leo)
    await land.link(group, land.one, "Teacher")
    observers = await land.group("Observers", leo)
    await land.link(observers, land.one, "Observer")
    await land.fill(group, drop=[leo])
    await land.fill(observers, drop=[leo])
    membership, given = await land.of(land.one, leo)
    assert membership is not None
    assert given == ("Staff", "Teacher")


async def test_two_groups_that_give_one_role_hold_it_until_both_are_left(land: Land) -> None:
    nia = await land.create("nia")
    both = [await land.group(name, nia.account.id) for name in ("A", "B")]
    for group in both:
        await land.link(group, land.one, "Teacher")
    await land.fill(both[0], drop=[nia.account.id])
    assert (await land.of(land.one, nia.account.person_id))[1] == ("Teacher",)
    await land.fill(both[1], drop=[nia.account.id])
    assert (await land.of(land.one, nia.account.person_id)) == (None, ())


@pytest.mark.parametrize("verb", [Verb.SUSPEND, Verb.DEACTIVATE, Verb.ARCHIVE])
async def test_who_is_kept_out_stays_so_whatever_group_they_are_in_or_leave(land: Land, verb: Verb) -> None:
    nia = await land.create("nia")
    person = nia.account.person_id
    first = await land.group("First", nia.account.id)
    await land.link(first, land.one, "Teacher")
    await land.run(lambda uow: lifecycle.change(uow, SYSTEM_ADMIN, land.one, person, verb))
    before, _ = await land.of(land.one, person)
    second = await land.group("Second", nia.account.id)
    await land.link(second, land.one, "Observer")
    assert await land.of(land.one, person) == (before, ("Teacher",))
    await land.fill(first, drop=[nia.account.id])
    assert await land.of(land.one, person) == (before, ()), "a member who left could come in by a code"


async def test_who_waits_is_let_in_and_waits_no_more(land: Land) -> None:
    leo = await land.run(lambda uow: member(uow, land.two, "Leo", email="leo@example.org"))

    def asks(uow: UnitOfWork) -> str:
        build.membership(uow, land.one, Person(leo, "Leo"), Standing.PENDING)
        return build.join_request(uow, land.one, Person(leo, "Leo")).id

    request = await land.run(asks)
    group = await land.group("Teachers", leo)
    await land.link(group, land.one, "Teacher")
    membership, given = await land.of(land.one, leo)
    assert membership is not None
    assert (membership.active, given) == (True, ("Teacher",))
    asked = await land.run(lambda uow: uow.join_requests.by_id(request))
    assert asked is not None
    assert asked.state.value == "withdrawn"


async def test_who_waits_for_a_full_school_goes_on_waiting(land: Land) -> None:
    """The sweep goes on after a refusal, so nothing may have changed by then."""
    leo = await land.run(lambda uow: member(uow, land.two, "Leo", email="leo@example.org"))

    def asks(uow: UnitOfWork) -> str:
        build.membership(uow, land.one, Person(leo, "Leo"), Standing.PENDING)
        uow.system.save(SystemSettings(members_a_school=1))
        return build.join_request(uow, land.one, Person(leo, "Leo")).id

    request = await land.run(asks)
    await land.link(await land.group("Teachers", leo), land.one, "Teacher")
    membership, _ = await land.of(land.one, leo)
    asked = await land.run(lambda uow: uow.join_requests.by_id(request))
    assert membership is not None
    assert asked is not None
    assert (membership.standing.value, asked.state.value) == ("pending", "pending")


async def test_switching_on_gives_the_roles_of_groups_joined_meanwhile(land: Land) -> None:
    nia = await land.create("nia")
    await land.change(nia.account.id, off)
    group = await land.group("Teachers", nia.account.id)
    await land.link(group, land.one, "Teacher")
    assert await land.of(land.one, nia.account.person_id) == (None, ())
    await land.change(nia.account.id, on)
    assert (await land.of(land.one, nia.account.person_id))[1] == ("Teacher",)


async def test_who_is_above_a_district_admin_is_left_alone(land: Land) -> None:
    nia = await land.create("nia")
    person = nia.account.person_id
    group = await land.group("Teachers", nia.account.id)
    await land.link(group, land.one, "Teacher")
    await land.run(
        lambda uow: uow.members.assign(person, SYSTEM_ADMINISTRATOR.name, None, by=None, at=uow.now)
    )
    more = await land.group("Observers", nia.account.id)
    await land.link(more, land.one, "Observer")
    await land.fill(group, drop=[nia.account.id])
    await land.settle()
    assert (await land.of(land.one, person))[1] == ("Teacher",)


async def test_what_is_taken_already_is_not_taken_again(land: Land) -> None:
    nia = await land.create("nia")
    person = nia.account.person_id
    group = await land.group("Teachers", nia.account.id)
    await land.link(group, land.one, "Teacher")
    await land.run(lambda uow: uow.members.unassign(person, "Teacher", land.one.id))
    await land.fill(group, drop=[nia.account.id])
    assert await land.run(lambda uow: list(uow.scim_groups.given_roles(land.district.id, person))) == []
    membership, held = await land.of(land.one, person)
    assert membership is not None
    assert (membership.active, held) == (True, ())

    def taken(uow: UnitOfWork) -> int:
        return len(uow.audit.listed(land.one.id, action="role.taken", person_id=None, after=None, limit=9))

    assert await land.run(taken) == 0


async def test_a_primary_admin_does_not_leave_by_a_group(land: Land) -> None:
    nia = await land.create("nia")
    group = await land.group("Heads", nia.account.id)
    await land.link(group, land.two, SCHOOL_ADMIN.name)
    person = nia.account.person_id
    school = await land.run(lambda uow: uow.schools.by_id(land.two.id))
    assert school is not None
    assert school.primary_admin_id == person, "the first admin of a school is its Primary"
    with pytest.raises(PrimaryAdminProtected):
        await land.fill(group, drop=[nia.account.id])
    await land.run(lambda uow: groups.delete(uow, land.provider, group.id))
    assert await land.settle() == 1
    assert (await land.of(land.two, person))[1] == (SCHOOL_ADMIN.name,)


async def test_a_deleted_group_takes_what_it_gave_and_an_unlinked_one_leaves_it(land: Land) -> None:
    nia, leo = await land.create("nia"), await land.create("leo")
    gone = await land.group("Gone", nia.account.id)
    free = await land.group("Free", leo.account.id)
    for group in (gone, free):
        await land.link(group, land.one, "Teacher")
    await land.run(lambda uow: groups.delete(uow, land.provider, gone.id))
    await land.run(lambda uow: groups.unlink(uow, SYSTEM_ADMIN, land.district, free))
    await land.fill(free, drop=[leo.account.id])
    await land.settle()
    assert await land.of(land.one, nia.account.person_id) == (None, ())
    assert (await land.of(land.one, leo.account.person_id))[1] == ("Teacher",)
    with pytest.raises(NothingToChange):
        await land.run(lambda uow: groups.unlink(uow, SYSTEM_ADMIN, land.district, free))


async def test_a_group_that_is_linked_anew_moves_its_members(land: Land) -> None:
    nia = await land.create("nia")
    group = await land.group("Teachers", nia.account.id)
    linked = await land.link(group, land.one, "Teacher")
    await land.link(linked, land.two, "Observer")
    assert await land.of(land.one, nia.account.person_id) == (None, ())
    assert (await land.of(land.two, nia.account.person_id))[1] == ("Observer",)


async def test_schools_that_take_and_that_give_roles_are_locked_in_one_order(
    land: Land, monkeypatch: pytest.MonkeyPatch
) -> None:
    nia = await land.create("nia")
    group = await land.link(await land.group("Teachers", nia.account.id), land.two, "Teacher")
    locked: list[str] = []

    def moves(uow: UnitOfWork) -> None:
        uow.scim_groups.save(replace(group, school_id=land.one.id, role="Teacher"))
        monkeypatch.setattr(type(uow.schools), "lock", lambda _, of: locked.append(of))
        group_roles.settle(uow, land.provider, nia.account.person_id)

    await land.run(moves)
    assert locked[:2] == sorted([land.one.id, land.two.id])
    assert (await land.of(land.one, nia.account.person_id))[1] == ("Teacher",)


async def test_many_are_settled_by_the_sweep(land: Land, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(group_roles, "AT_ONCE", 1)
    ids = [(await land.create(f"u{number}")).account.id for number in range(2)]
    group = await land.group("Teachers")
    await land.link(group, land.one, "Teacher")
    await land.fill(group, add=ids)
    assert await land.of(land.one, ids[0]) == (None, ())
    assert await land.settle() == 2
    assert [(await land.of(land.one, one))[1] for one in ids] == [("Teacher",)] * 2
    assert await land.settle() == 0


async def test_what_a_group_gave_to_a_primary_admin_goes_once_another_is(
    land: Land, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(group_roles, "AT_ONCE", 1)
    nia, leo = await land.create("nia"), await land.create("leo")
    heads = await land.link(
        await land.group("Heads", nia.account.id, leo.account.id), land.one, "School Admin"
    )
    await land.run(lambda uow: uow.schools.set_primary(land.one.id, nia.account.id, expected=land.primary))
    await land.fill(heads, drop=[nia.account.id, leo.account.id])
    await land.settle()
    assert (await land.of(land.one, nia.account.id))[1] == ("School Admin",)
    await land.run(lambda uow: uow.schools.set_primary(land.one.id, land.primary, expected=nia.account.id))
    await land.fill(heads, add=[nia.account.id])
    await land.fill(heads, drop=[nia.account.id])
    assert await land.of(land.one, nia.account.id) == (None, ())


async def test_the_sweep_holds_the_districts_lock_when_it_reads_who_is_in_a_group(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Otherwise a person could leave the group in between, and get the role after that."""
    database = FakeDatabase(FakeClock())
    land = await database.run(lambda uow: settled(uow, database))
    nia = await land.create("nia")
    group = await land.group("Teachers", nia.account.id)
    await land.run(lambda uow: groups.link(uow, SYSTEM_ADMIN, land.district, group, land.one, "Teacher"))
    done: list[str] = []
    for repository, name in (
        (FakeDistricts, "lock"),
        (FakeScimGroups, "take_due"),
        (FakeScimGroups, "wanted_roles"),
    ):
        monkeypatch.setattr(repository, name, _noting(done, name, getattr(repository, name)))
    assert await land.settle() == 1
    assert done == ["lock", "take_due", "wanted_roles"]


def _noting(done: list[str], name: str, real: Callable[..., Any]) -> Callable[..., Any]:
    def noted(*args: Any, **more: Any) -> Any:
        done.append(name)
        return real(*args, **more)

    return noted


async def test_a_link_is_within_the_ceiling_of_whoever_makes_it(land: Land) -> None:
    group = await land.group("Teachers")

    def head(uow: UnitOfWork) -> Actor:
        dora = build.person(uow, "Dora")
        uow.districts.assign(dora.id, DISTRICT_ADMIN.name, land.district.id, by=None, at=uow.now)
        return Actor(caller("dora"), dora)

    dora = await land.run(head)
    ada = Actor(caller("ada"), Person(land.primary, "Ada"))
    for actor, school, role, refusal in (
        (dora, land.one, DISTRICT_ADMIN.name, RoleAboveCeiling),
        (dora, land.one, SYSTEM_ADMINISTRATOR.name, RoleAboveCeiling),
        (dora, land.far, "Viewer", NotFound),
        (SYSTEM_ADMIN, land.far, "Viewer", NotFound),
        (ada, land.one, "Viewer", NotPermitted),
    ):

        def unit(uow: UnitOfWork, case: tuple[Actor, object, str] = (actor, school, role)) -> object:
            return groups.link(uow, case[0], land.district, group, case[1], case[2])  # type: ignore[arg-type]

        with pytest.raises(refusal):
            await land.run(unit)
    linked = await land.run(lambda uow: groups.link(uow, dora, land.district, group, land.one, "teacher"))
    assert (linked.school_id, linked.role) == (land.one.id, "Teacher")


async def test_a_group_is_found_by_its_name_where_one_has_it(land: Land) -> None:
    first = await land.group("Teachers")
    assert await land.run(lambda uow: groups.named(uow, land.district, " teachers ")) == first
    await land.group("teachers")
    with pytest.raises(NameUnclear):
        await land.run(lambda uow: groups.named(uow, land.district, "Teachers"))
    assert await land.run(lambda uow: groups.named(uow, land.district, first.id)) == first
    with pytest.raises(NotFound):
        await land.run(lambda uow: groups.named(uow, land.district, "Others"))


async def test_only_users_are_members(land: Land) -> None:
    stranger = await land.run(lambda uow: member(uow, land.far, "Far", email="far@example.org"))
    with pytest.raises(BadValue):
        await land.group("Teachers", stranger)


async def test_each_change_of_a_group_is_one_entry_in_each_chain(land: Land) -> None:
    nia = await land.create("nia")
    group = await land.group("Teachers", nia.account.id)
    linked = await land.link(group, land.one, "Teacher")
    await land.fill(linked)
    await land.fill(replace(linked, name="Staff"))
    await land.fill(replace(linked, name="Staff"), drop=[nia.account.id])
    assert await land.actions() == [
        *("scim_group.linked", "member.joined_by_group", "role.taken", "member.removed"),
        *("person.created", "scim_group.created", "scim_group.edited", "scim_group.edited"),
    ]
