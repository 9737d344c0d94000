"""Composes an e-mail from headers and parts; nothing that people typed can add a header."""

import mimetypes
from collections.abc import Mapping
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, getaddresses, make_msgid

from email_validator import validate_email

from bot.core.values import dataclass
from bot.platforms.mail import limits
from bot.platforms.mail.headers import ENCODED, Verbatim, one_line
from bot.platforms.mail.render import Body

# Mark the mail as automatic, so that no auto-responder answers it (RFC 3834).
_AUTOMATIC: Mapping[str, str] = {
    "Auto-Submitted": "auto-generated",
    "X-Auto-Response-Suppress": "All",
}


class NoAddress(ValueError):
    """A text is not a valid e-mail address."""


@dataclass(frozen=True, slots=True)
class Sender:
    """The From address, such as `Homeroom <door@example.org>`, and an optional Reply-To address."""

    address: str
    reply_to: str = ""


def read_address(typed: str) -> Address:
    """Parse an address with or without a display name; raises `NoAddress`."""
    try:
        ((name, address),) = getaddresses([typed])
        valid = validate_email(address, check_deliverability=False)
    except ValueError as wrong:
        raise NoAddress(f"{typed!r} is not an e-mail address") from wrong
    if not typed.isprintable() or ENCODED in address:  # the library would decode it
        raise NoAddress(f"{typed!r} contains more than an e-mail address")
    # Any domain can be written in ASCII (punycode). Only a non-ASCII local part needs a server with SMTPUTF8.
    return Address(one_line(name), username=valid.local_part, domain=valid.ascii_domain)


def compose(body: Body, sender: Sender, to: str, at: datetime) -> EmailMessage:
    """Build the message that carries a rendered card; raises `NoAddress`."""
    origin, recipient = read_address(sender.address), read_address(to)
    message = EmailMessage(policy=SMTP)
    message["From"] = origin
    message["To"] = recipient
    if sender.reply_to:
        message["Reply-To"] = read_address(sender.reply_to)
    message["Subject"] = Verbatim("Subject", _cut(one_line(body.subject)))
    message["Date"] = format_datetime(at)
    message["Message-ID"] = make_msgid(domain=origin.domain)
    for name, value in _AUTOMATIC.items():
        message[name] = value
    if body.unsubscribe_url:
        message["List-Unsubscribe"] = Verbatim("List-Unsubscribe", f"<{body.unsubscribe_url}>")
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(body.text)
    message.add_alternative(body.html, subtype="html")
    _add_pictures(message, body)
    for file in body.files:
        kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        main, _, sub = kind.partition("/")
        message.add_attachment(file.content, maintype=main, subtype=sub, filename=one_line(file.name))
    return message


def _add_pictures(message: EmailMessage, body: Body) -> None:
    html = message.get_body(("html",))
    assert isinstance(html, EmailMessage)  # noqa: S101 - it was added just before
    for picture in body.pictures:
        html.add_related(
            picture.image.png,
            maintype="image",
            subtype="png",
            cid=f"<{picture.id}>",
            filename=one_line(picture.image.filename),
            disposition="inline",
        )


def _cut(subject: str) -> str:
    return subject if len(subject) <= limits.SUBJECT else f"{subject[: limits.SUBJECT - 1].rstrip()}…"
