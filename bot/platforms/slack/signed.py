"""Words that only we can have said, good until a moment: no state of an installation is stored for them."""

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime

_BYTES = 16


@dataclass(frozen=True, slots=True)
class Signed:
    """Makes and reads such words, for one purpose."""

    key: bytes = field(repr=False)
    purpose: str

    def until(self, end: datetime) -> str:
        """Make one that nobody else can make; no two are alike."""
        said = f"{int(end.timestamp())}.{secrets.token_urlsafe(_BYTES)}"
        return f"{said}.{self._sign(said)}"

    def holds(self, word: str, now: datetime) -> bool:
        """Tell whether we made it, and its end has not come."""
        said, _, sign = word.rpartition(".")
        if not word.isascii() or not hmac.compare_digest(sign, self._sign(said)):
            return False
        return datetime.fromtimestamp(int(said.partition(".")[0]), UTC) > now

    def _sign(self, said: str) -> str:
        key = hmac.digest(self.key, f"homeroom slack {self.purpose}".encode(), hashlib.sha256)
        made = hmac.digest(key, said.encode(), hashlib.sha256)
        return base64.urlsafe_b64encode(made).decode().rstrip("=")
