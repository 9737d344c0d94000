"""An invitation answered in a real Chromium, by keyboard, on a wide screen and on a phone."""

import asyncio
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from oidc_provider_mock import User, run_server_in_thread
from selenium.webdriver.common.keys import Keys

from bot.core.invitations.invitations import Invitation
from bot.core.keys.ring import KeyRing
from bot.core.people.passwords import SignInWays
from bot.core.rights.actors import Platform
from bot.core.values import replace
from bot.platforms.web.link_view import link_lookup
from bot.platforms.web.server import build, serve
from bot.platforms.web.sign_in.flow import SignIn
from bot.platforms.web.sign_in.providers import ProviderSettings
from tests.core.door import Door, door_of, maple
from tests.patience import PATIENCE
from tests.platforms.web.browser import FAINT, PHONE, WIDE, Screen, beside, free_port
from tests.platforms.web.sign_in.keyholders import Mailbox
from tests.world import KEY, World, open_world, sqlite_url

# What reaches beyond the sheet that it stands on.
CUT = """const edge = document.querySelector("main").getBoundingClientRect().right;
const found = [], walker = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT);
while (walker.nextNode()) {
  const range = document.createRange();
  range.selectNodeContents(walker.currentNode);
  const words = walker.currentNode.data.trim();
  if (words && range.getBoundingClientRect().right > edge) found.push(words);
}
return found;"""
# Paragraphs that are much higher than their words.
HOLES = """return [...document.querySelectorAll("main p")].filter((one) => {
  const range = document.createRange();
  range.selectNodeContents(one);
  return one.getBoundingClientRect().height > range.getBoundingClientRect().height + 24;
}).map((one) => one.textContent);"""
LONG = "Gemeinschaftsgrundschule-Donaudampfschifffahrtsgesellschaftsdorf am Wald"
NIA = User(sub="nia", claims={"name": "Nia Okafor", "email": "nia@example.org", "email_verified": True})
OMAR = User(sub="omar", claims={"name": "Omar", "email": "omar@example.org", "email_verified": True})


