from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from selenium.webdriver import Chrome
from starlette.applications import Starlette

from bot.chat.runner import Runner
from bot.core.rights.actors import Platform
from bot.core.values import replace
from bot.platforms.web.link_view import GivenRole, InvitationView
from bot.platforms.web.playground.app import Playground
from bot.platforms.web.playground.people import APPROVALS, GENERAL, Player
from bot.platforms.web.playground.room import Room
from bot.platforms.web.server import build
from tests.core.door import Door, door_of, maple
from tests.platforms.web.browser import Screen, live, open_browser
from tests.platforms.web.served import Page, served
from tests.platforms.web.toy import TOY
from tests.world import World, open_world, sqlite_url

ADA = Player("Ada", "Admin", "#3b5bdb", True, (GENERAL, APPROVALS), ("/show every", "/poll start"))
NIA = Player("Nia", "Newcomer", "#d6336c", tries=("/poll set",))
INVITATION = InvitationView(
    given=(GivenRole("Maple Street Middle School with a rather long name", "Teacher"),),
    inviter="Ada",
    note="See you on Friday.",
    code="7KQ4-M2XW-9HPT3",
    expires_at=datetime(2027, 1, 31, 17, tzinfo=UTC),
    needs_approval=True,
    link="http://127.0.0.1/i/alive",
)


async def nobody(_: str, _visitor: object) -> InvitationView | None:
    return None


@pytest.fixture
async def small_world(tmp_path) -> AsyncIterator[World]:
    """A world on SQLite, since these tests do not depend on the database."""
    async with open_world(sqlite_url(tmp_path)) as world:
        yield world


@pytest.fixture
async def door(small_world: World) -> Door:
    """The front door of its school, Maple Grove."""
    door = door_of(small_world)
    await maple(door)
    return door


@pytest.fixture
async def runner(small_world: World) -> Runner:
    return replace(small_world.runner, registry=TOY)


@pytest.fixture
def room() -> Room:
    return Room([ADA, NIA])


@pytest.fixture
def app(runner, room) -> Starlette:
    return build(runner, look_up=nobody, joins={Platform.WEB: "/"}, playground=Playground(room))


@pytest.fixture
async def address(app) -> AsyncIterator[str]:
    async with served(app) as address:
        yield address


@pytest.fixture
async def page(address) -> AsyncIterator[Page]:
    async with Page(address) as page:
        yield page


@pytest.fixture(scope="module")
def chrome(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    chrome = open_browser(tmp_path_factory.mktemp("profile"))
    yield chrome
    chrome.quit()


@pytest.fixture
def live_room() -> Room:
    return Room([ADA, NIA])


@pytest.fixture
def base(tmp_path: Path, live_room: Room) -> Iterator[str]:
    with live(tmp_path, live_room, INVITATION) as address:
        yield address


@pytest.fixture
def screen(chrome: Chrome, base: str) -> Iterator[Screen]:
    screen = Screen(chrome)
    screen.look()
    screen.open(f"{base}/playground")
    screen.until_connected()
    yield screen
    troubles = screen.troubles()
    screen.open("about:blank")
    assert troubles == []
