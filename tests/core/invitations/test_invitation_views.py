"""Searching for invitations, and who sees their codes."""

from datetime import timedelta

import pytest

from bot.core.errors import NotFound, NotPermitted, RoleAboveCeiling
from bot.core.ids import grouped
from bot.core.invitations.addressees import Addressee, Grant
from bot.core.invitations.invitations import Invitation, InvitationFilter, InvitationState
from bot.core.invitations.views import (
    ManagedElsewhere,
    managed_elsewhere,
    may_see_all_codes,
    require_visible_code,
    search,
    with_visible_code,
)
from bot.core.people.members import Standing, grant
from bot.core.rights.actors import Actor
from bot.core.rights.custom_roles import CustomRole
from bot.core.rights.permissions import Permission
from bot.core.rights.roles import SCHOOL_ADMIN
from bot.core.schools.schools import School
from tests.core.place import Place
from tests.storage import build
from tests.world import START

LINK = "https://door.example.org/i/"


@pytest.fixture
def place() -> Place:
    return Place()


def test_a_whole_code_or_link_finds_the_one_that_it_opens_as_it_stands(place: Place) -> None:
    ada = place.person("ida")
    wanted = build.invitation(place.uow, place.school, ada, expires_at=START - timedelta(days=1))
    build.invitation(place.uow, place.school, ada)
    strange = build.invitation(place.uow, place.another_school("Oak"), ada)

    def found(text: str, state: InvitationState | None = None) -> list[str]:
        sought = InvitationFilter(text=text, state=state)
        return [one.id for one in search(place.uow, place.school_id, sought, limit=9)]

    for typed in (wanted.code.lower(), grouped(wanted.code), f"{LINK}{wanted.token}"):
        assert found(typed) == found(typed, InvitationState.EXPIRED) == [wanted.id]
        assert found(typed, InvitationState.SENT) == []
    for typed in (strange.code, f"{LINK}{strange.token}"):
        assert found(typed) == []


def _clerk(place: Place, name: str = "kim", *more: Permission) -> Actor:
    """Give a person the rights to see members and codes, and to give only what they have."""
    atoms = frozenset({Permission.MEMBER_READ, Permission.INVITATION_VIEW_SECRET, *more})
    assert place.uow.roles.add(CustomRole(f"role-{name}", place.school_id, f"As {name}", START, atoms))
    return place.member(name, f"As {name}")


def test_codes_are_seen_by_whoever_has_what_they_give(place: Place) -> None:
    """Otherwise they could redeem one with another account, and have more rights."""
    clerk, ada = _clerk(place), place.admin.known_person
    staff, admin = (
        build.invitation(place.uow, place.school, ada, role=of) for of in ("Staff", "School Admin")
    )
    both = [staff, admin]
    assert with_visible_code(place.uow, place.admin, place.school, both) == {staff.id, admin.id}
    assert with_visible_code(place.uow, clerk, place.school, both) == {staff.id}
    for blind in (place.member("leo", "Staff"), place.actor(None, "eve")):
        assert with_visible_code(place.uow, blind, place.school, both) == frozenset()
    assert [may_see_all_codes(place.uow, one, place.school) for one in (place.admin, clerk)] == [True, False]
    require_visible_code(place.uow, clerk, place.school, staff)
    with pytest.raises(RoleAboveCeiling) as refused:
        require_visible_code(place.uow, clerk, place.school, admin)
    assert (refused.value.role, refused.value.offered) == ("School Admin", ())
    giver = _clerk(place, "gil", Permission.ROLE_GRANT)
    with pytest.raises(RoleAboveCeiling) as refused:
        require_visible_code(place.uow, giver, place.school, admin)
    assert {"Staff", "Viewer"} <= set(refused.value.offered)
    with pytest.raises(NotPermitted):
        require_visible_code(place.uow, place.actor(None, "eve"), place.school, staff)


