"""A mail server for scenarios, which accepts or refuses real mails over a real socket."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.core.notices.mail_addresses import recipient
from bot.core.rights.actors import Platform
from bot.platforms.mail.message import Sender
from bot.platforms.mail.notifier import MailNotifier
from bot.platforms.mail.smtp import Server, Smtp
from tests.servers.mail.server import MailServer, mail_server
from tests.world import BASE_URL, World


@asynccontextmanager
async def mails_of(world: World) -> AsyncIterator[MailServer]:
    """Start a mail server to which a world sends its mails."""
    async with mail_server() as server:
        world.notifiers[Platform.EMAIL] = MailNotifier(
            send=Smtp(Server("127.0.0.1", server.port, "none", hello="homeroom.example.org")).send,
            recipient_of=lambda whom: world.database.read(lambda uow: recipient(uow, whom)),
            sender=Sender("Homeroom <door@example.org>"),
            clock=world.clock,
            base_url=BASE_URL,
        )
        yield server


def newest(server: MailServer, address: str) -> str:
    """Return the newest mail to an address: its subject, then its text."""
    found = [one for one in server.taken if one["To"] == address]
    assert found, f"no mail to {address}; there are some to {[one['To'] for one in server.taken]}"
    body = found[-1].get_body(("plain",))
    assert body is not None
    return f"{found[-1]['Subject']}\n{' '.join(body.get_content().split())}"
