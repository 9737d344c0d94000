"""Checks of the mail server: signs in to it, and sends nothing."""

import ssl

import aiosmtplib

from bot.chat.notifier import DeliveryFailed
from bot.console.checks.findings import Area, Finding
from bot.fronts import smtp
from bot.platforms.mail.tokens import NoToken
from bot.settings import Settings

_AREA = Area("mail")
# Raised if the server does not offer what we need; a missing STARTTLS raises the base class itself.
_LACKING = {aiosmtplib.SMTPNotSupported, aiosmtplib.SMTPException}
_ACCOUNT = (
    "Correct HOMEROOM_MAIL__USERNAME and HOMEROOM_MAIL__PASSWORD; many providers require an app password "
    "(Google: Account → Security → App passwords)."
)
_ISSUER = (
    "Correct HOMEROOM_MAIL__TOKEN_URL, HOMEROOM_MAIL__CLIENT_ID and HOMEROOM_MAIL__CLIENT_SECRET. "
    "Microsoft's client secrets expire: create a new one in the Entra admin center → App registrations → "
    "your app → Certificates & secrets."
)
_MAILBOX = (
    "HOMEROOM_MAIL__USERNAME must be the mailbox's address. Let the app send as it, and switch on its "
    'authenticated SMTP: see "Google and Microsoft" in docs/delivery.md. It takes up to half an hour to work.'
)
_CERTIFICATE = (
    "Set HOMEROOM_MAIL__HOST to the name in the server's certificate, or HOMEROOM_MAIL__CA_FILE to the "
    "certificate that signed it; a port that expects TLS from the start needs HOMEROOM_MAIL__SECURITY=tls."
)
_OFFERED = "Set HOMEROOM_MAIL__SECURITY to what the server offers: starttls (port 587) or tls (port 465)."
_LET_IN = "Ask whoever runs the mail server to accept this machine; give them the number that it answers."
_NOT_THERE = (
    "Correct HOMEROOM_MAIL__HOST and HOMEROOM_MAIL__PORT, and check that no firewall blocks that port for "
    "this machine."
)


async def check(settings: Settings) -> list[Finding]:
    """Sign in to the mail server without sending anything."""
    wanted = settings.mail
    if not wanted.host:
        return [_AREA.skipped("mail.host is empty: no mail is sent.")]
    try:
        await smtp(settings).check()
    except DeliveryFailed as failed:
        return [_AREA.wrong(f"{failed}.", _mend(failed, token=bool(wanted.token_url)))]
    how = {"starttls": "over STARTTLS", "tls": "over TLS", "none": "without TLS"}[wanted.security]
    who = f"as {wanted.username}" if wanted.username else "without signing in"
    return [_AREA.fine(f"{wanted.host}:{wanted.port} accepts our connection {how}, {who}.")]


def _mend(failed: DeliveryFailed, *, token: bool) -> str:
    cause = failed.__cause__
    if isinstance(cause, ssl.SSLError) or isinstance(cause and cause.__cause__, ssl.SSLError):
        return _CERTIFICATE
    match cause:
        case NoToken():
            return _ISSUER
        case aiosmtplib.SMTPAuthenticationError():
            return _MAILBOX if token else _ACCOUNT
        case aiosmtplib.SMTPResponseException():
            return _LET_IN
        case aiosmtplib.SMTPException() if type(cause) in _LACKING:
            return _OFFERED
        case _:
            return _NOT_THERE
