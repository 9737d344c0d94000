"""Cards that go out as mails."""

from collections.abc import Awaitable, Callable
from email.message import EmailMessage

from bot.chat.notifier import DeliveryFailed, NoWay
from bot.chat.replies import Card
from bot.core.mail_addresses import Recipient
from bot.core.notices import Destination
from bot.core.ports import Clock
from bot.core.values import dataclass
from bot.platforms.mail.message import NoAddress, Sender, compose
from bot.platforms.mail.render import render

Send = Callable[[EmailMessage], Awaitable[None]]
LookUp = Callable[[str], Awaitable[Recipient | None]]


class NoMail:
    """Stands in where no mail server is set up: says so at once, so that nobody waits for a mail."""

    async def post(self, to: Destination, card: Card, _: str = "") -> None:  # noqa: ARG002
        """Refuse."""
        raise NoWay("No mail server is set up: mail.host is empty")

    async def redraw(self, to: Destination, channel: str, message: str, card: Card) -> None:  # noqa: ARG002
        """Refuse."""
        raise NoWay("No mail server is set up: mail.host is empty")


@dataclass(frozen=True, slots=True)
class MailNotifier:
    """Sends cards as mails; see `bot.chat.notifier.Notifier`. What was sent cannot be changed."""

    send: Send
    recipient_of: LookUp
    sender: Sender
    clock: Clock
    base_url: str = ""

    async def post(self, to: Destination, card: Card, _: str = "") -> None:
        """Send a card to whoever a destination names, at the address that they have now."""
        found = await self.recipient_of(to.account or "")
        if found is None:
            raise DeliveryFailed("There is no address to send this mail to", final=True)
        body = render(card, zone=found.zone, base_url=self.base_url)
        try:
            message = compose(body, self.sender, found.address, self.clock.now())
        except NoAddress as wrong:
            raise DeliveryFailed("The address is none that mail can be sent to", final=True) from wrong
        await self.send(message)

    async def redraw(self, to: Destination, channel: str, message: str, card: Card) -> None:  # noqa: ARG002
        """Refuse: no copy of a mail is remembered."""
        raise DeliveryFailed("A mail cannot be changed", final=True)
