"""Undelivered messages: who sees them, in which words, and what sending them again does."""

import pytest

from bot.cards.notices.undelivered import KINDS
from bot.chat.context import Links
from bot.chat.notifier import DeliveryFailed
from bot.chat.replies import Card, Select
from bot.core.errors import NotFound, NotPermitted
from bot.core.invitations.addressees import Addressee
from bot.core.notices import dead_letters
from bot.core.notices.notices import Audience, Destination, Notice
from bot.core.notices.outbox_ports import DeadLetter
from bot.core.rights.actors import Platform
from bot.core.rights.permissions import Permission
from bot.core.schools.schools import School
from bot.jobs.delivery import Delivery
from tests.core.door import Door, heard, maple
from tests.core.place import APPROVALS, Place, discord
from tests.storage import build
from tests.world import BASE_URL, START, deliver_due


class _Post:
    """A platform that refuses messages until it is told to accept them."""

    def __init__(self) -> None:
        self.refuses = True
        self.sent: list[str] = []

    async def post(self, to: Destination, card: Card, _: str = "") -> None:  # noqa: ARG002
        if self.refuses:
            raise DeliveryFailed("The mail server refuses the recipient (550 5.1.1)", final=True)
        self.sent.append(str(to))

    async def redraw(self, to: Destination, channel: str, message: str, card: Card) -> None:
        raise NotImplementedError


@pytest.fixture
def post() -> _Post:
    return _Post()


async def _given_up(door: Door, post: _Post) -> list[DeadLetter]:
    """Make the delivery of Nora's invitation fail for good."""
    await maple(door)
    await door.says("ada", '/invite person to:nora@example.org name:"Nora Quill" roles:Staff')
    invitation = (await door.invitations())[0]
    await door.clicks("ada", "invite send", invitation=invitation.id)
    await _deliver(door, post)
    return await _dead(door)


async def _deliver(door: Door, post: _Post) -> None:
    await deliver_due(Delivery(door.database, {Platform.EMAIL: post}, door.clock, Links(BASE_URL)))


async def _dead(door: Door) -> list[DeadLetter]:
    return [*await door.database.read(lambda uow: uow.outbox.dead(school_id=None, before=None, limit=99))]


async def test_a_schools_admin_sees_whom_it_was_for_and_sends_it_again(door: Door, post: _Post) -> None:
    (letter,) = await _given_up(door, post)
    reply = await door.says("ada", "/school undelivered")
    said = heard(reply)
    for words in ("Nora Quill", "Invitation", "550 5.1.1"):
        assert words in said
    assert "nora@example.org" not in said
    assert isinstance(reply.answer, Card)
    (choose,) = [block for block in reply.answer.blocks if isinstance(block, Select)]
    assert (choose.action.command, choose.fills) == ("school resend", "notice")
    assert [item.value for item in choose.items] == [letter.notice.id]
    post.refuses = False
    assert "It is being sent again" in heard(
        await door.clicks("ada", "school resend", notice=letter.notice.id)
    )
    await _deliver(door, post)
    assert len(post.sent) == 1
    assert (await door.audited()).count("message.retried") == 1
    assert "Everything has arrived" in heard(await door.says("ada", "/school undelivered"))


async def test_a_second_click_sends_nothing_twice(door: Door, post: _Post) -> None:
    (letter,) = await _given_up(door, post)
    await door.clicks("ada", "school resend", notice=letter.notice.id)
    assert (await door.clicks("ada", "school resend", notice=letter.notice.id)).refused
    assert (await door.audited()).count("message.retried") == 1


async def test_others_neither_see_nor_send_it(door: Door, post: _Post) -> None:
    (letter,) = await _given_up(door, post)
    await door.says("eve", f"/join {await door.code()}")
    for reply in (
        await door.says("eve", "/school undelivered"),
        await door.clicks("eve", "school resend", notice=letter.notice.id),
        await door.clicks("ada", "system resend", notice=letter.notice.id),
    ):
        assert reply.refused
        assert "Nora" not in heard(reply)
    assert await _dead(door) == [letter]


async def test_pages_of_what_did_not_arrive(door: Door, post: _Post) -> None:
    await _given_up(door, post)
    for number in range(12):
        await door.says("ada", f'/invite person to:p{number}@example.org name:"Person {number}" roles:Staff')
        invitation = next(
            one for one in await door.invitations() if one.to and one.to.name == f"Person {number}"
        )
        await door.clicks("ada", "invite send", invitation=invitation.id)
        await _deliver(door, post)
    first = heard(await door.says("ada", "/school undelivered"))
    assert "Person 11" in first
    assert "Nora Quill" not in first
    last = (await _dead(door))[9].notice.id
    older = await door.clicks("ada", "school unsent", after=last)
    assert older.redraw is not None
    shown = heard(older)
    assert "Nora Quill" in shown
    assert "Person 11" not in shown


async def test_an_operator_sends_all_again_with_one_entry_a_school(door: Door, post: _Post) -> None:
    await _given_up(door, post)
    letters = await _dead(door)
    assert await door.database.run(lambda uow: dead_letters.retry_by_operator(uow, letters)) == 1
    assert await door.database.run(lambda uow: dead_letters.retry_by_operator(uow, letters)) == 0
    assert (await door.audited()).count("message.retried") == 1


