"""Installations of the app in Slack workspaces and organisations, each with its own token, as stored."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from bot.core.values import dataclass, field


@dataclass(frozen=True, slots=True)
class Installation:
    """One installation: `place` is a workspace, or an organisation for all its workspaces that add the app.

    A rotating token expires and has a `refresh` token, which Slack accepts once. `version` counts what was
    stored for the place, so that work begun with an older version changes nothing.
    """

    place: str
    name: str
    bot: str
    bot_user: str
    scopes: str
    token: str = field(repr=False)
    installed_at: datetime
    refresh: str = field(default="", repr=False)
    expires_at: datetime | None = None
    version: int = 1


class UnreadableTokens(Exception):
    """The tokens of an installation cannot be decrypted, so the app must be installed there again."""

    def __init__(self, place: str) -> None:
        """Name the installation's place."""
        super().__init__(f"The token of {place} cannot be decrypted: install the app there again")


class Installations(Protocol):
    """Installations, and the workspaces that each organisation's installation serves."""

    def save(self, installation: Installation) -> None:
        """Store an installation as a newer version, in place of the previous one.

        A workspace with its own installation is no longer served by its organisation's.
        """
        ...

    def by_place(self, place: str) -> Installation | None:
        """Find the own installation of a workspace or an organisation; may raise `UnreadableTokens`."""
        ...

    def for_workspace(self, team: str) -> Installation | None:
        """Find the installation that serves a workspace: its organisation's if known to, else its own.

        May raise `UnreadableTokens`.
        """
        ...

    def every(self) -> Sequence[Installation]:
        """List all installations; leave out, and log, those whose tokens cannot be decrypted."""
        ...

    def renew(self, known: Installation, *, token: str, refresh: str, expires_at: datetime) -> bool:
        """Store the fresh tokens for an installation of this version; False if there is a newer one."""
        ...

    def remove(self, place: str, version: int) -> bool:
        """Delete an installation and its workspaces; False if there is none of this version."""
        ...

    def add_workspace(self, team: str, organization: str) -> bool:
        """Record that an organisation's installation serves a workspace; False if that is known already."""
        ...

    def remove_workspace(self, team: str, organization: str) -> bool:
        """Record that an organisation's installation no longer serves a workspace; False if it did not."""
        ...

    def workspaces(self, organization: str) -> Sequence[str]:
        """List the workspaces that an organisation's installation is known to serve."""
        ...
