"""The contract of every store for filters of people: lists, pages, ids and counts agree."""

from collections.abc import Callable, Sequence
from itertools import product

import pytest

from bot.core.invitations.addressees import Addressee, Grant
from bot.core.invitations.invitations import Redemption
from bot.core.people.members import Access, Member, Membership, Standing, Visibility
from bot.core.people.people import PersonDetails
from bot.core.people.people_filter import Invited, PeopleFilter, Status
from bot.core.ports import UnitOfWork
from bot.core.schools.districts import District
from bot.core.schools.schools import School
from bot.core.values import replace
from bot.storage.people import narrowing, searching
from tests.storage import build
from tests.storage.conftest import Store

_ALL = 1000


def _everyone(uow: UnitOfWork, name: str = "Maple", district_id: str | None = None) -> School:
    """Make one member in each possible state, half of them by an invitation; every third is Staff."""
    maple, admin = build.school(uow, name, district_id=district_id), build.person(uow, "Admin")
    invitation = build.invitation(uow, maple, admin)
    states = product(Standing, Access, Visibility, (False, True))
    for number, (standing, access, visibility, came) in enumerate(states):
        who = build.person(uow, f"Person {number:02}")
        made = Membership(build.fresh_id(), maple.id, who.id, standing, build.tick(), access, visibility)
        assert uow.members.add(made)
        if came:
            uow.invitations.add_redemption(Redemption(build.fresh_id(), invitation.id, who.id, uow.now))
        if number % 3 == 0:
            uow.members.assign(who.id, "Staff", maple.id, by=None, at=uow.now)
    return maple


def _all(uow: UnitOfWork, wanted: PeopleFilter) -> Sequence[Member]:
    return uow.members.listed(wanted, after=None, limit=_ALL)


def _ids(uow: UnitOfWork, wanted: PeopleFilter, after: str | None, limit: int) -> list[str]:
    return [one.membership.id for one in uow.members.listed(wanted, after=after, limit=limit)]


_MEANS: dict[Status | None, Callable[[Membership], bool]] = {
    None: lambda one: one.visibility is Visibility.LISTED,
    Status.ACTIVE: lambda one: one.active,
    Status.PENDING: lambda one: _listed(one) and one.standing is Standing.PENDING and _ok(one),
    Status.REJECTED: lambda one: _listed(one) and one.standing is Standing.REJECTED and _ok(one),
    Status.SUSPENDED: lambda one: _listed(one) and one.access is Access.SUSPENDED,
    Status.DEACTIVATED: lambda one: _listed(one) and one.access is Access.DEACTIVATED,
    Status.INACTIVE: lambda one: not _listed(one) or not _ok(one),
    Status.ARCHIVED: lambda one: not _listed(one),
}


def _listed(one: Membership) -> bool:
    return one.visibility is Visibility.LISTED


def _ok(one: Membership) -> bool:
    return one.access is Access.OK


@pytest.fixture(params=[narrowing.FEW, -1], ids=["few", "many"])
def texts(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Sequence[str]:
    """Run with both query plans: sorting the matches, and walking through the list."""
    monkeypatch.setattr(narrowing, "FEW", request.param)
    return ("", "person 1", "1") if request.param > 0 else ("", "1")


async def test_filters_combine(store: Store, texts: Sequence[str]) -> None:
    def unit(uow: UnitOfWork) -> None:
        maple = _everyone(uow)
        whole = _all(uow, PeopleFilter(maple.id, off_list=True))
        assert len(whole) == len(Standing) * len(Access) * len(Visibility) * 2
        kinds = {one.invited for one in whole}
        assert kinds == {Invited.NOT, Invited.PENDING, Invited.ACCEPTED}
        assert _all(uow, PeopleFilter(maple.id, role="Viewer")) == []
        for status, invited, role, text in product(_MEANS, (None, *kinds), (None, "Staff"), texts):
            wanted = PeopleFilter(maple.id, text=text, role=role, status=status, invited=invited)
            expected = [
                one
                for one in whole
                if _MEANS[status](one.membership)
                and invited in {None, one.invited}
                and role in {None, *one.roles}
                and all(word in one.name.casefold() for word in text.split())
            ]
            expected.sort(key=lambda one: not one.name.casefold().startswith(text))
            assert _all(uow, wanted) == expected, wanted
            assert uow.members.count(wanted) == len(expected)
            assert uow.members.count(wanted, most=2) == min(len(expected), 2)

    await store.run(unit)


async def test_they_come_in_pages(store: Store, texts: Sequence[str]) -> None:
    def unit(uow: UnitOfWork) -> None:
        maple = _everyone(uow)
        for text in texts:
            pages(uow, PeopleFilter(maple.id, status=Status.INACTIVE, role="Staff", text=text))

    def pages(uow: UnitOfWork, wanted: PeopleFilter) -> None:
        found: list[str] = []
        while page := _ids(uow, wanted, found[-1] if found else None, 4):
            assert len(page) <= 4
            found += page
        assert len(found) > 1
        assert found == [one.membership.id for one in _all(uow, wanted)]

    await store.run(unit)


async def test_whether_a_redemption_was_of_this_school(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        maple, oak, admin = build.school(uow), build.school(uow, "Oak"), build.person(uow, "Admin")
        nia = build.person(uow, "Nia")
        for place in (maple, oak):
            build.membership(uow, place, nia)
        elsewhere = build.invitation(uow, oak, admin)
        uow.invitations.add_redemption(Redemption(build.fresh_id(), elsewhere.id, nia.id, uow.now))
        assert [one.invited for one in _all(uow, PeopleFilter(maple.id))] == [Invited.NOT]
        assert [one.invited for one in _all(uow, PeopleFilter(oak.id))] == [Invited.ACCEPTED]

    await store.run(unit)


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("nia", True),
        ("OKAFOR", True),
        ("nia okafor", True),
        ("okafor nia", True),
        ("kafo", True),
        ("n.okafor@", True),
        ("N.OKAFOR@Example.org", True),
        ("example.org nia", True),
        ("strasse", True),
        ("nia bello", False),
        ("%", False),
    ],
)
async def test_people_are_found_by_name_and_email(store: Store, typed: str, *, found: bool) -> None:
    def unit(uow: UnitOfWork) -> None:
        maple = build.school(uow)
        nia, other = build.person(uow, "xx"), build.person(uow, "Bello")
        details = PersonDetails("Nia", "Okafor-Straße", email="n.okafor@example.org")
        assert uow.people.save_details(nia.id, details)
        for who in (nia, other):
            build.membership(uow, maple, who)
        expected = [details.full_name] if found else []
        assert [one.name for one in _all(uow, PeopleFilter(maple.id, text=typed))] == expected

    await store.run(unit)


