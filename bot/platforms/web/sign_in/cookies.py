"""Cookies that only this installation can read and write, whichever replica of it."""

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

from bot.core.key_ring import KeyRing
from bot.core.ports import Clock

_NONCE = 12
# Browsers keep no larger cookie.
_LONGEST = 4096
_UNTIL = "until"


@dataclass(frozen=True)
class CookieJar:
    """Seals cookies with the installation's key in use; what is too old or not ours is not there.

    They are encrypted, not only signed: one carries what a provider must not be asked for twice.
    """

    keys: KeyRing = field(repr=False)
    clock: Clock
    secure: bool

    @property
    def _ciphers(self) -> Iterator[AESGCM]:
        """Make one for each key, first that of the key in use."""
        return (AESGCM(hmac.digest(one, b"homeroom cookies", hashlib.sha256)) for one in self.keys.every)

    def name(self, name: str) -> str:
        """Name a cookie; over https no other host or path can have set it."""
        return f"__Host-{name}" if self.secure else name

    def read(self, connection: HTTPConnection, name: str) -> dict[str, Any] | None:
        """Open a cookie; None if there is none, or it is not ours, or too old."""
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
        """Set a cookie that works for a time, in the browser and here."""
        until = (self.clock.now() + lifetime).timestamp()
        text = json.dumps({**content, _UNTIL: until}, separators=(",", ":")).encode()
        nonce = secrets.token_bytes(_NONCE)
        sealed = nonce + next(self._ciphers).encrypt(nonce, text, name.encode())
        self._set(response, name, base64.urlsafe_b64encode(sealed).decode(), int(lifetime.total_seconds()))

    def drop(self, response: Response, name: str) -> None:
        """Take a cookie back."""
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
