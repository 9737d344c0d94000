"""Which school a person means: one of the place, their own, or one that they are over."""

from contextlib import suppress

import pytest

from bot.chat.commands import Registry
from bot.chat.context import Context, Links, schools_of_actor
from bot.chat.text import plain
from bot.core.errors import NoSchoolHere, NotFound, SchoolUnclear
from bot.core.joining_errors import SchoolArchived
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import Actor
from bot.core.rights.roles import DISTRICT_ADMIN
from bot.core.schools import which_school
from bot.core.schools.districts import District
from bot.core.schools.schools import School
from bot.core.schools.which_school import known, meant, overseen
from tests.core.place import GUILD, OTHER, Place
from tests.world import START, system_admin

NORTH, SOUTH = (District(name.lower(), name, START) for name in ("North", "South"))
SYSTEM_ADMIN = system_admin(workspace="elsewhere")


@pytest.fixture
def place() -> Place:
    """Maple Grove in a guild; in the district North are Oak, Oak Hill and Elm, which is archived."""
    place = Place()
    place.uow.districts.add(NORTH)
    for name, settings in (("Oak", {}), ("Oak Hill", {}), ("Elm", {"archived_at": START})):
        place.another_school(name, district_id=NORTH.id, **settings)  # type: ignore[arg-type]
    return place


def _of(place: Place, name: str) -> School:
    return next(one for one in place.state.schools.values() if one.name == name)


def _head(place: Place) -> Actor:
    """Make Dora an admin of the district, who acts in a workspace without schools."""
    dora = place.person("dora")
    place.uow.districts.assign(dora.id, DISTRICT_ADMIN.name, NORTH.id, by=None, at=START)
    return place.actor(dora, key=OTHER)


def _names(schools: object) -> list[str]:
    return [one.name for one in schools]  # type: ignore[attr-defined]


def test_a_list_of_schools_is_read_back_though_a_name_has_a_comma(place: Place) -> None:
    head = _head(place)
    for name in ("Elm, North", "Fir; West", "Oak, Hill, No. 4"):
        place.another_school(name, district_id=NORTH.id)
    own = [_of(place, name) for name in ("Oak", "Elm, North", "Fir; West", "Oak, Hill, No. 4")]
    for wanted in (own, own[:1], own[1:2], own[2:3], own[3:], []):
        assert which_school.all_meant(place.uow, head, which_school.listed(wanted)) == wanted
    typed = "oak hill, Pine, north,, Oak"
    place.another_school("Pine, North", district_id=NORTH.id)
    assert _names(which_school.all_meant(place.uow, head, typed)) == ["Oak Hill", "Pine, North", "Oak"]
    place.another_school("Fig, North", district_id=NORTH.id)
    both = which_school.all_meant(place.uow, head, "Fig, North, Pine, North")
    assert _names(both) == ["Fig, North", "Pine, North"]
    with pytest.raises(NotFound):
        which_school.all_meant(place.uow, head, "Oak, Birch, Elm, North")
    for typed in ("Pine", "Oak, Pine, Birch"):
        with pytest.raises(SchoolUnclear) as unclear:
            which_school.all_meant(place.uow, head, typed)
        assert unclear.value.names == ("Pine, North",)
    place.another_school("Ash, Hill, No. 5", district_id=NORTH.id)
    assert _names(which_school.all_meant(place.uow, head, "ash, hill, no. 5, Oak")) == [
        "Ash, Hill, No. 5",
        "Oak",
    ]


def test_a_list_of_schools_reads_as_people_would_type_it(place: Place) -> None:
    oak, hill, elm, fir = (
        _of(place, "Oak"),
        _of(place, "Oak Hill"),
        place.another_school("Elm, North"),
        place.another_school("A; B"),
    )
    assert which_school.listed([oak, hill]) == "Oak, Oak Hill"
    assert which_school.listed([elm]) == "Elm, North;"
    assert which_school.listed([elm, oak]) == "Elm, North; Oak"
    assert which_school.listed([fir]) == fir.id


