"""What every store does with what identity providers keep."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from bot.core.actors import AccountKey, Person
from bot.core.custom_roles import CustomRole
from bot.core.districts import District
from bot.core.members import Access
from bot.core.people import PersonDetails
from bot.core.permissions import Permission
from bot.core.ports import UnitOfWork
from bot.core.roles import DISTRICT_ADMIN, SCHOOL_ADMIN, SYSTEM_ADMINISTRATOR
from bot.core.schools import School
from bot.core.scim.model import Account, Group, Token, User
from bot.core.scim.queries import EVERYTHING, NOTHING, Compare, Every, Field, Never, Op, Query, Some
from bot.core.values import replace
from tests.storage import build
from tests.storage.conftest import Store
from tests.world import START

HOUR = timedelta(hours=1)


def _district(uow: UnitOfWork, name: str = "North") -> District:
    made = District(build.fresh_id(), name, START)
    uow.districts.add(made)
    return made


def _place(uow: UnitOfWork) -> tuple[District, School]:
    district = _district(uow)
    return district, build.school(uow, "North One", district_id=district.id)


def _account(uow: UnitOfWork, of: District, who: Person, **settings: object) -> Account:
    own = {"user_name": who.name.lower(), "created_at": START, "changed_at": START, **settings}
    made = Account(who.id, of.id, who.id, **own)  # type: ignore[arg-type]
    assert uow.scim_users.add(made)
    return made


def _member(uow: UnitOfWork, of: School, name: str, email: str = "") -> Person:
    who = build.person(uow, name)
    build.membership(uow, of, who)
    assert uow.people.save_details(who.id, PersonDetails(name, "Okafor", email=email))
    return who


def _group(uow: UnitOfWork, of: District, name: str = "Teachers", **settings: object) -> Group:
    made = Group(build.fresh_id(), of.id, name, START, START, **settings)  # type: ignore[arg-type]
    uow.scim_groups.add(made)
    return made


async def test_tokens_work_until_they_end(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        north, south = _district(uow), _district(uow, "South")
        first, second, other = (Token(build.fresh_id(), of.id, "hash", START) for of in (north, north, south))
        for token in (first, second, other):
            uow.scim_tokens.add(token)
        assert uow.scim_tokens.of(north.id, START) == [first, second]
        assert uow.scim_tokens.end(north.id, START + HOUR) == 2
        assert uow.scim_tokens.end(north.id, START + 2 * HOUR) == 0, "none works longer than it did"
        assert uow.scim_tokens.by_id(first.id) == replace(first, expires_at=START + HOUR)
        assert uow.scim_tokens.of(north.id, START + HOUR) == []
        assert uow.scim_tokens.of(south.id, START + HOUR) == [other]
        uow.scim_tokens.used(other.id, START)
        assert uow.scim_tokens.by_id(other.id) == replace(other, used_at=START)
        assert uow.scim_tokens.by_id("unknown") is None

    await store.run(unit)


async def test_a_district_has_one_default_school(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        north, school = _place(uow)
        assert uow.scim_tokens.default_school(north.id) is None
        for of in (school.id, school.id, None):
            uow.scim_tokens.set_default_school(north.id, of)
            assert uow.scim_tokens.default_school(north.id) == of

    await store.run(unit)


async def test_a_user_name_is_one_persons_and_free_when_they_are_deleted(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        north, south = _district(uow), _district(uow, "South")
        nia, leo = build.person(uow, "Nia"), build.person(uow, "Leo")
        one = _account(uow, north, nia, user_name="Same", external_id="x", active=True)
        _account(uow, south, leo, user_name="same")
        assert not uow.scim_users.add(replace(one, id=leo.id, person_id=leo.id, user_name="SAME"))
        assert not uow.scim_users.add(replace(one, id=leo.id, user_name="other")), "one account a person"
        other = _account(uow, north, leo)
        assert not uow.scim_users.save(replace(other, user_name="sAme"))
        gone = replace(one, deleted_at=START)
        assert uow.scim_users.save(gone)
        assert uow.scim_users.by_id(north.id, nia.id) is None
        assert uow.scim_users.of_person(north.id, nia.id) == gone
        assert uow.scim_users.save(replace(other, user_name="same", active=False, email_type="home"))
        assert not uow.scim_users.save(replace(gone, deleted_at=None))
        assert uow.scim_users.elsewhere(north.id, leo.id)
        assert not uow.scim_users.elsewhere(north.id, nia.id)

    await store.run(unit)


async def test_a_district_sees_whom_scim_made_and_members_with_an_address(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        north, school = _place(uow)
        nia = _member(uow, school, "Nia", "Nia@example.org")
        _member(uow, school, "Leo")
        lone = build.school(uow, "Lone")
        _member(uow, lone, "Far", "far@example.org")
        made = build.person(uow, "Made")
        account = _account(uow, north, made, external_id="7")
        total, users = uow.scim_users.found(north.id, EVERYTHING, start=0, limit=10)
        assert (total, [one.account.person_id for one in users]) == (2, [nia.id, made.id])
        assert users[1] == User(account, "", "", "")
        virtual = users[0].account
        assert (virtual.user_name, virtual.stored, virtual.email_told) == ("Nia@example.org", False, True)
        assert (users[0].first_name, users[0].email, users[0].acts) == ("Nia", "Nia@example.org", True)
        assert uow.scim_users.named(north.id, [nia.id, made.id, lone.id]) == {
            nia.id: nia.id,
            made.id: made.id,
        }
        assert uow.scim_users.found(_district(uow, "South").id, EVERYTHING, start=0, limit=10) == (0, [])

    await store.run(unit)


@pytest.mark.parametrize("role", ["system", "district", "edits", "custom"])
async def test_a_district_does_not_see_who_is_above_its_admins(store: Store, role: str) -> None:
    def unit(uow: UnitOfWork) -> None:
        north, school = _place(uow)
        nia = _member(uow, school, "Nia", "nia@example.org")
        south = _district(uow, "South")
        lone = build.school(uow, "Lone", district_id=south.id)
        custom = CustomRole(build.fresh_id(), lone.id, "Editor", START, frozenset({Permission.MEMBER_EDIT}))
        assert uow.roles.add(custom)
        uow.members.assign(nia.id, SCHOOL_ADMIN.name, school.id, by=None, at=START)
        uow.members.assign(nia.id, "Viewer", lone.id, by=None, at=START)
        uow.districts.assign(nia.id, DISTRICT_ADMIN.name, north.id, by=None, at=START)
        assert uow.scim_users.by_id(north.id, nia.id) is not None, "all of it is within their reach"
        match role:
            case "system":
                uow.members.assign(nia.id, SYSTEM_ADMINISTRATOR.name, None, by=None, at=START)
            case "district":
                uow.districts.assign(nia.id, "District User", south.id, by=None, at=START)
            case "edits":
                uow.members.assign(nia.id, SCHOOL_ADMIN.name, lone.id, by=None, at=START)
            case _:
                uow.members.assign(nia.id, "Editor", lone.id, by=None, at=START)
        assert uow.scim_users.by_id(north.id, nia.id) is None

    await store.run(unit)


def _crowd(uow: UnitOfWork) -> District:
    north, school = _place(uow)
    ana = _member(uow, school, "Ana", "Ana@Example.org")
    _member(uow, school, "B%b", "b%b@example.org")
    off = build.person(uow, "Cai")
    _account(uow, north, off, user_name="Cai_1", external_id="eX", active=False, email_type="home")
    out = build.membership(uow, school, build.person(uow, "Dee"))
    _account(uow, north, Person(out.person_id, "Dee"), active=True)
    assert uow.members.change(replace(out, access=Access.DEACTIVATED), expected=out)
    uow.scim_groups.put(_group(uow, north).id, [ana.id])
    return north


QUERIES: Sequence[tuple[Query, set[str]]] = [
    (EVERYTHING, {"Ana@Example.org", "b%b@example.org", "Cai_1", "dee"}),
    (NOTHING, set()),
    (Compare(Field.USER_NAME, Op.EQ, "ANA@example.org"), {"Ana@Example.org"}),
    (Compare(Field.USER_NAME, Op.NE, "cai_1"), {"Ana@Example.org", "b%b@example.org", "dee"}),
    (Compare(Field.USER_NAME, Op.SW, "a"), {"Ana@Example.org"}),
    (Compare(Field.USER_NAME, Op.CO, "%"), {"b%b@example.org"}),
    (Compare(Field.USER_NAME, Op.EW, "_1"), {"Cai_1"}),
    (Compare(Field.EXTERNAL_ID, Op.EQ, "eX"), {"Cai_1"}),
    (Compare(Field.EXTERNAL_ID, Op.EQ, "ex"), set()),
    (Compare(Field.EXTERNAL_ID, Op.NE, "eX"), {"Ana@Example.org", "b%b@example.org", "dee"}),
    (Compare(Field.EXTERNAL_ID, Op.PR), {"Cai_1"}),
    (Compare(Field.EMAIL, Op.EQ, "ana@EXAMPLE.org"), {"Ana@Example.org"}),
    (Compare(Field.EMAIL_TYPE, Op.EQ, "work"), {"Ana@Example.org", "b%b@example.org"}),
    (Compare(Field.GIVEN_NAME, Op.EQ, "ANA"), {"Ana@Example.org"}),
    (Compare(Field.FAMILY_NAME, Op.PR), {"Ana@Example.org", "b%b@example.org"}),
    (Compare(Field.ACTIVE, Op.EQ, value=True), {"Ana@Example.org", "b%b@example.org"}),
    (Compare(Field.ACTIVE, Op.EQ, value=False), {"Cai_1", "dee"}),
    (Compare(Field.DISPLAY_NAME, Op.EQ, "x"), set()),
    (Never(Compare(Field.EXTERNAL_ID, Op.EQ, "eX")), {"Ana@Example.org", "b%b@example.org", "dee"}),
    (
        Every((Compare(Field.USER_NAME, Op.EQ, "dee"), Compare(Field.ACTIVE, Op.EQ, value=False))),
        {"dee"},
    ),
    (
        Some((Compare(Field.USER_NAME, Op.EQ, "dee"), Compare(Field.EMAIL, Op.SW, "b"))),
        {"dee", "b%b@example.org"},
    ),
]


@pytest.mark.parametrize(("query", "wanted"), QUERIES)
async def test_users_are_found(store: Store, query: Query, wanted: set[str]) -> None:
    def unit(uow: UnitOfWork) -> None:
        north = _crowd(uow)
        total, users = uow.scim_users.found(north.id, query, start=0, limit=10)
        assert {one.account.user_name for one in users} == wanted
        assert total == len(wanted)

    await store.run(unit)


async def test_pages_of_users_have_all_of_them_once(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        north = _crowd(uow)
        pages = [uow.scim_users.found(north.id, EVERYTHING, start=at, limit=2) for at in (0, 2, 4)]
        assert [total for total, _ in pages] == [4, 4, 4]
        names = [one.account.user_name for _, users in pages for one in users]
        assert sorted(names) == sorted(QUERIES[0][1])
        assert uow.scim_users.found(north.id, EVERYTHING, start=0, limit=0) == (4, [])

    await store.run(unit)


async def test_the_groups_of_a_user_are_shown(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        north = _crowd(uow)
        _, groups = uow.scim_groups.found(north.id, EVERYTHING, start=0, limit=5)
        ana = Compare(Field.EMAIL, Op.EQ, "ana@example.org")
        _, users = uow.scim_users.found(north.id, ana, start=0, limit=5)
        assert users[0].groups == ((groups[0].id, "Teachers"),)

    await store.run(unit)


async def test_the_switched_off_are_barred_in_their_district_alone(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        north, school = _place(uow)
        far = build.school(uow, "Far", district_id=_district(uow, "South").id)
        lone = build.school(uow, "Lone")
        nia = build.person(uow, "Nia")
        account = _account(uow, north, nia, active=True)
        assert not uow.scim_users.barred(school.id, nia.id)
        uow.scim_users.save(replace(account, active=False, deleted_at=START))
        assert uow.scim_users.barred(school.id, nia.id)
        assert not uow.scim_users.barred(far.id, nia.id)
        assert not uow.scim_users.barred(lone.id, nia.id)
        uow.scim_users.save(replace(account, active=None))
        assert not uow.scim_users.barred(school.id, nia.id)

    await store.run(unit)


async def test_marks_of_a_membership(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        assert (uow.scim_users.made("m"), uow.scim_users.was("m")) == (False, None)
        uow.scim_users.mark("m", made=True)
        uow.scim_users.mark("m", was="suspended")
        assert (uow.scim_users.made("m"), uow.scim_users.was("m")) == (True, "suspended")
        uow.scim_users.unmark("m")
        uow.scim_users.unmark("other")
        assert (uow.scim_users.made("m"), uow.scim_users.was("m")) == (True, None)

    await store.run(unit)


async def test_groups_and_what_they_give(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        north, school = _place(uow)
        nia, leo = build.person(uow, "Nia"), build.person(uow, "Leo")
        account = _account(uow, north, nia)
        moved = replace(account, id=account.id)
        assert uow.scim_users.save(moved)
        linked = _group(uow, north, "Teachers", school_id=school.id, role="Teacher")
        free = _group(uow, north, "Free", external_id="f")
        for one in (linked, free):
            uow.scim_groups.put(one.id, [nia.id, leo.id, nia.id])
        assert uow.scim_groups.members(linked.id) == [(nia.id, nia.id), (leo.id, leo.id)]
        assert uow.scim_groups.members(linked.id, [leo.id, "other"]) == [(leo.id, leo.id)]
        assert uow.scim_groups.wanted(north.id, nia.id) == [(school.id, "Teacher")]
        uow.scim_groups.drop(linked.id, [nia.id])
        assert uow.scim_groups.wanted(north.id, nia.id) == []
        assert uow.scim_groups.wanted(_district(uow, "South").id, leo.id) == []
        uow.scim_groups.leave_all(north.id, leo.id)
        assert uow.scim_groups.members(free.id) == [(nia.id, nia.id)]
        assert uow.scim_groups.by_id(north.id, free.id) == free
        assert uow.scim_groups.by_id("other", free.id) is None
        renamed = replace(free, name="Renamed", changed_at=START + HOUR)
        uow.scim_groups.save(renamed)
        member = Compare(Field.MEMBER, Op.EQ, nia.id)
        assert uow.scim_groups.found(north.id, member, start=0, limit=5) == (1, [renamed])
        called = Compare(Field.DISPLAY_NAME, Op.EQ, "TEACHERS")
        assert uow.scim_groups.found(north.id, called, start=0, limit=5) == (1, [linked])
        assert uow.scim_groups.found(north.id, EVERYTHING, start=1, limit=5) == (2, [renamed])

    await store.run(unit)


async def test_an_archived_school_gives_nothing(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        north, school = _place(uow)
        nia = build.person(uow, "Nia")
        uow.scim_groups.put(_group(uow, north, school_id=school.id, role="Teacher").id, [nia.id])
        uow.schools.save(replace(school, archived_at=START))
        assert uow.scim_groups.wanted(north.id, nia.id) == []

    await store.run(unit)


async def test_grants_are_remembered_and_released(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        north, school = _place(uow)
        nia, leo = build.person(uow, "Nia"), build.person(uow, "Leo")
        group = _group(uow, north, school_id=school.id, role="Teacher")
        uow.scim_groups.put(group.id, [nia.id])
        for who, role in ((nia, "Teacher"), (nia, "Teacher"), (nia, "Staff"), (leo, "Teacher")):
            uow.scim_groups.give(who.id, school.id, role)
        assert uow.scim_groups.given(north.id, nia.id) == [(school.id, "Staff"), (school.id, "Teacher")]
        uow.scim_groups.release(group)
        assert uow.scim_groups.given(north.id, nia.id) == [(school.id, "Staff")]
        assert uow.scim_groups.given(north.id, leo.id) == [(school.id, "Teacher")]
        uow.scim_groups.take(leo.id, school.id, "Teacher")
        assert uow.scim_groups.given(north.id, leo.id) == []

    await store.run(unit)


async def test_who_is_due_is_taken_once(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        north, _ = _place(uow)
        nia, leo = build.person(uow, "Nia"), build.person(uow, "Leo")
        group = _group(uow, north)
        uow.scim_groups.put(group.id, [nia.id, leo.id])
        uow.scim_groups.make_due(north.id, [nia.id])
        uow.scim_groups.delete(group.id)
        assert uow.scim_groups.by_id(north.id, group.id) is None
        assert uow.scim_groups.next_due() == north.id
        assert uow.scim_groups.next_due(but=[nia.id, leo.id]) is None
        assert uow.scim_groups.take_due("other", 5) == []
        assert uow.scim_groups.take_due(north.id, 5, but=[nia.id, leo.id]) == []
        assert uow.scim_groups.take_due(north.id, 1) == [nia.id]
        assert uow.scim_groups.take_due(north.id, 5) == [leo.id]
        assert uow.scim_groups.next_due() is None

    await store.run(unit)


@pytest.mark.parametrize("both", [False, True])
async def test_one_who_proves_to_be_another_takes_it_all_along(store: Store, both: bool) -> None:
    def unit(uow: UnitOfWork) -> None:
        north, school = _place(uow)
        nia, old = build.person(uow, "Nia"), build.person(uow, "Old", AccountKey("web", "old"))
        account = _account(uow, north, old, active=False)
        if both:
            _account(uow, north, nia, active=True)
        group = _group(uow, north)
        uow.scim_groups.put(group.id, [old.id, *([nia.id] if both else [])])
        uow.scim_groups.give(old.id, school.id, "Staff")
        uow.scim_groups.make_due(north.id, [old.id])
        uow.scim_users.absorb(old.id, nia.id)
        now = uow.scim_users.of_person(north.id, nia.id)
        assert now is not None
        assert now.id == (nia.id if both else account.id)
        assert now.active is False, "the stricter state wins"
        assert uow.scim_users.of_person(north.id, old.id) is None
        assert uow.scim_groups.members(group.id) == [(now.id, nia.id)]
        assert uow.scim_groups.given(north.id, nia.id) == [(school.id, "Staff")]
        assert uow.scim_groups.take_due(north.id, 5) == [nia.id]
        found = uow.scim_users.by_id(north.id, now.id)
        assert found is not None
        assert found.account.person_id == nia.id

    await store.run(unit)


async def test_of_the_erased_nothing_is_kept(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        north, school = _place(uow)
        nia = build.person(uow, "Nia")
        _account(uow, north, nia)
        group = _group(uow, north)
        uow.scim_groups.put(group.id, [nia.id])
        uow.scim_groups.give(nia.id, school.id, "Staff")
        uow.scim_groups.make_due(north.id, [nia.id])
        uow.scim_users.forget([nia.id])
        assert uow.scim_users.of_person(north.id, nia.id) is None
        assert uow.scim_groups.members(group.id) == []
        assert uow.scim_groups.given(north.id, nia.id) == []
        assert uow.scim_groups.next_due() is None

    await store.run(unit)


async def test_a_role_that_a_group_gives_is_renamed_with_it_and_not_deleted(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        north, school = _place(uow)
        custom = CustomRole(build.fresh_id(), school.id, "Coach", START, frozenset({Permission.MEMBER_READ}))
        assert uow.roles.add(custom)
        group = _group(uow, north, school_id=school.id, role="Coach")
        nia = build.person(uow, "Nia")
        uow.scim_groups.give(nia.id, school.id, "Coach")
        assert not uow.roles.delete(custom)
        trainer = replace(custom, name="Trainer")
        assert uow.roles.save(trainer, before=custom)
        assert uow.scim_groups.by_id(north.id, group.id) == replace(group, role="Trainer")
        assert uow.scim_groups.given(north.id, nia.id) == [(school.id, "Trainer")]
        uow.scim_groups.delete(group.id)
        assert uow.roles.delete(trainer)

    await store.run(unit)
