"""Mails of the playground in a real Chromium: read and followed, without active content."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement

from bot.platforms.mail.message import Sender, compose
from bot.platforms.mail.render import Body, render
from bot.platforms.web.playground.room import Room
from tests.platforms.web.browser import FAINT, PHONE, Screen, live
from tests.platforms.web.conftest import ADA, NIA
from tests.platforms.web.test_mailbox import CARD, LINK
from tests.world import START

HOSTILE = """<div><p id="words">Hello</p><script>top.document.title = 'owned'</script>
<img src="x" onerror="top.document.title='owned'"><form action="/playground"><button>Go</button></form>
<a href="javascript:top.document.title='owned'">click</a></div>"""

INSIDE = "const page = arguments[0].contentDocument.documentElement;"


@pytest.fixture
def room() -> Room:
    return Room([ADA, NIA], mail=True)


@pytest.fixture
def screen(chrome: Chrome, tmp_path: Path, room: Room) -> Iterator[Screen]:
    with live(tmp_path, room) as address:
        screen = Screen(chrome)
        screen.look()
        take(room, render(CARD))
        screen.open(f"{address}/playground")
        screen.until_connected()
        yield screen
        screen.open("about:blank")


def take(room: Room, body: Body) -> None:
    message = compose(body, Sender("Homeroom <door@example.org>"), NIA.email, START)
    asyncio.run(room.take_mail(message))


def open_mail(screen: Screen, name: str = "Nia") -> WebElement:
    """Open a person's Mail, and wait until its frame is as high as the mail."""
    (tab,) = [one for one in screen.all("[role=tab]", screen.column(name)) if one.text.startswith("Mail")]
    tab.click()
    frame = screen.one("iframe", screen.column(name))
    screen.wait(lambda: frame.get_attribute("style"))
    return frame


def test_a_mail_is_counted_read_and_its_link_can_be_followed(screen: Screen) -> None:
    assert (
        "1 unread"
        in [one.text.replace("\n", " ") for one in screen.all("[role=tab]", screen.column("Nia"))][-1]
    )
    frame = open_mail(screen)
    mail = screen.one(".mail", screen.column("Nia"))
    assert screen.one(".mail-subject", mail).text == "Ada invited you"
    assert "nia@example.org" in mail.text
    assert frame.accessible_name == "Mail: Ada invited you"
    screen.chrome.switch_to.frame(frame)
    link = screen.one("a.button")
    assert (link.text, link.get_attribute("href"), link.get_attribute("target")) == (
        "Open the invitation",
        LINK,
        "_blank",
    )
    picture = screen.one("img")
    assert picture.accessible_name == "A dot"
    assert screen.script("return arguments[0].naturalWidth", picture) > 0
    screen.chrome.switch_to.default_content()
    assert not screen.all(".composer-input", screen.column("Nia")), "nobody answers a mail"
    assert screen.troubles() == []


def test_a_mail_is_read_from_its_beginning_and_whole(screen: Screen, room: Room) -> None:
    take(room, render(CARD))
    screen.chrome.refresh()
    screen.until_connected()
    frame = open_mail(screen)
    assert screen.script(f"{INSIDE} return page.scrollHeight <= page.clientHeight", frame)
    log = screen.one("[role=log]", screen.column("Nia"))
    newest = screen.all(".message", log)[-1]
    apart = "return arguments[0].getBoundingClientRect().top - arguments[1].getBoundingClientRect().top"
    screen.wait(lambda: abs(screen.script(apart, newest, log)) < 2)


def test_the_plain_text_opens_by_keyboard(screen: Screen) -> None:
    open_mail(screen)
    summary = screen.one("summary", screen.column("Nia"))
    summary.send_keys(Keys.ENTER)
    assert LINK in screen.one("pre", screen.column("Nia")).text


def test_an_invitation_is_answered_in_the_chat_with_one_press(screen: Screen) -> None:
    open_mail(screen)
    screen.labelled("/join …", screen.column("Nia")).click()
    assert screen.composer("Nia").get_attribute("value") == f"/join {LINK}"
    assert screen.focused() == screen.composer("Nia")


def test_a_hostile_mail_does_nothing(screen: Screen, room: Room) -> None:
    take(room, Body("Hi", "Hi", HOSTILE))
    screen.chrome.refresh()
    screen.until_connected()
    open_mail(screen)
    frame = screen.one("iframe", screen.column("Nia"))
    screen.chrome.switch_to.frame(frame)
    assert screen.one("#words").text == "Hello"
    screen.one("a").click()
    screen.one("button").click()
    assert screen.one("#words").text == "Hello", "the form went nowhere"
    screen.chrome.switch_to.default_content()
    assert screen.chrome.title == "Playground · Homeroom"
    assert len(screen.chrome.window_handles) == 1
    assert any("sandbox" in one or "Content Security Policy" in one for one in screen.troubles())


@pytest.mark.parametrize("dark", [False, True])
def test_on_a_phone_in_both_schemes_all_of_it_can_be_read(screen: Screen, *, dark: bool) -> None:
    screen.look(PHONE, dark=dark)
    next(one for one in screen.all(".person") if "Nia" in one.text).click()
    frame = open_mail(screen)
    assert screen.fits()
    assert screen.script(FAINT) == []
    assert screen.script(f"{INSIDE} return page.scrollWidth <= page.clientWidth", frame)
    screen.chrome.switch_to.frame(frame)
    assert screen.script(FAINT) == []
    screen.chrome.switch_to.default_content()


def test_without_mails_the_place_says_what_it_is_for(screen: Screen) -> None:
    (tab,) = [one for one in screen.all("[role=tab]", screen.column("Ada")) if one.text == "Mail"]
    tab.click()
    screen.sees("Ada", "Mails to ada@example.org arrive here. Nothing is really sent.")
