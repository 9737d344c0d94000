"""Signed tokens that are valid until a given time; no state of an installation need be stored."""

import hashlib
import secrets
from datetime import UTC, datetime

from itsdangerous import BadData, URLSafeSerializer

from bot.core.keys.ring import KeyRing
from bot.core.values import dataclass, field

_BYTES = 16


@dataclass(frozen=True, slots=True)
class Signed:
    """Creates and verifies signed tokens for one purpose."""

    keys: KeyRing = field(repr=False)
    purpose: str

    def issue(self, end: datetime) -> str:
        """Return a new token that is valid until `end`; every token is different."""
        word = self._serializer.dumps([int(end.timestamp()), secrets.token_urlsafe(_BYTES)])
        return word if isinstance(word, str) else word.decode()

    def is_valid(self, word: str, now: datetime) -> bool:
        """Tell whether a token is ours and still valid."""
        try:
            end, _ = self._serializer.loads(word)
        except BadData:
            return False
        return datetime.fromtimestamp(end, UTC) > now

    @property
    def _serializer(self) -> URLSafeSerializer:
        how = {"key_derivation": "hmac", "digest_method": hashlib.sha256}
        newest_last = [*reversed(self.keys.every)]  # it signs with the last key and accepts all of them
        return URLSafeSerializer(newest_last, salt=f"homeroom slack {self.purpose}", signer_kwargs=how)
