"""Who may erase whom, what ends with it, and what is logged: the rules in memory."""

from collections.abc import Collection

import pytest

from bot.cards.notices.notices import Target, draw
from bot.core.errors import (
    AboveYou,
    AccountBanned,
    ActorUnknown,
    ClaimUnusable,
    Deprovisioned,
    NotFound,
    NotYoursToErase,
)
from bot.core.invitations import unreached
from bot.core.invitations.addressees import Way
from bot.core.invitations.sending import SendError
from bot.core.joining_errors import MembershipBarred
from bot.core.notices.notices import Audience, Destination, tell_once
from bot.core.people import accounts, erasure, members, passwords
from bot.core.people.erasure import Erasure
from bot.core.people.holdings import RecordKind
from bot.core.people.members import Standing
from bot.core.people.people import PersonDetails
from bot.core.requests import join_requests
from bot.core.requests.join_requests import RequestState
from bot.core.rights.actors import AccountKey, Actor, Person, Platform
from bot.core.rights.custom_roles import CustomRole
from bot.core.rights.permissions import Permission
from bot.core.rights.roles import SCHOOL_ADMIN
from bot.core.schools.billing import BillingDetails
from bot.core.scim.model import Account
from bot.core.values import replace
from bot.core.workspaces import bans
from tests.core.place import Place, discord
from tests.fakes.holdings import FakeAccounts
from tests.storage import build
from tests.world import START, caller

CANARY = "canary"
NORA = replace(caller(f"{CANARY}web"), name=f"{CANARY.capitalize()} Finch")
DESK = replace(
    caller(f"{CANARY}desk", platform=Platform.SLACK, workspace="T1"), name=f"{CANARY} on the other side"
)


def erase(place: Place, who: Person, by: Actor | None = None) -> Erasure:
    return erasure.member(place.uow, by or place.admin, place.school, who.id, confirmed=True)


def test_what_the_log_says_of_whom_a_school_erased() -> None:
    place = Place()
    nia = place.member("nia").known_person
    place.uow.accounts.link(discord("nia2"), nia.id, START)
    build.invitation(place.uow, place.school, nia)
    place.clear_outbox_and_log()
    done = erase(place, nia)
    assert (done.person, done.accounts, done.schools) == (nia, 2, (place.school,))
    assert done.counts == ((RecordKind.INVITATIONS, 1),)
    (entry,) = place.state.audit_entries
    assert (entry.action, entry.subject, entry.school_id) == (
        "person.erased",
        f"person:{nia.id}",
        place.school.id,
    )
    assert entry.new == {"memberships": 1, "accounts": 2, "invitations_revoked": 1}
    (ended,) = place.state.invitations.values()
    assert (ended.revoked_by, ended.revoked_at) == (place.admin.person_id, START)


def test_what_somebody_erases_of_themselves_is_no_schools_affair() -> None:
    place = Place()
    nia = place.member("nia")
    erasure.own(place.uow, nia, confirmed=True)
    (entry,) = place.state.audit_entries
    assert (entry.school_id, entry.actor_id) == (None, nia.person_id)


@pytest.mark.parametrize("before", [None, RequestState.LAPSED, RequestState.REJECTED])
def test_erasing_oneself_cannot_hide_an_earlier_rejection(
    before: RequestState | None,
) -> None:
    place = Place()
    nia = place.person("nia")
    if before is not None:
        build.join_request(place.uow, place.school, nia, state=before)
    build.join_request(place.uow, place.school, nia)
    place.add_membership(nia, Standing.PENDING)
    if before is RequestState.REJECTED:
        with pytest.raises(MembershipBarred) as refused:
            erasure.own(place.uow, place.actor(nia), confirmed=True)
        told = refused.value
        assert (told.membership.barred_as, told.school, told.leaving) == ("rejected", place.school, True)
    else:
        assert erasure.own(place.uow, place.actor(nia), confirmed=True).person == nia


@pytest.mark.parametrize("active", [None, True, False])
def test_people_switched_off_by_scim_cannot_erase_themselves(*, active: bool | None) -> None:
    place = Place()
    nia = place.member("nia")
    account = Account("u1", "north", nia.known_person.id, "nia", START, START, active=active)
    assert place.uow.scim_users.add(account)
    if active is False:
        with pytest.raises(Deprovisioned):
            erasure.own(place.uow, nia, confirmed=True)
    else:
        assert erasure.own(place.uow, nia, confirmed=True).person == nia.known_person


