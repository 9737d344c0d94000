"""OAuth tokens used instead of an SMTP password, as Microsoft 365 requires.

Our client id and secret are exchanged for an access token (the client credentials grant). It is used for
several mails and replaced before it expires.
"""

import asyncio
import json
import math
import time
from collections.abc import Callable, Mapping
from typing import Any

import aiohttp

from bot.core.values import dataclass, field
from bot.unreachable import why_unreachable

_WITHIN = 15.0  # seconds
_EARLY = 300.0  # seconds before its expiry from which a token is no longer used


class NoToken(Exception):
    """No token could be obtained; the message is for the operator and contains no secret."""


@dataclass(frozen=True, slots=True)
class Issuer:
    """The token endpoint, and the credentials that we present to it."""

    url: str
    client_id: str
    client_secret: str = field(repr=False)
    scope: str = ""


class Tokens:
    """Supplies the current access token and caches it until shortly before it expires; raises `NoToken`."""

    def __init__(self, issuer: Issuer, monotonic: Callable[[], float] = time.monotonic) -> None:
        """Start without a token: the first call asks for one."""
        self._issuer = issuer
        self._monotonic = monotonic
        self._token, self._until = "", -math.inf
        self._lock = asyncio.Lock()

    async def __call__(self) -> str:
        """Return a token that stays valid for some minutes."""
        async with self._lock:
            if self._monotonic() >= self._until:
                self._token, lifetime = await self._request_token()
                self._until = self._monotonic() + lifetime - _EARLY
            return self._token

    def forget(self) -> None:
        """Discard the token: the next call asks for a new one, which has the permissions of that moment."""
        self._until = -math.inf

    async def _request_token(self) -> tuple[str, float]:
        issuer = self._issuer
        fields = {
            "grant_type": "client_credentials",
            "client_id": issuer.client_id,
            "client_secret": issuer.client_secret,
        }
        if issuer.scope:
            fields["scope"] = issuer.scope
        try:
            async with (
                aiohttp.ClientSession(
                    timeout=aiohttp.ClientTimeout(total=_WITHIN), trust_env=True
                ) as session,
                # Following a redirect would send the secret to another host.
                session.post(issuer.url, data=fields, allow_redirects=False) as response,
            ):
                status, body = response.status, await response.read()
        except (aiohttp.ClientError, OSError, TimeoutError) as broken:
            raise NoToken(f"it cannot be reached: {why_unreachable(broken)}") from None
        answer = _json(body)
        if not isinstance(answer, dict) or not isinstance(token := answer.get("access_token"), str):
            raise NoToken(f"{status} {_error_of(answer)}".strip())
        return token, _lifetime(answer)


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None


def _error_of(answer: Any) -> str:
    """Return the error code, and Microsoft's error number, under which its documentation explains it."""
    if not isinstance(answer, Mapping):
        return ""
    numbers = answer.get("error_codes")
    number = f", AADSTS{numbers[0]}" if isinstance(numbers, list) and numbers else ""
    return f"{answer.get('error', '')}{number}"[:80]


def _lifetime(answer: Mapping[str, Any]) -> float:
    try:
        return float(answer.get("expires_in") or 0)
    except (TypeError, ValueError):
        return 0.0
