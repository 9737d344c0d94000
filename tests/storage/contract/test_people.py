"""The contract of every store for persons and memberships."""

from collections.abc import Sequence

import pytest

from bot.core.name_matching import fold_name
from bot.core.people.members import Access, Member, Membership, Standing, Visibility
from bot.core.people.people_filter import PeopleFilter
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import AccountKey, Person
from bot.core.rights.permissions import Permission
from bot.core.rights.roles import Rights
from bot.core.values import replace
from tests.storage import build
from tests.storage.conftest import Store

NAMES = ("Zoë O'Neil", "émile", "Émilie", "王小明", "ADA", "İpek", "100% _real_", "back\\slash")


async def test_people_are_found_by_their_account_and_id(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        ada = build.person(uow, "Ada", AccountKey("discord", "1"))
        assert uow.people.by_account(AccountKey("discord", "1")) == ada
        assert uow.people.by_id(ada.id) == ada
        assert uow.people.by_account(AccountKey("slack", "1")) is None
        assert uow.people.by_id(build.fresh_id()) is None

    await store.run(unit)


async def test_an_account_belongs_to_the_first_who_took_it(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        key = AccountKey("discord", "1")
        ada = build.person(uow, "Ada", key)
        second = Person(build.fresh_id(), "Eve")
        assert not uow.people.add(second, key)
        assert uow.people.by_account(key) == ada
        assert uow.people.by_id(second.id) is None, "whoever lost the account must leave nothing behind"

    await store.run(unit)


async def test_accounts_of_several_people(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        ada = build.person(uow, "Ada", AccountKey("slack", "T1/U1"))
        bob = build.person(uow, "Bob", AccountKey("discord", "2"))
        build.person(uow, "Eve")
        assert uow.people.accounts([bob.id, ada.id]) == [
            (ada.id, AccountKey("slack", "T1/U1")),
            (bob.id, AccountKey("discord", "2")),
        ]
        assert uow.people.accounts([]) == []

    await store.run(unit)


async def test_a_person_has_one_membership_in_a_school(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        maple, ada = build.school(uow), build.person(uow)
        made = build.membership(uow, maple, ada)
        assert not uow.members.add(replace(made, id=build.fresh_id(), standing=Standing.PENDING))
        assert uow.members.of(maple.id, ada.id) == made
        assert uow.members.of(build.fresh_id(), ada.id) is None

    await store.run(unit)


async def test_all_of_a_membership_is_kept(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        maple, ada = build.school(uow), build.person(uow)
        made = Membership(
            build.fresh_id(),
            maple.id,
            ada.id,
            Standing.ACTIVE,
            build.tick(),
            Access.SUSPENDED,
            Visibility.ARCHIVED,
            build.tick(),
        )
        assert uow.members.add(made)
        assert uow.members.of(maple.id, ada.id) == made

    await store.run(unit)


async def test_a_standing_changes_only_from_the_expected_one(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        maple, ada = build.school(uow), build.person(uow)
        made = build.membership(uow, maple, ada, Standing.PENDING)
        active = replace(made, standing=Standing.ACTIVE, joined_at=build.tick())
        assert not uow.members.change_standing(active, expected=Standing.REJECTED)
        assert uow.members.of(maple.id, ada.id) == made
        assert uow.members.change_standing(active, expected=Standing.PENDING)
        assert not uow.members.change_standing(active, expected=Standing.PENDING)
        assert uow.members.of(maple.id, ada.id) == active

    await store.run(unit)


async def test_only_a_pending_membership_can_be_withdrawn(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        maple, ada, bob = build.school(uow), build.person(uow), build.person(uow, "Bob")
        waiting = build.membership(uow, maple, ada, Standing.PENDING)
        member = build.membership(uow, maple, bob)
        assert uow.members.withdraw(waiting.id)
        assert not uow.members.withdraw(waiting.id)
        assert not uow.members.withdraw(member.id)
        assert uow.members.of(maple.id, ada.id) is None
        assert uow.members.of(maple.id, bob.id) == member

    await store.run(unit)


async def test_a_role_is_given_once(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        maple, oak, ada = build.school(uow), build.school(uow, "Oak"), build.person(uow)
        for _ in range(2):
            uow.members.assign(ada.id, "Staff", maple.id, by=None, at=uow.now)
        uow.members.assign(ada.id, "Reporter", maple.id, by=ada.id, at=uow.now)
        assert uow.members.roles(maple.id, ada.id) == ["Reporter", "Staff"]
        assert uow.members.roles(oak.id, ada.id) == []

    await store.run(unit)


@pytest.mark.parametrize(
    ("change", "acts"),
    [
        ({}, True),
        ({"standing": Standing.PENDING}, False),
        ({"standing": Standing.REJECTED}, False),
        ({"access": Access.SUSPENDED}, False),
        ({"access": Access.DEACTIVATED}, False),
        ({"visibility": Visibility.ARCHIVED}, False),
    ],
)
async def test_roles_count_only_while_the_membership_is_active(
    store: Store, change: dict[str, str], *, acts: bool
) -> None:
    def unit(uow: UnitOfWork) -> None:
        maple, ada = build.school(uow), build.person(uow)
        made = Membership(build.fresh_id(), maple.id, ada.id, Standing.ACTIVE, uow.now)
        assert uow.members.add(replace(made, **change))  # type: ignore[arg-type]
        uow.members.assign(ada.id, "Staff", maple.id, by=None, at=uow.now)
        assert (Permission.MEMBER_READ in uow.members.rights(ada.id, maple).holds) is acts
        assert bool(uow.members.with_permission(maple.id, Permission.MEMBER_READ, 10)) is acts
        assert bool(uow.schools.of_person(ada.id)) is acts

    await store.run(unit)


async def test_rights_do_not_cross_schools_but_come_down_from_the_system(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        maple, oak = build.school(uow), build.school(uow, "Oak")
        ada, root, stranger = build.person(uow), build.person(uow, "Root"), build.person(uow, "Stranger")
        build.membership(uow, maple, ada)
        uow.members.assign(ada.id, "School Admin", maple.id, by=None, at=uow.now)
        uow.members.assign(root.id, "System Administrator", None, by=None, at=uow.now)
        assert uow.members.rights(ada.id, maple) == Rights.of(["School Admin"])
        for school in (oak, None):
            assert uow.members.rights(ada.id, school) == Rights()
        for place in (maple, oak, None):
            assert uow.members.rights(root.id, place) == Rights.of(["System Administrator"])
            assert uow.members.rights(stranger.id, place) == Rights()
        uow.members.assign(ada.id, "System Administrator", None, by=None, at=uow.now)
        assert uow.members.somebody_with("System Administrator") == min(ada.id, root.id)
        assert uow.members.somebody_with("District Admin") is None

    await store.run(unit)


async def test_people_who_may_do_something(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        maple = build.school(uow)
        people = [build.person(uow, f"P{number}") for number in range(4)]
        for one in people:
            build.membership(uow, maple, one)
        for one in people[1:]:
            uow.members.assign(one.id, "School Admin", maple.id, by=None, at=uow.now)
            uow.members.assign(one.id, "Staff", maple.id, by=None, at=uow.now)
        assert uow.members.with_permission(maple.id, Permission.MEMBER_READ, 10) == people[1:]
        assert uow.members.with_permission(maple.id, Permission.MEMBER_READ, 2) == people[1:3]
        assert uow.members.with_permission(maple.id, Permission.SYSTEM_MANAGE, 10) == []

    await store.run(unit)


def _pages(uow: UnitOfWork, school_id: str, size: int) -> list[Member]:
    found: list[Member] = []
    page: Sequence[Member] = uow.members.listed(PeopleFilter(school_id), after=None, limit=size)
    while page:
        assert page[0] not in found
        found += page
        page = uow.members.listed(PeopleFilter(school_id), after=page[-1].membership.id, limit=size)
    return found


@pytest.mark.parametrize("size", [1, 2, 3, 100])
async def test_pages_of_members_show_everyone_once_in_order(store: Store, size: int) -> None:
    def unit(uow: UnitOfWork) -> None:
        maple, oak = build.school(uow), build.school(uow, "Oak")
        for name in (*NAMES, "Twin", "Twin", "twin"):
            build.membership(uow, maple, build.person(uow, name))
        build.membership(uow, oak, build.person(uow, "Elsewhere"))
        whole = uow.members.listed(PeopleFilter(maple.id), after=None, limit=100)
        assert len(whole) == len(NAMES) + 3
        assert [fold_name(one.name) for one in whole] == sorted(fold_name(one.name) for one in whole)
        assert _pages(uow, maple.id, size) == list(whole)

    await store.run(unit)


async def test_a_page_after_a_member_of_another_school_shows_nothing_of_it(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        maple, oak = build.school(uow), build.school(uow, "Oak")
        build.membership(uow, maple, build.person(uow, "Ada"))
        foreign = build.membership(uow, oak, build.person(uow, "Zed"))
        listed = uow.members.listed(PeopleFilter(maple.id), after=foreign.id, limit=10)
        assert [one.name for one in listed] == ["Ada"]

    await store.run(unit)


@pytest.mark.parametrize("name", NAMES)
async def test_members_are_found_by_their_name_however_it_is_written(store: Store, name: str) -> None:
    def unit(uow: UnitOfWork) -> None:
        maple = build.school(uow)
        for one in NAMES:
            build.membership(uow, maple, build.person(uow, one))
        for typed in (name, name.upper(), name.lower(), name[1:4]):
            found = uow.members.listed(PeopleFilter(maple.id, text=typed), after=None, limit=100)
            expected = {one for one in NAMES if fold_name(typed) in fold_name(one)}
            assert {one.name for one in found} == expected, typed
        assert name in {
            one.name for one in uow.members.listed(PeopleFilter(maple.id, text=name), after=None, limit=9)
        }

    await store.run(unit)


@pytest.mark.parametrize(
    ("typed", "found"), [("%", 1), ("_", 1), ("\\", 1), ("%%", 0), ("__", 0), ("a%a", 0)]
)
async def test_signs_of_a_pattern_are_only_signs(store: Store, typed: str, found: int) -> None:
    def unit(uow: UnitOfWork) -> None:
        maple = build.school(uow)
        for one in ("a", "100%", "snake_case", "back\\slash", "aba"):
            build.membership(uow, maple, build.person(uow, one))
        assert len(uow.members.listed(PeopleFilter(maple.id, text=typed), after=None, limit=9)) == found

    await store.run(unit)


async def test_archived_members_are_not_listed_and_roles_are(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        maple, ada, old = build.school(uow), build.person(uow), build.person(uow, "Old")
        shown = build.membership(uow, maple, ada)
        gone = Membership(
            build.fresh_id(), maple.id, old.id, Standing.ACTIVE, uow.now, visibility=Visibility.ARCHIVED
        )
        assert uow.members.add(gone)
        for role in ("Staff", "Reporter"):
            uow.members.assign(ada.id, role, maple.id, by=None, at=uow.now)
        listed = uow.members.listed(PeopleFilter(maple.id), after=None, limit=9)
        assert list(listed) == [Member(shown, "Ada", ("Reporter", "Staff"))]

    await store.run(unit)
