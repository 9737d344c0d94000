"""Which of its people a district shows to its identity provider."""

from collections.abc import Sequence

import pytest

from bot.core.people.members import Access
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import Person
from bot.core.rights.custom_roles import CustomRole
from bot.core.rights.permissions import Permission
from bot.core.rights.roles import DISTRICT_ADMIN, SCHOOL_ADMIN, SYSTEM_ADMINISTRATOR
from bot.core.schools.districts import District
from bot.core.scim.model import User
from bot.core.scim.queries import EVERYTHING, NOTHING, AllOf, AnyOf, Compare, Field, NoneOf, Op, Query
from bot.core.values import replace
from bot.storage.scim import pages as scim_pages
from tests.storage import build, scim
from tests.storage.conftest import Store
from tests.world import START


async def test_a_district_sees_whom_scim_made_and_members_with_an_address(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        north, school = scim.place(uow)
        nia = scim.member(uow, school, "Nia", "Nia@example.org")
        scim.member(uow, school, "Leo")
        lone = build.school(uow, "Lone")
        scim.member(uow, lone, "Far", "far@example.org")
        made = build.person(uow, "Made")
        account = scim.account(uow, north, made, external_id="7")
        total, users = uow.scim_users.search(north.id, EVERYTHING, start=0, limit=10)
        assert (total, [one.account.person_id for one in users]) == (2, [nia.id, made.id])
        assert users[1] == User(account, "", "", "")
        virtual = users[0].account
        assert (virtual.user_name, virtual.stored, virtual.email_told) == ("Nia@example.org", False, True)
        assert (users[0].first_name, users[0].email, users[0].acts) == ("Nia", "Nia@example.org", True)
        assert uow.scim_users.person_ids(north.id, [nia.id, made.id, lone.id]) == {
            nia.id: nia.id,
            made.id: made.id,
        }
        assert uow.scim_users.search(scim.district(uow, "South").id, EVERYTHING, start=0, limit=10) == (
            0,
            [],
        )

    await store.run(unit)


@pytest.mark.parametrize("role", ["system", "district", "edits", "custom"])
async def test_a_district_does_not_see_who_is_above_its_admins(store: Store, role: str) -> None:
    def unit(uow: UnitOfWork) -> None:
        north, school = scim.place(uow)
        nia = scim.member(uow, school, "Nia", "nia@example.org")
        south = scim.district(uow, "South")
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
    north, school = scim.place(uow)
    ana = scim.member(uow, school, "Ana", "Ana@Example.org")
    scim.member(uow, school, "B%b", "b%b@example.org")
    off = build.person(uow, "Cai")
    scim.account(uow, north, off, user_name="Cai_1", external_id="eX", active=False, email_type="home")
    out = build.membership(uow, school, build.person(uow, "Dee"))
    scim.account(uow, north, Person(out.person_id, "Dee"), active=True)
    assert uow.members.change(replace(out, access=Access.DEACTIVATED), expected=out)
    uow.scim_groups.put(scim.group(uow, north).id, [ana.id])
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
    (NoneOf(Compare(Field.EXTERNAL_ID, Op.EQ, "eX")), {"Ana@Example.org", "b%b@example.org", "dee"}),
    (
        AllOf((Compare(Field.USER_NAME, Op.EQ, "dee"), Compare(Field.ACTIVE, Op.EQ, value=False))),
        {"dee"},
    ),
    (
        AnyOf((Compare(Field.USER_NAME, Op.EQ, "dee"), Compare(Field.EMAIL, Op.SW, "b"))),
        {"dee", "b%b@example.org"},
    ),
]


@pytest.mark.parametrize(("query", "wanted"), QUERIES)
async def test_users_are_found(store: Store, query: Query, wanted: set[str]) -> None:
    def unit(uow: UnitOfWork) -> None:
        north = _crowd(uow)
        total, users = uow.scim_users.search(north.id, query, start=0, limit=10)
        assert {one.account.user_name for one in users} == wanted
        assert total == len(wanted)

    await store.run(unit)


async def test_pages_of_users_have_all_of_them_once(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        north = _crowd(uow)
        pages = [uow.scim_users.search(north.id, EVERYTHING, start=at, limit=2) for at in (0, 2, 4)]
        assert [total for total, _ in pages] == [4, 4, 4]
        names = [one.account.user_name for _, users in pages for one in users]
        assert sorted(names) == sorted(QUERIES[0][1])
        assert uow.scim_users.search(north.id, EVERYTHING, start=0, limit=0) == (4, [])

    await store.run(unit)


async def test_each_page_goes_on_where_the_one_before_has_ended(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the size of the batches that are read, and however many people are not visible."""
    monkeypatch.setattr(scim_pages, "CHUNK", 1)

    def unit(uow: UnitOfWork) -> None:
        north = _crowd(uow)
        school = build.school(uow, "North Two", district_id=north.id)
        for number in range(12):
            if number % 2:
                scim.account(uow, north, build.person(uow, f"Lea {number}"))
            else:  # and every second of these has no address, and is not seen
                scim.member(uow, school, f"Lea {number}", "" if number % 4 else f"lea{number}@example.org")
        _, whole = uow.scim_users.search(north.id, EVERYTHING, start=0, limit=99)
        found: list[User] = []
        while True:
            total, page = uow.scim_users.search(north.id, EVERYTHING, start=len(found), limit=3)
            found += page
            if len(page) < 3:
                break
            assert total == len(whole)
        assert found == whole
        assert total == len(whole)
        assert uow.scim_users.search(north.id, EVERYTHING, start=5, limit=3) == (len(whole), whole[5:8])

    await store.run(unit)


async def test_the_groups_of_a_user_are_shown(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        north = _crowd(uow)
        _, groups = uow.scim_groups.search(north.id, EVERYTHING, start=0, limit=5)
        ana = Compare(Field.EMAIL, Op.EQ, "ana@example.org")
        _, users = uow.scim_users.search(north.id, ana, start=0, limit=5)
        assert users[0].groups == ((groups[0].id, "Teachers"),)

    await store.run(unit)
