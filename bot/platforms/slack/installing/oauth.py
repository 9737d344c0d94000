"""Installation by OAuth: Bolt's flow with our own stores, and the pages that end it."""

import html
import logging
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from slack_bolt.adapter.starlette.async_handler import to_async_bolt_request, to_starlette_response
from slack_bolt.error import BoltError
from slack_bolt.oauth.async_callback_options import AsyncCallbackOptions, AsyncFailureArgs, AsyncSuccessArgs
from slack_bolt.oauth.async_oauth_flow import AsyncOAuthFlow
from slack_bolt.oauth.async_oauth_settings import AsyncOAuthSettings
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.oauth.installation_store import Installation as SlackInstallation
from slack_sdk.oauth.installation_store.async_installation_store import AsyncInstallationStore
from slack_sdk.oauth.state_store.async_state_store import AsyncOAuthStateStore
from slack_sdk.web.async_client import AsyncWebClient
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from bot.cards import slack as words
from bot.chat.ports import Database
from bot.chat.text import Line, clean, plain
from bot.core.ids import hash_of
from bot.core.keys.ring import KeyRing
from bot.core.ports import UnitOfWork
from bot.core.values import dataclass, field
from bot.core.workspaces import installing
from bot.core.workspaces.installation_ports import Installation
from bot.platforms.slack.api import SlackRefused, call, oauth_log
from bot.platforms.slack.installing.manifest import BACK, INSTALL, SCOPES
from bot.platforms.slack.installing.signed import Signed

_log = logging.getLogger(__name__)
_COOKIE = "__Host-homeroom-slack-install"
_STATE_LIVES = timedelta(minutes=10)
LINK_LIVES = timedelta(days=7)
_FAILED = 400


@dataclass(frozen=True, slots=True)
class App:
    """The app as registered at Slack, and the base URL of our web pages; `public` lets anybody install it."""

    client_id: str
    client_secret: str = field(repr=False)
    keys: KeyRing = field(repr=False)
    base_url: str
    public: bool = False

    @property
    def install_keys(self) -> Signed:
        """Creates and verifies the keys in install links, which an app that is not public requires."""
        return Signed(self.keys, "install")


def link(app: App, now: datetime) -> str:
    """Return the URL at which a workspace installs the app; it expires in a week if the app is not public."""
    address = f"{app.base_url}{INSTALL}"
    return address if app.public else f"{address}?key={app.install_keys.issue(now + LINK_LIVES)}"


@dataclass
class _States(AsyncOAuthStateStore):
    """OAuth states that are signed, and stored only when they come back: opening the page stores nothing."""

    database: Database
    signed: Signed

    async def async_issue(self, *_: Any, **__: Any) -> str:
        now = await self.database.read(lambda uow: uow.now)
        return self.signed.issue(now + _STATE_LIVES)

    async def async_consume(self, state: str) -> bool:
        # Forged states are rejected without a write transaction.
        if not await self.database.read(lambda uow: self.signed.is_valid(state, uow.now)):
            return False
        key = hash_of(f"slack install {state}")
        return await self.database.run(lambda uow: uow.arrivals.record(key, uow.now))


@dataclass
class _Store(AsyncInstallationStore):
    """Stores the installations that Bolt's flow produces."""

    database: Database

    async def async_save(self, installation: SlackInstallation) -> None:
        whole = installation.is_enterprise_install
        place = installation.enterprise_id if whole else installation.team_id
        if not place or not installation.bot_token:
            raise BoltError("Slack gave no token of a bot, or named no place")
        # The name was chosen by whoever installs the app, and operators see it in their terminal.
        name = clean((installation.enterprise_name if whole else installation.team_name) or "") or place
        ends = installation.bot_token_expires_at

        def unit(uow: UnitOfWork) -> None:
            # Bolt has computed the expiry by the machine's clock, so it is converted to the database's.
            expires_at = uow.now + timedelta(seconds=ends - time.time()) if ends else None
            made = Installation(
                place,
                name,
                installation.bot_id or "",
                installation.bot_user_id or "",
                ",".join(installation.bot_scopes or ()),
                installation.bot_token or "",
                uow.now,
                installation.bot_refresh_token or "",
                expires_at,
            )
            installing.installed(uow, made)

        await self.database.run(unit)
        _log.info("Homeroom was installed in %s", place)