@pytest.mark.parametrize(
    ("others", "refused"),
    [((), False), (("password",), False), (("slack",), True), (("slack", "password"), True)],
)
def test_a_ban_can_stop_the_erasure_of_people_with_other_accounts(
    others: Collection[str], *, refused: bool
) -> None:
    """A ban on the only account stays known; a password alone identifies nobody without its person."""
    place = Place()
    nia = place.member("nia").known_person
    for one in others:
        key = passwords.account(nia.id) if one == "password" else AccountKey(one, "T1/U1")
        assert place.uow.accounts.link(key, nia.id, START)
    place.ban(discord("nia"))
    if refused:
        with pytest.raises(AccountBanned):
            erasure.own(place.uow, place.actor(nia), confirmed=True)
    else:
        assert erasure.own(place.uow, place.actor(nia), confirmed=True).person == nia


def test_a_request_that_waits_is_withdrawn_by_whom_it_was_of() -> None:
    place = Place()
    nia = place.person("nia")
    request = join_requests.file(place.uow, place.actor(nia), nia, place.school, "Viewer")
    place.shown(request.subject)
    place.forward(hours=1)
    place.clear_outbox_and_log()
    erasure.own(place.uow, place.actor(nia), confirmed=True)
    after = place.state.join_requests[request.id]
    assert (after.state, after.decided_by) == (RequestState.WITHDRAWN, nia.id)
    assert after.decided_at == place.clock.now()
    assert place.redrawn() == [request.subject]


def test_codes_that_link_accounts_end_with_whom_they_were_of() -> None:
    place = Place()
    nia, ben = place.member("nia"), place.member("ben")
    codes = [accounts.offer(place.uow, one) for one in (nia, ben)]
    erasure.own(place.uow, nia, confirmed=True)
    assert len(place.state.claims) == 1
    with pytest.raises(ClaimUnusable):
        accounts.join(place.uow, place.actor(None, "new"), codes[0])
    accounts.join(place.uow, place.actor(None, "new"), codes[1])


def test_nobody_is_erased_by_who_is_below_them_in_another_school() -> None:
    place = Place()
    oak = place.another_school("Oak Hill")
    desk = CustomRole("1", oak.id, "Desk", START, frozenset({Permission.MEMBER_REMOVE}))
    assert place.uow.roles.add(desk)
    nia = place.member("nia").known_person
    members.grant(place.uow, oak.id, place.member("bea", of=oak).known_person.id, "School Admin", by=None)
    place.add_membership(nia, of=oak)
    with pytest.raises(NotYoursToErase):
        erase(place, nia)
    place.add_membership(place.admin.known_person, of=oak)
    place.uow.members.assign(place.admin.known_person.id, "Desk", oak.id, by=None, at=START)
    place.uow.members.assign(nia.id, "School Admin", oak.id, by=None, at=START)
    with pytest.raises(AboveYou):
        erase(place, nia)
    place.uow.members.unassign(nia.id, "School Admin", oak.id)
    assert {one.id for one in erase(place, nia).schools} == {oak.id, place.school.id}


@pytest.mark.parametrize("who", ["a member", "oneself"])
def test_a_person_merged_meanwhile_is_not_erased(monkeypatch: pytest.MonkeyPatch, who: str) -> None:
    place = Place()
    nia, other = place.member("nia"), place.person("other")
    held: list[list[str]] = []

    def lock(_: FakeAccounts, person_ids: Collection[str]) -> None:
        held.append(list(person_ids))
        place.state.merged[nia.known_person.id] = other.id

    monkeypatch.setattr(FakeAccounts, "lock", lock)
    before = place.state.copied()
    if who == "oneself":
        with pytest.raises(ActorUnknown):
            erasure.own(place.uow, nia, confirmed=True)
    else:
        with pytest.raises(NotFound) as refused:
            erase(place, nia.known_person)
        assert refused.value.what == "member"
    assert held == [[nia.known_person.id]]
    assert place.state.memberships == before.memberships
    assert place.state.accounts == before.accounts


def test_what_waits_for_an_account_that_they_asked_by_goes_unless_it_is_anothers_now() -> None:
    place = Place()
    nia = place.member("nia")
    place.member("ben")
    for name in ("nia", "old", "ben"):
        school = place.another_school(f"School of {name}")
        build.join_request(place.uow, school, nia.known_person, account=discord(name))
        tell_once(place.uow, "x:1", Audience.ADMIN, Destination.direct(discord(name)), name)
    erasure.own(place.uow, nia, confirmed=True)
    assert place.told() == [("x:1", "discord/@ben")]


