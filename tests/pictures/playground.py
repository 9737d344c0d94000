"""Takes the README's picture: a screenshot of the demo with its four people."""

import asyncio
from unittest.mock import patch

from tests.pictures.plays import same_each_time
from tests.platforms.web.browser import Screen, beside_the_demo
from tests.world import START, FakeClock

# The port of `make demo`, which is part of the invitation's link.
PORT = 8000
_VIEW = {"width": 1560, "height": 900, "deviceScaleFactor": 1.25, "mobile": False}
# The page computes how long ago things were by the browser's clock.
_STANDING = f"Date.now = () => {int(START.timestamp() * 1000)}"
_STILL = {"features": [{"name": "prefers-reduced-motion", "value": "reduce"}]}


def picture(screen: Screen) -> bytes:
    """Play the README's scene in a demo whose clock does not move; return a screenshot."""
    screen.chrome.execute_cdp_cmd("Emulation.setTimezoneOverride", {"timezoneId": "UTC"})
    screen.chrome.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": _STANDING})
    clock = patch("bot.app.SystemClock", FakeClock)
    moment = patch("bot.platforms.web.playground.room.datetime")
    with same_each_time(), clock, moment as stand_in:
        stand_in.now.return_value = START
        return asyncio.run(beside_the_demo(PORT, lambda: _shot(screen)))


def _shot(screen: Screen) -> bytes:
    screen.chrome.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", _VIEW)
    screen.chrome.execute_cdp_cmd("Emulation.setEmulatedMedia", _STILL)
    screen.open(f"http://localhost:{PORT}/playground")
    screen.until_connected()
    screen.type("Leo", "Hi! I teach physics, can I come in?")
    screen.type("Ada", '/invite create uses:5 expires:7d note:"Welcome to the team!"')
    screen.sees("Ada", "Welcome to the team!")
    code = next(one.text for one in screen.all("code", screen.column("Ada")) if _is_code(one.text))
    _choose(screen, "Omar", "# approvals")
    screen.type("Nia", f"/join {code}")
    screen.labelled("Approve as Viewer", screen.column("Omar")).click()
    _choose(screen, "Nia", "Homeroom")
    screen.sees("Nia", "Welcome to Maple Grove School")
    screen.type("Leo", f"/join {code}")
    screen.sees("Omar", "Leo asks to join")
    composer = screen.composer("Leo")
    composer.send_keys("/")
    screen.wait(lambda: composer.get_attribute("aria-expanded") == "true")
    screen.script("arguments[0].style.caretColor = 'transparent'", composer)
    return screen.chrome.get_screenshot_as_png()


def _is_code(text: str) -> bool:
    return len(text) == 15 and text.count("-") == 2


def _choose(screen: Screen, who: str, tab: str) -> None:
    screen.wait(
        lambda: [one for one in screen.all("[role=tab]", screen.column(who)) if one.text.startswith(tab)]
    )[-1].click()
