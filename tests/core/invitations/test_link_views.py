"""What the holder of a link sees of its invitation: strangers the least, the addressee the most."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from bot.core.invitations import link_views
from bot.core.invitations.addressees import Addressee, Grant, Way
from bot.core.invitations.invitations import Invitation, InvitationState
from bot.core.invitations.link_views import AlreadyKnown, Ended, Open
from bot.core.people.members import Access, Standing
from bot.core.people.own_schools import CLOSED, INVITED, own_schools
from bot.core.requests import join_requests
from bot.core.rights.actors import Actor, Person, WorkspaceKey
from bot.core.schools.schools import Approval
from bot.core.values import replace
from tests.core.place import GUILD, OTHER, Place, discord
from tests.storage import build
from tests.world import START

DAY = timedelta(days=1)


@pytest.fixture
def place() -> Place:
    """A school in which invited people become members at once."""
    one = Place()
    one.save(one.school, approval=Approval.AUTOMATIC)
    return one


def invites(place: Place, **settings: object) -> Invitation:
    return build.invitation(place.uow, place.school, place.admin.known_person, **settings)


def for_nia(place: Place, *, sent: bool = True, **settings: object) -> Invitation:
    """Make an invitation for Nia's account."""
    nia = Person(build.fresh_id(), "Nia Okafor")
    place.uow.people.add_unlinked(nia)
    to = Addressee(nia.id, "Nia", account=discord("nia"), way=Way.DM, sent_at=START if sent else None)
    made = invites(place, to=to, **settings)
    place.uow.addressed.grant(made.id, [Grant(place.school.id, "Staff")])
    return made


def changed(place: Place, invitation: Invitation, **values: object) -> Invitation:
    after = replace(place.state.invitations[invitation.id], **values)  # type: ignore[arg-type]
    place.state.invitations[invitation.id] = after
    return after


def look(place: Place, invitation: Invitation, actor: Actor | None = None) -> object:
    return link_views.look(place.uow, invitation.token, actor)


NIA, EVE = "nia", "eve"


def stranger(place: Place, name: str) -> Actor:
    return place.actor(None, name)


def test_a_link_that_is_unknown_leads_nowhere(place: Place) -> None:
    assert link_views.look(place.uow, "unknown", place.admin) is None


def test_an_open_invitation_says_who_invites_and_to_what(place: Place) -> None:
    made = invites(place, role="Staff")
    seen = Open(made, ((place.school, "Staff"),), "Ada", theirs=True, waits=False)
    assert look(place, made) == look(place, made, stranger(place, EVE)) == seen
    assert seen.home == place.school
    school = place.save(place.school, approval=Approval.BY_REQUEST)
    assert look(place, made) == replace(seen, given=((school, "Staff"),), waits=True)


def is_archived(place: Place) -> None:
    place.save(place.school, archived_at=START)


def inviter_is_suspended(place: Place) -> None:
    membership = place.uow.members.of(place.school.id, place.admin.known_person.id)
    assert membership is not None
    place.state.memberships[membership.id] = replace(membership, access=Access.SUSPENDED)


@pytest.mark.parametrize(
    "change",
    [
        lambda place, made: changed(place, made, revoked_at=START),
        lambda place, made: changed(place, made, expires_at=START),
        lambda place, made: changed(place, made, role="No such role"),
        lambda place, _: is_archived(place),
        lambda place, _: inviter_is_suspended(place),
    ],
)
def test_what_lets_nobody_in_is_shown_to_nobody(
    place: Place, change: Callable[[Place, Invitation], object]
) -> None:
    made = invites(place)
    assert look(place, made) is not None
    change(place, made)
    assert look(place, made) is None
    assert look(place, made, stranger(place, EVE)) is None


def test_one_that_came_too_late_may_ask_where_the_school_lets_them(place: Place) -> None:
    made = invites(place, expires_at=START)
    school = place.save(place.school, late_codes=True)
    assert look(place, made) == Open(made, ((school, "Viewer"),), "Ada", theirs=True, waits=True, late=True)


def test_a_member_sees_how_they_stand_instead(place: Place) -> None:
    made, vic = invites(place), place.member("vic")
    (own,) = own_schools(place.uow, vic.person_id)
    assert look(place, made, vic) == AlreadyKnown(own, (own,))


def test_who_asked_sees_that_they_wait(place: Place) -> None:
    made, nia = invites(place), place.person("nia")
    place.save(place.school, approval=Approval.BY_REQUEST)
    request = join_requests.file(place.uow, place.actor(nia), nia, place.school, "Viewer")
    seen = look(place, made, place.actor(nia))
    assert isinstance(seen, AlreadyKnown)
    assert (seen.here.state, seen.here.request) == ("pending", request)


def test_strangers_see_an_invitation_for_another_until_it_has_ended(place: Place) -> None:
    made = for_nia(place)
    seen = Open(made, ((place.school, "Staff"),), "Ada", theirs=True, waits=False)
    assert look(place, made, stranger(place, NIA)) == seen
    assert look(place, made, stranger(place, EVE)) == look(place, made) == replace(seen, theirs=False)
    ended = changed(place, made, revoked_at=START)
    assert look(place, ended, stranger(place, NIA)) == Ended(InvitationState.REVOKED, place.school)
    assert look(place, ended) is None
    assert look(place, ended, stranger(place, EVE)) is None


