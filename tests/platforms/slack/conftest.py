"""A local Slack with people, and a front with a few commands, over HTTP and over Socket Mode."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

import pytest

from bot.platforms.slack.front import SlackFront
from tests.patience import PATIENCE
from tests.platforms.slack.asking import Asking
from tests.platforms.slack.small import SmallDatabase, small_runner
from tests.servers.slack.hand import Hand
from tests.servers.slack.lines import HttpLine
from tests.servers.slack.reading import text_of
from tests.servers.slack.running import front_for, over_http, over_socket
from tests.servers.slack.server import SlackServer
from tests.servers.slack.workspace import Person


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)


@dataclass
class Stage:
    """Everything that a test of the front needs."""

    server: SlackServer
    mode: str
    admin: Person
    ann: Person
    database: SmallDatabase = field(default_factory=SmallDatabase)
    patience: float = PATIENCE
    hand: Hand = field(init=False)
    front: SlackFront = field(init=False)
    _running: AsyncExitStack = field(default_factory=AsyncExitStack)

    async def start(self) -> None:
        self.front = front_for(small_runner(self.database), self.server, patience=self.patience)
        running = over_http(self.front) if self.mode == "http" else over_socket(self.front, self.server)
        self.hand = Hand(self.server, await self._running.enter_async_context(running))

    async def stop(self) -> None:
        await self._running.aclose()

    async def restart(self) -> None:
        await self.stop()
        await self.start()

    async def type(self, person: Person, text: str, channel: str = "general") -> None:
        await self.hand.type(person, text, channel)
        await self.front.idle()

    async def click(self, person: Person, label: str) -> None:
        await self.hand.click(person, label)
        await self.front.idle()

    async def choose(self, person: Person, placeholder: str, label: str) -> None:
        await self.hand.choose(person, placeholder, label)
        await self.front.idle()

    async def submit(self, person: Person, **answers: str) -> None:
        await self.hand.submit(person, **answers)
        await self.front.idle()

    def seen(self, person: Person) -> list[str]:
        return [text_of(message) for message in self.server.workspace.seen_by(person.id)]

    @property
    def http(self) -> HttpLine:
        assert isinstance(self.hand.line, HttpLine)
        return self.hand.line


@pytest.fixture
async def server() -> AsyncIterator[SlackServer]:
    async with SlackServer() as running:
        running.workspace.channel("general")
        running.workspace.channel("approvals")
        yield running


@pytest.fixture
async def asking(server: SlackServer) -> AsyncIterator[Asking]:
    made = Asking(server)
    yield made
    await made.clients.close()
    assert server.problems == []


async def _stage(server: SlackServer, mode: str) -> AsyncIterator[Stage]:
    workspace = server.workspace
    made = Stage(server, mode, workspace.person("admin", admin=True), workspace.person("ann"))
    await made.start()
    try:
        yield made
    finally:
        await made.stop()
    assert server.problems == []


@pytest.fixture(params=["http", "socket"])
async def stage(request: pytest.FixtureRequest, server: SlackServer) -> AsyncIterator[Stage]:
    async for made in _stage(server, request.param):
        yield made


@pytest.fixture
async def http(server: SlackServer) -> AsyncIterator[Stage]:
    async for made in _stage(server, "http"):
        yield made


@pytest.fixture
async def socket_mode(server: SlackServer) -> AsyncIterator[Stage]:
    async for made in _stage(server, "socket"):
        yield made


@pytest.fixture
async def slow(stage: Stage) -> Stage:
    """A stage whose front acknowledges almost at once, and so answers later."""
    stage.patience = 0.02
    await stage.restart()
    return stage
