"""The mail notifier: sends cards as e-mails."""

from collections.abc import Awaitable, Callable
from email.message import EmailMessage

from bot.chat.notifier import DeliveryFailed, NotSetUp
from bot.chat.replies import Card
from bot.core.notices.mail_addresses import Recipient
from bot.core.notices.notices import Destination
from bot.core.ports import Clock
from bot.core.values import dataclass
from bot.platforms.mail.message import NoAddress, Sender, compose
from bot.platforms.mail.render import render

Send = Callable[[EmailMessage], Awaitable[None]]
LookUp = Callable[[str], Awaitable[Recipient | None]]


class NoMail:
    """The notifier without a mail server: it fails at once, so that no card waits in the outbox."""

    async def post(self, to: Destination, card: Card, _: str = "") -> None:  # noqa: ARG002
        """Raise `NotSetUp`."""
        raise NotSetUp("No mail server is set up: mail.host is empty")

    async def redraw(self, to: Destination, channel: str, message: str, card: Card) -> None:  # noqa: ARG002
        """Raise `NotSetUp`."""
        raise NotSetUp("No mail server is set up: mail.host is empty")


@dataclass(frozen=True, slots=True)
class MailNotifier:
    """Sends cards as e-mails; see `bot.chat.notifier.Notifier`. A mail that was sent cannot be changed.

    `base_url` is the address of the web pages; empty if nobody can sign in there.
    """

    send: Send
    recipient_of: LookUp
    sender: Sender
    clock: Clock
    base_url: str = ""

    async def post(self, to: Destination, card: Card, _: str = "") -> None:
        """Send a card to the destination's account, at its current address."""
        found = await self.recipient_of(to.account or "")
        if found is None:
            raise DeliveryFailed("The recipient has no e-mail address", final=True)
        body = render(card, zone=found.zone, base_url=self.base_url)
        try:
            message = compose(body, self.sender, found.address, self.clock.now())
        except NoAddress as wrong:
            raise DeliveryFailed("Mail cannot be sent to this address", final=True) from wrong
        await self.send(message)

    async def redraw(self, to: Destination, channel: str, message: str, card: Card) -> None:  # noqa: ARG002
        """Raise `DeliveryFailed`: a mail that was sent cannot be changed."""
        raise DeliveryFailed("A sent mail cannot be changed", final=True)