async def test_whoever_begins_with_what_was_typed_comes_first(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        maple = build.school(uow)
        names = ("Berta Ann", "Anne Kim", "ann", "Joann Fox", "Anna Lee")
        own = {name: build.membership(uow, maple, build.person(uow, name)).id for name in names}
        wanted = PeopleFilter(maple.id, text="Ann")
        expected = [own[name] for name in ("ann", "Anna Lee", "Anne Kim", "Berta Ann", "Joann Fox")]
        assert _ids(uow, wanted, None, 9) == expected
        for place, last in enumerate(expected, 1):
            assert _ids(uow, wanted, last, 1) == expected[place : place + 1]

    await store.run(unit)


def _district(uow: UnitOfWork, name: str = "North") -> str:
    made = District(build.fresh_id(), name, uow.now)
    uow.districts.add(made)
    return made.id


async def test_a_district_is_its_schools_and_no_other(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        district = _district(uow)
        maple, oak = (build.school(uow, name, district_id=district) for name in ("Maple", "Oak"))
        foreign = build.school(uow, "Foreign", district_id=_district(uow, "South"))
        closed = build.school(uow, "Closed", district_id=district, archived_at=uow.now)
        nia, ada = build.person(uow, "Nia"), build.person(uow, "Ada")
        own = [build.membership(uow, place, who) for place, who in ((maple, nia), (oak, nia), (oak, ada))]
        other = build.membership(uow, foreign, ada)
        build.membership(uow, closed, ada)
        wanted = PeopleFilter(maple.id, district)
        expected = [own[2].id, own[0].id, own[1].id]
        assert _ids(uow, wanted, None, 9) == expected
        assert _ids(uow, wanted, expected[0], 9) == expected[1:]
        assert _ids(uow, wanted, other.id, 9) == expected
        assert uow.members.count(wanted) == 3
        assert uow.members.count(replace(wanted, district_id=None)) == 1
        assert uow.members.school_of(other.id) == foreign.id
        assert uow.members.school_of(build.fresh_id()) is None

    await store.run(unit)


async def test_a_list_of_a_district_is_those_of_its_schools_in_one_order(
    store: Store, texts: Sequence[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many of its members must be sorted before a page is full."""
    monkeypatch.setattr(searching, "STEPS", (4, 20))

    def unit(uow: UnitOfWork) -> None:
        district = _district(uow)
        places = [_everyone(uow, name, district) for name in ("Maple", "Oak")]
        _everyone(uow, "Foreign", _district(uow, "South"))
        for status, invited, role in product(
            (None, Status.ACTIVE, Status.INACTIVE), (None, Invited.ACCEPTED), (None, "Staff")
        ):
            wanted = PeopleFilter(places[0].id, district, role=role, status=status, invited=invited)
            in_schools = [
                one for of in places for one in _all(uow, replace(wanted, school_id=of.id, district_id=None))
            ]
            in_schools.sort(key=lambda one: (one.name, one.membership.id))
            expected = [one.membership.id for one in in_schools]
            assert [one.membership.id for one in _all(uow, wanted)] == expected
            pages = [_ids(uow, wanted, after, 9) for after in [None, *expected[8::9]]]
            assert [one for page in pages for one in page] == expected, wanted
            assert uow.members.count(wanted) == len(expected)

    await store.run(unit)


async def test_people_who_joined_by_another_schools_invitation_are_found_in_both(
    store: Store, texts: Sequence[str]
) -> None:
    def unit(uow: UnitOfWork) -> None:
        district = _district(uow)
        maple, oak = (build.school(uow, name, district_id=district) for name in ("Maple", "Oak"))
        admin, nia = build.person(uow, "Admin"), build.person(uow, "Nia")
        both = [build.membership(uow, place, nia).id for place in (maple, oak)]
        letter = build.invitation(
            uow, maple, admin, to=Addressee(nia.id, nia.name), uses_allowed=1, uses_taken=1
        )
        uow.addressed.grant(letter.id, [Grant(maple.id, "Viewer"), Grant(oak.id, "Viewer")])
        further = build.invitation(uow, maple, admin)
        for one in (letter, further):
            uow.invitations.add_redemption(Redemption(build.fresh_id(), one.id, nia.id, uow.now))
        wanted = PeopleFilter(maple.id, district, invited=Invited.ACCEPTED)
        assert _ids(uow, wanted, None, 9) == both
        assert uow.members.count(wanted) == 2
        for place, own in zip((maple, oak), both, strict=True):
            here = replace(wanted, school_id=place.id, district_id=None)
            assert _ids(uow, here, None, 9) == [own]
            assert uow.members.count(here) == 1

    await store.run(unit)
