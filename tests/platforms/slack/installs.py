"""The whole bot with a Slack app that many workspaces install: pages, front and database, over sockets."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import aiohttp

from bot.core.keys.ring import KeyRing
from bot.core.rights.actors import Platform
from bot.core.workspaces.installation_ports import Installation
from bot.platforms.slack.front import SlackFront
from bot.platforms.slack.installing.oauth import App, link
from tests.patience import PATIENCE
from tests.servers.slack.hand import Hand
from tests.servers.slack.installing import CLIENT_ID, CLIENT_SECRET, Branch
from tests.servers.slack.lines import HttpLine, Line
from tests.servers.slack.reading import text_of
from tests.servers.slack.running import over_http, over_socket
from tests.servers.slack.server import APP_TOKEN, SIGNING_SECRET, SlackServer
from tests.servers.slack.workspace import Person, Workspace
from tests.world import KEY, World, open_world, sqlite_url

BASE = "https://door.example.org"
BACK = f"{BASE}/slack/oauth_redirect"


@dataclass
class Browser:
    """A browser that keeps its cookies; it does not follow redirects, such as those to Slack."""

    url: str
    cookies: dict[str, str] = field(default_factory=dict)
    page: str = ""
    set_cookies: list[str] = field(default_factory=list)

    async def get(self, address: str) -> tuple[int, str]:
        """Open an address; return the status, and the target of a redirect."""
        sent = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        headers = {"Cookie": sent} if sent else {}
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"{self.url}{address}", headers=headers, allow_redirects=False) as answer,
        ):
            self.set_cookies = answer.headers.getall("Set-Cookie", [])
            for one in self.set_cookies:
                for name, morsel in SimpleCookie(one).items():
                    self.cookies[name] = morsel.value
            self.page = await answer.text()
            return answer.status, answer.headers.get("Location", "")

    async def begin(self, address: str) -> str:
        """Open a link to install the app; return the state that is passed to Slack."""
        status, to = await self.get(address)
        assert status == 302, (status, self.page)
        asked = parse_qs(urlsplit(to).query)
        assert to.startswith("https://slack.com/oauth/v2/authorize?")
        assert asked["client_id"] == [CLIENT_ID]
        assert asked["redirect_uri"] == [BACK]
        return asked["state"][0]


@dataclass
class House:
    """A replica of the bot, and the local Slack in which it is installed."""

    server: SlackServer
    world: World
    front: SlackFront
    app: App
    line: Line
    database_url: str

    def branch(self, team: str, name: str, organization: str = "") -> Workspace:
        """Add a workspace, of an organisation if one is given."""
        return self.server.workspace_of(team, name, organization)

    def hand(self, team: str) -> Hand:
        """Return a hand that acts in a workspace."""
        return Hand(Branch(self.server, self.server.workspaces[team]), self.line)

    @property
    def http(self) -> HttpLine:
        """The line, which must be one by HTTP."""
        assert isinstance(self.line, HttpLine)
        return self.line

    def browser(self) -> Browser:
        """Open a new browser."""
        return Browser(self.http.url)

    @property
    def link(self) -> str:
        """The path of a new link to install the app."""
        return link(self.app, self.world.clock.now()).removeprefix(BASE)

    async def install(self, place: str) -> Browser:
        """Install the app in a workspace or organisation with a new browser, and return that."""
        browser = self.browser()
        state = await browser.begin(self.link)
        code = self.server.allow(place, BACK)
        status, _ = await browser.get(f"/slack/oauth_redirect?code={code}&state={state}")
        assert status == 200, browser.page
        return browser

    async def at(self, place: str) -> Installation | None:
        """Return the stored installation of a workspace or organisation; None if there is none."""
        return await self.world.database.read(lambda uow: uow.installations.by_place(place))

    async def type(self, team: str, person: Person, text: str) -> object:
        """Type a command in a workspace; return the acknowledgement."""
        answer = await self.hand(team).type(person, text)
        await self.front.idle()
        return answer

    def seen(self, team: str, person: Person) -> str:
        """Return the text of the newest message that a person sees in a workspace."""
        seen = self.server.workspaces[team].seen_by(person.id)
        return text_of(seen[-1]) if seen else ""

    def tokens(self, since: int = 0) -> set[str]:
        """Return the places whose tokens were used in calls of Slack, except for checks of tokens."""
        calls = [call for call in self.server.calls[since:] if call.method != "auth.test"]
        shown = {call.token for call in calls if call.token.startswith("xoxb")}
        return {self.server.tokens.get(token, "?") for token in shown}


@asynccontextmanager
async def house(
    server: SlackServer,
    tmp_path: Path,
    *,
    mode: str = "http",
    public: bool = False,
    patience: float = PATIENCE,
) -> AsyncIterator[House]:
    """Run a replica; replicas with the same folder share a database."""
    url = sqlite_url(tmp_path)
    app = App(CLIENT_ID, CLIENT_SECRET, KeyRing(KEY), BASE, public)
    async with open_world(url) as world:
        front = SlackFront(
            world.runner,
            oauth=app,
            app_token=APP_TOKEN,
            signing_secret=SIGNING_SECRET,
            api_base=server.api_base,
            patience=patience,
        )
        world.notifiers[Platform.SLACK] = front.notifier
        running = over_http(front) if mode == "http" else over_socket(front, server)
        async with running as line:
            yield House(server, world, front, app, line, url)


async def both(*work: object) -> None:
    """Run several awaitables at once."""
    await asyncio.gather(*work)  # type: ignore[call-overload]
