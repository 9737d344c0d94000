"""The clients of all workspaces that have installed the app, each with its own token."""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bot.chat.ports import Database
from bot.core.ports import UnitOfWork
from bot.core.workspaces import installing
from bot.core.workspaces.installation_ports import Installation, UnreadableTokens
from bot.platforms.slack import api
from bot.platforms.slack.api import LOCKED_OUT, NOT_INSTALLED, SlackRefused, call
from bot.platforms.slack.installing.clients import Clients
from bot.platforms.slack.installing.token_rotation import TokenRotation
from bot.platforms.slack.installing.workspaces import is_organization, organization_of, team_of

_log = logging.getLogger(__name__)
# Slack's errors for a token that will never work again.
_DEAD = {"account_inactive", "invalid_auth", "token_revoked"}
# How long Slack's answer that a workspace is not of an organisation's installation holds, and how many are
# kept.
_NOT_COVERED_FOR = timedelta(minutes=1)
_MOST_PAIRS = 1_000
_PAGE = 1_000
# Seconds between renewals ahead of time: much shorter than the time before expiry from which tokens are
# renewed.
_RENEW_EVERY = 1_800.0
_REINSTALL = (
    "Messages wait: ask its admin to install the app again, by the link that `homeroom install-link` prints"
)


@dataclass
class InstalledClients(Clients):
    """Creates clients from the stored installations, read each time because other replicas change them."""

    database: Database
    rotation: TokenRotation
    api_base: str | None = None
    _not_covered: dict[tuple[str, str], datetime] = field(default_factory=dict)
    # Installations whose tokens are known to be dead: each is logged once.
    _reported_dead: set[str] = field(default_factory=set)
    # Workspaces whose installation is being looked up: callers that need it wait.
    _lookups: dict[str, asyncio.Future[None]] = field(default_factory=dict)

    async def of(self, team: str) -> AsyncWebClient:
        """Return a workspace's client; its token is renewed if it expires soon."""
        return self._client(await self.installation(team))

    async def uses_organization_token(self, team: str) -> bool:
        """Tell whether a workspace's installation is its organisation's."""
        return is_organization((await self.installation(team)).place)

    async def installation(self, team: str) -> Installation:
        """Return the installation for a workspace; raises `SlackRefused`."""
        found, now = await self._stored(team)
        if found is None and (lookup := self._lookups.get(team)) is not None:
            await asyncio.wait({lookup})
            found, now = await self._stored(team)
        if found is None:
            raise SlackRefused(NOT_INSTALLED)
        return await self.rotation.fresh(found, now)

    async def _stored(self, team: str) -> tuple[Installation | None, datetime]:
        try:
            return await self.database.read(lambda uow: (uow.installations.for_workspace(team), uow.now))
        except UnreadableTokens as broken:
            _log.error("%s", broken)
            raise SlackRefused("token_revoked") from None

    async def record_workspace(self, body: Mapping[str, Any]) -> None:
        """Record that a workspace is covered by its organisation's installation, which messages to it need.

        In a shared channel, requests of people from elsewhere come by that installation too, and may name
        only their own workspace. So Slack is asked first; otherwise their workspace would be called with a
        foreign token.
        """
        team, organization = team_of(body), organization_of(body)
        if not team or not organization:
            return
        lookup = self._lookups[team] = asyncio.get_running_loop().create_future()
        try:
            await self._record(organization, team)
        finally:
            lookup.set_result(None)
            if self._lookups.get(team) is lookup:
                del self._lookups[team]

    async def _record(self, organization: str, team: str) -> None:
        def is_new(uow: UnitOfWork) -> tuple[bool, datetime]:
            known = uow.installations.for_workspace(team)
            covered = known is not None and known.place == organization
            return not covered and uow.installations.by_place(organization) is not None, uow.now

        wanted, now = await self.database.read(is_new)
        if wanted and await self._covers(organization, team, now):
            await self.database.run(lambda uow: installing.workspace_added(uow, organization, team))

    async def _covers(self, organization: str, team: str, now: datetime) -> bool:
        """Ask Slack whether an organisation's installation covers a workspace; False without an answer."""
        pair = (organization, team)
        if self._not_covered.get(pair, now) > now:
            return False
        try:
            if team in await self._workspaces_of(await self.of(organization)):
                return True
        except SlackRefused as refused:
            _log.warning("Slack did not list the workspaces of %s: %s", organization, refused.told)
            return False
        if len(self._not_covered) >= _MOST_PAIRS:
            self._not_covered.clear()
        self._not_covered[pair] = now + _NOT_COVERED_FOR
        return False

    async def _workspaces_of(self, client: AsyncWebClient) -> set[str]:
        found: set[str] = set()
        cursor = ""
        while True:
            answer: Any = await call(client.auth_teams_list(limit=_PAGE, cursor=cursor or None))
            found |= {str(one["id"]) for one in answer["teams"]}
            cursor = (answer.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                return found

    async def check(self) -> None:
        """Log how many installations there are; `homeroom check` tells whether each works."""
        every = await self.database.read(lambda uow: uow.installations.every())
        _log.info("Homeroom is installed in %d Slack workspaces and organisations", len(every))

    async def maintain(self) -> None:
        """Renew tokens ahead of time, so that the first person after a quiet night need not wait for it.

        Then check every token, because Slack may not have reported one that was revoked.
        """
        while True:
            try:
                await self.renew_ahead()
                await self.report_dead_tokens()
            except Exception:  # noqa: BLE001 - whatever the error is, the front goes on
                _log.exception("Tokens could not be renewed ahead of time: each is renewed when it is needed")
            await asyncio.sleep(_RENEW_EVERY)

    async def renew_ahead(self) -> None:
        """Renew all tokens that expire soon."""
        every, now = await self.database.read(lambda uow: (uow.installations.every(), uow.now))
        for known in every:
            try:
                await self.rotation.fresh(known, now)
            except SlackRefused as refused:
                _log.warning("The token of %s was not renewed ahead of time: %s", known.place, refused.told)
            except Exception:  # noqa: BLE001 - one failure must not stop the other renewals
                _log.exception("The token of %s could not be renewed ahead of time", known.place)

    async def report_dead_tokens(self) -> None:
        """Log each dead token, once. Messages that wait are sent when the app is installed there again."""
        for known in await self.database.read(lambda uow: uow.installations.every()):
            try:
                await call(self._client(known).auth_test())
            except SlackRefused as refused:
                if refused.error in LOCKED_OUT and known.place not in self._reported_dead:
                    self._reported_dead.add(known.place)
                    details = (known.name, known.place, refused.error, _REINSTALL)
                    _log.error("Slack rejects the token of %s (%s): %s. %s", *details)
            else:
                self._reported_dead.discard(known.place)

    async def revoked(self, place: str) -> None:
        """Delete an installation if its token is dead; the report may be about one since replaced."""
        known, now = await self.database.read(lambda uow: (uow.installations.by_place(place), uow.now))
        if known is None:
            return
        try:
            await call(self._client(await self.rotation.fresh(known, now)).auth_test())
        except SlackRefused as refused:
            if refused.error not in _DEAD:
                raise
            await self.database.run(partial(installing.uninstalled, installation=known))
            _log.info("Homeroom was uninstalled from %s", place)

    async def close(self) -> None:
        """Finish the renewals under way, then close the session."""
        await self.rotation.finish()
        await super().close()

    def open(self) -> None:
        """Create the session."""
        super().open()
        self.rotation.client.session = self.session

    def _client(self, installation: Installation) -> AsyncWebClient:
        made = api.client(installation.token, self.api_base)
        made.session = self.session
        return made
