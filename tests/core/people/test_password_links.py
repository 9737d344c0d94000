"""Links that set a password: whose they are, how long they are valid, and that they work once."""

from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from bot.core.errors import MemberSetsPassword, NotFound
from bot.core.ids import hash_of
from bot.core.invitations.guessing import Limits
from bot.core.joining_errors import TooManyMisses
from bot.core.notices import deliveries
from bot.core.notices.notices import Audience
from bot.core.people import passwords, signing_in
from bot.core.people.password_ports import Password
from bot.core.people.passwords import Invited, SignedIn, SignInWays
from bot.core.rights.actors import Actor, Person
from bot.core.values import replace
from tests.core.place import Place
from tests.fakes.passwords import FakePasswords
from tests.fakes.people import FakePeople

NIA = "nia@example.org"
ON = SignInWays(passwords=True, mails=True)


@dataclass
class Desk(Place):
    """A school where people sign in with passwords; Nia has an address."""

    nia: Actor = field(init=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.nia = self.member("nia")
        self.addressed(self.nia.known_person, NIA)
        self.clear_outbox_and_log()

    def addressed(self, who: Person, email: str) -> None:
        assert self.uow.people.save_details(who.id, replace(self.uow.people.details(who.id), email=email))

    def minted(self, audience: Audience = Audience.PASSWORD) -> str:
        """Deliver the waiting mail; return the token of its link."""
        (mail,) = self.waiting(audience)
        self.state.outbox.clear()
        return passwords.mint(self.uow, mail)

    def linked(self) -> str:
        passwords.send_own_link(self.uow, self.nia, ON)
        return self.minted()

    def sets(self, token: str, word: str = "hash") -> SignedIn | None:
        return passwords.set_by_link(self.uow, token, word)


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_a_link_works_for_an_hour_and_for_the_newest_mail(desk: Desk) -> None:
    first, token = desk.linked(), desk.linked()
    assert passwords.look(desk.uow, token) == Invited(desk.nia.known_person, NIA)
    assert passwords.look(desk.uow, first) is None
    assert passwords.look(desk.uow, "none") is None
    desk.forward(minutes=59, seconds=59)
    assert passwords.look(desk.uow, token) is not None
    desk.forward(seconds=1)
    assert passwords.look(desk.uow, token) is None
    assert desk.sets(token) is None


def test_a_link_that_went_to_another_address_is_nobodys(desk: Desk) -> None:
    token = desk.linked()
    desk.addressed(desk.nia.known_person, "NIA@example.org")  # the same one, written otherwise
    assert passwords.look(desk.uow, token) is not None
    desk.addressed(desk.nia.known_person, "new@example.org")
    assert passwords.look(desk.uow, token) is None
    assert desk.sets(token) is None
    assert desk.state.passwords == {}


def test_a_link_of_two_who_became_one_is_nobodys(desk: Desk) -> None:
    token = desk.linked()
    desk.state.merged[desk.nia.known_person.id] = desk.admin.known_person.id
    assert passwords.look(desk.uow, token) is None


def test_a_link_is_used_up_and_of_two_who_use_it_one_does(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = desk.linked()
    monkeypatch.setattr(FakePasswords, "take_link", lambda *_: None)
    assert desk.sets(token) is None
    assert desk.state.passwords == {}
    monkeypatch.undo()
    now = desk.sets(token)
    assert now is not None
    assert (now.person, now.email) == (desk.nia.known_person, NIA)
    stored = Password(now.person.id, "hash", NIA, now.epoch, desk.clock.now())
    assert desk.state.passwords == {now.person.id: stored}
    assert desk.sets(token, "again") is None


def test_the_log_keeps_who_sent_a_link_and_who_set_a_password(desk: Desk) -> None:
    desk.sets(desk.linked())
    passwords.send_link(desk.uow, desk.admin, desk.school, desk.nia.known_person.id, ON)
    desk.minted()
    passwords.ask(desk.uow, NIA, "here", Limits())
    desk.minted(Audience.FORGOTTEN)
    assert desk.logged() == [
        "Nia (discord) password.link_sent person:Nia at -",
        "Nia (web) password.set person:Nia at -",
        "Ada (discord) password.link_sent person:Nia at Maple Grove",
        "- (web) password.link_asked person:Nia at -",
    ]


def test_a_mail_to_nobody_has_no_link(desk: Desk) -> None:
    """Neither for an unknown address, nor for a person who no longer has one."""
    passwords.ask(desk.uow, "zoe@example.org", "here", Limits())
    assert desk.minted(Audience.FORGOTTEN) == ""
    passwords.ask(desk.uow, NIA, "here", Limits())
    desk.addressed(desk.nia.known_person, "")
    assert desk.minted(Audience.FORGOTTEN) == ""
    assert (desk.state.password_links, desk.logged()) == ({}, [])


def test_a_whole_school_forgets_its_passwords_behind_one_network_address(desk: Desk) -> None:
    for number in range(60):
        passwords.ask(desk.uow, f"pupil{number}@example.org", "here", Limits())
    with pytest.raises(TooManyMisses):
        passwords.ask(desk.uow, NIA, "here", Limits())
    passwords.ask(desk.uow, NIA, "elsewhere", Limits())


def test_whether_an_address_is_known_is_not_told_by_how_much_is_read(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []
    details = FakePeople.details

    def counted(self: FakePeople, person_id: str) -> object:
        read.append(person_id)
        return details(self, person_id)

    monkeypatch.setattr(FakePeople, "details", counted)
    numbers = []
    for address in (NIA, "zoe@example.org"):
        passwords.ask(desk.uow, address, "here", Limits())
        numbers.append(len(read))
        read.clear()
    assert numbers == [1, 1]


def test_a_right_password_is_kept_as_it_is_or_hashed_anew(desk: Desk) -> None:
    desk.sets(desk.linked())
    known = signing_in.find(desk.uow, "Nia@EXAMPLE.org")
    assert known is not None
    assert signing_in.find(desk.uow, "zoe@example.org") is None
    tried = signing_in.miss_counters(NIA, "here", Limits())
    inside = SignedIn(desk.nia.known_person, NIA, known.epoch)
    assert signing_in.sign_in(desk.uow, known, tried) == inside
    assert signing_in.find(desk.uow, NIA) == known
    assert signing_in.sign_in(desk.uow, known, tried, fresh="slower") == inside
    assert signing_in.find(desk.uow, NIA) == replace(known, hash="slower")


def test_a_session_proves_an_address_only_while_it_is_the_one_that_was_proved(desk: Desk) -> None:
    now = desk.sets(desk.linked())
    assert now is not None
    desk.addressed(desk.nia.known_person, "new@example.org")
    assert signing_in.session(desk.uow, now.person.id, now.epoch) == replace(now, email="")
    desk.forward(hours=1)
    again = desk.sets(desk.linked(), "another")
    assert again is not None
    assert signing_in.session(desk.uow, now.person.id, now.epoch) is None
    assert signing_in.session(desk.uow, now.person.id, again.epoch) == again
    assert signing_in.session(desk.uow, desk.admin.known_person.id, again.epoch) is None


def test_wrong_passwords_are_counted_by_address_and_by_network() -> None:
    limits = Limits()
    whose = {"password of nia@example.org": limits.account, "address here": limits.address}
    assert signing_in.miss_counters("NIA@example.org", "here", limits) == whose


@pytest.mark.parametrize(
    ("ways", "named"),
    [
        (SignInWays(), ()),
        (ON, ("password",)),
        (SignInWays(passwords=True, providers=("google", "slack")), ("google", "slack", "password")),
    ],
)
def test_all_ways_to_sign_in_on_the_web(ways: SignInWays, named: tuple[str, ...]) -> None:
    assert ways.on_the_web == named


def test_a_mail_that_waits_for_long_makes_a_link_that_is_fresh(desk: Desk) -> None:
    passwords.send_own_link(desk.uow, desk.nia, ON)
    desk.forward(hours=5)
    token = desk.minted()
    link = desk.state.password_links[hash_of(token)]
    assert link.expires_at == desk.clock.now() + timedelta(hours=1)


@pytest.mark.parametrize("address", [NIA, "nobody@example.org"])
def test_a_mail_to_whoever_forgot_is_not_wanted_after_an_hour(desk: Desk, address: str) -> None:
    desk.sets(desk.linked())
    passwords.ask(desk.uow, address, "192.0.2.1", Limits())
    (mail,) = desk.waiting(Audience.FORGOTTEN)
    hooks = deliveries.hooks_for(mail)
    desk.forward(minutes=59, seconds=59)
    assert hooks.wanted(desk.uow, mail)
    desk.forward(seconds=1)
    assert not hooks.wanted(desk.uow, mail)
    passwords.ask(desk.uow, address, "192.0.2.1", Limits())
    (mail,) = desk.waiting(Audience.FORGOTTEN)
    assert hooks.wanted(desk.uow, mail), "it is asked for anew"


def test_a_mail_to_whoever_has_a_chat_is_wanted_for_an_address_that_they_have_proved(desk: Desk) -> None:
    """Otherwise an admin who enters their own address could set another person's password."""

    def wanted() -> bool:
        passwords.ask(desk.uow, NIA, "192.0.2.1", Limits())
        (mail,) = desk.waiting(Audience.FORGOTTEN)
        desk.clear_outbox_and_log()
        return passwords.wanted(desk.uow, mail)

    def sent() -> bool:
        try:
            passwords.send_link(desk.uow, desk.admin, desk.school, desk.nia.known_person.id, ON)
        except MemberSetsPassword:
            return False
        return True

    assert (wanted(), sent()) == (False, False)
    desk.sets(desk.linked())
    assert (wanted(), sent()) == (True, True)
    desk.addressed(desk.nia.known_person, "mal@example.org")
    desk.addressed(desk.person("zoe"), NIA)
    assert not sent()


def test_a_mail_that_an_admin_sends_is_wanted_however_late(desk: Desk) -> None:
    desk.sets(desk.linked())
    passwords.send_link(desk.uow, desk.admin, desk.school, desk.nia.known_person.id, ON)
    (mail,) = desk.waiting(Audience.PASSWORD)
    desk.forward(hours=23)
    hooks = deliveries.hooks_for(mail)
    assert hooks.wanted(desk.uow, mail)


def test_a_link_is_sent_to_members_alone(desk: Desk) -> None:
    with pytest.raises(NotFound) as unknown:
        passwords.send_link(desk.uow, desk.admin, desk.school, desk.person("zoe").id, ON)
    assert unknown.value.what == "member"
    assert desk.waiting() == []


def test_of_two_who_become_one_the_account_follows_the_password_that_stays(desk: Desk) -> None:
    desk.sets(desk.linked())
    nia, ada = desk.nia.known_person.id, desk.admin.known_person.id
    desk.uow.accounts.absorb(nia, ada)
    passwords.absorb(desk.uow, nia, ada)
    assert desk.uow.people.by_account(passwords.account(ada)) == desk.admin.known_person
    assert desk.uow.people.by_account(passwords.account(nia)) is None
    passwords.absorb(desk.uow, nia, ada)  # nothing is left to move
    assert [one.person_id for one in desk.state.passwords.values()] == [ada]
