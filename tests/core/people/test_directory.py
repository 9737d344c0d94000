"""Lists of people: who may see them, their pages, and how far they are counted."""

import pytest

from bot.core.errors import BadValue, NotFound, NotPermitted
from bot.core.people import directory
from bot.core.people.directory import Listing
from bot.core.people.members import Visibility
from bot.core.people.people_filter import PeopleFilter, Status
from bot.core.rights.actors import Actor
from bot.core.values import replace
from tests.core.place import Place, discord
from tests.world import START


@pytest.fixture
def place() -> Place:
    """A school of a district, with Ada, its admin, and three members; Oak Hill is another there."""
    one = Place()
    one.save(one.school, district_id="north")
    oak = one.another_school("Oak Hill", district_id="north")
    for name in ("ben", "cy", "di"):
        one.member(name)
    one.member("eli", of=oak)
    return one


def over_district(place: Place, name: str = "dora") -> Actor:
    """Give a person a role over the district."""
    person = place.person(name)
    place.state.assign(person.id, "north", "District Admin", by=None, at=START)
    return place.actor(person)


def page(
    place: Place, *, after: str | None = None, limit: int = 2, by: Actor | None = None, **wanted: str
) -> Listing:
    who = PeopleFilter(place.school.id, **wanted)  # type: ignore[arg-type]
    return directory.page(place.uow, by or place.admin, place.school, who, after=after, limit=limit)


def names(listing: Listing) -> list[str]:
    return [one.name for one in listing.found]


def test_each_page_goes_on_after_the_one_before(place: Place) -> None:
    first = page(place)
    assert (names(first), first.more, first.total, first.uncounted) == (["Ada", "Ben"], True, 4, False)
    last = page(place, after=first.found[-1].membership.id)
    assert (names(last), last.more, last.total) == (["Cy", "Di"], False, 4)
    assert (first.school, first.wanted) == (place.school, PeopleFilter(place.school.id))


def test_an_entry_shows_by_what_accounts_its_person_is_known_and_where(place: Place) -> None:
    ada = place.admin.known_person
    place.uow.accounts.link(discord("ada2"), ada.id, START)
    listing = page(place, limit=1)
    assert dict(listing.accounts) == {ada.id: ["discord", "discord"]}
    assert listing.schools == {place.school.id: "Maple Grove"}


def test_a_whole_district_is_listed_to_who_is_over_it(place: Place) -> None:
    listing = page(place, limit=9, by=over_district(place), district_id="north")
    assert sorted(names(listing)) == ["Ada", "Ben", "Cy", "Di", "Eli"]
    assert sorted(listing.schools.values()) == ["Maple Grove", "Oak Hill"]


@pytest.mark.parametrize(("most", "total", "uncounted"), [(5, 4, False), (4, 4, False), (3, 3, True)])
def test_what_is_beyond_a_number_is_not_counted(
    place: Place, monkeypatch: pytest.MonkeyPatch, most: int, total: int, *, uncounted: bool
) -> None:
    monkeypatch.setattr(directory, "MOST_LISTED", most)
    listing = page(place)
    assert (listing.total, listing.uncounted) == (total, uncounted)


def test_a_search_counts_less_far_than_a_list(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    counted: list[int | None] = []
    members = type(place.uow.members)
    count = members.count

    def noted(self: object, wanted: PeopleFilter, *, most: int | None = None) -> int:
        counted.append(most)
        return count(self, wanted, most=most)  # type: ignore[arg-type]

    monkeypatch.setattr(members, "count", noted)
    page(place)
    place.member("bea")
    page(place, limit=1, text="be")  # a page that holds all is not counted
    assert counted == [directory.MOST_LISTED + 1, directory.MOST_FOUND + 1]


def test_a_search_that_fits_on_a_page_counts_archived_matches(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("zea", "zed"):
        place.add_membership(place.person(name), visibility=Visibility.ARCHIVED)
    assert [page(place, text=one).archived for one in ("ze", "zea", "zo")] == [2, 1, 0]
    place.add_membership(place.person("zoe"))
    assert page(place, text="z").archived == 2, "beside Zoe, who may not be the one who is looked for"
    for name in ("zia", "zola", "zuri"):
        place.add_membership(place.person(name))
    assert page(place, text="z").archived == 0, "there are further pages"
    suspended = PeopleFilter(place.school.id, text="ze", status=Status.SUSPENDED)
    for others in (suspended, PeopleFilter(place.school.id, role="Observer")):
        found = directory.page(place.uow, place.admin, place.school, others, after=None, limit=2)
        assert (found.total, found.archived) == (0, 0), "nobody was searched for among all"
    monkeypatch.setattr(directory, "MOST_FOUND", 1)
    assert page(place, text="ze").archived == 1, "so far they are counted"


def test_who_may_see_which_people(place: Place) -> None:
    uow, school = place.uow, place.school
    here = PeopleFilter(school.id)
    directory.require(uow, place.member("sam", "Staff"), school, here)
    directory.require(uow, over_district(place), school, replace(here, district_id="north"))
    with pytest.raises(NotPermitted):
        directory.require(uow, place.member("vic"), school, here)
    with pytest.raises(NotPermitted):
        directory.require(uow, place.admin, school, replace(here, district_id="north"))


@pytest.mark.parametrize(
    ("wanted", "what"),
    [({"school_id": "another"}, "school"), ({"district_id": "south"}, "district")],
)
def test_a_filter_is_of_the_school_that_is_asked(place: Place, wanted: dict[str, str], what: str) -> None:
    elsewhere = replace(PeopleFilter(place.school.id), **wanted)  # type: ignore[arg-type]
    with pytest.raises(NotFound) as refused:
        directory.require(place.uow, over_district(place), place.school, elsewhere)
    assert refused.value.what == what


def test_a_filter_is_widened_to_the_schools_district(place: Place) -> None:
    here = PeopleFilter(place.school.id, text="b")
    assert directory.of_district(place.school, here) == replace(here, district_id="north")
    with pytest.raises(BadValue) as refused:
        directory.of_district(replace(place.school, district_id=None), here)
    told = ("view", "cannot be that: Maple Grove belongs to no district")
    assert (refused.value.option, refused.value.problem) == told


def test_the_school_of_an_entry_is_found_by_who_may_see_it(place: Place) -> None:
    membership = place.uow.members.of(place.school.id, place.admin.known_person.id)
    assert membership is not None
    staff = place.member("sam", "Staff")
    assert directory.school_of(place.uow, staff, membership.id) == place.school
    for actor, of in ((place.member("vic"), membership.id), (staff, "gone")):
        with pytest.raises(NotFound) as refused:
            directory.school_of(place.uow, actor, of)
        assert refused.value.what == "member"