@dataclass
class House:
    """The school and its pages on a thread of their own, beside a browser that blocks the test's."""

    address: str
    world: World
    loop: asyncio.AbstractEventLoop

    @property
    def door(self) -> Door:
        return door_of(self.world)

    def does(self, work):
        """Run a coroutine on the house's thread, and wait for it."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(PATIENCE)

    def invites(self, line: str) -> Invitation:
        self.does(self.door.says("ada", line))
        found: Invitation = self.does(self.door.invitations())[0]
        return found


@pytest.fixture
def house(tmp_path) -> Iterator[House]:
    with run_server_in_thread(user_claims=[NIA, OMAR]) as provider:
        metadata = f"http://localhost:{provider.server_port}/.well-known/openid-configuration"
        yield from _house(tmp_path, {"google": ProviderSettings("client", "secret", metadata_url=metadata)})


@pytest.fixture
def keyed(tmp_path) -> Iterator[House]:
    """A house without a sign-in provider: people sign in with passwords."""
    yield from _house(tmp_path, {}, passwords=True)


def _house(
    folder: Path, settings: dict[str, ProviderSettings], *, passwords: bool = False
) -> Iterator[House]:
    port = free_port()
    address = f"http://localhost:{port}"
    listening, made = threading.Event(), []

    async def main() -> None:
        async with open_world(sqlite_url(folder), base_url=address) as world:
            await maple(door_of(world))
            sign_in = SignIn.of(settings, base_url=address, keys=KeyRing(KEY), clock=world.clock)
            if passwords:
                world.notifiers[Platform.EMAIL] = Mailbox()
                world.runner = replace(world.runner, ways=SignInWays(passwords=True, mails=True))
                sign_in = sign_in.with_passwords(world.runner, mails=True)
            look_up = link_lookup(world.runner)
            app = build(world.runner, look_up=look_up, joins={}, sign_in=sign_in)
            made.append(world)
            await serve(app, "127.0.0.1", port, listening=lambda *_: listening.set())

    with beside(main(), listening) as loop:
        yield House(address, made[0], loop)


@pytest.fixture
def screen(chrome, house) -> Iterator[Screen]:
    yield from _screen(chrome, house)


@pytest.fixture
def keyed_screen(chrome, keyed) -> Iterator[Screen]:
    yield from _screen(chrome, keyed)


def _screen(chrome, house) -> Iterator[Screen]:
    screen = Screen(chrome)
    screen.look(PHONE)
    screen.open(house.address + "/healthz")
    chrome.delete_all_cookies()
    screen.troubles()
    yield screen
    # Ignore the provider's own messages, and those about responses that are refusals.
    troubles = [one for one in screen.troubles() if house.address in one and "status of 4" not in one]
    screen.open("about:blank")
    assert troubles == []


def _press(screen: Screen, label: str) -> None:
    """Go to a button or link with the Tab key, and press Enter."""
    for _ in range(25):
        focused = screen.focused()
        if focused.tag_name in {"a", "button"} and label in focused.text:
            focused.send_keys(Keys.ENTER)
            return
        focused.send_keys(Keys.TAB)
    raise AssertionError(f"{label} cannot be reached by keyboard")


def _signs_in(screen: Screen, who: str) -> None:
    _press(screen, "Continue with Google")
    screen.wait(lambda: "oauth2/authorize" in screen.chrome.current_url)
    screen.wait(lambda: [one for one in screen.all("button") if one.text.strip() == who][-1]).click()


def _reads_well(screen: Screen) -> None:
    for dark in (False, True):
        for size in (WIDE, PHONE):
            screen.look(size, dark=dark)
            assert screen.fits()
            assert screen.script(FAINT) == []
            assert screen.script(HOLES) == []
    small = "return [...document.querySelectorAll('main a[class], main button:not(.copy), summary')]"
    small += ".filter(one => one.getClientRects().length && one.getBoundingClientRect().height < 44)"
    assert screen.script(small + ".map(one => one.textContent)") == []
    _is_whole(screen)
    screen.look(PHONE)


def _is_whole(screen: Screen) -> None:
    """Check that nothing is cut off, on the narrowest screen and with text twice as large."""
    screen.look((320, 640))
    for letters in ("", "200%"):
        screen.script("document.documentElement.style.fontSize = arguments[0]", letters)
        assert screen.fits()
        assert screen.script(CUT) == []
    assert screen.script("return parseFloat(getComputedStyle(document.querySelector('h1')).fontSize)") > 40
    screen.script("document.documentElement.style.fontSize = ''")


@pytest.mark.parametrize("size", [WIDE, PHONE])
def test_a_parent_signs_in_accepts_and_is_in(screen, house, size):
    made = house.invites('/invite create role:Staff note:"Welcome to class 7b"')
    screen.look(size)
    screen.open(f"{house.address}/i/{made.token}")
    _reads_well(screen)
    screen.look(size)
    _signs_in(screen, "nia")
    screen.wait(lambda: "Signed in as Nia Okafor" in screen.one("main").text)
    assert screen.chrome.current_url == f"{house.address}/i/{made.token}"
    _reads_well(screen)
    screen.look(size)
    _press(screen, "Accept")
    screen.wait(lambda: screen.one("h1").text.startswith("Welcome to Maple"))
    assert screen.one(".status").text == "Member"
    _reads_well(screen)


def test_a_name_of_one_long_word_is_read_whole(screen, house):
    house.does(house.door.says("ada", f'/school edit name:"{LONG}" approval:"by request"'))
    made = house.invites("/invite create role:Staff")
    screen.open(f"{house.address}/i/{made.token}")
    screen.one("summary").click()
    _reads_well(screen)
    _signs_in(screen, "nia")
    screen.wait(lambda: "Signed in as" in screen.one("main").text)
    _reads_well(screen)
    _press(screen, "Accept")
    screen.wait(lambda: screen.one(".status").text == "Waiting for approval")
    _reads_well(screen)
    name = screen.script("return document.querySelector('.schools strong').getBoundingClientRect().width")
    assert name > 200, "the status does not push it into a corner"


def test_the_waiting_page_changes_by_itself(screen, house):
    house.does(house.door.says("ada", '/school edit approval:"by request"'))
    made = house.invites("/invite create role:Staff")
    screen.open(f"{house.address}/i/{made.token}")
    _signs_in(screen, "nia")
    screen.wait(lambda: "Signed in as" in screen.one("main").text)
    _press(screen, "Accept")
    screen.wait(lambda: screen.one(".status").text == "Waiting for approval")
    screen.wait(lambda: screen.one("#news").text == "This page changes by itself.")
    assert screen.chrome.title == "Maple Grove: Waiting for approval · Homeroom"
    _reads_well(screen)
    (request,) = house.does(house.door.requests())
    house.does(house.door.clicks("ada", "request approve", request=request.id))
    screen.wait(lambda: screen.one(".status").text == "Member")
    assert screen.chrome.title == "Maple Grove: Member · Homeroom"
    screen.chrome.delete_all_cookies()
    screen.script("document.dispatchEvent(new Event('visibilitychange'))")  # as when they return to the tab
    screen.wait(lambda: screen.one("[role=alert]").text.startswith("You are signed out."))


def test_whoever_missed_a_question_is_taken_to_what_is_missing(screen, house):
    house.does(house.door.says("ada", '/school questions question_1:"Which class?"'))
    house.does(house.door.says("ada", '/school edit approval:"by request"'))
    made = house.invites("/invite create role:Staff")
    screen.open(f"{house.address}/i/{made.token}")
    _signs_in(screen, "nia")
    screen.wait(lambda: "Signed in as" in screen.one("main").text)
    _press(screen, "Accept")
    screen.wait(lambda: screen.one("h1").text == "A few questions")
    _reads_well(screen)
    screen.one("textarea").send_keys(" ")
    _press(screen, "Ask to join")
    screen.wait(lambda: screen.focused().get_attribute("role") == "alert")
    assert screen.chrome.title.startswith("Error: ")
    _reads_well(screen)


def test_without_scripts_an_invitation_is_answered_all_the_same(screen, house):
    house.does(house.door.says("ada", '/school edit approval:"by request"'))
    made = house.invites("/invite create role:Staff")
    screen.open(f"{house.address}/i/{made.token}")
    screen.chrome.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        screen.chrome.refresh()
        _signs_in(screen, "nia")
        screen.wait(lambda: "Signed in as" in screen.one("main").text)
        _press(screen, "Accept")
        screen.wait(lambda: screen.one(".status").text == "Waiting for approval")
        assert screen.one("#news").text == "To see news, refresh this page."
        (request,) = house.does(house.door.requests())
        house.does(house.door.clicks("ada", "request approve", request=request.id))
        screen.chrome.refresh()
        assert screen.one(".status").text == "Member"
    finally:
        screen.chrome.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


def test_the_wrong_account_is_changed_for_the_right_one(screen, house):
    made = house.invites('/invite person to:nia@example.org name:"Nia"')
    screen.open(f"{house.address}/i/{made.token}")
    assert "n•••@example.org" in screen.one("main").text
    _reads_well(screen)
    _signs_in(screen, "omar")
    screen.wait(lambda: "for another account" in screen.one("main").text)
    _reads_well(screen)
    _press(screen, "Use another account")
    screen.wait(lambda: screen.all(".doors"))
    _signs_in(screen, "nia")
    screen.wait(lambda: "Signed in as Nia Okafor" in screen.one("main").text)
    _press(screen, "Decline")
    screen.wait(lambda: "You have declined it" in screen.one("main").text)
    _reads_well(screen)
    assert house.does(house.door.invitations())[0].uses_taken == 0


def _fills(screen: Screen, **typed: str) -> None:
    """Fill in a form by keyboard, from the field that has the focus on."""
    for name, text in typed.items():
        for _ in range(10):
            if screen.focused().get_attribute("name") == name:
                break
            screen.focused().send_keys(Keys.TAB)
        screen.focused().send_keys(text)


def test_a_password_is_chosen_and_typed_on_a_phone(keyed_screen, keyed):
    screen, house = keyed_screen, keyed
    house.does(house.door.says("ada", "/school edit approval:automatic"))
    made = house.invites('/invite person to:nia@example.org name:"Nia" roles:Staff')
    house.does(house.door.clicks("ada", "invite send", invitation=made.id))
    house.does(house.world.deliver())
    screen.open(house.world.notifiers[Platform.EMAIL].link())
    _reads_well(screen)
    _press(screen, "Continue with e-mail")
    screen.wait(lambda: screen.one("h1").text == "Sign in")
    _reads_well(screen)
    _press(screen, "Choose one")
    screen.wait(lambda: screen.one("h1").text == "Choose a password")
    assert "n•••@example.org" in screen.one("main").text
    _reads_well(screen)
    _fills(screen, password="password1234" + Keys.ENTER)
    screen.wait(lambda: "easy to guess" in screen.one("[role=alert]").text)
    _reads_well(screen)
    assert screen.chrome.title.startswith("Error: Choose a password")
    _fills(screen, password="tobacco lamp river")
    screen.focused().send_keys(Keys.TAB)
    assert screen.focused().accessible_name == "Show password"
    screen.focused().send_keys(Keys.SPACE)
    assert screen.one("#password").get_attribute("type") == "text"
    screen.one("#password").send_keys(Keys.ENTER)
    screen.wait(lambda: "Signed in as" in screen.one("main").text)
    _press(screen, "Accept")
    screen.wait(lambda: screen.one("h1").text.startswith("Welcome to Maple"))
    _press(screen, "Sign out")
    screen.open(f"{house.address}/me/sign-in/password")
    _fills(screen, email="nia@example.org", password="violet engine marble" + Keys.ENTER)
    screen.wait(lambda: "is wrong" in screen.one("[role=alert]").text)
    _reads_well(screen)
    _fills(screen, password="tobacco lamp river" + Keys.ENTER)  # the address is still there
    screen.wait(lambda: "Your schools" in screen.one("h1").text)
    assert screen.one(".status").text == "Member"


def test_a_forgotten_password_is_asked_for_on_a_phone(keyed_screen, keyed):
    screen, house = keyed_screen, keyed
    screen.open(f"{house.address}/me/sign-in/password")
    _press(screen, "Get a link by e-mail")
    screen.wait(lambda: screen.one("h1").text == "A link by e-mail")
    _reads_well(screen)
    _fills(screen, email="nobody@example.org" + Keys.ENTER)
    screen.wait(lambda: screen.one("h1").text == "Check your mailbox")
    assert "type /account password (on Slack /homeroom account password) there" in screen.one("main").text
    _reads_well(screen)
    screen.open(f"{house.address}/password/unknown")
    screen.wait(lambda: "no longer works" in screen.one("h1").text)
    _reads_well(screen)


def test_a_page_that_is_looked_at_counts_once_for_each_tab(screen, house):
    made = house.invites("/invite create")
    page = f"{house.address}/i/{made.token}"

    def openings() -> int:
        found: Invitation = house.does(house.door.invitations())[0]
        return found.openings

    def visit() -> None:
        """Wait until the page has sent what it reports."""
        screen.open(page)
        told = "return performance.getEntriesByType('resource').some((one) => one.name.endsWith('/opened'))"
        screen.wait(lambda: screen.script(told))

    visit()
    screen.wait(lambda: openings() == 1)
    visit()  # again in the same tab
    first = screen.chrome.current_window_handle
    screen.chrome.switch_to.new_window("tab")
    visit()
    screen.wait(lambda: openings() == 2)
    assert house.does(house.door.invitations())[0].opened_at is not None
    screen.open("about:blank")
    screen.chrome.close()
    screen.chrome.switch_to.window(first)
