"""Words that only we can have said, good until a moment: no state of an installation is stored for them."""

import hashlib
import secrets
from datetime import UTC, datetime

from itsdangerous import BadData, URLSafeSerializer

from bot.core.key_ring import KeyRing
from bot.core.values import dataclass, field

_BYTES = 16


@dataclass(frozen=True, slots=True)
class Signed:
    """Makes and reads such words, for one purpose."""

    keys: KeyRing = field(repr=False)
    purpose: str

    def until(self, end: datetime) -> str:
        """Make one that nobody else can make; no two are alike."""
        word = self._serializer.dumps([int(end.timestamp()), secrets.token_urlsafe(_BYTES)])
        return word if isinstance(word, str) else word.decode()

    def holds(self, word: str, now: datetime) -> bool:
        """Tell whether we made it, and its end has not come."""
        try:
            end, _ = self._serializer.loads(word)
        except BadData:
            return False
        return datetime.fromtimestamp(end, UTC) > now

    @property
    def _serializer(self) -> URLSafeSerializer:
        how = {"key_derivation": "hmac", "digest_method": hashlib.sha256}
        newest_last = [*reversed(self.keys.every)]  # it signs with the last, and believes all
        return URLSafeSerializer(newest_last, salt=f"homeroom slack {self.purpose}", signer_kwargs=how)
