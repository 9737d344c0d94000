"""The port through which cards are sent that do not answer a call."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Protocol

from bot.chat.replies import Card
from bot.core.notices.notices import Destination
from bot.core.rights.actors import Platform


class Breadth(StrEnum):
    """What a platform's rate limit covers: one destination, one workspace, or the whole platform."""

    PLACE = "place"
    TENANT = "tenant"
    PLATFORM = "platform"


class DeliveryFailed(Exception):
    """A message was not delivered.

    - `final`: trying again cannot help.
    - `gone`: final, because the recipient has left the platform, or every workspace that we share with them.
    - `retry_after`: how many seconds to wait; `breadth` says for which messages.
    - `ours`: the message is not at fault (a rate limit, a server that is down, a wrong password), so it waits
      until it can be sent.
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
        """Take the reason, in words that an operator understands."""
        super().__init__(why)
        self.final = final or gone
        self.gone = gone
        self.retry_after = retry_after
        self.breadth = breadth
        self.ours = ours


class NotSetUp(DeliveryFailed):
    """This installation is not set up to send such messages at all."""

    def __init__(self, why: str) -> None:
        """Take what is not set up, in words that an operator understands."""
        super().__init__(why, final=True)


class Notifier(Protocol):
    """Sends cards on one platform, and changes those that were sent. Raises `DeliveryFailed`."""

    async def post(self, to: Destination, card: Card, key: str = "", /) -> tuple[str, str] | None:
        """Send a card; return the ids of channel and message, or None if the message cannot be changed later.

        `key` is the same at each attempt to send this card: a platform that takes keys posts it only once.
        """
        ...

    async def redraw(self, to: Destination, channel: str, message: str, card: Card) -> str | None:
        """Replace a card that was sent; return the message's id if it has a new one, else None."""
        ...


Notifiers = Mapping[Platform, Notifier]
