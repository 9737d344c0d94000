"""A person's schools, as far as the actor has rights there; what bars them is told first."""

import pytest

from bot.core.errors import NotFound
from bot.core.people import members, person_schools
from bot.core.people.members import Standing
from bot.core.people.people import PersonDetails
from bot.core.ports import UnitOfWork
from bot.core.rights.permissions import Permission
from bot.core.rights.roles import SCHOOL_ADMIN
from bot.core.schools.schools import School
from bot.core.values import replace
from tests.core.door import Door, as_, heard, maple
from tests.core.invited import ADA
from tests.core.place import Place
from tests.world import START, system_admin

# They are the rules' own; what the databases do is in tests/storage.
fake = pytest.mark.parametrize("door", ["fake"], indirect=True)
ADD = '/member edit nia school:"Maple Grove" schools:"Maple Grove, Oak"'


async def _oak(door: Door) -> None:
    """Make Nia a member of Maple Grove, too."""
    await maple(door)
    await door.says("nia", f"/join {await door.code()}")
    await door.says(ADA, '/school create Oak approval:"by request"')


async def _asks(door: Door) -> None:
    await door.says(ADA, "/invite create school:Oak")
    (oak,) = await door.invitations_of("Oak")
    await door.says("nia", f"/join {oak.code}")


@fake
async def test_applicants_are_not_added_past_their_request(door: Door) -> None:
    await _oak(door)
    await _asks(door)
    told = await door.says(ADA, ADD)
    assert told.refused
    assert "Nia is pending at Oak" in heard(told)


@fake
async def test_rejected_people_are_not_added(door: Door) -> None:
    await _oak(door)
    await _asks(door)
    (request,) = await door.requests_of("Oak")
    await door.clicks(ADA, "request reject", request=request.id)
    told = await door.says(ADA, ADD)
    assert told.refused
    assert "Nia is rejected at Oak" in heard(told)


@fake
async def test_people_switched_off_by_the_district_are_not_added(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _oak(door)

    def off(uow: UnitOfWork) -> None:
        nia = as_(uow, "nia")
        monkeypatch.setattr(type(uow.scim_users), "barred", lambda _, __, who: who == nia.person_id)

    await door.database.read(off)
    told = await door.says(ADA, ADD)
    assert told.refused
    assert "Nia is deactivated at Oak" in heard(told)


@fake
async def test_nobody_is_added_to_a_school_that_is_archived_meanwhile(door: Door) -> None:
    await _oak(door)
    await door.says("root", "/school archive school:Oak")
    root = system_admin()

    def unit(uow: UnitOfWork) -> None:
        (oak,) = uow.schools.overseen(None, "oak", 9, archived=True)
        nia = as_(uow, "nia")
        assert nia.person_id
        with pytest.raises(NotFound):
            person_schools.set_schools(uow, root, nia.person_id, [oak])

    await door.database.run(unit)


@pytest.fixture
def place() -> Place:
    """Three schools; Ada is an admin of Maple Grove and Oak, but not of Elm."""
    place = Place()
    oak = place.another_school("Oak")
    place.another_school("Elm")
    place.add_membership(place.admin.known_person, of=oak)
    members.grant(place.uow, oak.id, place.admin.known_person.id, SCHOOL_ADMIN.name, by=None)
    return place


def _of(place: Place, name: str) -> School:
    return next(one for one in place.state.schools.values() if one.name == name)


def _roles(place: Place, name: str, person_id: str) -> tuple[str, ...] | None:
    """Return a person's roles at a school; None if they are no active member of it."""
    school = _of(place, name)
    found = place.uow.members.of(school.id, person_id)
    member = place.uow.members.by_id(school.id, found.id) if found and found.active else None
    return member.roles if member else None


def test_somebody_new_has_the_same_roles_in_each_school(place: Place) -> None:
    schools = [_of(place, "Oak"), place.school]
    made = person_schools.create(
        place.uow, place.admin, schools, PersonDetails("Nia", last_name="Okafor"), ["staff"]
    )
    assert made.school_id == schools[0].id
    for name in ("Oak", "Maple Grove"):
        assert _roles(place, name, made.person_id) == ("Staff",)


def test_the_schools_are_listed_that_somebody_is_in_and_where_the_actor_decides(place: Place) -> None:
    nia, dora = place.person("nia"), replace(place.admin, is_system_administrator=True)
    place.another_school("Pine", archived_at=START)
    for name in ("Maple Grove", "Elm", "Pine"):
        place.add_membership(nia, of=_of(place, name))
    place.add_membership(nia, Standing.PENDING, of=_of(place, "Oak"))
    for actor, names in ((place.admin, ["Maple Grove"]), (dora, ["Elm", "Maple Grove"])):
        found = person_schools.schools_of(place.uow, actor, nia.id, Permission.MEMBER_READ)
        assert [one.name for one in found] == names


def test_somebody_is_moved_between_the_schools_where_the_actor_decides_and_stays_in_others(
    place: Place,
) -> None:
    nia = place.member("nia").known_person
    place.add_membership(nia, of=_of(place, "Elm"))

    def moved(*names: str) -> bool:
        return person_schools.set_schools(place.uow, place.admin, nia.id, [_of(place, one) for one in names])

    def where() -> set[str]:
        return {name for name in ("Maple Grove", "Oak", "Elm") if _roles(place, name, nia.id) is not None}

    assert moved("Maple Grove", "Oak"), "they only come into one"
    assert where() == {"Maple Grove", "Oak", "Elm"}
    assert not moved("Oak", "Maple Grove")
    assert moved("Oak"), "they only leave one"
    assert where() == {"Oak", "Elm"}
