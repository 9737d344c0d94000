"""The SMTP client for one mail server, and what its answers mean for a delivery."""

import asyncio
import logging
import re
import ssl
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from email.message import EmailMessage
from functools import cached_property
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import aiosmtplib

from bot.chat.notifier import Breadth, DeliveryFailed
from bot.core.values import dataclass, field
from bot.platforms.mail import limits
from bot.platforms.mail.message import read_address
from bot.platforms.mail.tokens import NoToken, Tokens
from bot.unreachable import why_unreachable

_log = logging.getLogger(__name__)
_PERMANENT = 500
_CLOSING = 421
# The server demands a sign-in, or a different kind of it: nothing is wrong with the message.
_SIGN_IN_FIRST = frozenset({530, 534, 535, 538})
_TOO_LARGE = 552
# Matches "Greylisted, try again in 300 seconds" and "retry after 5 minutes".
_LATER = re.compile(
    r"(?:try|retry|come back)\b.{0,30}?\b(?:in|after)\s+(?P<number>\d{1,6})\s*(?P<unit>s|m|h)", re.IGNORECASE
)
_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0}
# Answers to a recipient or a message that really concern us as the sender: we may not relay, may not send as
# mail.sender, have used up today's quota, or introduce ourselves by a host name that the server rejects.
_ABOUT_SENDER = re.compile(
    r"\brelay|\bhelo\b|sender (?:address )?(?:rejected|denied|identity)|\bfrom address\b|send ?as\b"
    r"|not verified|sending (?:limit|quota)|STOREDRV\.Submission",
    re.IGNORECASE,
)
# Answers that say that we send more at the same time than the server accepts: it may then accept nothing.
_TOO_MANY = re.compile(r"concurrent|thread limit|too many (?:\w+ )?connections", re.IGNORECASE)
# A fully qualified domain name: neither an IP address nor a name without a dot.
_FULL_NAME = re.compile(r"(?:[a-z0-9-]+\.)+[a-z][a-z0-9-]+")
_ENHANCED = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")


@dataclass(frozen=True, slots=True)
class Server:
    """The mail server that we send through. `ca_file` holds certificates to trust besides the system's."""

    host: str
    port: int
    security: Literal["starttls", "tls", "none"]
    username: str = ""
    password: str = field(default="", repr=False)
    ca_file: Path | None = None
    timeout: float = 20.0
    # The host name that we give in EHLO; if empty, the machine's own.
    hello: str = ""


def hello(base_url: str, sender: str) -> str:
    """Return our host name for EHLO: that of the web pages, or else the domain of the sender.

    A container's own name is in no DNS: Postfix can refuse it, and Google's relay hangs up.
    """
    host = urlsplit(base_url).hostname or ""
    return host if _FULL_NAME.fullmatch(host) else read_address(sender).domain