@pytest.mark.parametrize(
    ("typed", "most"),
    [
        ("x," * 500, 7),
        (",".join(f"{number}" for number in range(300)), 7),
        ("Oak, " * 200, 1),
        ("Oak, " * 200 + "x", 3),
    ],
)
def test_a_long_list_of_schools_costs_a_few_lookups(
    place: Place, monkeypatch: pytest.MonkeyPatch, typed: str, most: int
) -> None:
    """Each looks through all schools, and nobody else can write meanwhile."""
    looked_up: list[str] = []

    def counting(uow: UnitOfWork, actor: Actor, name: str) -> School:
        looked_up.append(name)
        return meant(uow, actor, name)

    monkeypatch.setattr(which_school, "meant", counting)
    with suppress(NotFound, SchoolUnclear):
        which_school.all_meant(place.uow, _head(place), typed)
    assert 0 < len(looked_up) <= most


def test_district_admins_name_schools_in_full_or_by_id(place: Place) -> None:
    oak = _of(place, "Oak")
    head = _head(place)
    for actor in (head, SYSTEM_ADMIN):
        for typed in ("Oak", "oAK", oak.id, oak.id.upper()):
            assert meant(place.uow, actor, typed) == oak
        for part, having in (("Oa", ("Oak", "Oak Hill")), ("Hill", ("Oak Hill",))):
            with pytest.raises(SchoolUnclear) as unclear:
                meant(place.uow, actor, part)
            assert (unclear.value.names, unclear.value.typed) == (having, part)
        with pytest.raises(NotFound) as refused:
            meant(place.uow, actor, "Birch")
        assert refused.value.what == "school"
    for far in ("Maple Grove", place.school_id):
        with pytest.raises(NotFound):
            meant(place.uow, head, far)


def test_an_archived_school_is_meant_where_no_other_is_called_so(place: Place) -> None:
    actor = _head(place)
    assert meant(place.uow, actor, "Elm") == _of(place, "Elm")
    place.uow.districts.add(SOUTH)
    young = place.another_school("elm", district_id=SOUTH.id)
    assert meant(place.uow, SYSTEM_ADMIN, "Elm") == young


def test_of_two_that_are_called_the_same_the_ids_are_offered(place: Place) -> None:
    place.uow.districts.add(SOUTH)
    twin = place.another_school("OAK", district_id=SOUTH.id)
    head = _head(place)
    assert meant(place.uow, head, "oak") == _of(place, "Oak")
    place.uow.districts.assign(head.person_id or "", DISTRICT_ADMIN.name, SOUTH.id, by=None, at=START)
    with pytest.raises(SchoolUnclear) as refused:
        meant(place.uow, head, "oak")
    assert set(refused.value.names) == {_of(place, "Oak").id, twin.id}
    assert refused.value.typed == "oak"


def test_of_two_near_that_are_called_the_same_none_is_taken_by_chance(place: Place) -> None:
    place.uow.districts.add(SOUTH)
    oak, twin = _of(place, "Oak"), place.another_school("Oak", district_id=SOUTH.id)
    nia = place.person("nia")
    for of in (oak, twin):
        place.add_membership(nia, of=of)
    actor = place.actor(nia, key=None)
    with pytest.raises(SchoolUnclear) as refused:
        meant(place.uow, actor, " OAK ")
    assert (set(refused.value.names), refused.value.typed) == ({oak.id, twin.id}, " OAK ")
    assert meant(place.uow, actor, twin.id) == twin
    with pytest.raises(SchoolUnclear) as refused:
        meant(place.uow, actor, "")
    assert set(refused.value.names) == {oak.id, twin.id}, "of two names nobody can choose one"
    place.link_workspace(twin, OTHER)
    assert meant(place.uow, place.actor(nia, key=OTHER), "oak") == twin, "where they are comes first"


