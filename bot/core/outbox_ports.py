"""The repositories of what must leave the process, and of the copies of cards that have left it."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from bot.core.actors import Platform, WorkspaceKey
from bot.core.values import dataclass

if TYPE_CHECKING:
    from bot.core.notices import Audience, CardCopy, Destination, Notice


@dataclass(frozen=True, slots=True)
class Head:
    """The notice whose turn it is at a place: where that is, and who shares its fate.

    `failed` says that it was tried before: then it may well take long and fail again.
    """

    place: str
    platform: Platform
    tenant: str
    failed: bool = False


@dataclass(frozen=True, slots=True)
class OutboxState:
    """How many notices wait, are overdue and were given up, and since when the oldest is due."""

    waiting: int
    due: int
    dead: int
    oldest: datetime | None


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A notice that was given up."""

    notice: "Notice"
    failed_at: datetime
    error: str


class Outbox(Protocol):
    """What must leave the process, in order for each place."""

    def queue(self, notice: "Notice") -> None:
        """Queue a notice, unless one with the same key was queued before."""
        ...

    def add(self, notice: "Notice") -> bool:
        """Queue a notice; False if one with the same key was queued before."""
        ...

    def heads(
        self,
        platforms: Collection[Platform],
        now: datetime,
        *,
        full: Collection[str],
        worn: Collection[str] = (),
        limit: int,
    ) -> Sequence[Head]:
        """List places where the next notice can be tried now, the longest due first.

        Not those of the `full` tenants, nor of tenants and platforms that asked us to wait; of `worn` tenants
        those alone that were not tried before.
        """
        ...

    def take(
        self, place: str, now: datetime, *, worker: str, until: datetime, limit: int
    ) -> Sequence["Notice"]:
        """Take what is due at a place, in its order; nothing while an earlier notice waits or is taken.

        No other worker gets them before `until`.
        """
        ...

    def holds(self, notice: "Notice", worker: str, now: datetime) -> bool:
        """Tell whether a worker may still deliver what it took: it was not taken back, and nobody waits."""
        ...

    def keep(self, place: str, worker: str, until: datetime) -> None:
        """Let a worker have what it took at a place for longer."""
        ...

    def release(self, place: str, worker: str) -> None:
        """Give back what a worker took at a place and did not deliver."""
        ...

    def delivered(self, notice_id: str, at: datetime) -> None:
        """Mark as delivered."""
        ...

    def postponed(self, notice_id: str, *, try_at: datetime, error: str, counts: bool = True) -> None:
        """Try again later, and what comes after it at its place no sooner; `counts`: it was an attempt."""
        ...

    def failed(self, notice_id: str, at: datetime, *, error: str) -> None:
        """Give up on a notice and keep it."""
        ...

    def pause(self, scope: str, until: datetime) -> None:
        """Let nothing go to a tenant or a platform before a moment."""
        ...

    def drop(self, subject: str, audience: "Audience", to: "Destination | None" = None) -> None:
        """Take back what waits for an audience about a subject, at one place or at all."""
        ...

    def places(self, subject: str, audience: "Audience") -> "Sequence[Destination]":
        """List where something waits for an audience about a subject."""
        ...

    def waiting_at(self, to: "Destination") -> "Sequence[Notice]":
        """List what waits for a place, in its order; redraws of what is there already are left out."""
        ...

    def dead(self, *, school_id: str | None, before: str | None, limit: int) -> Sequence[DeadLetter]:
        """List what was given up, of one school or of all, newest first; those queued before one of them."""
        ...

    def dead_letter(self, notice_id: str) -> DeadLetter | None:
        """Find what was given up."""
        ...

    def retry(self, notice_id: str, now: datetime) -> bool:
        """Queue anew what was given up; False if it was not, or is queued again already."""
        ...

    def mails_between(self, after: datetime, before: datetime) -> int:
        """Count the e-mails that were or are due between two moments."""
        ...

    def waiting(self) -> int:
        """Count the notices that are neither delivered nor failed."""
        ...

    def condition(self, now: datetime) -> OutboxState:
        """Tell how delivery gets on."""
        ...


class CardCopies(Protocol):
    """Where cards are shown, so that all copies of one can be drawn anew."""

    def add(self, copy: "CardCopy", at: datetime) -> None:
        """Remember where a card is shown since a moment."""
        ...

    def of(self, subject: str) -> Sequence["CardCopy"]:
        """List where a subject's cards are shown."""
        ...

    def within(self, workspace: WorkspaceKey) -> Sequence["CardCopy"]:
        """List what is shown in the channels of a workspace."""
        ...

    def by_id(self, copy_id: str) -> "CardCopy | None":
        """Find one place where a card is shown."""
        ...

    def forget(self, to: "Destination") -> None:
        """Draw nothing anew at a place any more."""
        ...

    def redrawn(self, copy_id: str, drawn: str, at: datetime, message: str | None = None) -> None:
        """Remember what a copy shows since a moment, and its message's id if that is another now."""
        ...
