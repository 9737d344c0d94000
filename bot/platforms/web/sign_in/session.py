"""Sessions of signed-in visitors, which last an hour, and the proof that a form was made for its sender."""

import secrets
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection
from starlette.responses import Response

from bot.core.rights.actors import AccountKey, Caller, Platform
from bot.core.values import dataclass, field
from bot.platforms.web.sign_in.cookies import CookieJar
from bot.platforms.web.sign_in.identities import Identity

LIFETIME = timedelta(hours=1)
COOKIE = "homeroom_session"
_GUEST = "homeroom_guest"


@dataclass(frozen=True, slots=True)
class Guest:
    """A person who fills in a form before signing in; the form and a cookie both have the same `proof`."""

    proof: str = field(repr=False)

    @classmethod
    def new(cls) -> "Guest":
        """Return a guest with a new proof."""
        return cls(secrets.token_urlsafe(24))


@dataclass(frozen=True, slots=True)
class Visitor:
    """A person who is signed in on the web pages.

    `proof` is in every form that is made for them. `guilds_token` is Discord's token to add them to servers.
    `epoch` says with which password they signed in; the session ends when the password changes.
    """

    account: AccountKey
    name: str
    email: str
    proof: str = field(repr=False)
    guilds_token: str = field(default="", repr=False)
    epoch: str = ""

    @property
    def caller(self) -> Caller:
        """The visitor as a caller of the Runner."""
        return Caller(self.account, self.name, Platform.WEB, verified_email=self.email)


@dataclass(frozen=True)
class Sessions:
    """Begins, finds and ends sessions; `origin` is that of our pages, as browsers send it."""

    jar: CookieJar
    origin: str

    def begin(self, response: Response, identity: Identity) -> None:
        """Sign in an identity; nothing of an earlier session is kept."""
        self.renew(
            response,
            Visitor(
                identity.account,
                identity.name,
                identity.verified_email,
                secrets.token_urlsafe(24),
                identity.guilds_token,
                identity.epoch,
            ),
        )

    def renew(self, response: Response, visitor: Visitor) -> None:
        """Let a visitor's session last an hour from now."""
        content = {
            "issuer": visitor.account.issuer,
            "subject": visitor.account.subject,
            "name": visitor.name,
            "email": visitor.email,
            "guilds": visitor.guilds_token,
            "epoch": visitor.epoch,
            "proof": visitor.proof,
        }
        self.jar.write(response, COOKIE, content, LIFETIME)

    def visitor(self, connection: HTTPConnection) -> Visitor | None:
        """Return who is signed in; None if nobody is."""
        kept = self.jar.read(connection, COOKIE)
        if kept is None:
            return None
        account = AccountKey(kept["issuer"], kept["subject"])
        return Visitor(
            account, kept["name"], kept["email"], kept["proof"], kept["guilds"], kept.get("epoch", "")
        )

    def guest(self, connection: HTTPConnection) -> Guest | None:
        """Return the guest for whom a form was made; None if there is none."""
        kept = self.jar.read(connection, _GUEST)
        return Guest(kept["proof"]) if kept else None

    def remember(self, response: Response, guest: Guest) -> None:
        """Set the cookie by which a guest is recognized when their form comes back."""
        self.jar.write(response, _GUEST, {"proof": guest.proof}, LIFETIME)

    def end(self, response: Response) -> None:
        """Sign out."""
        self.jar.drop(response, COOKIE)

    def is_from(self, connection: HTTPConnection, visitor: Visitor | Guest, form: Any) -> bool:
        """Tell whether a form was made for this visitor and sent from a page of ours.

        Our pages send no referrer, so browsers send `null` for their origin. Therefore the proof in the form
        decides, and the browser's headers about the sending site can only speak against it.
        """
        proof = form.get("proof")
        return (
            isinstance(proof, str)
            and secrets.compare_digest(proof.encode(), visitor.proof.encode())
            and connection.headers.get("sec-fetch-site", "same-origin") == "same-origin"
            and connection.headers.get("origin", "null") in {"null", self.origin}
        )


def origin_of(url: str) -> str:
    """Return the origin of an address, as browsers send it."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower()