def test_schools_of_one_name_are_offered_by_their_ids_and_districts(place: Place) -> None:
    place.uow.districts.add(SOUTH)
    oak, twin = _of(place, "Oak"), place.another_school("OAK", district_id=SOUTH.id)
    nia = place.person("nia")
    for of in (place.school, oak, twin):
        place.add_membership(nia, of=of)
    ctx = Context(place.uow, place.actor(nia, key=None), None, Registry([]), Links())
    offered = {
        (item.value, plain(item.label), plain(item.hint) if item.hint else "")
        for item in schools_of_actor(ctx, "")
    }
    assert offered == {
        ("Maple Grove", "Maple Grove", ""),
        (oak.id, "Oak", "North"),
        (twin.id, "OAK", "South"),
    }


def test_schools_that_somebody_is_over_are_searched_by_a_part_of_their_name(place: Place) -> None:
    head = _head(place)
    assert _names(overseen(place.uow, head, "oak", 9)) == ["Oak", "Oak Hill"]
    assert _names(overseen(place.uow, head, "oak", 1)) == ["Oak"]
    assert _names(overseen(place.uow, head, "oak", 9, whole=True)) == ["Oak"]
    assert _names(overseen(place.uow, head, "", 9, archived=None)) == ["Elm", "Oak", "Oak Hill"]
    assert _names(overseen(place.uow, head, "", 1, archived=True)) == ["Elm"], "none at work is in its place"
    assert _names(overseen(place.uow, SYSTEM_ADMIN, "", 9)) == ["Maple Grove", "Oak", "Oak Hill"]
    assert _names(overseen(place.uow, SYSTEM_ADMIN, "maple", 9, whole=True)) == []
    assert _names(overseen(place.uow, SYSTEM_ADMIN, "Elm", 9, archived=True)) == ["Elm"]
    for nobody in (place.admin, place.actor(None, "eve")):
        assert overseen(place.uow, nobody, "", 9) == []


def test_whoever_types_a_part_of_a_name_is_told_whose_it_is(place: Place) -> None:
    birch, nia = place.another_school("Birch Hill", GUILD), place.person("nia")
    with pytest.raises(SchoolUnclear) as refused:
        meant(place.uow, place.actor(nia), " birch")
    assert (refused.value.names, refused.value.typed) == ((birch.name,), "birch")
    with pytest.raises(SchoolUnclear) as refused:
        meant(place.uow, _head(place), "OAK h")
    assert refused.value.names == ("Oak Hill",)
    for nobody in (place.actor(nia), place.actor(nia, key=None)):
        with pytest.raises(NotFound):
            meant(place.uow, nobody, "Oak")


def test_without_a_name_the_one_school_that_somebody_is_over_is_meant(place: Place) -> None:
    head = _head(place)
    with pytest.raises(SchoolUnclear) as refused:
        meant(place.uow, head, "")
    assert refused.value.names == ("Oak", "Oak Hill")
    place.save(_of(place, "Oak Hill"), archived_at=START)
    assert meant(place.uow, head, "") == _of(place, "Oak")


def test_whoever_is_in_an_archived_school_is_told_so_and_others_learn_nothing_of_it(place: Place) -> None:
    elm, nia = _of(place, "Elm"), place.person("nia")
    place.add_membership(nia, of=elm)
    inside, outside = place.actor(nia, key=None), place.actor(place.person("zoe"), key=None)
    for typed in ("", "elm", elm.id):
        with pytest.raises(SchoolArchived) as refused:
            meant(place.uow, inside, typed)
        assert refused.value.school == elm
    with pytest.raises(SchoolArchived):
        known(place.uow, inside, elm.id, "request")
    with pytest.raises(NotFound):
        meant(place.uow, inside, "Oak")
    with pytest.raises(NoSchoolHere):
        meant(place.uow, outside, "")
    with pytest.raises(NotFound):
        meant(place.uow, outside, "elm")
    with pytest.raises(NotFound):
        known(place.uow, outside, elm.id, "request")


