"""Who is signed in, kept in a cookie for an hour; and what shows that a form is theirs."""

import secrets
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection
from starlette.responses import Response

from bot.core.actors import AccountKey, Caller, Platform
from bot.core.values import dataclass, field
from bot.platforms.web.sign_in.cookies import CookieJar
from bot.platforms.web.sign_in.identities import Identity

LIFETIME = timedelta(hours=1)
COOKIE = "homeroom_session"
_GUEST = "homeroom_guest"


@dataclass(frozen=True, slots=True)
class Guest:
    """Whoever fills in a form before they are signed in; `proof` stands in it, and in a cookie."""

    proof: str = field(repr=False)

    @classmethod
    def new(cls) -> "Guest":
        """Receive somebody."""
        return cls(secrets.token_urlsafe(24))


@dataclass(frozen=True, slots=True)
class Visitor:
    """Whoever is signed in on the web pages.

    `proof` stands in every form of theirs; `key_to_guilds` is what Discord gave us to let them in there.
    The session of a password is over when its `epoch` is.
    """

    account: AccountKey
    name: str
    email: str
    proof: str = field(repr=False)
    key_to_guilds: str = field(default="", repr=False)
    epoch: str = ""

    @property
    def caller(self) -> Caller:
        """The visitor as the Runner wants them."""
        return Caller(self.account, self.name, Platform.WEB, verified_email=self.email)


@dataclass(frozen=True)
class Sessions:
    """Begins, finds and ends sessions. `origin` is where our pages are, as browsers say it."""

    jar: CookieJar
    origin: str

    def begin(self, response: Response, identity: Identity) -> None:
        """Sign somebody in; nothing of an earlier session lives on."""
        content = {
            "issuer": identity.account.issuer,
            "subject": identity.account.subject,
            "name": identity.name,
            "email": identity.verified_email,
            "guilds": identity.key_to_guilds,
            "epoch": identity.epoch,
            "proof": secrets.token_urlsafe(24),
        }
        self.jar.write(response, COOKIE, content, LIFETIME)

    def visitor(self, connection: HTTPConnection) -> Visitor | None:
        """Find who is signed in."""
        kept = self.jar.read(connection, COOKIE)
        if kept is None:
            return None
        account = AccountKey(kept["issuer"], kept["subject"])
        return Visitor(
            account, kept["name"], kept["email"], kept["proof"], kept["guilds"], kept.get("epoch", "")
        )

    def guest(self, connection: HTTPConnection) -> Guest | None:
        """Find who has been shown a form before they signed in."""
        kept = self.jar.read(connection, _GUEST)
        return Guest(kept["proof"]) if kept else None

    def receive(self, response: Response, guest: Guest) -> None:
        """Know a guest again when their form comes back."""
        self.jar.write(response, _GUEST, {"proof": guest.proof}, LIFETIME)

    def end(self, response: Response) -> None:
        """Sign out."""
        self.jar.drop(response, COOKIE)

    def is_theirs(self, connection: HTTPConnection, visitor: Visitor | Guest, form: Any) -> bool:
        """Tell whether a form was sent from a page of ours that was made for this visitor.

        Our pages send no referrer, so browsers call their origin `null`: the proof in the form decides,
        and what the browser says of the sending site can only speak against it.
        """
        proof = form.get("proof")
        return (
            isinstance(proof, str)
            and secrets.compare_digest(proof.encode(), visitor.proof.encode())
            and connection.headers.get("sec-fetch-site", "same-origin") == "same-origin"
            and connection.headers.get("origin", "null") in {"null", self.origin}
        )


def origin_of(url: str) -> str:
    """Return the origin of an address, as browsers say it."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower()
