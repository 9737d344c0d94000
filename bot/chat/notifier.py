"""How cards leave the process on their own: no reply to anyone, but a message to someone."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Protocol

from bot.chat.replies import Card
from bot.core.actors import Platform
from bot.core.notices import Destination


class Breadth(StrEnum):
    """Whom a platform asks to wait: whoever is at that place, in that workspace, or everybody."""

    PLACE = "place"
    TENANT = "tenant"
    PLATFORM = "platform"


class DeliveryFailed(Exception):
    """A message did not arrive.

    `final` says that trying again cannot help, and `gone` that it is because whom it is for has left the
    platform or all places that we share with them; `retry_after` is how long to wait, in seconds, and
    `breadth` for whom that holds; `ours` that the message is not at fault (too many at once, nobody there,
    a wrong password), so that it waits until it can go.
    """

    def __init__(
        self,
        why: str,
        *,
        final: bool = False,
        gone: bool = False,
        retry_after: float | None = None,
        breadth: Breadth = Breadth.PLACE,
        ours: bool = False,
    ) -> None:
        """Say why in words that an operator understands."""
        super().__init__(why)
        self.final = final or gone
        self.gone = gone
        self.retry_after = retry_after
        self.breadth = breadth
        self.ours = ours


class NoWay(DeliveryFailed):
    """This installation has no way to send such messages at all."""

    def __init__(self, why: str) -> None:
        """Say what is not set up, in words that an operator understands."""
        super().__init__(why, final=True)


class Notifier(Protocol):
    """One platform's way to send a card and to change one that was sent. Raises `DeliveryFailed`."""

    async def post(self, to: Destination, card: Card, key: str = "", /) -> tuple[str, str] | None:
        """Send a card; return the channel's and the message's ids, or None where it cannot be changed.

        `key` is the same each time that one card is tried: where the platform takes one, it is there once.
        """
        ...

    async def redraw(self, to: Destination, channel: str, message: str, card: Card) -> str | None:
        """Put a card in the place of one that was sent; return its message's id if that is another now."""
        ...


Notifiers = Mapping[Platform, Notifier]
