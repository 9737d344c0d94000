"""Districts: who makes, renames, archives and restores them, who has roles over them, who finds them."""

import pytest

from bot.core.errors import (
    AboveYou,
    DistrictNotEmpty,
    DistrictUnclear,
    NameTaken,
    NameUnclear,
    NotFound,
    NothingToChange,
    NotPermitted,
    OwnMembership,
    RoleAboveCeiling,
)
from bot.core.rights.actors import Actor
from bot.core.schools import districts
from bot.core.schools.districts import District
from bot.core.values import replace
from tests.core.place import Place, discord
from tests.storage import build
from tests.world import START


@pytest.fixture
def place() -> Place:
    """An installation with two districts; Maple Grove belongs to North."""
    one = Place()
    for name in ("North", "South"):
        one.uow.districts.add(District(name.lower(), name, START))
    one.save(one.school, district_id="north")
    one.clear_outbox_and_log()
    return one


def root(place: Place) -> Actor:
    return place.system_admin(place.uow.people.by_account(discord("root")))


def over(place: Place, *of: str, name: str = "dora", role: str = "District Admin") -> Actor:
    """Give a person a role over districts."""
    who = place.uow.people.by_account(discord(name)) or place.person(name)
    for one in of:
        place.uow.districts.assign(who.id, role, one, by=None, at=START)
    return place.actor(who)


def north(place: Place) -> District:
    return place.state.districts["north"]


def test_a_district_is_made_by_who_rules_the_system(place: Place) -> None:
    with pytest.raises(NotPermitted):
        districts.create(place.uow, over(place, "north"), "West")
    made = districts.create(place.uow, root(place), "West")
    assert place.state.districts[made.id] == District(made.id, "West", START)
    assert place.logged() == [f"Root (discord) district.created district:{made.id} at - -> name=West"]
    with pytest.raises(NameTaken) as refused:
        districts.create(place.uow, root(place), "WEST")
    assert refused.value.name == "WEST"


def test_a_district_gets_another_name_that_no_other_has(place: Place) -> None:
    dora = over(place, "north")
    assert districts.edit(place.uow, dora, north(place), name="NORTH").name == "NORTH", (
        "its own in other letters"
    )
    with pytest.raises(NothingToChange) as same:
        districts.edit(place.uow, dora, north(place), name="NORTH")
    assert same.value.state == "NORTH"
    with pytest.raises(NameTaken):
        districts.edit(place.uow, dora, north(place), name="south")
    with pytest.raises(NotPermitted):
        districts.edit(place.uow, over(place, "south", name="sid"), north(place), name="East")
    assert north(place).name == "NORTH"
    assert place.logged() == ["Dora (discord) district.edited district:north at - name=North -> name=NORTH"]


def test_a_district_is_archived_once_its_schools_are_and_can_be_restored(place: Place) -> None:
    dora, before = over(place, "north"), north(place)
    with pytest.raises(DistrictNotEmpty) as refused:
        districts.archive(place.uow, dora, before)
    assert refused.value.name == "North"
    place.save(place.school, archived_at=START)
    assert districts.archive(place.uow, dora, before) == north(place) == replace(before, archived_at=START)
    with pytest.raises(NothingToChange) as archived:
        districts.archive(place.uow, dora, before)
    assert archived.value.state == "archived"
    with pytest.raises(NotFound) as gone:
        districts.lock_in_use(place.uow, dora, before)
    assert gone.value.what == "district"
    assert districts.restore(place.uow, dora, before) == north(place) == before
    with pytest.raises(NothingToChange) as in_use:
        districts.restore(place.uow, dora, before)
    assert in_use.value.state == "in use"
    districts.lock_in_use(place.uow, dora, before)
    assert place.logged() == [
        "Dora (discord) district.archived district:north at - -> state=archived",
        "Dora (discord) district.restored district:north at - state=archived",
    ]


def test_a_district_whose_name_was_taken_since_is_not_restored(place: Place) -> None:
    place.save(place.school, archived_at=START)
    districts.archive(place.uow, root(place), north(place))
    districts.create(place.uow, root(place), "north")
    with pytest.raises(NameTaken):
        districts.restore(place.uow, root(place), north(place))


def test_a_role_over_a_district_is_given_and_taken_once(place: Place) -> None:
    dora, nia = over(place, "north"), place.person("nia")
    for change, told in ((districts.grant, "District User"), (districts.take, "not District User")):
        assert change(place.uow, dora, north(place), nia.id, "district user").name == "District User"
        with pytest.raises(NothingToChange) as refused:
            change(place.uow, dora, north(place), nia.id, "District User")
        assert refused.value.state == told
    what = "role=District User, scope=district:north"
    assert place.logged() == [
        f"Dora (discord) role.granted person:Nia at - -> {what}",
        f"Dora (discord) role.taken person:Nia at - {what}",
    ]


def test_who_gave_a_role_is_kept(place: Place) -> None:
    dora, nia = over(place, "north"), place.person("nia")
    districts.grant(place.uow, dora, north(place), nia.id, "District User")
    given = next(one for what, one in place.state.given.items() if what.person == nia.id)
    assert (given.granted_by, given.granted_at) == (dora.person_id, START)


