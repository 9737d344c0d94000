"""What is stored of where Slack's users have taken us in, each with a token of its own."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from bot.core.values import dataclass, field


@dataclass(frozen=True, slots=True)
class Installation:
    """One installation: `place` is a workspace, or an organisation for all workspaces that it gives us.

    A token that rotates has an end and a `refresh` token, which Slack takes once. `version` counts what
    was stored for the place: what belongs to an older one changes nothing any more.
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


class Unopenable(Exception):
    """An installation's tokens cannot be opened, so it must be made anew."""

    def __init__(self, place: str) -> None:
        """Name the installation's place."""
        super().__init__(f"The token of {place} cannot be opened: install the app there again")


class Installations(Protocol):
    """Installations, and which workspaces an organisation's is for."""

    def save(self, installation: Installation) -> None:
        """Store an installation in the place of the one before, as a newer version.

        A workspace that is taken in by itself is its organisation's no more.
        """
        ...

    def at(self, place: str) -> Installation | None:
        """Find the installation of a workspace or an organisation itself; may raise `Unopenable`."""
        ...

    def of(self, team: str) -> Installation | None:
        """Find the installation for a workspace: its organisation's, where that is told, or its own.

        Raises `Unopenable`.
        """
        ...

    def every(self) -> Sequence[Installation]:
        """List all installations; one whose tokens cannot be opened is left out, and told in the log."""
        ...

    def renew(self, known: Installation, *, token: str, refresh: str, expires_at: datetime) -> bool:
        """Store the tokens that Slack gave for those of this version; False if there is a newer one."""
        ...

    def remove(self, place: str, version: int) -> bool:
        """Forget an installation of that version and its workspaces; False if it is not there."""
        ...

    def belongs(self, team: str, organization: str) -> bool:
        """Note that a workspace is reached by an organisation's installation; False if that is known."""
        ...

    def leaves(self, team: str, organization: str) -> bool:
        """Forget that; False if it was not so."""
        ...

    def workspaces(self, organization: str) -> Sequence[str]:
        """List the workspaces that an organisation's installation is known to be for."""
        ...
