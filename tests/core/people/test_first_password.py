"""People who are invited by mail choose a first password by the link in the mail; nobody else can."""

from collections.abc import Callable

import pytest

from bot.core.ids import hash_of
from bot.core.invitations.addressees import Addressee, Grant, Way
from bot.core.invitations.invitations import Invitation
from bot.core.people import first_password
from bot.core.people.passwords import Invited, account
from bot.core.people.people import PersonDetails
from bot.core.rights.actors import Person
from bot.core.values import replace
from tests.core.place import Place, discord
from tests.fakes.holdings import FakeAccounts
from tests.fakes.people import FakePeople
from tests.storage import build
from tests.world import START

NIA, TOKEN = "Nia@example.org", "the-mail's-own"


@pytest.fixture
def place() -> Place:
    """A school that has invited Nia by mail."""
    one = Place()
    nia = Person(build.fresh_id(), "Nia")
    one.uow.people.add_unlinked(nia)
    to = Addressee(nia.id, "Nia", NIA, way=Way.EMAIL, sent_at=START)
    invitation = build.invitation(one.uow, one.school, one.admin.known_person, to=to)
    one.state.invitation_grants[invitation.id] = (Grant(one.school.id, "Viewer"),)
    one.uow.sendings.add_link(hash_of(TOKEN), invitation.id, START)
    return one


def invited(place: Place) -> Invitation:
    (found,) = place.state.invitations.values()
    return found


def nia(place: Place) -> Person:
    to = invited(place).to
    assert to is not None
    return place.state.persons[to.person_id]


def look(place: Place, token: str = TOKEN) -> Invited | None:
    return first_password.look(place.uow, token)


def changes(**values: object) -> Callable[[Place], None]:
    """Change the invitation."""

    def change(place: Place) -> None:
        place.state.invitations[invited(place).id] = replace(invited(place), **values)  # type: ignore[arg-type]

    return change


def addressed(**values: object) -> Callable[[Place], None]:
    """Change whom the invitation is for."""
    return lambda place: changes(to=replace(invited(place).to, **values))(place)  # type: ignore[type-var]


def anothers(place: Place) -> None:
    place.person("ben", email="nia@EXAMPLE.org")


def known_by_another_address(place: Place) -> None:
    place.uow.people.save_details(nia(place).id, PersonDetails(email="nia.okafor@example.org"))


def signs_in(place: Place) -> None:
    place.uow.accounts.link(discord("nia"), nia(place).id, START)


def is_in_another_school(place: Place) -> None:
    place.add_membership(nia(place), of=place.another_school("Oak Hill"))


def has_ended(place: Place) -> None:
    changes(revoked_at=START)(place)


def is_erased(place: Place) -> None:
    place.uow.accounts.erase(nia(place).id, START)


def test_the_mails_link_lets_whom_it_was_sent_to_choose(place: Place) -> None:
    assert look(place) == Invited(nia(place), NIA)


@pytest.mark.parametrize("token", ["another", "", "the invitation's"])
def test_no_other_link_does(place: Place, token: str) -> None:
    assert look(place, invited(place).token if token == "the invitation's" else token) is None


@pytest.mark.parametrize(
    "change",
    [
        has_ended,
        changes(expires_at=START),
        changes(uses_taken=1),
        changes(to=None),
        addressed(declined_at=START),
        addressed(email=""),
        is_erased,
        anothers,
        known_by_another_address,
        signs_in,
        is_in_another_school,
    ],
)
def test_nobody_chooses(place: Place, change: Callable[[Place], None]) -> None:
    change(place)
    assert look(place) is None
    assert first_password.choose(place.uow, TOKEN, "slow") is None
    assert not place.state.passwords


def test_an_address_that_schools_know_can_choose_a_password(place: Place) -> None:
    is_in_another_school(place)
    place.uow.people.save_details(nia(place).id, PersonDetails(email=NIA.lower()))
    assert look(place) == Invited(nia(place), NIA)


def test_a_password_is_chosen_once_and_makes_the_address_theirs(place: Place) -> None:
    place.uow.people.save_details(nia(place).id, PersonDetails(first_name="Nia", zone="Europe/Paris"))
    place.clear_outbox_and_log()
    signed_in = first_password.choose(place.uow, TOKEN, "slow")
    known = place.state.passwords[nia(place).id]
    assert signed_in is not None
    assert (signed_in.person.id, signed_in.email, signed_in.epoch) == (nia(place).id, NIA, known.epoch)
    assert (known.hash, known.email_key) == ("slow", "nia@example.org")
    details = place.uow.people.details(nia(place).id)
    assert details == PersonDetails(first_name="Nia", email=NIA, zone="Europe/Paris")
    assert place.state.accounts[account(nia(place).id)] == nia(place).id
    assert place.logged() == ["Nia (web) password.set person:Nia at -"]
    assert place.uow.members.of(place.school.id, nia(place).id) is None
    assert first_password.choose(place.uow, TOKEN, "another") is None
    assert place.state.passwords[nia(place).id] == known


def merged(place: Place) -> None:
    """Merge Nia into another person without an account."""
    other = Person(build.fresh_id(), "Nia Okafor")
    place.uow.people.add_unlinked(other)
    place.state.merged[nia(place).id] = other.id


@pytest.mark.parametrize("meanwhile", [has_ended, merged])
def test_after_waiting_for_the_lock_the_person_is_read_again(
    place: Place, monkeypatch: pytest.MonkeyPatch, meanwhile: Callable[[Place], None]
) -> None:
    held: list[tuple[str, ...]] = []

    def lock(_: FakeAccounts, person_ids: tuple[str, ...]) -> None:
        held.append(person_ids)
        meanwhile(place)

    monkeypatch.setattr(FakeAccounts, "lock", lock)
    before = nia(place).id
    assert first_password.choose(place.uow, TOKEN, "slow") is None
    assert held == [(before,)]
    assert not place.state.passwords


def test_who_was_slower_with_an_address_gets_no_password(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FakePeople, "save_details", lambda *_: False)  # it became another's just now
    assert first_password.choose(place.uow, TOKEN, "slow") is None
    assert not place.state.passwords
