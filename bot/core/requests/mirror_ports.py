"""Join requests that a platform has of its own, such as Discord's "apply to join", and their repository."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from bot.core.requests.questions import Answer
from bot.core.rights.actors import AccountKey, WorkspaceKey
from bot.core.values import dataclass

# The kinds of notice subjects: a workspace whose requests are decided here, and one of its requests.
MIRROR, MIRRORED = "mirror", "mirrored"


class MirrorProblem(StrEnum):
    """Why the join requests of a workspace cannot be seen or decided from here."""

    NO_RIGHT = "no right"
    NOT_USED = "not used"
    GONE = "gone"


class PlatformRequestState(StrEnum):
    """The state of a request on its platform.

    `answered` means decided by Homeroom; `let in` and `turned away` mean by people on the platform.
    """

    WAITING = "waiting"
    ANSWERED = "answered"
    LET_IN = "let in"
    TURNED_AWAY = "turned away"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Mirror:
    """A workspace whose own join requests one school decides; `problem` says what prevents that now."""

    workspace: WorkspaceKey
    school_id: str
    look_at: datetime
    looked_at: datetime | None = None
    problem: MirrorProblem | None = None

    @property
    def subject(self) -> str:
        """The mirror's name in notices."""
        return f"{MIRROR}:{self.workspace.path}"


@dataclass(frozen=True, slots=True)
class MirroredRequest:
    """A request on a platform, and the join request here that stands for it.

    A member's request has none, since they are simply let in. `filed` says that the join request was made for
    it, and so ends with it.
    """

    workspace: WorkspaceKey
    external_id: str
    request_id: str | None
    fate: PlatformRequestState
    at: datetime
    filed: bool = False

    @property
    def subject(self) -> str:
        """The platform request's name in notices."""
        return f"{MIRRORED}:{self.workspace.path}/{self.external_id}"


@dataclass(frozen=True, slots=True)
class PlatformRequest:
    """A request as the platform reports it: who asks, and their answers to its questions."""

    external_id: str
    account: AccountKey
    name: str
    answers: tuple[Answer, ...] = ()


@dataclass(frozen=True, slots=True)
class PlatformRequests:
    """The requests that a platform reports: those that wait, and the ids of those decided there.

    Unless it is the `whole` list of what waits, a request that is missing from it may still wait.
    """

    waiting: tuple[PlatformRequest, ...]
    let_in: frozenset[str] = frozenset()
    turned_away: frozenset[str] = frozenset()
    whole: bool = True


class Mirrors(Protocol):
    """The workspaces whose join requests are decided here, and these requests."""

    def put(self, mirror: Mirror) -> None:
        """Store a mirror; a workspace has at most one."""
        ...

    def delete(self, workspace: WorkspaceKey) -> bool:
        """Delete the mirror of a workspace; False if it has none."""
        ...

    def of(self, workspace: WorkspaceKey) -> Mirror | None:
        """Find the mirror of a workspace."""
        ...

    def due(self, now: datetime, limit: int) -> Sequence[Mirror]:
        """List mirrors due for a look, the longest due first; leave out archived and unlinked schools."""
        ...

    def save_request(self, mirrored: MirroredRequest) -> None:
        """Store the state of a platform request, and which join request stands for it."""
        ...

    def by_external_id(self, workspace: WorkspaceKey, external_id: str) -> MirroredRequest | None:
        """Find a platform request by its id there."""
        ...

    def waiting(self, workspace: WorkspaceKey) -> Sequence[MirroredRequest]:
        """List a workspace's requests that are waiting there as far as we know, by their ids."""
        ...

    def of_request(self, request_id: str) -> Sequence[MirroredRequest]:
        """List the platform requests that a join request stands for."""
        ...
