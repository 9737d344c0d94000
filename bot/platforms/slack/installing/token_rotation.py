"""Renews tokens before they expire. A refresh token can be used only once, so one replica renews it."""

import asyncio
import logging
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bot.chat.ports import Database
from bot.core.ports import UnitOfWork
from bot.core.workspaces.installation_ports import Installation
from bot.platforms.slack.api import NOT_INSTALLED, UNREACHABLE, SlackRefused, call

_log = logging.getLogger(__name__)
# A token lives for twelve hours, and is renewed when it expires within two.
AHEAD = timedelta(hours=2)
# How long one replica holds the lease to renew a token; longer than a call may take.
_LEASE = timedelta(seconds=30)
# How long to pause after Slack did not renew a token.
_PAUSE = timedelta(minutes=1)
# Seconds to wait, time after time, for another replica's renewal when the old token has expired.
PAUSES = (0.1, 0.2, 0.4, 0.8, 1.5)
# Seconds to wait for a renewal while the old token still works: a person is waiting for an answer.
_PATIENCE = 1.0
# Slack's errors for a refresh token that it will never accept again.
_SPENT = {"invalid_refresh_token", "invalid_grant", "token_revoked", "account_inactive"}


@dataclass
class TokenRotation:
    """Exchanges tokens in tasks of its own, so that no token is lost when a caller stops waiting."""

    database: Database
    client: AsyncWebClient
    client_id: str
    client_secret: str = field(repr=False)
    pauses: Sequence[float] = PAUSES
    _holder: str = field(default_factory=lambda: secrets.token_hex(8))
    _paused_until: dict[str, datetime] = field(default_factory=dict)
    _under_way: dict[str, asyncio.Task[Installation]] = field(default_factory=dict)

    async def fresh(self, known: Installation, now: datetime) -> Installation:
        """Return the installation with a token that works for a while; raises `SlackRefused`."""
        if not _ends(known, now):
            return known
        if self._paused_until.get(known.place, now) > now:
            return _while_it_works(known, now)
        task = self._under_way.get(known.place)
        if task is None:
            task = asyncio.create_task(self._renew(known.place))
            self._under_way[known.place] = task
            task.add_done_callback(lambda done: self._done(known.place, done))
        if not _works(known, now):
            return await asyncio.shield(task)
        done, _ = await asyncio.wait({task}, timeout=_PATIENCE)
        return task.result() if done else known

    def _done(self, place: str, task: "asyncio.Task[Installation]") -> None:
        del self._under_way[place]
        if not task.cancelled():
            task.exception()  # retrieved, because nobody may be left who awaits the task

    async def finish(self) -> None:
        """Wait for the renewals under way, so that no new token is lost."""
        if self._under_way:
            await asyncio.wait([*self._under_way.values()])

    async def _renew(self, place: str) -> Installation:
        for pause in (*self.pauses, 0):
            known, mine, now = await self.database.run(lambda uow: self._claim(uow, place))
            if known is None:
                raise SlackRefused(NOT_INSTALLED)
            if mine:
                return await self._exchange(known, now)
            if not _ends(known, now) or _works(known, now):
                return known
            await asyncio.sleep(pause)
        raise SlackRefused(UNREACHABLE)

    def _claim(self, uow: UnitOfWork, place: str) -> tuple[Installation | None, bool, datetime]:
        known = uow.installations.by_place(place)
        ends = known is not None and _ends(known, uow.now)
        mine = ends and uow.leases.hold(_lease(place), self._holder, uow.now, until=uow.now + _LEASE)
        return known, mine, uow.now

    async def _exchange(self, known: Installation, now: datetime) -> Installation:
        try:
            given = await call(
                self.client.oauth_v2_access(
                    client_id=self.client_id,
                    client_secret=self.client_secret,
                    grant_type="refresh_token",
                    refresh_token=known.refresh,
                )
            )
        except SlackRefused as refused:
            await self.database.run(lambda uow: uow.leases.release(_lease(known.place), self._holder))
            if refused.error in _SPENT:
                _log.error("Slack no longer renews the token of %s: install the app there again", known.place)
            elif not _works(known, now):
                raise
            else:
                _log.warning("Slack did not renew the token of %s: %s", known.place, refused.told)
            self._paused_until[known.place] = now + _PAUSE
            return _while_it_works(known, now)
        return await self._store(known, given.data)

    async def _store(self, known: Installation, given: Any) -> Installation:
        """Store the new token and refresh token, retrying: Slack no longer accepts the old ones."""

        def unit(uow: UnitOfWork) -> Installation | None:
            uow.installations.renew(
                known,
                token=str(given["access_token"]),
                refresh=str(given["refresh_token"]),
                expires_at=uow.now + timedelta(seconds=int(given["expires_in"])),
            )
            uow.leases.release(_lease(known.place), self._holder)
            return uow.installations.by_place(known.place)

        for pause in (*self.pauses, None):
            try:
                stored = await self.database.run(unit)
                break
            except Exception:
                if pause is None:
                    raise
                # Whatever the error is, try again: nobody else knows these tokens.
                _log.exception("The renewed token of %s could not be stored yet", known.place)
                await asyncio.sleep(pause)
        if stored is None:
            raise SlackRefused(NOT_INSTALLED)
        return stored


def _ends(known: Installation, now: datetime) -> bool:
    return bool(known.refresh) and known.expires_at is not None and known.expires_at <= now + AHEAD


def _works(known: Installation, now: datetime) -> bool:
    return known.expires_at is None or known.expires_at > now


def _while_it_works(known: Installation, now: datetime) -> Installation:
    """Return an installation whose token was not renewed; raises `SlackRefused` if it has expired."""
    if not _works(known, now):
        raise SlackRefused("token_revoked")
    return known


def _lease(place: str) -> str:
    return f"slack token {place}"
