"""A mail server on a loopback port: aiosmtpd, with failures on demand."""

# ruff: noqa: ARG002 - aiosmtpd calls its handlers by position, with all that it knows

import asyncio
import base64
import contextlib
import datetime as dt
import email
import ipaddress
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

USERNAME, PASSWORD = "homeroom", "correct horse"


@dataclass
class MailServer:
    """The messages that the server has accepted, and how it fails instead if a test asks for that."""

    port: int = 0
    taken: list[EmailMessage] = field(default_factory=list)
    envelopes: list[tuple[str, list[str]]] = field(default_factory=list)
    connections: int = 0
    # Answers for recipients that are refused; other recipients are accepted.
    refused: dict[str, str] = field(default_factory=dict)
    # Tokens by user, for signing in with XOAUTH2 in place of a password.
    tokens: dict[str, str] = field(default_factory=dict)
    sender_answer: str = ""
    data_answer: str = ""
    # Drop the connection when the message has arrived, before it is answered.
    drops_in_data: bool = False
    # Never answer once the message has arrived.
    silent_in_data: bool = False
    # While the gate is shut, messages that have arrived are not answered; each sets `arrived`.
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    # How many messages have arrived and wait for an answer, now and at most.
    here: int = 0
    most_here: int = 0

    def __post_init__(self) -> None:
        self.gate.set()

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.sender_answer:
            return self.sender_answer
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        named = session.host_name or ""
        if "." not in named or named.startswith("["):
            # Like Postfix with reject_non_fqdn_helo_hostname; Google's relay hangs up at the EHLO.
            return f"504 5.5.2 <{named}>: Helo command rejected: need fully-qualified hostname"
        if address in self.refused:
            return self.refused[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def auth_XOAUTH2(self, server: SMTP, args: list[str]) -> AuthResult:  # noqa: N802
        said = base64.b64decode(args[1]).decode()
        right = {f"user={who}\x01auth=Bearer {token}\x01\x01" for who, token in self.tokens.items()}
        return AuthResult(success=said in right, handled=False)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.drops_in_data:
            assert isinstance(server.transport, asyncio.Transport)
            server.transport.abort()
            return "250 never heard"
        if self.silent_in_data:
            await asyncio.Event().wait()
        self.here += 1
        self.most_here = max(self.most_here, self.here)
        self.arrived.set()
        try:
            await self.gate.wait()
        finally:
            self.here -= 1
        if self.data_answer:
            return self.data_answer
        content = envelope.content
        assert isinstance(content, bytes)
        message = email.message_from_bytes(content, policy=default)
        assert isinstance(message, EmailMessage)
        self.taken.append(message)
        self.envelopes.append((envelope.mail_from or "", list(envelope.rcpt_tos)))
        return "250 OK"


def _sign_in(server: SMTP, session: Session, envelope: Envelope, mechanism: str, given: object) -> AuthResult:
    assert isinstance(given, LoginPassword)
    right = (given.login, given.password) == (USERNAME.encode(), PASSWORD.encode())
    return AuthResult(success=right, handled=False)


@contextlib.asynccontextmanager
async def mail_server(
    *, certificate: Path | None = None, implicit: bool = False, sign_in: bool = False
) -> AsyncIterator[MailServer]:
    """Serve SMTP, with a certificate by STARTTLS or `implicit` TLS; `sign_in` requires an account."""
    shown = MailServer()
    context = None
    if certificate is not None:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate)

    def session() -> SMTP:
        shown.connections += 1
        return SMTP(
            shown,
            hostname="mail.test",
            tls_context=None if implicit else context,
            require_starttls=context is not None and not implicit,
            authenticator=_sign_in if sign_in else None,
            auth_required=sign_in,
            auth_require_tls=not implicit,
            enable_SMTPUTF8=True,
        )

    loop = asyncio.get_running_loop()
    listening = await loop.create_server(session, "127.0.0.1", 0, ssl=context if implicit else None)
    shown.port = listening.sockets[0].getsockname()[1]
    try:
        yield shown
    finally:
        listening.close()


def self_made_certificate(folder: Path) -> Path:
    """Make a certificate for 127.0.0.1 and its key in one file, which a client can also trust as its CA."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "mail.test")])
    now = dt.datetime.now(dt.UTC)
    hosts = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(hosts, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = folder / "mail.pem"
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path
