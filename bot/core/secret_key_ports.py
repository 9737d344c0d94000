"""The port of what is sealed, and of the keys that seal it."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from bot.core.values import dataclass

# What breaks when it is sealed anew is put off under this name.
SEALED = "sealed"


class SealedKind(StrEnum):
    """What is sealed."""

    INVITATION = "invitation"
    SLACK = "slack installation"


@dataclass(frozen=True, slots=True)
class Sealed:
    """Something that is sealed, by the id of its row, as it was found."""

    kind: SealedKind
    of: str
    parts: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class SealingKey:
    """A key that something may be sealed with; `replaced_at` is when another took its place."""

    name: str
    since: datetime
    replaced_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Replica:
    """A process that serves people, the keys in its settings, and until when it is known to live."""

    name: str
    keys: tuple[str, ...]
    until: datetime


class SecretKeys(Protocol):
    """The keys that this database was sealed with, and who has them."""

    @property
    def own(self) -> tuple[str, ...]:
        """Name the keys of our settings, the first one first."""
        ...

    def needed(self) -> Sequence[SealingKey]:
        """List the keys that something may be sealed with: the one in use, then those it has replaced."""
        ...

    def hold(self) -> None:
        """Let no other unit replace the key, or begin to serve, before this one ends."""
        ...

    def serve(self, now: datetime, until: datetime) -> None:
        """Note that this process serves people, with the keys of its settings."""
        ...

    def leave(self) -> None:
        """Note that this process serves nobody any more."""
        ...

    def replicas(self, now: datetime, most: datetime) -> Sequence[Replica]:
        """List who serves people now; nobody can have said so for later than `most`."""
        ...

    def replace(self, at: datetime) -> None:
        """Seal with the first of our keys from now on, and sign."""
        ...

    def to_seal_anew(self, now: datetime, limit: int) -> Sequence[Sealed]:
        """Name so much of what was sealed with a key that was replaced; not what is put off."""
        ...

    def seal_anew(self, thing: Sealed) -> None:
        """Seal a thing with the key in use; whoever has changed it meanwhile has done so already."""
        ...

    def number(self, name: str) -> int:
        """Count what is sealed with a key."""
        ...

    def forget(self, name: str) -> None:
        """Forget a key that nothing is sealed with; the database refuses where something is."""
        ...