def test_every_kind_of_message_is_told_apart() -> None:
    assert set(KINDS) == set(Audience)


# The rules themselves, in memory.


def dead(place: Place, to: Destination, *, of: School | None = None) -> DeadLetter:
    """Add an undelivered message of a school, or of none."""
    place.forward(seconds=1)
    school_id = of.id if of else None
    fresh = build.fresh_id()
    notice = Notice(fresh, fresh, "welcome:x", Audience.ADMIN, to, START, school_id=school_id)
    place.uow.outbox.queue(notice)
    place.uow.outbox.give_up(notice.id, place.clock.now(), error="refused")
    letter = place.uow.outbox.dead_letter(notice.id)
    assert letter is not None
    return letter


def whom(place: Place, to: Destination) -> str:
    return dead_letters.with_names(place.uow, dead(place, to)).recipient


def test_an_undelivered_message_names_its_recipient_as_admins_know_them() -> None:
    place = Place()
    nia = place.person("nia")
    to = Addressee(nia.id, "Nora Quill", "nora@example.org")
    nora, anyone = (build.invitation(place.uow, place.school, nia, to=one).id for one in (to, None))
    assert whom(place, APPROVALS) == ""
    assert whom(place, Destination.direct(discord("nia"))) == "Nia"
    assert whom(place, Destination.direct(discord("stranger"))) == ""
    assert whom(place, Destination.by_mail(f"person:{nia.id}")) == "Nia"
    assert whom(place, Destination.by_mail("person:gone")) == ""
    assert whom(place, Destination.by_mail(f"invitation:{nora}")) == "Nora Quill"
    assert whom(place, Destination.by_mail(f"invitation:{anyone}")) == ""
    assert whom(place, Destination.by_mail("invitation:gone")) == ""


def test_what_is_listed_is_of_one_school_or_of_all_newest_first() -> None:
    place = Place()
    oak = place.another_school("Oak Hill")
    here, there = Destination.direct(discord("a")), Destination.direct(discord("b"))
    first, other, nobodys = dead(place, here, of=place.school), dead(place, here, of=oak), dead(place, there)
    last = dead(place, there, of=place.school)

    def listed(school: School | None, limit: int = 9, **more: str) -> list[tuple[DeadLetter, School | None]]:
        found = dead_letters.listed(place.uow, school, limit=limit, **more)
        return [(one.letter, one.school) for one in found]

    assert listed(place.school) == [(last, place.school), (first, place.school)]
    assert listed(None) == [(last, place.school), (nobodys, None), (other, oak), (first, place.school)]
    assert listed(None, 2, before=last.notice.id) == [(nobodys, None), (other, oak)]


def test_only_who_may_change_a_schools_settings_finds_what_it_gave_up() -> None:
    place = Place()
    letter, nobodys = dead(place, APPROVALS, of=place.school), dead(place, Destination.direct(discord("a")))
    typed = f" {letter.notice.id.upper()} "
    assert dead_letters.find(place.uow, place.admin, typed) == (letter, place.school)
    for actor, of in (
        (place.member("sam", "Staff"), typed),
        (place.admin, nobodys.notice.id),
        (place.admin, "gone"),
    ):
        with pytest.raises(NotFound) as refused:
            dead_letters.find(place.uow, actor, of)
        assert refused.value.what == "message"


def test_what_is_sent_again_waits_anew_and_the_log_says_which() -> None:
    place = Place()
    letter = dead(place, Destination.direct(discord("nia")), of=place.school)
    with pytest.raises(NotPermitted):
        dead_letters.retry(place.uow, place.member("sam", "Staff"), letter, place.school)
    assert place.waiting() == []
    dead_letters.retry(place.uow, place.admin, letter, place.school)
    assert place.told() == [("welcome:x", "discord/@nia")]
    of = f"message={letter.notice.id}, to=discord"
    assert place.logged() == [f"Ada (discord) message.retried welcome:x at Maple Grove -> {of}"]
    with pytest.raises(NotFound):
        dead_letters.retry(place.uow, place.admin, letter, place.school)


def test_what_belongs_to_no_school_is_sent_again_by_who_manages_the_system() -> None:
    place = Place()
    letter = dead(place, Destination.direct(discord("nia")))
    with pytest.raises(NotPermitted) as refused:
        dead_letters.retry(place.uow, place.admin, letter, None)
    assert refused.value.permission is Permission.SYSTEM_MANAGE
    root = place.system_admin()
    dead_letters.retry(place.uow, root, letter, None)
    (entry,) = place.logged()
    assert entry.startswith("Root (discord) message.retried welcome:x at -")


def test_an_operator_has_one_entry_for_each_school() -> None:
    place = Place()
    to = [Destination.direct(discord(name)) for name in "abc"]
    letters = [dead(place, one, of=place.school) for one in to[:2]] + [dead(place, to[2])]
    assert dead_letters.retry_by_operator(place.uow, letters) == len(letters)
    assert place.logged() == [
        "- (console) message.retried school:Maple Grove at Maple Grove -> messages=2",
        "- (console) message.retried system: at - -> messages=1",
    ]