class Smtp:
    """Sends one message per connection, with a limited number of connections at the same time.

    A problem with the connection or our account is logged once, for an operator to mend; while it lasts, the
    server is tried only once in a while. Errors quote the server's numbers but not its words, which can
    contain addresses.
    """

    def __init__(
        self,
        server: Server,
        monotonic: Callable[[], float] = time.monotonic,
        tokens: Tokens | None = None,
    ) -> None:
        """Take the server to send through, and the source of tokens where they replace the password."""
        self._server = server
        self._tokens = tokens
        self._monotonic = monotonic
        self._free = asyncio.Semaphore(limits.CONNECTIONS)
        self._allowed, self._excess, self._fewer_until = limits.CONNECTIONS, 0, 0.0
        self._paused_until = 0.0
        self._reported = ""
        self._logged = set[str]()

    async def send(self, message: EmailMessage) -> None:
        """Send a message; raises `DeliveryFailed`."""
        if (rest := self._paused_until - self._monotonic()) > 0:
            raise DeliveryFailed(self._reported, ours=True, retry_after=rest, breadth=Breadth.PLATFORM)
        try:
            async with asyncio.timeout(min(self._server.timeout, limits.DELIVERY - self._server.timeout)):
                await self._free.acquire()
        except TimeoutError as busy:
            raise DeliveryFailed("Other mails are sent first", ours=True, retry_after=limits.BUSY) from busy
        try:
            await self._send(message)
        finally:
            if self._excess:
                self._excess -= 1
            else:
                self._free.release()

    async def check(self) -> None:
        """Connect and sign in without sending anything; raises `DeliveryFailed`."""
        client = self._client()
        try:
            async with self._connecting(), asyncio.timeout(self._server.timeout):
                await client.connect()
            await _goodbye(client)
        finally:
            client.close()

    async def _send(self, message: EmailMessage) -> None:
        # Starts only now: time spent waiting for a free connection must not look like a silent server.
        deadline = asyncio.get_running_loop().time() + self._server.timeout
        client = self._client()
        try:
            async with self._connecting(), asyncio.timeout_at(deadline):
                await client.connect()
            async with self._handing_over(), asyncio.timeout_at(deadline):
                await client.send_message(message)
            await _goodbye(client)
        finally:
            client.close()
        if self._reported:
            _log.warning("The mail server accepts our mail again")
        self._reported = ""

    @cached_property
    def _trusted(self) -> ssl.SSLContext:
        """The TLS context; cached, because loading all certificates takes longer than sending a mail."""
        context = ssl.create_default_context()
        if self._server.ca_file is not None:
            context.load_verify_locations(self._server.ca_file)
        return context

    def _client(self) -> aiosmtplib.SMTP:
        server = self._server
        return aiosmtplib.SMTP(
            hostname=server.host,
            local_hostname=server.hello or None,
            port=server.port,
            use_tls=server.security == "tls",
            start_tls=server.security == "starttls",
            username=server.username or None,
            password=server.password or None,
            oauth_token_generator=self._tokens,
            tls_context=self._trusted if server.security != "none" else None,
            timeout=server.timeout,
        )

    @asynccontextmanager
    async def _connecting(self) -> AsyncIterator[None]:
        """Raise `DeliveryFailed` for errors before the message is sent: they are never its fault."""
        try:
            yield
        except NoToken as lacking:
            raise self._paused(f"mail.token_url returned no token ({lacking})") from lacking
        except aiosmtplib.SMTPAuthenticationError as refused:
            what = "mail.username and mail.password"
            if self._tokens is not None:
                self._tokens.forget()
                what = "our token for mail.username"
            raise self._paused(f"The mail server refuses {what} ({_number(refused)})") from refused
        except aiosmtplib.SMTPResponseException as refused:
            self._reduced_connections(refused)
            raise self._paused(f"The mail server rejects the connection ({_number(refused)})") from refused
        except (aiosmtplib.SMTPException, OSError) as broken:
            raise self._paused(self._connection_error(broken)) from broken

    def _connection_error(self, broken: BaseException) -> str:
        lacking = isinstance(broken, aiosmtplib.SMTPNotSupported) or type(broken) is aiosmtplib.SMTPException
        if lacking and not isinstance(broken.__cause__, ssl.SSLError):
            return f"The mail server does not support what mail.security or mail.username requires: {broken}"
        where = f"{self._server.host}:{self._server.port}"
        return f"The mail server {where} cannot be reached: {why_unreachable(broken)}"

    @asynccontextmanager
    async def _handing_over(self) -> AsyncIterator[None]:
        """Raise `DeliveryFailed` for the server's answers to the message."""
        try:
            yield
        except aiosmtplib.SMTPRecipientsRefused as refused:
            raise self._answer(refused.recipients[0], "refuses the recipient") from refused
        except aiosmtplib.SMTPSenderRefused as refused:
            if refused.code >= _PERMANENT and refused.code != _TOO_LARGE:
                raise self._paused(f"The mail server refuses mail.sender ({_number(refused)})") from refused
            raise self._answer(refused, "rejects the mail") from refused
        except aiosmtplib.SMTPResponseException as refused:
            raise self._answer(refused, "rejects the mail") from refused
        except aiosmtplib.SMTPNotSupported as lacking:
            raise DeliveryFailed("The mail server does not support such an address", final=True) from lacking
        except TimeoutError as slow:
            raise DeliveryFailed("The mail server did not answer in time") from slow
        except (aiosmtplib.SMTPException, OSError) as lost:
            why = f"The connection to the mail server was lost: {why_unreachable(lost)}"
            raise DeliveryFailed(why) from lost

    def _answer(self, refused: aiosmtplib.SMTPResponseException, what: str) -> DeliveryFailed:
        if refused.code in _SIGN_IN_FIRST:
            return self._paused(
                f"The mail server requires mail.username and mail.password ({_number(refused)})"
            )
        why = f"The mail server {what} ({_number(refused)})"
        wait, crowded = _wait(refused), self._reduced_connections(refused)
        if refused.code == _CLOSING:  # the server accepts nothing from anybody now
            whole = Breadth.PLATFORM
            return DeliveryFailed(why, retry_after=wait or limits.PAUSE, breadth=whole, ours=True)
        if crowded:
            return DeliveryFailed(why, retry_after=wait or limits.BUSY, ours=True)
        final = refused.code >= _PERMANENT
        if final and _ABOUT_SENDER.search(refused.message):
            # It may concern this recipient after all: others go on, and this one is tried for a day at most.
            final = False
            self._log_once(f"{why}; the cause is the sender, not the recipient")
        return DeliveryFailed(why, final=final, retry_after=wait)

    def _reduced_connections(self, refused: aiosmtplib.SMTPResponseException) -> bool:
        """Tell whether the server accepts fewer connections; if so, reduce ours: to three, then one."""
        if refused.code >= _PERMANENT or _TOO_MANY.search(refused.message) is None:
            return False
        now = self._monotonic()
        if now >= self._fewer_until and self._allowed > 1:  # once, for all mails under way
            fewer = max(1, self._allowed // 2 - 1)
            self._allowed, self._excess = fewer, self._excess + self._allowed - fewer
            self._fewer_until = now + limits.PAUSE
            _log.info("The mail server accepts fewer mails at once: the limit is now %d", fewer)
        return True

    def _log_once(self, what: str) -> None:
        if what not in self._logged:
            self._logged.add(what)
            _log.error("Check mail.sender, and who may relay through the mail server: %s", what)

    def _paused(self, why: str) -> DeliveryFailed:
        """Log a problem for the operator, once, pause all sending, and return the error to raise."""
        if why != self._reported:
            _log.error("No mail is sent until this is fixed: %s", why)
        self._reported = why
        self._paused_until = self._monotonic() + limits.PAUSE
        return DeliveryFailed(why, ours=True, retry_after=limits.PAUSE, breadth=Breadth.PLATFORM)


async def _goodbye(client: aiosmtplib.SMTP) -> None:
    """Send QUIT; the server has accepted the message by now, so errors do not matter."""
    try:
        await client.quit(timeout=limits.GOODBYE)
    except (aiosmtplib.SMTPException, OSError):
        return


def _number(refused: aiosmtplib.SMTPResponseException) -> str:
    """Return the codes of an answer; its words may repeat addresses."""
    enhanced = _ENHANCED.search(refused.message)
    return f"{refused.code} {enhanced[0]}" if enhanced else str(refused.code)


def _wait(refused: aiosmtplib.SMTPResponseException) -> float | None:
    """Return how many seconds the server asks us to wait; SMTP has only its words for that."""
    found = _LATER.search(refused.message) if refused.code < _PERMANENT else None
    if found is None:
        return None
    seconds = float(found["number"]) * _UNITS[found["unit"][0].lower()]
    return min(seconds, limits.LONGEST_WAIT)
