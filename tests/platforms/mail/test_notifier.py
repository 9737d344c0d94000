"""A card that is sent as a mail: addressed when it is sent, with times in the reader's zone."""

from datetime import UTC, datetime
from email.message import EmailMessage

import pytest

from bot.chat.notifier import DeliveryFailed
from bot.chat.replies import Card, Text
from bot.chat.text import say
from bot.core.notices.mail_addresses import Recipient
from bot.core.notices.notices import Destination
from bot.platforms.mail.message import Sender
from bot.platforms.mail.notifier import MailNotifier
from tests.world import START, FakeClock

TO = Destination.by_mail("invitation:1")
CARD = Card(say("Hello"), (Text(say("{at}", at=datetime(2026, 9, 4, 15, 0, tzinfo=UTC))),))


async def _post(found: Recipient | None) -> tuple[list[EmailMessage], list[str]]:
    sent: list[EmailMessage] = []
    asked: list[str] = []

    async def send(message: EmailMessage) -> None:
        sent.append(message)

    async def recipient_of(whom: str) -> Recipient | None:
        asked.append(whom)
        return found

    notifier = MailNotifier(send, recipient_of, Sender("door@example.org"), FakeClock())
    await notifier.post(TO, CARD)
    return sent, asked


async def test_the_address_is_looked_up_and_times_are_in_the_readers_zone() -> None:
    (message,), asked = await _post(Recipient("nia@example.org", "America/New_York"))
    assert asked == ["invitation:1"]
    assert message["To"] == "nia@example.org"
    assert message["Date"].datetime == START
    body = message.get_body(("plain",))
    assert body is not None
    assert "Friday, 4 September 2026, 11:00 (America/New York)" in body.as_string()


@pytest.mark.parametrize("found", [None, Recipient("nia@@example.org")])
async def test_nobody_to_write_to_is_final(found: Recipient | None) -> None:
    with pytest.raises(DeliveryFailed) as failed:
        await _post(found)
    assert failed.value.final
    assert "nia" not in str(failed.value), "error texts are logged, addresses are not"
