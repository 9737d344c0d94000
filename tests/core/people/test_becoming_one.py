"""What merging two persons does, and what is logged: the rules in memory."""

from datetime import timedelta

import pytest

from bot.core.messages import opting_out
from bot.core.people import accounts, merging
from bot.core.people.holdings import RecordKind
from bot.core.people.members import Access, Membership, Standing, Visibility
from bot.core.people.merging import MergePlan, combined
from bot.core.people.people import PersonDetails
from bot.core.rights.actors import Person
from bot.core.values import replace
from tests.core.place import Place, discord
from tests.storage import build
from tests.world import START

WHOLE = PersonDetails(
    first_name="Nia",
    last_name="Okafor",
    middle_initial="B",
    educator_id="007",
    email="nia@example.org",
    zone="Europe/Paris",
    auto_finalize=True,
    message_notifications=False,
    content_areas="Art",
    grade_levels="5",
)
OTHER = PersonDetails(
    first_name="Nina",
    last_name="Obi",
    middle_initial="C",
    educator_id="008",
    email="nina@example.org",
    zone="UTC",
    content_areas="Music",
    grade_levels="6",
)


def merged(place: Place, source: Person, target: Person) -> MergePlan:
    plan = merging.plan(place.uow, source, target)
    merging.apply(place.uow, place.actor(target), plan)
    return plan


def knows(place: Place, who: Person, details: PersonDetails) -> None:
    assert place.uow.people.save_details(who.id, details)


@pytest.mark.parametrize("unsubscribes", [True, False])
def test_only_whoever_turned_messages_off_themselves_stays_without_them(*, unsubscribes: bool) -> None:
    """An admin adds people, also with messages off, and must not turn them off for somebody else's member."""
    place = Place()
    added, target = Person("01" + "n" * 24, "Nina"), place.person("nia")
    place.uow.people.add_unlinked(added)
    if unsubscribes:
        assert opting_out.by_link(place.uow, place.uow.broadcasts.stop_token(added.id))
    else:
        knows(place, added, PersonDetails(message_notifications=False))
    merged(place, added, target)
    assert place.uow.people.details(target.id).message_notifications is not unsubscribes


@pytest.mark.parametrize(
    ("there", "here", "after"),
    [
        (WHOLE, PersonDetails(), replace(WHOLE, auto_finalize=False)),
        (OTHER, WHOLE, WHOLE),
        (PersonDetails(), WHOLE, WHOLE),
        (
            WHOLE,
            replace(OTHER, last_name="", zone=None),
            replace(OTHER, last_name="Okafor", zone="Europe/Paris", message_notifications=False),
        ),
    ],
)
def test_what_is_not_known_of_the_one_is_filled_from_the_other(
    there: PersonDetails, here: PersonDetails, after: PersonDetails
) -> None:
    """Whoever has said once that they want no messages to many gets none."""
    place = Place()
    source, target = place.person("nina"), place.person("nia")
    knows(place, source, there)
    knows(place, target, here)
    merged(place, source, target)
    assert place.uow.people.details(target.id) == after
    assert place.uow.people.by_account(discord("nina")) == place.uow.people.by_id(target.id)


def test_the_log_says_what_has_moved() -> None:
    place = Place()
    source, target = place.member("nina", "Staff").known_person, place.person("nia")
    build.invitation(place.uow, place.school, source)
    accounts.offer(place.uow, place.actor(source))
    place.clear_outbox_and_log()
    plan = merged(place, source, target)
    assert [kind for kind, _ in plan.counts] == [RecordKind.INVITATIONS]
    (entry,) = place.state.audit_entries
    assert (entry.action, entry.subject, entry.actor_id) == (
        "person.merged",
        f"person:{target.id}",
        target.id,
    )
    assert entry.old == {"person": source.id}
    assert entry.new == {"accounts": 1, "memberships": 1, "invitations": 1}


def test_codes_that_link_accounts_end_for_both_and_for_nobody_else() -> None:
    place = Place()
    people = [place.person(name) for name in ("nina", "nia", "ben")]
    for one in people:
        accounts.offer(place.uow, place.actor(one))
    merged(place, *people[:2])
    (left,) = place.state.claims.values()
    assert left.subject == people[2].id


def test_of_two_memberships_the_older_dates_stay() -> None:
    older = Membership("1", "s", "p", Standing.ACTIVE, START, joined_at=START + timedelta(days=5))
    newer = Membership(
        "2", "s", "q", Standing.ACTIVE, START + timedelta(days=1), joined_at=START + timedelta(days=3)
    )
    for one, other in ((older, newer), (newer, older)):
        both = combined(one, other)
        assert (both.created_at, both.joined_at) == (START, START + timedelta(days=3))
    waits = replace(newer, joined_at=None)
    assert combined(waits, older).joined_at == older.joined_at
    assert combined(waits, waits).joined_at is None
    archived = replace(newer, visibility=Visibility.ARCHIVED)
    assert combined(older, archived).visibility is combined(archived, older).visibility is Visibility.ARCHIVED


def test_a_membership_that_the_other_has_not_becomes_theirs() -> None:
    place = Place()
    source, target = place.member("nina", "Staff").known_person, place.person("nia")
    plan = merged(place, source, target)
    (joining,) = plan.schools
    assert (joining.target, joining.result.person_id, joining.roles) == (None, target.id, ("Staff",))
    assert place.uow.members.of(place.school.id, target.id) == joining.result
    assert place.uow.members.roles(place.school.id, target.id) == ["Staff"]


def test_invitations_that_end_with_it_end_by_who_merges() -> None:
    place = Place()
    source, target = place.person("nina"), place.member("nia", "School Admin").known_person
    place.add_membership(source, access=Access.SUSPENDED)
    made = build.invitation(place.uow, place.school, target)
    (joining,) = merged(place, source, target).schools
    assert joining.ends_invitations
    assert place.state.invitations[made.id].revoked_by == target.id