def test_bills_that_went_to_their_address_go_to_the_primary_admin() -> None:
    place = Place()
    nia, ben = place.member("nia"), place.member("ben")
    kept = BillingDetails("Desk", "Desk@example.org", "Main Street 1", "PO-7")
    for who, email in ((nia, "other@example.org"), (ben, "desk@example.org")):
        place.uow.people.save_details(who.known_person.id, PersonDetails("Some", "Body", email=email))
        place.uow.settings.save_billing(place.school.id, kept)
        erase(place, who.known_person)
        gone = who is ben
        left = replace(kept, name="", email="") if gone else kept
        assert place.uow.settings.billing(place.school.id) == left
    place.uow.settings.save_billing(place.school.id, replace(kept, email=""))
    erase(place, place.member("cy").known_person)
    assert place.uow.settings.billing(place.school.id).name == "Desk"


def test_cards_of_requests_that_they_claimed_name_them_no_more() -> None:
    place = Place()
    omar = place.member("omar", SCHOOL_ADMIN.name).known_person
    asked = [build.join_request(place.uow, place.school, place.person(one)) for one in ("nia", "zoe")]
    for one in asked:
        place.state.join_requests[one.id] = replace(one, claimed_by=omar.id, claimed_at=START)
    place.state.join_requests[asked[1].id] = replace(asked[1], claimed_by=omar.id, state=RequestState.LAPSED)
    for one in asked:
        place.shown(one.subject)
    erase(place, omar)
    assert place.redrawn() == [asked[0].subject]


def test_cards_of_what_is_finished_name_them_no_more() -> None:
    """Of requests that they decided or invited to, and of invitations by and for them."""
    place = Place()
    omar = place.member("omar", SCHOOL_ADMIN.name).known_person
    nia, ida = place.person("nia"), place.person("ida")
    came_by = build.invitation(place.uow, place.school, omar)
    decided, invited, other = (
        build.join_request(place.uow, place.school, nia, state=RequestState.APPROVED, **more)
        for more in ({"decided_by": omar.id}, {"invitation_id": came_by.id}, {})
    )
    by_them = build.addressed(place.uow, place.school, omar, ida)
    for_them = build.addressed(place.uow, place.school, ida, omar)
    neither = build.addressed(place.uow, place.school, ida, nia)
    for one in (by_them, for_them, neither):
        assert place.uow.addressed.decline(one.id, START)
    named = [decided.subject, invited.subject, by_them.subject, for_them.subject]
    for subject in (*named, other.subject, neither.subject):
        place.shown(subject)
    erase(place, omar)
    assert place.redrawn() == sorted(named)


def test_a_card_about_invitations_that_could_not_be_sent_names_them_no_more() -> None:
    place = Place()
    nia, by = place.person("nia"), place.admin.known_person
    made = build.addressed(place.uow, place.school, by, nia, email="nia@example.org", way=Way.EMAIL)
    place.uow.sendings.save_status(made.id, send_at=START, sent_at=None, error=SendError.REFUSED.value)
    copy = place.shown(unreached.subject_of(made), Audience.INVITER)
    assert "nia@" in repr(draw(place.uow, copy.subject, Target(copy.audience)))
    erasure.own(place.uow, place.actor(nia), confirmed=True)
    assert copy.subject in place.redrawn()
    assert "nia@" not in repr(draw(place.uow, copy.subject, Target(copy.audience)))


def test_a_card_about_their_ban_names_them_no_more() -> None:
    place = Place()
    omar = place.member("omar")
    membership = place.uow.members.of(place.school.id, omar.known_person.id)
    assert membership is not None
    copy = place.shown(bans.subject_of(membership), Audience.ADMIN)
    before = draw(place.uow, copy.subject, Target(copy.audience))
    assert "omar" in repr(before).casefold()
    erase(place, omar.known_person)
    assert place.redrawn() == [copy.subject]
    after = draw(place.uow, copy.subject, Target(copy.audience))
    assert after is not None
    assert "omar" not in repr(after).casefold()
    assert draw(place.uow, copy.subject, Target(copy.audience, fresh=True)) is None
