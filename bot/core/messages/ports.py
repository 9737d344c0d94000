"""The repositories of broadcasts (messages to many), their recipients, and message templates."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from bot.core.messages.broadcasts import (
        AudienceCounts,
        Broadcast,
        BroadcastState,
        Counts,
        DeliveryMethod,
        Recipient,
        RecipientState,
    )
    from bot.core.messages.templates import MessageTemplate
    from bot.core.people.people_filter import PeopleFilter


class Broadcasts(Protocol):
    """Broadcasts: messages to many."""

    def add(self, broadcast: "Broadcast") -> None:
        """Add a broadcast."""
        ...

    def by_id(self, broadcast_id: str) -> "Broadcast | None":
        """Return a broadcast, or None."""
        ...

    def hold(self, broadcast_id: str) -> "Broadcast | None":
        """Return a broadcast, locked until the unit of work ends, or None."""
        ...

    def save(self, broadcast: "Broadcast", *, expected: "BroadcastState") -> bool:
        """Store a broadcast that is in the state `expected`; return False if its state has changed."""
        ...

    def listed(self, school_id: str, *, wide: bool, before: str | None, limit: int) -> Sequence["Broadcast"]:
        """Return a school's broadcasts, newest first; with `wide` those to its whole district as well."""
        ...

    def unsent(self) -> Sequence["Broadcast"]:
        """Return all drafts and scheduled broadcasts, oldest first."""
        ...

    def due(self, now: datetime, limit: int) -> Sequence["Broadcast"]:
        """Return scheduled broadcasts whose time has come, the longest due first; not those put off."""
        ...

    def gathering(self) -> Sequence[str]:
        """Return the ids of broadcasts whose recipients are not all stored yet; not those put off."""
        ...

    def ready(self, ahead: int) -> Sequence[str]:
        """Return the ids of broadcasts with notices to queue, or nothing left to do; not those put off.

        At most `ahead` notices of one broadcast may be queued at a time.
        """
        ...

    def stop_token(self, person_id: str) -> str:
        """Return the token of a person's unsubscribe link; it is always the same."""
        ...

    def person_of_stop_token(self, token: str) -> str | None:
        """Return the id of the person whose unsubscribe link has this token; None if it is invalid."""
        ...


class Recipients(Protocol):
    """The recipients of broadcasts, and the state of the delivery to each."""

    def count_audience(
        self, wanted: "PeopleFilter", by: "DeliveryMethod", tags: Collection[str]
    ) -> "AudienceCounts":
        """Count the people whom a broadcast would reach, each once, and those who lack a value for a tag."""
        ...

    def samples(
        self, wanted: "PeopleFilter", by: "DeliveryMethod", tags: Collection[str], limit: int
    ) -> Sequence[str]:
        """Return the ids of some people whom a broadcast would reach, those with missing values first."""
        ...

    def selected(self, wanted: "PeopleFilter", *, after: str, limit: int | None) -> Sequence[str]:
        """Return the ids of the people whom a filter selects, in order, starting after the id `after`."""
        ...

    def add(self, broadcast_id: str, people: Sequence[str], by: "DeliveryMethod") -> None:
        """Store people as recipients, each once; one who was merged into another is stored as that one."""
        ...

    def not_reached(
        self, broadcast_id: str, wanted: "PeopleFilter", *, after: str, limit: int | None
    ) -> Sequence[str]:
        """Return the ids of recipients who were not reached and whom a filter selects now, in order."""
        ...

    def counts(self, broadcast_id: str) -> "Counts":
        """Count a broadcast's recipients by state, delivery method and failure."""
        ...

    def count_queued(self, broadcast_id: str, by: "DeliveryMethod | None" = None) -> int:
        """Count the recipients whose notice is queued, by one delivery method or by any."""
        ...

    def listed(
        self, broadcast_id: str, states: "Collection[RecipientState]", *, after: str, limit: int
    ) -> Sequence["Recipient"]:
        """Return recipients in these states, or in any if none are given, ordered by person id."""
        ...

    def with_names(self, broadcast_id: str) -> Sequence[tuple["Recipient", str, str]]:
        """Return all recipients of a broadcast with their names and e-mail addresses, ordered by name."""
        ...

    def of(self, broadcast_id: str, person_id: str) -> "Recipient | None":
        """Return a person as a recipient of a broadcast, or None."""
        ...

    def settle(self, recipient: "Recipient", *, expected: "Recipient") -> bool:
        """Store a recipient; return False if its state or notice is no longer that of `expected`."""
        ...

    def requeue(self, broadcast_id: str, people: Sequence[str]) -> int:
        """Set those of these people who were not reached back to waiting; return how many."""
        ...

    def count_written_since(self, school_id: str, at: datetime) -> int:
        """Count the recipients to whom a school's broadcasts went out since a time, or still will."""
        ...

    def count_mails_ahead(self) -> int:
        """Count the mails of broadcasts under way that are not queued yet."""
        ...


class MessageTemplates(Protocol):
    """Message templates: the texts that a school keeps for its broadcasts."""

    def add(self, template: "MessageTemplate") -> bool:
        """Add a template; return False if the school has one of that name already."""
        ...

    def save(self, template: "MessageTemplate") -> bool:
        """Store a template; return False if the school has another of that name."""
        ...

    def by_id(self, school_id: str, template_id: str) -> "MessageTemplate | None":
        """Return a school's template, or None."""
        ...

    def by_name(self, school_id: str, name: str) -> "MessageTemplate | None":
        """Return a school's template by its name, ignoring case, or None."""
        ...

    def of_school(
        self, school_id: str, *, search: str, after: str, limit: int
    ) -> Sequence["MessageTemplate"]:
        """Return a school's templates ordered by name, starting after the name `after`.

        With `search`, only those whose names contain it.
        """
        ...

    def count(self, school_id: str) -> int:
        """Count a school's templates."""
        ...

    def drop(self, school_id: str, template_id: str) -> bool:
        """Delete a template; return False if it was deleted before."""
        ...