def test_only_those_who_have_all_its_roles_see_the_code_for_several_schools(place: Place) -> None:
    clerk, oak = _clerk(place), place.another_school("Oak")

    def seen(by: Actor, *grants: tuple[School, str]) -> bool:
        to = Addressee(place.person(build.fresh_id()).id, "Nia")
        made = build.invitation(place.uow, place.school, place.admin.known_person, to=to, role="Viewer")
        place.uow.addressed.grant(made.id, [Grant(school.id, role) for school, role in grants])
        return made.id in with_visible_code(place.uow, by, place.school, [made])

    assert seen(clerk, (place.school, "Staff"))
    assert not seen(clerk, (place.school, "Viewer"), (place.school, "Observer"))
    assert not seen(clerk, (place.school, "Staff"), (oak, "Staff")), "in Oak they are nobody"
    place.add_membership(clerk.known_person, of=oak)
    grant(place.uow, oak.id, clerk.known_person.id, SCHOOL_ADMIN.name, by=None)
    assert seen(clerk, (place.school, "Staff"), (oak, "School Admin"))
    assert not seen(clerk, (place.school, "School Admin"), (oak, "Staff"))
    assert seen(clerk, (place.school, "Staff"), (oak, "no role any more")), "that gives nothing"


def test_a_school_sees_who_comes_in_by_anothers_and_not_the_code(place: Place) -> None:
    """A list goes on behind any that it has shown, and behind no other."""
    oak, elm = place.another_school("Oak"), place.another_school("Elm")
    ada, nia = place.admin.known_person, place.person("nia")
    entry = build.membership(place.uow, place.school, nia, Standing.PENDING)

    def made(home: School, *grants: tuple[School, str], **settings: object) -> Invitation:
        to = Addressee(nia.id, "Nia", "nia@example.org", sent_at=START)
        one = build.invitation(place.uow, home, ada, to=to, role="Viewer", **settings)
        place.uow.addressed.grant(one.id, [Grant(school.id, role) for school, role in grants])
        return one

    def found(text: str = "", after: Invitation | None = None, limit: int = 9) -> list[ManagedElsewhere]:
        sought = InvitationFilter(text=text, after=after.id if after else None)
        return list(managed_elsewhere(place.uow, place.school_id, sought, limit=limit))

    early = made(oak, (oak, "Viewer"), (place.school, "Staff"), (place.school, "Observer"))
    over = START - timedelta(days=1)
    made(oak, (oak, "Viewer"), (place.school, "Staff"), expires_at=over)
    own = made(place.school, (place.school, "Viewer"), (oak, "Viewer"))
    late = made(elm, (elm, "Viewer"), (place.school, "Viewer"))
    strange = made(oak, (oak, "Viewer"), (elm, "Viewer"))
    assert found() == [
        ManagedElsewhere(late, elm, ("Viewer",), entry.id),
        ManagedElsewhere(early, oak, ("Observer", "Staff"), entry.id),
    ]
    assert found("nia@example.org") == found()
    assert found(early.code) == found(early.token) == []
    assert [one.invitation for one in found(limit=1)] == [late]
    for last in (late, own):
        assert [one.invitation for one in found(after=last)] == [early]
    with pytest.raises(NotFound):
        found(after=strange)
    del place.state.memberships[entry.id]
    assert {one.membership_id for one in found()} == {""}


def test_all_roles_without_the_right_show_no_code(place: Place) -> None:
    atoms = SCHOOL_ADMIN.holds - {Permission.INVITATION_VIEW_SECRET}
    role = CustomRole("r1", place.school_id, "Half", START, atoms, SCHOOL_ADMIN.reach)
    assert place.uow.roles.add(role)
    half = place.member("hal", "Half")
    made = build.invitation(place.uow, place.school, place.admin.known_person, role="Viewer")
    assert not may_see_all_codes(place.uow, half, place.school)
    assert with_visible_code(place.uow, half, place.school, [made]) == frozenset()
