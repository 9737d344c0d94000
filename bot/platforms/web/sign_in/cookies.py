"""Encrypted cookies that only the replicas of this installation can read and write."""

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from starlette.requests import HTTPConnection
from starlette.responses import Response

from bot.core.keys.ring import KeyRing
from bot.core.ports import Clock

_NONCE = 12
# Browsers do not keep larger cookies.
_LONGEST = 4096
_UNTIL = "until"


@dataclass(frozen=True)
class CookieJar:
    """Seals cookies with the secret key in use; a cookie that has expired or is not ours counts as missing.

    They are encrypted, not only signed, because one of them may hold the visitor's token for Discord.
    """

    keys: KeyRing = field(repr=False)
    clock: Clock
    secure: bool

    @property
    def _ciphers(self) -> Iterator[AESGCM]:
        """The ciphers of all secret keys, that of the key in use first."""
        return (AESGCM(hmac.digest(one, b"homeroom cookies", hashlib.sha256)) for one in self.keys.every)

    def name(self, name: str) -> str:
        """Return the name of a cookie; over HTTPS, its prefix keeps other hosts and paths from setting it."""
        return f"__Host-{name}" if self.secure else name

    def read(self, connection: HTTPConnection, name: str) -> dict[str, Any] | None:
        """Return the content of a cookie; None if it is missing, not ours, or expired."""
        value = connection.cookies.get(self.name(name), "")
        if not value or len(value) > _LONGEST:
            return None
        text = self._opened(value, name)
        if text is None:
            return None
        content: dict[str, Any] = json.loads(text)
        return content if content.pop(_UNTIL) > self.clock.now().timestamp() else None

    def _opened(self, value: str, name: str) -> bytes | None:
        for cipher in self._ciphers:
            with suppress(ValueError, InvalidTag):
                sealed = base64.urlsafe_b64decode(value.encode("ascii"))
                return cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], name.encode())
        return None

    def write(self, response: Response, name: str, content: Mapping[str, Any], lifetime: timedelta) -> None:
        """Set a cookie that expires after a time, in the browser and for us."""
        until = (self.clock.now() + lifetime).timestamp()
        text = json.dumps({**content, _UNTIL: until}, separators=(",", ":")).encode()
        nonce = secrets.token_bytes(_NONCE)
        sealed = nonce + next(self._ciphers).encrypt(nonce, text, name.encode())
        self._set(response, name, base64.urlsafe_b64encode(sealed).decode(), int(lifetime.total_seconds()))

    def drop(self, response: Response, name: str) -> None:
        """Delete a cookie."""
        self._set(response, name, "", 0)

    def _set(self, response: Response, name: str, value: str, seconds: int) -> None:
        response.set_cookie(
            self.name(name),
            value,
            max_age=seconds,
            path="/",
            secure=self.secure,
            httponly=True,
            samesite="lax",  # strict would lose it on the way back from the provider
        )