def test_nobody_changes_their_own_role_or_that_of_whom_is_above_them(place: Place) -> None:
    dora = over(place, "north")
    with pytest.raises(OwnMembership):
        districts.take(place.uow, dora, north(place), dora.known_person.id, "District Admin")
    build.person(place.uow, "Rex", discord("rex"))
    rex = place.uow.people.by_account(discord("rex"))
    assert rex is not None
    place.named_administrators = frozenset({"discord:rex"})
    with pytest.raises(AboveYou):
        districts.grant(place.uow, dora, north(place), rex.id, "District User")
    districts.grant(place.uow, root(place), north(place), rex.id, "District User")
    with pytest.raises(NotPermitted):
        districts.grant(
            place.uow, over(place, "north", name="uma", role="District User"), north(place), rex.id, "x"
        )


def test_of_two_who_rule_a_district_the_one_takes_from_the_other(place: Place) -> None:
    dora, dan = over(place, "north"), over(place, "north", name="dan")
    assert (
        districts.take(place.uow, dora, north(place), dan.known_person.id, "District Admin").name
        == "District Admin"
    )


@pytest.mark.parametrize("role", ["School Admin", "Staff", "System Administrator", "nothing"])
def test_what_is_no_role_of_districts_is_refused_with_those_that_may_be_given(
    place: Place, role: str
) -> None:
    for actor in (over(place, "north"), root(place)):
        with pytest.raises(RoleAboveCeiling) as refused:
            districts.grant(place.uow, actor, north(place), place.person(f"x-{actor.caller.name}").id, role)
        assert (refused.value.role, refused.value.offered) == (role, ("District Admin", "District User"))


def test_what_somebody_may_give_over_a_district(place: Place) -> None:
    def names(actor: Actor) -> list[str]:
        return [one.name for one in districts.grantable(place.uow, actor, north(place))]

    assert names(over(place, "north")) == names(root(place)) == ["District Admin", "District User"]
    assert names(over(place, "south", name="sid")) == names(place.admin) == []


def test_a_district_is_found_by_who_has_a_role_in_it(place: Place) -> None:
    dora = over(place, "north")
    for typed in ("", "North", " north ", "NORTH"):
        assert districts.find(place.uow, dora, typed) == north(place)
    for actor, typed in (
        (dora, "South"),
        (dora, "nothing"),
        (place.admin, ""),
        (place.admin, "North"),
        (place.actor(None, "eve"), ""),
        (place.actor(None, "eve"), "North"),
    ):
        with pytest.raises(NotFound) as refused:
            districts.find(place.uow, actor, typed)
        assert refused.value.what == "district"
    assert districts.find(place.uow, root(place), "South").id == "south"


def test_an_archived_district_is_found_by_its_name_by_who_restores_it(place: Place) -> None:
    place.save(place.school, archived_at=START)
    dora = over(place, "north")
    districts.edit(place.uow, dora, north(place), name="Far North")
    districts.archive(place.uow, dora, north(place))
    assert districts.find(place.uow, dora, "FAR  North", archived=True) == north(place)
    for actor, archived in ((dora, False), (place.admin, True)):
        with pytest.raises(NotFound):
            districts.find(place.uow, actor, "Far North", archived=archived)
    place.forward(days=1)
    young = districts.create(place.uow, root(place), "Far North")
    assert districts.find(place.uow, root(place), "Far North") == young
    assert districts.find(place.uow, root(place), "Far North", archived=True) == north(place)
    young = districts.archive(place.uow, root(place), young)
    assert districts.find(place.uow, root(place), "Far North", archived=True) == young, "the last one"
    assert districts.find(place.uow, dora, "Far North", archived=True) == north(place), "of one's own"


def test_a_name_is_found_however_its_words_are_apart(place: Place) -> None:
    place.uow.districts.save(replace(north(place), name="Far North"))
    assert districts.find(place.uow, root(place), "  far   NORTH ") == north(place)


def test_of_several_districts_one_must_be_named(place: Place) -> None:
    for actor in (over(place, "north", "south"), root(place)):
        with pytest.raises(DistrictUnclear) as refused:
            districts.find(place.uow, actor, "")
        assert refused.value.names == ("North", "South")
        assert districts.find(place.uow, actor, "south").id == "south"


def test_people_of_a_district_are_found_by_its_admins_and_all_by_who_rules_the_system(place: Place) -> None:
    dora, nia, far = over(place, "north"), place.member("nia").known_person, place.person("nina")
    assert list(districts.people(place.uow, dora, north(place), "ni", 9)) == [nia]
    assert list(districts.people(place.uow, root(place), north(place), "ni", 9)) == [nia, far]
    assert list(districts.people(place.uow, root(place), north(place), "ni", 1)) == [nia]
    for who, address in ((nia, "nia@example.org"), (far, "far@example.org")):
        known = place.uow.people.details(who.id)
        assert place.uow.people.save_details(who.id, replace(known, email=address))
    for typed in (" NIA ", nia.id.upper(), "Nia@example.org"):
        assert districts.person(place.uow, dora, north(place), typed) == nia
    assert districts.person(place.uow, root(place), north(place), "nina") == far
    for typed in ("nina", "ni", "far@example.org", "nobody@example.org"):
        with pytest.raises(NotFound) as refused:
            districts.person(place.uow, dora, north(place), typed)
        assert refused.value.what == "person"


def test_of_two_of_one_name_neither_is_meant(place: Place) -> None:
    dora = over(place, "north")
    first = place.member("nia").known_person
    twin = build.person(place.uow, "Nia", discord("nia2"))
    place.add_membership(twin)
    with pytest.raises(NameUnclear) as refused:
        districts.person(place.uow, dora, north(place), "nia")
    assert refused.value.name == "nia"
    assert first != twin


def test_who_has_which_role_in_a_district(place: Place) -> None:
    over(place, "north")
    found = [(one.person.name, one.role) for one in place.uow.districts.roles("north")]
    assert found == [("Dora", "District Admin")]