def test_in_a_shared_workspace_people_are_told_of_their_own_archived_school(place: Place) -> None:
    elm, nia = _of(place, "Elm"), place.person("nia")
    place.another_school("Birch", GUILD)
    place.add_membership(nia, of=elm)
    with pytest.raises(SchoolArchived) as refused:
        meant(place.uow, place.actor(nia), "")
    assert refused.value.school == elm
    assert meant(place.uow, place.actor(nia), "birch").name == "Birch", "they can still name another one"
    with pytest.raises(SchoolUnclear):
        meant(place.uow, place.actor(place.person("zoe")), "")
    place.uow.districts.assign(nia.id, DISTRICT_ADMIN.name, NORTH.id, by=None, at=START)
    with pytest.raises(SchoolUnclear):
        meant(place.uow, place.actor(nia), "")


def test_without_a_name_it_is_the_school_of_the_place_or_ones_own(place: Place) -> None:
    nia = place.person("nia")
    assert meant(place.uow, place.actor(nia), "") == place.school
    with pytest.raises(NoSchoolHere):
        meant(place.uow, place.actor(nia, key=None), "")
    elsewhere = place.another_school("Elsewhere")
    place.add_membership(nia, of=elsewhere)
    assert meant(place.uow, place.actor(nia, key=None), "") == elsewhere
    assert meant(place.uow, place.actor(nia), "") == place.school, "where they are comes first"
    assert meant(place.uow, place.actor(nia), "elsewhere") == elsewhere


def test_in_a_shared_workspace_ones_own_school_is_meant(place: Place) -> None:
    birch = place.another_school("Birch", GUILD)
    nia = place.person("nia")
    with pytest.raises(SchoolUnclear) as refused:
        meant(place.uow, place.actor(nia), "")
    assert refused.value.names == ("Birch", "Maple Grove")
    place.add_membership(nia, of=birch)
    assert meant(place.uow, place.actor(nia), "") == birch
    place.add_membership(nia)
    place.another_school("Ash", GUILD)
    with pytest.raises(SchoolUnclear) as refused:
        meant(place.uow, place.actor(nia), "")
    assert refused.value.names == ("Birch", "Maple Grove"), "and not what is no concern of theirs"
    with pytest.raises(SchoolUnclear) as refused:
        meant(place.uow, place.actor(nia, key=None), "")
    assert set(refused.value.names) == {"Birch", "Maple Grove"}, "of one's own, where no place says which"
    place.uow.districts.assign(nia.id, DISTRICT_ADMIN.name, NORTH.id, by=None, at=START)
    with pytest.raises(SchoolUnclear) as refused:
        meant(place.uow, place.actor(nia), "")
    assert refused.value.names == ("Ash", "Birch", "Maple Grove"), "whoever is over schools may mean any"


def test_of_very_many_schools_of_a_place_some_are_named(place: Place) -> None:
    for number in range(40):
        place.another_school(f"School {number}", GUILD)
    with pytest.raises(SchoolUnclear) as refused:
        meant(place.uow, place.actor(place.person("nia")), "")
    assert len(refused.value.names) == 25


def test_a_school_is_listed_once_around_somebody_who_is_in_it(place: Place) -> None:
    nia = place.person("nia")
    for of in (place.school, _of(place, "Oak")):
        place.add_membership(nia, of=of)
    assert _names(which_school.nearby(place.uow, place.actor(nia))) == ["Maple Grove", "Oak"]
    assert _names(which_school.nearby(place.uow, place.actor(None, "eve", key=None))) == []


def test_a_school_that_somebody_may_not_know_of_is_as_if_it_were_not_there(place: Place) -> None:
    oak, head = _of(place, "Oak"), _head(place)
    assert known(place.uow, place.admin, place.school_id, "request") == place.school
    for over in (head, SYSTEM_ADMIN):
        assert known(place.uow, over, oak.id, "request") == oak
    for actor, school_id in (
        (place.admin, oak.id),
        (place.actor(None, "eve"), oak.id),
        (head, place.school_id),
        (place.admin, "unknown"),
    ):
        with pytest.raises(NotFound) as refused:
            known(place.uow, actor, school_id, "request")
        assert refused.value.what == "request"
