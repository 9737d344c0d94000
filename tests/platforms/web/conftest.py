from collections.abc import AsyncIterator

import pytest
from starlette.applications import Starlette

from bot.chat.runner import Runner
from bot.core.actors import Platform
from bot.core.values import replace
from bot.platforms.web.invitation import InvitationView
from bot.platforms.web.playground.app import Playground
from bot.platforms.web.playground.people import APPROVALS, GENERAL, Player
from bot.platforms.web.playground.room import Room
from bot.platforms.web.server import build
from tests.platforms.web.served import Page, served
from tests.platforms.web.toy import TOY
from tests.world import open_world, sqlite_url

ADA = Player("Ada", "Admin", "#3b5bdb", True, (GENERAL, APPROVALS), ("/show every", "/poll start"))
NIA = Player("Nia", "Newcomer", "#d6336c", tries=("/poll set",))


async def nobody(_: str, _visitor: object) -> InvitationView | None:
    return None


async def fine() -> bool:
    return True


@pytest.fixture
async def runner(tmp_path) -> AsyncIterator[Runner]:
    async with open_world(sqlite_url(tmp_path)) as world:
        yield replace(world.runner, registry=TOY)


@pytest.fixture
def room() -> Room:
    return Room([ADA, NIA])


@pytest.fixture
def app(runner, room) -> Starlette:
    return build(runner, look_up=nobody, health=fine, joins={Platform.WEB: "/"}, playground=Playground(room))


@pytest.fixture
async def address(app) -> AsyncIterator[str]:
    async with served(app) as address:
        yield address


@pytest.fixture
async def page(address) -> AsyncIterator[Page]:
    async with Page(address) as page:
        yield page
