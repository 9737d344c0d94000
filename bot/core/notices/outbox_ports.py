"""Repositories of the outbox, which holds what must leave the process, and of the copies of cards it sent."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from bot.core.rights.actors import Platform, WorkspaceKey
from bot.core.values import dataclass

if TYPE_CHECKING:
    from bot.core.notices.notices import Audience, CardCopy, Destination, Notice


@dataclass(frozen=True, slots=True)
class Head:
    """The next notice due at a place (a destination, within which order is kept).

    Notices of the same `tenant` share that tenant's rate limit and its outages. `failed` says that this
    notice was tried before, so it may well take long and fail again.
    """

    place: str
    platform: Platform
    tenant: str
    failed: bool = False


@dataclass(frozen=True, slots=True)
class OutboxState:
    """How many notices are waiting, due and given up, and since when the oldest one has been due."""

    waiting: int
    due: int
    dead: int
    oldest: datetime | None


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A notice that delivery gave up on."""

    notice: "Notice"
    failed_at: datetime
    error: str


class Outbox(Protocol):
    """The notices that must leave the process, delivered in order at each place."""

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
        failing: Collection[str] = (),
        limit: int,
    ) -> Sequence[Head]:
        """List the places whose next notice can be tried now, the longest due first.

        Leaves out the `full` tenants, and tenants and platforms that asked us to wait. For tenants that are
        `failing` (too many of their notices keep failing), lists only notices that were not tried before.
        """
        ...

    def take(
        self, place: str, now: datetime, *, worker: str, until: datetime, limit: int
    ) -> Sequence["Notice"]:
        """Claim the notices due at a place, in order; none while an earlier one waits or is claimed.

        No other worker gets them before `until`.
        """
        ...

    def holds(self, notice: "Notice", worker: str, now: datetime) -> bool:
        """Tell whether a worker may still deliver a notice: its claim holds, and nothing is paused."""
        ...

    def extend_claim(self, place: str, worker: str, until: datetime) -> None:
        """Extend a worker's claim on the notices that it took at a place."""
        ...

    def release(self, place: str, worker: str) -> None:
        """Give back the notices that a worker took at a place and did not deliver."""
        ...

    def mark_delivered(self, notice_id: str, at: datetime) -> None:
        """Mark a notice as delivered."""
        ...

    def postpone(self, notice_id: str, *, try_at: datetime, error: str, counts: bool = True) -> None:
        """Try a notice again later, and those queued behind it at its place no sooner.

        `counts` says whether this was an attempt.
        """
        ...

    def give_up(self, notice_id: str, at: datetime, *, error: str) -> None:
        """Give up on a notice, and keep it as a dead letter."""
        ...

    def pause(self, scope: str, until: datetime) -> None:
        """Send nothing to a tenant or a platform before a moment."""
        ...

    def drop(self, subject: str, audience: "Audience", to: "Destination | None" = None) -> None:
        """Cancel the queued notices about a subject for an audience, at one destination or at all of them."""
        ...

    def places(self, subject: str, audience: "Audience") -> "Sequence[Destination]":
        """List the destinations where a notice about a subject waits for an audience."""
        ...

    def waiting_at(self, to: "Destination") -> "Sequence[Notice]":
        """List the notices waiting for a destination, in order, without redraws of existing cards."""
        ...

    def forget(self, to: "Destination") -> None:
        """Delete the notices that were delivered to a destination, or given up; those that wait stay."""
        ...

    def dead(self, *, school_id: str | None, before: str | None, limit: int) -> Sequence[DeadLetter]:
        """List the dead letters of one school or of all, newest first; those queued before `before`."""
        ...

    def dead_letter(self, notice_id: str) -> DeadLetter | None:
        """Find a dead letter; None if there is none with this id."""
        ...

    def retry(self, notice_id: str, now: datetime) -> bool:
        """Queue a dead letter again; False if it is none, or was queued again already."""
        ...

    def mails_between(self, after: datetime, before: datetime) -> int:
        """Count the e-mails due between two moments, sent or not."""
        ...

    def count_waiting(self) -> int:
        """Count the notices that are neither delivered nor given up."""
        ...

    def condition(self, now: datetime) -> OutboxState:
        """Report how delivery is doing."""
        ...


class CardCopies(Protocol):
    """Where cards are shown, so that every copy of a card can be redrawn."""

    def add(self, copy: "CardCopy", at: datetime) -> None:
        """Remember where a card is shown, and since when."""
        ...

    def of(self, subject: str) -> Sequence["CardCopy"]:
        """List the copies of a subject's cards."""
        ...

    def naming(self, person_id: str) -> Sequence[str]:
        """List the subjects that are shown somewhere and name a person who is not what they are about.

        These are requests that they decided or invited to, invitations by and for them, lists of those that
        could not be sent, and broadcasts that did not reach them.
        """
        ...

    def in_workspace(self, workspace: WorkspaceKey) -> Sequence["CardCopy"]:
        """List the copies in the channels of a workspace."""
        ...

    def by_id(self, copy_id: str) -> "CardCopy | None":
        """Find a copy of a card; None if there is none with this id."""
        ...

    def forget(self, to: "Destination") -> None:
        """Stop redrawing the cards at a destination."""
        ...

    def mark_redrawn(self, copy_id: str, drawn: str, at: datetime, message: str | None = None) -> None:
        """Record what a copy shows since a moment, and its message's id if that has changed."""
        ...