def test_one_that_gives_nothing_any_more_is_shown_to_whom_it_is_for_alone(place: Place) -> None:
    made = for_nia(place)
    inviter_is_suspended(place)
    assert look(place, made, stranger(place, NIA)) == Ended(InvitationState.SENT, place.school)
    assert look(place, made, stranger(place, EVE)) is None
    assert look(place, made) is None


def test_it_waits_for_an_admin_only_if_every_school_asks(place: Place) -> None:
    made = for_nia(place)
    oak = place.another_school("Oak Hill")
    place.add_membership(place.admin.known_person, of=oak)
    place.uow.members.assign(place.admin.known_person.id, "School Admin", oak.id, by=None, at=START)
    place.uow.addressed.grant(made.id, [Grant(oak.id, "Viewer")])

    def waits() -> bool:
        seen = look(place, made, stranger(place, NIA))
        assert isinstance(seen, Open)
        return seen.waits

    assert not waits()
    place.save(place.school, approval=Approval.BY_REQUEST)
    assert waits()


def test_an_accepted_link_shows_ones_status_or_that_it_was_accepted(place: Place) -> None:
    made = changed(place, for_nia(place), uses_taken=1)
    assert made.to is not None
    nia = place.state.persons[made.to.person_id]
    place.uow.accounts.link(discord("nia"), nia.id, START)
    assert look(place, made, place.actor(nia)) == Ended(InvitationState.ACCEPTED, place.school)
    place.add_membership(nia)
    (own,) = own_schools(place.uow, nia.id)
    assert look(place, made, place.actor(nia)) == AlreadyKnown(own, (own,))
    declined = changed(place, made, uses_taken=0, to=replace(made.to, declined_at=START))
    assert look(place, declined, place.actor(nia)) == Ended(InvitationState.DECLINED, place.school)


def test_who_was_invited_and_has_not_answered_is_shown_the_invitation(place: Place) -> None:
    made = for_nia(place)
    assert made.to is not None
    nia = place.state.persons[made.to.person_id]
    place.add_membership(nia, Standing.PENDING)
    place.uow.accounts.link(discord("nia"), nia.id, START)
    (own,) = own_schools(place.uow, nia.id)
    assert own.state == INVITED
    assert isinstance(look(place, made, place.actor(nia)), Open)
    opened = invites(place)
    assert isinstance(look(place, opened, place.actor(nia)), Open)


@pytest.mark.parametrize(
    ("standing", "axes", "word"),
    [
        (Standing.ACTIVE, {}, "active"),
        (Standing.REJECTED, {}, "rejected"),
        (Standing.ACTIVE, {"access": Access.SUSPENDED}, "suspended"),
        (Standing.PENDING, {}, INVITED),
    ],
)
def test_the_one_word_for_how_somebody_stands(
    place: Place, standing: Standing, axes: dict[str, Any], word: str
) -> None:
    nia = place.person("nia")
    place.add_membership(nia, standing, **axes)
    (own,) = own_schools(place.uow, nia.id)
    assert own.state == word


def test_nobody_is_at_work_in_a_school_that_is_archived(place: Place) -> None:
    ann, bob = place.person("ann"), place.person("bob")
    place.add_membership(ann)
    place.add_membership(bob, access=Access.SUSPENDED)
    made = invites(place)
    is_archived(place)
    (seen,) = own_schools(place.uow, ann.id)
    assert seen.state == CLOSED
    assert look(place, made, place.actor(ann)) == AlreadyKnown(seen, (seen,))
    (seen,) = own_schools(place.uow, bob.id)
    assert seen.state == "suspended"


def test_ones_schools_are_listed_by_name_with_where_they_meet(place: Place) -> None:
    nia = place.member("nia", "Staff", "Reporter").known_person
    aspen, oak = place.another_school("aspen", OTHER), place.another_school("Oak Hill", OTHER)
    place.add_membership(nia, of=oak, access=Access.SUSPENDED)
    place.add_membership(nia, of=aspen)
    place.link_workspace(place.school, OTHER)

    def seen() -> list[tuple[str, tuple[str, ...], list[WorkspaceKey]]]:
        own = own_schools(place.uow, nia.id)
        return [(one.school.name, one.roles, [place.key for place in one.workspaces]) for one in own]

    maple = ("Maple Grove", ("Reporter", "Staff"))
    assert seen() == [("aspen", (), [OTHER]), (*maple, [GUILD, OTHER]), ("Oak Hill", (), [])]
    is_archived(place)
    assert seen()[1] == (*maple, [])
    assert own_schools(place.uow, None) == ()


def test_what_waits_for_somebody_is_listed_newest_first(place: Place) -> None:
    for_nia(place, sent=False)
    gone = for_nia(place)
    first, last = for_nia(place), for_nia(place)
    changed(place, gone, expires_at=START)
    nia = stranger(place, NIA)
    assert [one.invitation for one in link_views.waiting(place.uow, nia, 9)] == [last, first]
    assert [one.invitation for one in link_views.waiting(place.uow, nia, 1)] == [last]
    assert link_views.waiting(place.uow, stranger(place, EVE), 9) == ()
