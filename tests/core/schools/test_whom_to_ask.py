"""Whom the people of a school can ask, and who may know."""

import pytest

from bot.core.errors import NotFound
from bot.core.joining_errors import MembershipBarred, NotAMember, SchoolArchived
from bot.core.people.members import Access, Standing
from bot.core.rights.roles import DISTRICT_ADMIN, SCHOOL_ADMIN, SYSTEM_ADMINISTRATOR
from bot.core.schools.districts import District
from bot.core.schools.whom_to_ask import whom_to_ask
from tests.core.place import Place


@pytest.fixture
def place() -> Place:
    return Place()


def test_a_member_is_told_the_primary_admin_and_the_others_who_decide(place: Place) -> None:
    place.member("mia", SCHOOL_ADMIN.name)
    asked = whom_to_ask(place.uow, place.member("leo"), place.school)
    assert asked.primary is not None
    assert (asked.primary.name, [one.name for one in asked.deciding], asked.more) == ("Ada", ["Mia"], False)


def test_a_school_without_a_primary_admin_names_who_decides(place: Place) -> None:
    leo = place.member("leo")
    school = place.save(place.school, primary_admin_id=None)
    asked = whom_to_ask(place.uow, leo, school)
    assert (asked.primary, [one.name for one in asked.deciding]) == (None, ["Ada"])


def test_whoever_rules_from_above_is_told_too(place: Place) -> None:
    ruler = place.person("root")
    place.uow.members.assign(ruler.id, SYSTEM_ADMINISTRATOR.name, None, by=None, at=place.clock.now())
    assert whom_to_ask(place.uow, place.actor(ruler), place.school).primary is not None
    place.uow.districts.add(District("north", "North", place.clock.now()))
    school, head = place.save(place.school, district_id="north"), place.person("dora")
    place.uow.districts.assign(head.id, DISTRICT_ADMIN.name, "north", by=None, at=place.clock.now())
    assert whom_to_ask(place.uow, place.actor(head), school).primary is not None


@pytest.mark.parametrize("others", [9, 10, 11])
def test_ten_are_named_beside_the_primary_admin(place: Place, others: int) -> None:
    for number in range(others):
        place.member(f"n{number}", SCHOOL_ADMIN.name)
    asked = whom_to_ask(place.uow, place.admin, place.school)
    assert (len(asked.deciding), asked.more) == (min(others, 10), others == 11)
    headless = place.save(place.school, primary_admin_id=None)
    asked = whom_to_ask(place.uow, place.admin, headless)
    assert (len(asked.deciding), asked.more) == (10, others > 9), "Ada is now one of them"


def test_whoever_is_only_in_an_archived_school_is_told_that_instead(place: Place) -> None:
    shut, nia = place.another_school("Shut", archived_at=place.clock.now()), place.person("nia")
    place.add_membership(nia, of=shut)
    with pytest.raises(SchoolArchived) as refused:
        whom_to_ask(place.uow, place.actor(nia), place.school)
    assert refused.value.school == shut
    place.add_membership(nia, of=place.another_school("Open"))
    with pytest.raises(NotFound):
        whom_to_ask(place.uow, place.actor(nia), place.school)


def test_who_waits_learns_that_they_are_not_in_yet(place: Place) -> None:
    who = place.person("nia")
    place.add_membership(who, Standing.PENDING)
    with pytest.raises(NotAMember) as refused:
        whom_to_ask(place.uow, place.actor(who), place.school)
    assert refused.value.school == place.school


def test_who_is_kept_out_learns_why(place: Place) -> None:
    who = place.person("nia")
    place.add_membership(who, access=Access.SUSPENDED)
    with pytest.raises(MembershipBarred) as refused:
        whom_to_ask(place.uow, place.actor(who), place.school)
    assert refused.value.membership.barred_as == "suspended"


def test_strangers_learn_nothing(place: Place) -> None:
    for stranger in (place.actor(place.person("eve")), place.actor(None, "nobody")):
        with pytest.raises(NotFound) as refused:
            whom_to_ask(place.uow, stranger, place.school)
        assert refused.value.what == "school"
