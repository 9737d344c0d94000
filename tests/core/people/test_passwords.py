"""Who gets a password link by mail, what is logged, and how merging and erasing treat passwords."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from bot.chat.context import Links
from bot.chat.replies import Card, Reply
from bot.core.email_addresses import email_key
from bot.core.ids import hash_of
from bot.core.invitations import guessing
from bot.core.invitations.guessing import Limits
from bot.core.joining_errors import TooManyMisses
from bot.core.notices.notices import Destination
from bot.core.people import accounts, exports, passwords, signing_in
from bot.core.people.merging import MergePlan
from bot.core.people.password_ports import PasswordLink
from bot.core.people.passwords import SignInWays
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import Actor, Platform
from bot.core.values import replace
from bot.jobs.delivery import Delivery
from tests.core.door import Door, heard, maple
from tests.core.people.test_accounts import linking_code
from tests.world import BASE_URL, caller, deliver_due

NIA, LEO = "nia@example.org", "leo@example.org"
ON = SignInWays(passwords=True, mails=True)


def lets(door: Door, ways: SignInWays) -> None:
    door.runner = replace(door.runner, ways=ways)


async def _school(door: Door) -> None:
    lets(door, ON)
    await maple(door)
    await door.says("ada", f"/member create email:{NIA} first_name:Nia last_name:Okafor roles:Staff")
    await door.says("nora", f"/join {await door.code()}")


async def _sends(door: Door, to: str = "Nia Okafor", by: str = "ada") -> str:
    reply = await door.says(by, f'/member password person:"{to}"')
    return heard(reply)


async def _queued(door: Door) -> int:
    return await door.database.read(lambda uow: uow.outbox.count_waiting())


async def _sets(door: Door, address: str, word: str = "hash") -> Any:
    """Deliver the mail and use its link; the slow hash is replaced."""

    def unit(uow: UnitOfWork) -> Any:
        person = uow.people.by_email(address)
        assert person is not None
        token = "token-" + person.id
        link = PasswordLink(person.id, email_key(address), uow.now + passwords.LIFETIME)
        uow.passwords.add_link(hash_of(token), link, uow.now)
        return passwords.set_by_link(uow, token, word)

    return await door.database.run(unit)


@pytest.mark.parametrize(
    ("typed", "asked"),
    [(" NIA@Example.org ", "NIA@example.org"), ("nia", "nia"), ("ni\0a@example.org", ""), ("\ud800", "")],
)
def test_what_no_database_takes_is_not_asked_about(typed: str, asked: str) -> None:
    assert passwords.read_address(typed) == asked


async def test_an_admin_sends_a_link_and_only_that_it_happened_is_recorded(door: Door) -> None:
    await _school(door)
    before, waiting = await door.audit_entries(), await _queued(door)
    said = await _sends(door)
    assert "A link is on its way to Nia Okafor" in said
    assert NIA not in said
    assert await _queued(door) == waiting + 1
    (entry,) = [one for one in await door.audit_entries() if one not in before]
    assert (entry.action, entry.old, entry.new) == ("password.link_sent", {}, {})
    await _sends(door)
    assert await _queued(door) == waiting + 1  # the one that waits is the newest


@pytest.mark.parametrize(
    ("ways", "said"),
    [
        (SignInWays(providers=("google", "discord"), mails=True), "people sign in with Google, Discord"),
        (SignInWays(mails=True), "People do not sign in with a password here"),
        (SignInWays(passwords=True), "This installation sends no e-mail"),
    ],
)
async def test_if_no_link_can_be_sent_the_next_step_is_said(door: Door, ways: SignInWays, said: str) -> None:
    await _school(door)
    lets(door, ways)
    before = await door.tables()
    assert said in await _sends(door)
    assert said in heard(await door.says("ada", "/account password"))
    assert await door.tables() == before


async def test_the_system_narrows_what_is_set_up(door: Door) -> None:
    await _school(door)
    await door.says("root", "/system edit sign_in:google")
    assert "People do not sign in with a password here" in await _sends(door)
    lets(door, SignInWays(providers=("google", "discord")))
    assert "people sign in with Google." in await _sends(door)


async def test_without_an_address_nothing_is_sent(door: Door) -> None:
    await _school(door)
    assert "ask for the link themselves" in await _sends(door, "Nora"), "she has a chat"
    assert "no e-mail address to send the link to" in heard(await door.says("nora", "/account password"))
    await door.says("ada", f"/member edit person:Nora email:{LEO}")
    assert "on its way to you" in heard(await door.says("nora", "/account password"))


async def test_nobody_sends_one_to_those_above_them_or_without_the_right(door: Door) -> None:
    await _school(door)
    await door.says("ada", '/role create name:Clerk permissions:"member.read, member.edit"')
    await door.says("ada", "/member roles person:Nora roles:Clerk")
    await door.says("ada", "/member edit person:Omar email:omar@example.org")
    assert "rights that you do not have" in await _sends(door, "Omar", by="nora")
    await door.says("ada", "/member roles person:Nora roles:Viewer")
    assert "may not" in await _sends(door, by="nora")
    assert "may not" in await _sends(door, "Nora", by="nora")


async def test_merged_persons_have_one_password_and_old_sessions_end(door: Door) -> None:
    await _school(door)
    await door.says("ada", f"/member edit person:Nora email:{LEO}")
    nia = await _sets(door, NIA)
    assert nia is not None
    source = Actor(replace(caller("x"), account=passwords.account(nia.person.id)), nia.person)
    code = await linking_code(door, caller("nora"))

    def unit(uow: UnitOfWork) -> None:
        plan = accounts.join(uow, source, code)
        assert isinstance(plan, MergePlan)
        accounts.join(uow, source, code, agreed=plan.digest)
        nora = uow.people.by_account(caller("nora").account)
        assert nora is not None
        moved = uow.passwords.of(nora.id)
        assert moved is not None
        assert moved.hash == "hash"
        assert uow.passwords.of(nia.person.id) is None
        assert signing_in.session(uow, nia.person.id, nia.epoch) is None
        assert uow.people.by_account(passwords.account(nia.person.id)) is None
        assert uow.people.by_account(passwords.account(nora.id)) == nora
        # It was proved with another address than the one that stays.
        now = signing_in.session(uow, nora.id, moved.epoch)
        assert now is not None
        assert now.email == ""

    await door.database.run(unit)


async def test_whoever_unlinks_the_account_has_no_password(door: Door) -> None:
    await _school(door)
    await door.says("ada", f"/member edit person:Nora email:{LEO}")
    nora = await _sets(door, LEO)
    assert nora.email == LEO
    own = await door.database.read(lambda uow: exports.own(uow, nora.person))
    assert own["password_changed_at"] is not None
    assert "hash" not in exports.as_json(own).decode()
    await door.says("nora", "/account unlink password")
    gone = await door.database.read(lambda uow: uow.passwords.of(nora.person.id))
    assert gone is None


async def test_asking_for_a_link_is_counted_whether_the_address_is_known_or_not(door: Door) -> None:
    await _school(door)
    for address in (NIA, "nobody@example.org", "none"):
        for number in range(6):

            def unit(uow: UnitOfWork, address: str = address, number: int = number) -> None:
                passwords.ask(uow, address, f"network {address} {number}", Limits())

            if number < 5:
                await door.database.run(unit)
            else:
                with pytest.raises(TooManyMisses):
                    await door.database.run(unit)


@dataclass
class Box:
    """A platform that accepts mails."""

    taken: list[Card] = field(default_factory=list)

    async def post(self, to: Destination, card: Card, _: str = "") -> None:
        assert to.account is not None
        self.taken.append(card)

    redraw: Any = None


async def test_that_a_forgotten_password_got_a_link_is_recorded_when_it_is_made(door: Door) -> None:
    await _school(door)
    before, waiting = len(await door.audited()), await _queued(door)

    def asks(uow: UnitOfWork) -> None:
        passwords.ask(uow, NIA, "here", Limits())
        passwords.ask(uow, "nobody@example.org", "here", Limits())

    await door.database.run(asks)
    assert await _queued(door) - waiting == 2
    assert (await door.audited())[before:] == []
    mail = Box()
    delivery = Delivery(door.database, {Platform.EMAIL: mail}, door.clock, Links(BASE_URL))
    while await deliver_due(delivery):
        pass
    (card,) = mail.taken
    assert "Choose your password" in heard(Reply(card))
    assert (await door.audited())[before:] == ["password.link_asked"]
    assert await _queued(door) == waiting


async def test_a_right_password_is_too_late_after_as_many_wrong_ones(door: Door) -> None:
    """Hashes are computed outside of the unit, by whose end the tries may be used up."""
    await _school(door)
    nia = await _sets(door, NIA)
    tried = signing_in.miss_counters(NIA, "here", Limits())
    known = await door.database.read(lambda uow: signing_in.find(uow, NIA))
    assert known is not None
    for _ in range(5):
        assert await door.database.run(lambda uow: signing_in.sign_in(uow, known, tried)) == nia
        await door.database.run(lambda uow: guessing.record(uow, tried, Limits()))
    with pytest.raises(TooManyMisses):
        await door.database.run(lambda uow: signing_in.sign_in(uow, known, tried))


async def test_a_password_that_was_changed_while_it_was_tried_lets_nobody_in(door: Door) -> None:
    await _school(door)
    await _sets(door, NIA)
    known = await door.database.read(lambda uow: signing_in.find(uow, NIA))
    assert known is not None
    await _sets(door, NIA, "another")

    def late(uow: UnitOfWork) -> Any:
        return signing_in.sign_in(
            uow, known, signing_in.miss_counters(NIA, "here", Limits()), fresh="of the old one"
        )

    assert await door.database.run(late) is None
    stored = await door.database.read(lambda uow: signing_in.find(uow, NIA))
    assert stored is not None
    assert stored.hash == "another"


async def test_neither_password_nor_link_of_an_erased_person_is_kept(door: Door) -> None:
    await _school(door)
    nia = await _sets(door, NIA)
    link = PasswordLink(nia.person.id, NIA, door.clock.now() + passwords.LIFETIME)
    await door.database.run(lambda uow: uow.passwords.add_link(hash_of("t"), link, uow.now))
    assert not (await door.says("ada", '/member erase person:"Nia Okafor" sure:yes')).refused
    tables = await door.tables()
    assert not tables["passwords"]
    assert not tables["password_links"]