class _Flow(AsyncOAuthFlow):
    """Bolt's flow, without caller-supplied text in the authorize URL, and with Slack's errors handled."""

    async def build_authorize_url(self, state: str, request: AsyncBoltRequest) -> str:  # noqa: ARG002
        return self.settings.authorize_url_generator.generate(state=state)

    async def run_installation(self, code: str) -> SlackInstallation | None:
        try:
            return await call(super().run_installation(code))
        except (SlackRefused, KeyError):
            return None


class InstallPages:
    """The two web pages by which a workspace installs the app."""

    def __init__(self, app: App, database: Database, client: AsyncWebClient) -> None:
        """Connect Bolt's flow to our stores."""
        self._app, self._database = app, database
        settings = AsyncOAuthSettings(
            client_id=app.client_id,
            client_secret=app.client_secret,
            scopes=list(SCOPES),
            user_scopes=[],
            redirect_uri=f"{app.base_url}{BACK}",
            install_path=INSTALL,
            redirect_uri_path=BACK,
            install_page_rendering_enabled=False,
            callback_options=AsyncCallbackOptions(success=self._done, failure=self._failed),
            installation_store=_Store(database),
            state_store=_States(database, Signed(app.keys, "state")),
            state_cookie_name=_COOKIE,
            state_expiration_seconds=int(_STATE_LIVES.total_seconds()),
            logger=oauth_log,
        )
        self._flow = _Flow(client=client, logger=oauth_log, settings=settings)

    def routes(self) -> list[Route]:
        """Return the two routes."""
        return [
            Route(INSTALL, self._begin, methods=["GET"]),
            Route(BACK, self._back, methods=["GET"]),
        ]

    async def _begin(self, request: Request) -> Response:
        """Redirect the browser to Slack, where the person chooses the workspace."""
        now = await self._database.read(lambda uow: uow.now)
        key = request.query_params.get("key", "")
        if not self._app.public and not self._app.install_keys.is_valid(key, now):
            return HTMLResponse(_page(words.INSTALL_LINK_OVER), status_code=404)
        asked = to_async_bolt_request(request, b"")
        return to_starlette_response(await self._flow.handle_installation(asked))

    async def _back(self, request: Request) -> Response:
        asked = to_async_bolt_request(request, b"")
        return to_starlette_response(await self._flow.handle_callback(asked))

    async def _done(self, done: AsyncSuccessArgs) -> BoltResponse:
        made = done.installation
        if made.is_enterprise_install:
            return self._answer(words.installed_for_all(made.enterprise_name or ""))
        return self._answer(words.installed_in(made.team_name or ""))

    async def _failed(self, failed: AsyncFailureArgs) -> BoltResponse:
        if failed.reason == "access_denied":
            return self._answer(words.INSTALL_CANCELLED)
        return self._answer(words.INSTALL_FAILED, _FAILED)

    def _answer(self, line: Line, status: int = 200) -> BoltResponse:
        """Return a page with one sentence, and delete the state cookie."""
        forget = self._flow.settings.state_utils.build_set_cookie_for_deletion()
        headers: dict[str, str | Sequence[str]] = {"Set-Cookie": forget}
        headers["Content-Type"] = "text/html; charset=utf-8"
        return BoltResponse(status=status, body=_page(line), headers=headers)


def _page(line: Line) -> str:
    """Return an HTML page with one sentence, in the style of our other pages."""
    said, name = html.escape(plain(line)), html.escape(words.NAME)
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{said} · {name}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark"><meta name="robots" content="noindex">'
        '<link rel="icon" href="/static/icon.svg" type="image/svg+xml">'
        '<link rel="stylesheet" href="/static/base.css"><link rel="stylesheet" href="/static/page.css">'
        '<body class="page"><main class="sheet"><div class="empty">'
        f'<img src="/static/icon.svg" alt="" width="48" height="48"><h1>{name}</h1><p>{said}</p>'
        "</div></main></body></html>"
    )
