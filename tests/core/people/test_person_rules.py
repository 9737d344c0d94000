"""Details of people, as rules in memory: who entered them, what is logged, whose an address is."""

from functools import partial

import pytest

from bot.core.errors import AboveYou, BadValue, EmailTaken, NotFound, NothingToChange
from bot.core.people import people
from bot.core.people.people import PersonDetails
from bot.core.people.people_filter import Invited, PeopleFilter, Status, unpack
from bot.core.schools.districts import District
from bot.core.values import replace
from tests.core.place import OTHER, Place
from tests.storage import build

NIA = PersonDetails("Nia", "Okafor", email="nia@example.org", zone="Asia/Tokyo", auto_finalize=True)


def test_whoever_adds_a_person_gives_their_roles_and_the_log_keeps_no_names() -> None:
    place = Place(named_administrators=frozenset({"discord:root"}))
    root = place.system_admin()
    place.clear_outbox_and_log()
    made = people.create(place.uow, root, place.school, NIA, ["Teacher", "Observer"])
    creator = place.uow.people.by_account(root.caller.account)
    person = place.uow.people.by_id(made.person_id)
    assert creator is not None
    assert person is not None
    assert (person.name, person.zone) == ("Nia Okafor", "Asia/Tokyo")
    assert place.uow.people.details(person.id) == NIA
    given = {
        one.what.role: one.granted_by for one in place.state.given.values() if one.what.person == person.id
    }
    assert given == {"Observer": creator.id, "Teacher": creator.id}
    (entry,) = [one for one in place.state.audit_entries if one.action == "person.created"]
    assert (entry.actor_id, entry.school_id, entry.subject) == (
        creator.id, place.school.id, f"person:{person.id}",
    )  # fmt: skip
    assert entry.new == {
        "roles": ["Observer", "Teacher"], "entered": ["first_name", "last_name", "email"],
        "zone": "Asia/Tokyo", "auto_finalize": True, "message_notifications": True,
    }  # fmt: skip


def test_without_roles_a_person_has_the_schools_default() -> None:
    place = Place()
    place.save(place.school, default_role="Staff")
    made = people.create(place.uow, place.admin, place.school, PersonDetails("Nia", "Okafor"))
    assert place.uow.members.roles(place.school.id, made.person_id) == ["Staff"]


def test_an_address_is_one_persons() -> None:
    place = Place()
    people.create(place.uow, place.admin, place.school, NIA)
    with pytest.raises(EmailTaken):
        people.create(place.uow, place.admin, place.school, replace(NIA, email="NIA@example.org"))


def test_of_an_edit_the_log_keeps_settings_and_that_the_rest_was_entered() -> None:
    place = Place()
    nia = people.create(place.uow, place.admin, place.school, NIA).person_id
    place.clear_outbox_and_log()
    edit = partial(people.edit, place.uow, place.admin, place.school, nia)
    after = edit({"zone": None, "message_notifications": False})
    assert after == replace(NIA, zone=None, message_notifications=False)
    edit({"last_name": "Eze", "zone": "UTC"})
    what = "Ada (discord) person.edited person:Nia Eze at Maple Grove"
    assert place.logged() == [
        f"{what} zone=Asia/Tokyo, message_notifications=True -> zone=None, message_notifications=False",
        f"{what} zone=None -> entered=['last_name'], zone=UTC",
    ]
    with pytest.raises(NothingToChange) as left:
        edit({"zone": "UTC"})
    assert left.value.state == "as you want it"


@pytest.mark.parametrize("name", ["first_name", "last_name"])
def test_one_name_alone_is_none(name: str) -> None:
    place = Place()
    nia = people.create(place.uow, place.admin, place.school, NIA).person_id
    with pytest.raises(BadValue) as wrong:
        people.edit(place.uow, place.admin, place.school, nia, {name: ""})
    assert (wrong.value.option, wrong.value.problem) == (name, "is missing")
    nameless = {"first_name": "", "last_name": ""}
    assert people.edit(place.uow, place.admin, place.school, nia, nameless).full_name == ""


def test_only_members_are_edited() -> None:
    place = Place()
    with pytest.raises(NotFound) as unknown:
        people.edit(place.uow, place.admin, place.school, place.person("zoe").id, {"zone": "UTC"})
    assert unknown.value.what == "member"


def test_an_address_is_set_by_who_edits_a_person_in_each_of_their_schools() -> None:
    place = Place()
    oak = place.another_school("Oak", OTHER)
    nia = place.member("nia")
    place.add_membership(nia.known_person, of=oak)
    edit = partial(people.edit, place.uow, place.admin, place.school, nia.known_person.id)
    with pytest.raises(AboveYou):
        edit({"email": "nia@example.org"})
    assert edit({"educator_id": "007"}).educator_id == "007"
    place.add_membership(place.admin.known_person, of=oak)
    place.uow.members.assign(
        place.admin.known_person.id, "School Admin", oak.id, by=None, at=place.clock.now()
    )
    assert edit({"email": "nia@example.org"}).email == "nia@example.org"


def test_people_with_district_roles_are_edited_by_the_districts_admins() -> None:
    place = Place()
    north = District(build.fresh_id(), "North", place.clock.now())
    place.uow.districts.add(north)
    place.save(place.school, district_id=north.id)
    dora, nia = place.person("dora"), place.member("nia").known_person
    for who, role in ((dora, "District Admin"), (nia, "District User")):
        place.uow.districts.assign(who.id, role, north.id, by=None, at=place.clock.now())
    assert people.edit(place.uow, place.actor(dora), place.school, nia.id, {"zone": "UTC"}).zone == "UTC"
    elsewhere = District(build.fresh_id(), "South", place.clock.now())
    place.uow.districts.add(elsewhere)
    place.uow.districts.assign(nia.id, "District User", elsewhere.id, by=None, at=place.clock.now())
    with pytest.raises(AboveYou):
        people.edit(place.uow, place.actor(dora), place.school, nia.id, {"zone": None})


# Which people: filters as buttons carry them.


@pytest.mark.parametrize("packed", ["", "-", "--", "x?s\nnia", "?-s\n", "a-x\n", "-n\n", "--S\n"])
def test_what_is_no_filter_means_nobody(packed: str) -> None:
    assert unpack(packed, "maple", None) is None


def test_a_filter_is_packed_by_letters_that_live_as_long_as_messages() -> None:
    came = PeopleFilter("maple", "north", "nia", "Staff", Status.SUSPENDED, Invited.SENT, came_by="i1")
    assert came.pack() == "ssdStaff\nnia\ni1"
    assert unpack("ssdStaff\nnia\ni1", "maple", "north") == came
    assert PeopleFilter("maple").pack() == "--s\n"
    assert unpack("--d", "maple", None) == PeopleFilter("maple")


@pytest.mark.parametrize(
    ("wanted", "narrowed"),
    [
        (PeopleFilter("maple"), False),
        (PeopleFilter("maple", "north", off_list=True), False),
        (PeopleFilter("maple", text="nia"), True),
        (PeopleFilter("maple", role="Staff"), True),
        (PeopleFilter("maple", status=Status.ACTIVE), True),
        (PeopleFilter("maple", invited=Invited.NOT), True),
        (PeopleFilter("maple", came_by="i1"), True),
    ],
)
def test_whether_anything_but_the_place_is_asked_for(wanted: PeopleFilter, *, narrowed: bool) -> None:
    assert wanted.narrowed is narrowed


def test_parts_of_a_search_are_found_without_regard_to_case() -> None:
    assert PeopleFilter("maple", text=" Nia  OKAFOR").words == ("nia", "okafor")
