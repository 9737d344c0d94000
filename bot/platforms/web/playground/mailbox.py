"""The playground's mails, which are shown to their recipients instead of being sent."""

import base64
from collections.abc import Iterator
from email.message import EmailMessage
from email.utils import parseaddr

from starlette.responses import HTMLResponse, PlainTextResponse, Response

from bot.platforms.web.draw import Json
from bot.platforms.web.playground.people import Player

# The place of all mails; each person sees their own, and those to addresses of nobody in the room.
MAIL = "mail"
# A mail may have any style, but no scripts; it loads nothing, and its links open elsewhere.
_CONTENT = (
    "default-src 'none'",
    "style-src 'unsafe-inline'",
    "img-src data:",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'self'",
    "sandbox allow-same-origin allow-popups allow-popups-to-escape-sandbox",
)
_HEADERS = {"Content-Security-Policy": "; ".join(_CONTENT), "X-Frame-Options": "SAMEORIGIN"}


def owner(message: EmailMessage, people: dict[str, Player]) -> str | None:
    """Return the name of the person to whom a mail is addressed; None if it is nobody in the room."""
    address = parseaddr(str(message["To"]))[1].casefold()
    return next((one.name for one in people.values() if one.email == address), None)


def drawn(message: EmailMessage, page: str) -> Json:
    """Return a mail as JSON, with the address of the page that has its HTML."""
    return {
        "kind": "mail",
        "subject": str(message["Subject"]),
        "from": str(message["From"]),
        "to": str(message["To"]),
        "text": _part(message, "plain"),
        "page": page,
        "files": [{"filename": name, "data": data} for name, data in _files(message)],
    }


def html(message: EmailMessage) -> str:
    """Return the HTML of a mail, with its images embedded."""
    page = _part(message, "html")
    for part in message.walk():
        if name := part["Content-ID"]:
            page = page.replace(f"cid:{str(name).strip('<>')}", _data(part, part.get_content_type()))
    return page


def page(content: str | None) -> Response:
    """Return the response with the HTML of a mail, or that it is gone."""
    if content is None:
        return PlainTextResponse("That mail is gone.\n", status_code=404)
    return HTMLResponse(content, headers=_HEADERS)


def _part(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    return str(part.get_content()) if isinstance(part, EmailMessage) else ""


def _files(message: EmailMessage) -> Iterator[tuple[str, str]]:
    for part in message.iter_attachments():
        yield part.get_filename() or "file", _data(part, "application/octet-stream")


def _data(part: EmailMessage, kind: str) -> str:
    content = part.get_payload(decode=True)
    assert isinstance(content, bytes)  # noqa: S101 - images and files are not multipart
    return f"data:{kind};base64,{base64.b64encode(content).decode('ascii')}"
