"""Repositories of what is sealed (encrypted), and of the keys that seal it."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from bot.core.values import dataclass

# The kind under which things that could not be resealed are put off; see `stuck`.
SEALED = "sealed"


class SealedKind(StrEnum):
    """The kinds of things that are stored sealed."""

    INVITATION = "invitation"
    SLACK = "slack installation"


@dataclass(frozen=True, slots=True)
class Sealed:
    """A sealed row: its kind, its id, and its sealed values as they were found."""

    kind: SealedKind
    of: str
    parts: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class SealingKey:
    """A key that something may be sealed with; `replaced_at` is when another key replaced it."""

    name: str
    since: datetime
    replaced_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Replica:
    """A process that serves people: the names of the keys in its settings, and until when its lease lasts."""

    name: str
    keys: tuple[str, ...]
    until: datetime


class SecretKeys(Protocol):
    """The keys that this database is sealed with, and which replicas have them."""

    @property
    def configured(self) -> tuple[str, ...]:
        """The names of the keys in this process's settings, in their order."""
        ...

    def needed(self) -> Sequence[SealingKey]:
        """List the keys that something may be sealed with: the one in use, then the replaced ones."""
        ...

    def hold(self) -> None:
        """Keep other units from replacing the key or starting to serve until this one ends."""
        ...

    def serve(self, now: datetime, until: datetime) -> None:
        """Record that this process serves people, with the keys in its settings."""
        ...

    def leave(self) -> None:
        """Record that this process no longer serves anybody."""
        ...

    def replicas(self, now: datetime, latest: datetime) -> Sequence[Replica]:
        """List the replicas that serve people now, ignoring entries that claim to last beyond `latest`."""
        ...

    def replace(self, at: datetime) -> None:
        """Seal and sign with the first of our keys from now on."""
        ...

    def to_reseal(self, now: datetime, limit: int) -> Sequence[Sealed]:
        """List things that are sealed with a replaced key, without those that are put off."""
        ...

    def reseal(self, thing: Sealed) -> None:
        """Reseal a thing with the key in use, unless it was changed meanwhile, and so resealed."""
        ...

    def count_sealed(self, name: str) -> int:
        """Count the things that are sealed with a key."""
        ...

    def delete(self, name: str) -> None:
        """Delete a key that nothing is sealed with; the database refuses if something is."""
        ...
