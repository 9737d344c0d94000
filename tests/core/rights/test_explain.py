"""Why a person may do something or not: what allows it, what would allow it, what prevents it."""

import pytest

from bot.cards.people import account as cards
from bot.chat.replies import Reply
from bot.core.people.members import Access, Assignment, Standing
from bot.core.rights import explain
from bot.core.rights.custom_roles import CustomRole
from bot.core.rights.explain import Explanation, Obstacle
from bot.core.rights.permissions import Permission
from bot.core.rights.roles import ScopeKind
from bot.core.schools.system import SystemSettings, WhoMayInvite
from bot.core.values import replace
from tests.core.door import heard
from tests.core.place import Place, discord
from tests.world import START

INVITES, READS = Permission.INVITATION_CREATE, Permission.MEMBER_READ
AS_STAFF = Assignment("Staff", ScopeKind.SCHOOL)
OVER_ALL = Assignment("District Admin", ScopeKind.DISTRICT)


@pytest.fixture
def place() -> Place:
    return Place()


def why(place: Place, name: str, permission: Permission = READS) -> Explanation:
    person = place.uow.people.by_account(discord(name))
    assert person is not None
    answer = explain.why(place.uow, place.school, person.id, permission)
    assert answer.permission is permission
    assert answer.membership == place.uow.members.of(place.school.id, person.id)
    return answer


def found(answer: Explanation) -> tuple[bool, tuple[Assignment, ...], Obstacle]:
    through = tuple(Assignment(one.role, one.scope) for one in answer.through)
    return answer.allowed, through, answer.obstacle


def in_a_district(place: Place, name: str) -> None:
    """Put the school into a district, and give a person a role over it."""
    place.save(place.school, district_id="north")
    person = place.uow.people.by_account(discord(name)) or place.person(name)
    place.state.assign(person.id, "north", "District Admin", by=None, at=START)


def stands(place: Place, name: str, **axes: object) -> None:
    """Change a membership; without changes, remove it."""
    person = place.uow.people.by_account(discord(name))
    assert person is not None
    membership = place.uow.members.of(place.school.id, person.id)
    assert membership is not None
    del place.state.memberships[membership.id]
    if axes:
        place.state.memberships[membership.id] = replace(membership, **axes)  # type: ignore[arg-type]


def test_a_member_may_through_their_role(place: Place) -> None:
    place.member("sam", "Staff", "Reporter")
    assert found(why(place, "sam")) == (True, (AS_STAFF,), Obstacle.MEMBERSHIP)


def test_who_has_no_role_that_allows_it_may_not(place: Place) -> None:
    place.member("vic")
    assert found(why(place, "vic")) == (False, (), Obstacle.MEMBERSHIP)


def test_a_role_of_the_schools_own_counts(place: Place) -> None:
    desk = CustomRole("1", place.school.id, "Front Desk", START, frozenset({READS}))
    assert place.uow.roles.add(desk)
    place.member("dee", "Front Desk")
    answer = why(place, "dee")
    assert found(answer) == (True, (Assignment("Front Desk", ScopeKind.SCHOOL),), Obstacle.MEMBERSHIP)
    assert "Front Desk" in answer.holders
    assert "Front Desk" not in why(place, "dee", INVITES).holders


def test_a_right_to_let_people_in_is_unusable_without_the_right_to_give_roles(place: Place) -> None:
    inviting, granting = frozenset({READS, INVITES}), frozenset({Permission.ROLE_GRANT})
    for number, (name, holds) in enumerate({"Desk": inviting, "Head Desk": inviting | granting}.items()):
        assert place.uow.roles.add(CustomRole(str(number), place.school.id, name, START, holds))
    place.member("dee", "Desk")
    place.member("hal", "Head Desk")
    place.member("sam", "Staff")
    asked = ("dee", INVITES), ("dee", READS), ("hal", INVITES), ("sam", INVITES)
    assert [why(place, *one).unusable for one in asked] == [True, False, False, False]


@pytest.mark.parametrize("axes", [{"access": Access.SUSPENDED}, {"standing": Standing.PENDING}, {}])
def test_a_role_that_would_allow_it_is_named_where_the_membership_is_in_the_way(
    place: Place, axes: dict[str, object]
) -> None:
    place.member("sam", "Staff")
    stands(place, "sam", **axes)
    assert found(why(place, "sam")) == (False, (AS_STAFF,), Obstacle.MEMBERSHIP)


def test_a_role_over_the_district_needs_no_membership(place: Place) -> None:
    in_a_district(place, "dora")
    assert found(why(place, "dora")) == (True, (OVER_ALL,), Obstacle.MEMBERSHIP)


def test_of_two_roles_the_one_that_works_is_named(place: Place) -> None:
    place.member("sam", "Staff")
    in_a_district(place, "sam")
    assert found(why(place, "sam")) == (True, (OVER_ALL, AS_STAFF), Obstacle.MEMBERSHIP)
    stands(place, "sam", access=Access.DEACTIVATED)
    assert found(why(place, "sam")) == (True, (OVER_ALL,), Obstacle.MEMBERSHIP)


def test_in_an_archived_school_only_those_above_may(place: Place) -> None:
    place.member("sam", "Staff")
    in_a_district(place, "dora")
    place.save(place.school, archived_at=START)
    assert found(why(place, "sam")) == (False, (AS_STAFF,), Obstacle.ARCHIVED)
    assert found(why(place, "dora")) == (True, (OVER_ALL,), Obstacle.ARCHIVED)


def test_an_invite_right_blocked_by_the_system_is_explained(place: Place) -> None:
    place.uow.system.save(SystemSettings(who_may_invite=WhoMayInvite.DISTRICT_ADMINS))
    answer = why(place, "ada", INVITES)
    assert found(answer) == (False, (Assignment("School Admin", ScopeKind.SCHOOL),), Obstacle.SYSTEM)
    assert "District Admin" in answer.holders
    assert "School Admin" not in answer.holders
    stands(place, "ada", access=Access.SUSPENDED)
    assert why(place, "ada", INVITES).obstacle is Obstacle.MEMBERSHIP


def test_people_named_in_the_settings_may_do_all(place: Place) -> None:
    place.member("root", "Staff")
    stands(place, "root", access=Access.SUSPENDED)
    place.named_administrators = frozenset({"discord:root"})
    assert found(why(place, "root")) == (True, (), Obstacle.MEMBERSHIP)
    told = heard(Reply(cards.why("Root", place.school, why(place, "root"))))
    assert "The operator's settings name them as System Administrator." in told
