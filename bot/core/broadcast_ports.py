"""The repositories of messages to many, and of the texts that are kept for them."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from bot.core.broadcasts import (
        Broadcast,
        BroadcastState,
        Counts,
        DeliveryMethod,
        Recipient,
        RecipientState,
        Reckoning,
    )
    from bot.core.message_templates import MessageTemplate
    from bot.core.people_filter import PeopleFilter


class Broadcasts(Protocol):
    """Messages to many."""

    def add(self, broadcast: "Broadcast") -> None:
        """Add a message."""
        ...

    def by_id(self, broadcast_id: str) -> "Broadcast | None":
        """Find a message."""
        ...

    def hold(self, broadcast_id: str) -> "Broadcast | None":
        """Find a message, and let no other unit that holds it go on before this one ends."""
        ...

    def save(self, broadcast: "Broadcast", *, expected: "BroadcastState") -> bool:
        """Store a message; False if it is in another state by now."""
        ...

    def listed(self, school_id: str, *, wide: bool, before: str | None, limit: int) -> Sequence["Broadcast"]:
        """List a school's messages, newest first; with `wide` those to its whole district, too."""
        ...

    def due(self, now: datetime, limit: int) -> Sequence["Broadcast"]:
        """List the scheduled messages whose time has come and that are not put off, the longest due first."""
        ...

    def gathering(self) -> Sequence[str]:
        """List those under way of which not everyone is stored yet; not what is put off."""
        ...

    def ready(self, ahead: int) -> Sequence[str]:
        """List those of which something can be queued, or all is done; not what is put off.

        No more than `ahead` of one are on their way at once.
        """
        ...

    def stop_token(self, person_id: str) -> str:
        """Make the token of the link by which a person asks for no more messages; it is always the same."""
        ...

    def stopped_by(self, token: str) -> str | None:
        """Name the person whose link it is; None if it is none."""
        ...


class Recipients(Protocol):
    """Everyone for whom messages to many are, and what becomes of each."""

    def reckon(self, wanted: "PeopleFilter", by: "DeliveryMethod", tags: Collection[str]) -> "Reckoning":
        """Count whom a message would reach, each person once."""
        ...

    def samples(
        self, wanted: "PeopleFilter", by: "DeliveryMethod", tags: Collection[str], limit: int
    ) -> Sequence[str]:
        """Name some whom a message would reach, those first of whom something is not known."""
        ...

    def meant(self, wanted: "PeopleFilter", *, after: str, limit: int | None) -> Sequence[str]:
        """Name everyone whom a filter means, each person once, by their ids, those after one of them."""
        ...

    def fill(self, broadcast_id: str, people: Sequence[str], by: "DeliveryMethod") -> None:
        """Store persons for whom a message is, each once: whoever they have proved to be by now."""
        ...

    def missed(
        self, broadcast_id: str, wanted: "PeopleFilter", *, after: str, limit: int | None
    ) -> Sequence[str]:
        """Name all who were not reached, and whom a filter means now, by their ids, those after one."""
        ...

    def counts(self, broadcast_id: str) -> "Counts":
        """Count those for whom a message is, by what became of them."""
        ...

    def on_their_way(self, broadcast_id: str, by: "DeliveryMethod | None" = None) -> int:
        """Count those whose message waits for its delivery, one way or in all."""
        ...

    def listed(
        self, broadcast_id: str, states: "Collection[RecipientState]", *, after: str, limit: int
    ) -> Sequence["Recipient"]:
        """List those for whom a message is, by their ids, those after one of them; no states mean all."""
        ...

    def named(self, broadcast_id: str) -> Sequence[tuple["Recipient", str, str]]:
        """List everyone for whom a message is, with their name and e-mail address."""
        ...

    def of(self, broadcast_id: str, person_id: str) -> "Recipient | None":
        """Find what became of a message for one person."""
        ...

    def settle(self, recipient: "Recipient", *, expected: "Recipient") -> bool:
        """Store what became of a message for one person; False if its state or notice is another by now."""
        ...

    def again(self, broadcast_id: str, people: Sequence[str]) -> int:
        """Let those of some persons wait again who were not reached; count them."""
        ...

    def written_since(self, school_id: str, at: datetime) -> int:
        """Count whom a school's messages have gone out to since a moment, or still do."""
        ...

    def mails_ahead(self) -> int:
        """Count the mails of messages under way that are not queued yet."""
        ...


class MessageTemplates(Protocol):
    """The texts that a school keeps for its messages."""

    def add(self, template: "MessageTemplate") -> bool:
        """Add a text; False if the school has one of that name."""
        ...

    def save(self, template: "MessageTemplate") -> bool:
        """Store a text; False if the school has another of that name."""
        ...

    def by_id(self, school_id: str, template_id: str) -> "MessageTemplate | None":
        """Find a text of a school."""
        ...

    def named(self, school_id: str, name: str) -> "MessageTemplate | None":
        """Find a text of a school by its name, without regard to case."""
        ...

    def of_school(
        self, school_id: str, *, search: str, after: str, limit: int
    ) -> Sequence["MessageTemplate"]:
        """List a school's texts by name, those after a name; with words only those that have them in it."""
        ...

    def number(self, school_id: str) -> int:
        """Count a school's texts."""
        ...

    def drop(self, school_id: str, template_id: str) -> bool:
        """Delete a text; False if it is gone already."""
        ...
