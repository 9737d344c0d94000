"""Mails in the playground: people see only their own, without active content."""

from datetime import datetime
from email.message import EmailMessage

import httpx2
import pytest

from bot.cards.pictures import qr
from bot.chat.replies import Actions, Card, File, Image, LinkButton, Text
from bot.chat.text import say
from bot.core.rights.actors import Platform
from bot.platforms.mail.message import Sender, compose
from bot.platforms.mail.render import Body, render
from bot.platforms.web import limits
from bot.platforms.web.playground.app import Playground
from bot.platforms.web.playground.mailbox import MAIL
from bot.platforms.web.playground.people import Player
from bot.platforms.web.playground.room import Room
from bot.platforms.web.server import build
from tests.patience import PATIENCE
from tests.platforms.web.conftest import ADA, NIA, nobody
from tests.platforms.web.reading import seen_by
from tests.platforms.web.served import Page, served
from tests.world import START

LINK = "https://door.example.org/i/abc"
CARD = Card(
    say("Ada invited you"),
    (
        Text(say("Come in.")),
        Actions((LinkButton(say("Open the invitation"), LINK),)),
        Image(qr(LINK).png, say("A dot")),
        File("list.csv", b"a;b\n", say("The list")),
    ),
)
HOSTILE = "<script>top.document.title = 'owned'</script><img src='https://evil.example/x.png'>"


def mail(to: str = "nia@example.org", body: Body | None = None, at: datetime = START) -> EmailMessage:
    return compose(body or render(CARD), Sender("Homeroom <door@example.org>"), to, at)


def subjects(room: Room, name: str) -> list[str]:
    return [one.body["subject"] for one in seen_by(room, name) if one.place == MAIL]


@pytest.fixture
def room() -> Room:
    """Replace the room: in this one mails are shown."""
    return Room([ADA, NIA], mail=True)


async def test_a_mail_is_seen_by_whom_it_is_for_alone(room: Room) -> None:
    await room.take_mail(mail("Nia@Example.org"))
    assert subjects(room, "Nia") == ["Ada invited you"]
    assert subjects(room, "Ada") == []


async def test_a_mail_to_nobody_here_is_seen_by_all(room: Room) -> None:
    await room.take_mail(mail("someone@elsewhere.example"))
    assert subjects(room, "Nia") == subjects(room, "Ada") == ["Ada invited you"]


async def test_a_mail_is_drawn_with_its_text_and_files(room: Room) -> None:
    await room.take_mail(mail())
    (shown,) = seen_by(room, "Nia")
    assert shown.body["from"] == "Homeroom <door@example.org>"
    assert shown.body["to"] == "nia@example.org"
    assert LINK in shown.body["text"]
    assert [one["filename"] for one in shown.body["files"]] == ["list.csv"]
    assert shown.body["files"][0]["data"].startswith("data:application/octet-stream;base64,")


async def test_the_html_has_its_pictures_in_it_and_goes_when_its_message_goes(room: Room) -> None:
    await room.take_mail(mail())
    (first,) = seen_by(room, "Nia")
    page = room.mail_page(first.id)
    assert page is not None
    assert "cid:" not in page
    assert 'src="data:image/png;base64,' in page
    for _ in range(limits.MESSAGES_IN_PLACE):
        await room.take_mail(mail())
    assert room.mail_page(first.id) is None


def test_only_a_room_with_mail_has_a_place_for_it(room: Room) -> None:
    assert room.places(NIA) == (*NIA.places, MAIL)
    assert Room([NIA]).places(NIA) == NIA.places


async def test_nobody_answers_a_mail(room: Room, page: Page) -> None:
    answer = await page.ask("Nia", "type", place=MAIL, line="hello")
    assert answer.get("unreadable")
    assert seen_by(room, "Nia") == []


async def test_the_html_stands_on_a_page_that_can_do_nothing(room: Room, address: str) -> None:
    await room.take_mail(mail(body=Body("Hi", HOSTILE, HOSTILE)))
    (shown,) = seen_by(room, "Nia")
    async with httpx2.AsyncClient(base_url=address, timeout=PATIENCE) as client:
        answer = await client.get(shown.body["page"])
        assert answer.status_code == 200
        policy = answer.headers["content-security-policy"].split("; ")
        assert "default-src 'none'" in policy
        assert "img-src data:" in policy
        assert "frame-ancestors 'self'" in policy
        (sandbox,) = [one for one in policy if one.startswith("sandbox")]
        assert "allow-scripts" not in sandbox
        assert not any("script-src" in one for one in policy)
        assert answer.headers["x-frame-options"] == "SAMEORIGIN"
        assert (await client.get("/playground/mail/nothing")).status_code == 404
        own = await client.get("/playground")
        assert "frame-src 'self'" in own.headers["content-security-policy"]
        assert "script-src 'self'" in own.headers["content-security-policy"]
        away = await client.get(shown.body["page"], headers={"host": "door.example.org"})
        assert away.status_code == 403


async def test_behind_a_password_mails_are_too(runner: object, room: Room) -> None:
    await room.take_mail(mail())
    (shown,) = seen_by(room, "Nia")
    app = build(
        runner,  # type: ignore[arg-type]
        look_up=nobody,
        joins={Platform.WEB: "/"},
        playground=Playground(room, "maple"),
    )
    async with served(app) as address, httpx2.AsyncClient(base_url=address, timeout=PATIENCE) as client:
        assert (await client.get(shown.body["page"])).status_code == 403


def test_everybody_here_has_an_address_that_is_nobodys() -> None:
    assert Player("Nia", "Newcomer", "#000").email == "nia@example.org"
