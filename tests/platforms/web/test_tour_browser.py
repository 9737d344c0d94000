"""The demo's tour in a real Chromium, which leads newcomers through the whole way into a school."""

import asyncio

from selenium.webdriver.common.keys import Keys

from tests.platforms.web.browser import PHONE, Screen, beside_the_demo, free_port

STEPS = ["Ada invites people", "Nia joins with the code", "Omar approves", "Nia reads the answer"]


def _is_at(screen: Screen, number: int) -> None:
    screen.wait(lambda: STEPS[number] in screen.one(".step[aria-current]").text)


def _led(screen: Screen, port: int) -> None:
    screen.open(f"http://localhost:{port}/playground")
    screen.until_connected()
    assert [one.text.split("\n")[-1] for one in screen.all(".step")] == STEPS
    _is_at(screen, 0)
    assert [one.is_enabled() for one in screen.all(".step")] == [True, False, False, False]
    for number in range(3):
        # Each step leads to where one thing is left to do, and that is to press Enter.
        screen.one(".step[aria-current]").send_keys(Keys.ENTER)
        screen.wait(lambda: screen.focused().tag_name != "body" and "step" not in _classes(screen))
        screen.focused().send_keys(Keys.ENTER)
        _is_at(screen, number + 1)
    # Who comes back to the page goes on where they were; on a phone there is one step at a time.
    screen.look(PHONE)
    screen.open(f"http://localhost:{port}/playground")
    _is_at(screen, 3)
    assert len(screen.all(".step")) == 1
    assert screen.fits()
    screen.one(".step[aria-current]").click()
    screen.wait(lambda: "Welcome to Maple Grove School" in screen.one(".column").text)
    assert screen.one(".column").get_attribute("aria-label") == "Nia, Newcomer"
    screen.wait(lambda: "whole way in" in screen.one("#steps").text)
    screen.one(".tour-end").click()
    screen.wait(lambda: not screen.all("#steps"))
    screen.open(f"http://localhost:{port}/playground")
    screen.until_connected()
    assert not screen.all("#steps")
    assert screen.troubles() == []


def _classes(screen: Screen) -> str:
    return screen.focused().get_attribute("class") or ""


def test_the_tour_leads_newcomers_through_the_whole_way_in(chrome):
    screen, port = Screen(chrome), free_port()
    screen.look()
    try:
        asyncio.run(beside_the_demo(port, lambda: _led(screen, port)))
    finally:
        screen.open("about:blank")
