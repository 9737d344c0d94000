"""Slack installations; their tokens are sealed."""

import logging
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from cryptography.exceptions import InvalidTag
from sqlalchemy import Connection, Row, and_, delete, func, select, update

from bot.core.values import dataclass
from bot.core.workspaces.installation_ports import Installation, UnreadableTokens
from bot.storage.statements import changed, insert_new, without_key
from bot.storage.tables import slack_installations, slack_workspaces
from bot.storage.vault import Vault

_log = logging.getLogger(__name__)
_I, _W = slack_installations.c, slack_workspaces.c


@dataclass(frozen=True, slots=True)
class SqlInstallations:
    """Installations in the database."""

    connection: Connection
    vault: Vault

    def save(self, installation: Installation) -> None:
        """Store an installation in place of an earlier one; a workspace no longer uses its organisation's."""
        place = installation.place
        row = {
            "place": place,
            "name": installation.name,
            "bot": installation.bot,
            "bot_user": installation.bot_user,
            "scopes": installation.scopes,
            "installed_at": installation.installed_at,
            **self._sealed(place, installation.token, installation.refresh),
            "expires_at": installation.expires_at,
            "version": 1,
        }
        if not insert_new(self.connection, slack_installations, row):
            newer = {**without_key(slack_installations, row), "version": _I.version + 1}
            self.connection.execute(update(slack_installations).where(_I.place == place).values(newer))
        self.connection.execute(delete(slack_workspaces).where(_W.team == place))

    def by_place(self, place: str) -> Installation | None:
        """Return the installation of a workspace or organisation itself."""
        row = self.connection.execute(select(slack_installations).where(_I.place == place)).one_or_none()
        return self._installation(row) if row else None

    def for_workspace(self, team: str) -> Installation | None:
        """Return the installation that a workspace uses: its own, or its organisation's."""
        organization = select(_W.organization).where(_W.team == team).scalar_subquery()
        wanted = _I.place == func.coalesce(organization, team)
        row = self.connection.execute(select(slack_installations).where(wanted)).one_or_none()
        return self._installation(row) if row else None

    def every(self) -> Sequence[Installation]:
        """List all installations whose tokens can be unsealed; log the others, so that they stop nothing."""
        rows = self.connection.execute(select(slack_installations).order_by(_I.place))
        return [one for row in rows if (one := self._opened(row)) is not None]

    def renew(self, known: Installation, *, token: str, refresh: str, expires_at: datetime) -> bool:
        """Store fresh tokens; False if the stored installation is of another version."""
        fresh = {**self._sealed(known.place, token, refresh), "expires_at": expires_at}
        this = and_(_I.place == known.place, _I.version == known.version)
        query = update(slack_installations).where(this)
        return changed(self.connection, query.values(**fresh, version=known.version + 1))

    def remove(self, place: str, version: int) -> bool:
        """Delete an installation of this version, with its workspaces; False if there is none."""
        this = and_(_I.place == place, _I.version == version)
        held = select(_I.place).where(this).with_for_update()
        if self.connection.execute(held).one_or_none() is None:
            return False
        self.connection.execute(delete(slack_workspaces).where(_W.organization == place))
        return changed(self.connection, delete(slack_installations).where(this))

    def add_workspace(self, team: str, organization: str) -> bool:
        """Note that a workspace uses an organisation's installation; False if that was known."""
        if insert_new(self.connection, slack_workspaces, {"team": team, "organization": organization}):
            return True
        other = and_(_W.team == team, _W.organization != organization)
        return changed(
            self.connection, update(slack_workspaces).where(other).values(organization=organization)
        )

    def remove_workspace(self, team: str, organization: str) -> bool:
        """Note that a workspace no longer uses an organisation's installation; False if it did not."""
        this = and_(_W.team == team, _W.organization == organization)
        return changed(self.connection, delete(slack_workspaces).where(this))

    def workspaces(self, organization: str) -> Sequence[str]:
        """List an organisation's workspaces."""
        query = select(_W.team).where(_W.organization == organization).order_by(_W.team)
        return list(self.connection.execute(query).scalars())

    def _sealed(self, place: str, token: str, refresh: str) -> dict[str, bytes | str]:
        key, owner = self.vault.seal, owner_of(place)
        sealed = {"sealed_token": key.seal(token, owner), "sealed_refresh": key.seal(refresh, owner)}
        return {**sealed, "sealed_by": key.name}

    def _opened(self, row: Row[Any]) -> Installation | None:
        try:
            return self._installation(row)
        except UnreadableTokens as broken:
            _log.error("%s", broken)
            return None

    def _installation(self, row: Row[Any]) -> Installation:
        owner = owner_of(row.place)
        try:
            token, refresh = (self.vault.open(one, owner) for one in (row.sealed_token, row.sealed_refresh))
        except InvalidTag as broken:
            raise UnreadableTokens(row.place) from broken
        return Installation(
            row.place,
            row.name,
            row.bot,
            row.bot_user,
            row.scopes,
            token,
            row.installed_at,
            refresh,
            row.expires_at,
            row.version,
        )


def owner_of(place: str) -> str:
    """Return the owner name with which the tokens of a place are sealed."""
    return f"slack installation {place}"
