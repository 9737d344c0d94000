"""Requests that a platform has of its own, such as Discord's "apply to join", and the repository of them."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from bot.core.actors import AccountKey, WorkspaceKey
from bot.core.questions import Answer
from bot.core.values import dataclass

# The kinds of subjects: a workspace whose requests are decided here, and one of its requests.
MIRROR, MIRRORED = "mirror", "mirrored"


class MirrorProblem(StrEnum):
    """Why the requests of a workspace cannot be seen or decided from here."""

    NO_RIGHT = "no right"
    NOT_USED = "not used"
    GONE = "gone"


class Fate(StrEnum):
    """How a request stands on its platform; `answered` is what was decided here."""

    WAITING = "waiting"
    ANSWERED = "answered"
    LET_IN = "let in"
    TURNED_AWAY = "turned away"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Mirror:
    """A workspace whose own requests one school decides; `problem` is what is in the way."""

    workspace: WorkspaceKey
    school_id: str
    look_at: datetime
    looked_at: datetime | None = None
    problem: MirrorProblem | None = None

    @property
    def subject(self) -> str:
        """The name by which notices know it."""
        return f"{MIRROR}:{self.workspace.path}"


@dataclass(frozen=True, slots=True)
class Mirrored:
    """A request there, and the one here that stands for it; a member's has none, and is let in.

    `filed` says that the one here was made for it, and has no reason of its own.
    """

    workspace: WorkspaceKey
    external_id: str
    request_id: str | None
    fate: Fate
    at: datetime
    filed: bool = False

    @property
    def subject(self) -> str:
        """The name by which notices know it."""
        return f"{MIRRORED}:{self.workspace.path}/{self.external_id}"


@dataclass(frozen=True, slots=True)
class Applied:
    """Somebody asks on their platform: who, and what they wrote there."""

    external_id: str
    account: AccountKey
    name: str
    answers: tuple[Answer, ...] = ()


@dataclass(frozen=True, slots=True)
class Requests:
    """What waits on a platform, and of those that do not any more what has become of them.

    Where it is not the `whole` of what waits, nothing can be said of what is not in it.
    """

    waiting: tuple[Applied, ...]
    let_in: frozenset[str] = frozenset()
    turned_away: frozenset[str] = frozenset()
    whole: bool = True


class Mirrors(Protocol):
    """Whose requests are decided here, and which stand for which."""

    def put(self, mirror: Mirror) -> None:
        """Store how a mirror stands; a workspace has one."""
        ...

    def delete(self, workspace: WorkspaceKey) -> bool:
        """Look at a workspace's requests no more; False if nobody did."""
        ...

    def of(self, workspace: WorkspaceKey) -> Mirror | None:
        """Find the mirror of a workspace."""
        ...

    def due(self, now: datetime, limit: int) -> Sequence[Mirror]:
        """List mirrors whose time has come, the longest due first; not of schools that are not there now."""
        ...

    def note(self, mirrored: Mirrored) -> None:
        """Store how a request stands there, and which here stands for it."""
        ...

    def one(self, workspace: WorkspaceKey, external_id: str) -> Mirrored | None:
        """Find what is known of a request."""
        ...

    def waiting(self, workspace: WorkspaceKey) -> Sequence[Mirrored]:
        """List the requests of a workspace that wait there as far as we know, by their names."""
        ...

    def of_request(self, request_id: str) -> Sequence[Mirrored]:
        """List what a request here stands for."""
        ...
