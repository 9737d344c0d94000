"""A real headless Chromium, if one is installed, and a playground that runs beside it."""

import asyncio
import shutil
import socket
import threading
import warnings
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar
from unittest.mock import patch

import pytest
from selenium.common.exceptions import StaleElementReferenceException, WebDriverException
from selenium.webdriver import Chrome
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

from bot import demo
from bot.chat.commands import Registry
from bot.core.rights.actors import Platform
from bot.core.values import replace
from bot.platforms.web.link_view import InvitationView
from bot.platforms.web.playground.app import Playground
from bot.platforms.web.playground.room import Room
from bot.platforms.web.server import build, serve
from bot.sheets.bounds import Bounds
from tests.patience import PATIENCE
from tests.platforms.web.toy import TOY
from tests.world import open_world, sqlite_url

T = TypeVar("T")
_BOUNDS = Bounds()
WIDE, PHONE = (1440, 900), (390, 844)
# A script that lists the texts of a page whose contrast is too low.
FAINT = Path(__file__).with_name("faint.js").read_text(encoding="utf-8")
# Raised while a page changes during a look at it.
_PASSING = (IndexError, StaleElementReferenceException)
_FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def open_browser(profile: Path) -> Chrome:
    """Start Chromium, or skip the test with a warning if it is not installed."""
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    driver = shutil.which("chromedriver")
    if browser is None or driver is None:
        why = "No Chromium with chromedriver is installed: what people see in a browser was NOT tested."
        warnings.warn(why, stacklevel=2)
        pytest.skip(why)
    options = Options()
    options.binary_location = browser
    for flag in (*_FLAGS, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    return Chrome(options=options, service=Service(driver))


class Screen:
    """A page in the browser: finds elements, clicks, types, and waits for what must appear."""

    def __init__(self, chrome: Chrome) -> None:
        self.chrome = chrome

    def until_connected(self) -> None:
        """Wait until the playground says that it is connected."""
        self.wait(lambda: self.one("#connection").text == "Connected")

    def look(self, size: tuple[int, int] = WIDE, *, dark: bool = False) -> None:
        """Set the size of the screen and the colour scheme."""
        metrics = {"width": size[0], "height": size[1], "deviceScaleFactor": 1, "mobile": size == PHONE}
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.chrome.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        self.chrome.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})

    def open(self, address: str) -> None:
        """Open a page."""
        self.chrome.get(address)

    def script(self, code: str, *values: object) -> Any:
        """Run a script in the page."""
        return self.chrome.execute_script(code, *values)

    def wait(self, true: Callable[[], Any]) -> Any:
        """Wait until a function returns something true, and return that."""
        waiting = WebDriverWait(self.chrome, PATIENCE, 0.05, ignored_exceptions=_PASSING)

        def now(_: Chrome) -> Any:
            try:
                return true()
            except WebDriverException as error:
                # Chromium's error for an element whose page is going away has no class of its own.
                if "Frame is detached" in str(error):
                    raise StaleElementReferenceException from error
                raise

        return waiting.until(now)

    def all(self, css: str, inside: WebElement | None = None) -> list[WebElement]:
        """Return all matching elements that are displayed."""
        found = (inside or self.chrome).find_elements(By.CSS_SELECTOR, css)
        return [one for one in found if one.is_displayed()]

    def one(self, css: str, inside: WebElement | None = None) -> WebElement:
        """Wait until a matching element is displayed, and return the last one."""
        found: WebElement = self.wait(lambda: self.all(css, inside)[-1])
        return found

    def labelled(self, label: str, inside: WebElement) -> WebElement:
        """Wait for the newest button with that label."""
        found: WebElement = self.wait(
            lambda: [one for one in self.all("button", inside) if one.text == label][-1]
        )
        return found

    def column(self, name: str) -> WebElement:
        """Return a person's column."""
        return self.one(f'.column[aria-label^="{name},"]')

    def composer(self, name: str) -> WebElement:
        """Return the field in which a person types."""
        return self.one(".composer-input", self.column(name))

    def type(self, name: str, line: str) -> None:
        """Type a line and send it, without taking a suggestion from the list."""
        composer = self.composer(name)
        composer.send_keys(line)
        composer.send_keys(Keys.ESCAPE, Keys.ENTER)
        self.wait(lambda: composer.get_attribute("value") == "")

    def sees(self, name: str, words: str) -> None:
        """Wait until a person's column shows these words."""
        self.wait(lambda: words in self.column(name).text)

    def focused(self) -> WebElement:
        """Return the element that has the focus."""
        return self.chrome.switch_to.active_element

    def fits(self) -> bool:
        """Tell whether the page is not wider than the screen."""
        return bool(self.script("return document.documentElement.scrollWidth <= innerWidth"))

    def troubles(self) -> list[str]:
        """List the browser's errors and warnings, such as a refused script or style."""
        entries: list[dict[str, Any]] = self.chrome.get_log("browser")
        return [str(one["message"]) for one in entries if one["level"] in {"SEVERE", "WARNING"}]


@contextmanager
def beside(
    work: Coroutine[Any, Any, None], listening: threading.Event
) -> Iterator[asyncio.AbstractEventLoop]:
    """Run a server on its own thread while the test's thread waits for the browser; yield its loop."""
    loop = asyncio.new_event_loop()
    task = loop.create_task(work)

    def run() -> None:
        with suppress(asyncio.CancelledError):
            loop.run_until_complete(task)
        loop.close()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        assert listening.wait(PATIENCE)
        yield loop
    finally:
        loop.call_soon_threadsafe(task.cancel)
        thread.join(2 * PATIENCE)


@contextmanager
def live(
    folder: Path,
    room: Room,
    invitation: InvitationView | None = None,
    *,
    port: int = 0,
    password: str | None = None,
    registry: Registry = TOY,
    bounds: Bounds = _BOUNDS,
) -> Iterator[str]:
    """Serve a room on its own thread; yield the address."""
    addresses: list[str] = []
    listening = threading.Event()

    def told(host: str, port: int) -> None:
        addresses.append(f"http://{host}:{port}")
        listening.set()

    async def look_up(token: str, _: object) -> InvitationView | None:
        return invitation if token == "alive" else None

    async def main() -> None:
        async with open_world(sqlite_url(folder)) as world:
            app = build(
                replace(world.runner, registry=registry, bounds=bounds),
                look_up=look_up,
                joins={Platform.DISCORD: "/", Platform.SLACK: "/homeroom "},
                playground=Playground(room, password),
            )
            await serve(app, "127.0.0.1", port, listening=told)

    with beside(main(), listening):
        yield addresses[0]


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
        return port


async def beside_the_demo(port: int, work: Callable[[], T]) -> T:
    """Run the whole demo with its workers, while `work` uses a browser on another thread."""
    listening = asyncio.Event()
    with patch("bot.demo._announce", lambda *_: listening.set()):
        running = asyncio.create_task(demo.run(port))
        waiting = asyncio.create_task(listening.wait())
        await asyncio.wait([running, waiting], return_when=asyncio.FIRST_COMPLETED)
        if running.done():
            waiting.cancel()
            running.result()
        try:
            return await asyncio.to_thread(work)
        finally:
            running.cancel()
            await asyncio.wait([running])
