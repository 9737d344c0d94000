"""Seals the secrets of invitations, and finds them again without opening them."""

import base64
import hashlib
import hmac
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bot.core.key_ring import KEY_BYTES, KeyRing

_NONCE_BYTES = 12
_SIGN_BYTES = 16
_INDEX_BYTES = 32


class Seal:
    """What one key does: AES-256-GCM for what is stored, keyed BLAKE2b for what is looked up."""

    def __init__(self, name: str, key: bytes) -> None:
        """Take a key, and what it is called in the database."""
        self.name = name
        self._cipher = AESGCM(hmac.digest(key, b"homeroom seal", hashlib.sha256))
        self._index_key = hmac.digest(key, b"homeroom index", hashlib.sha256)

    def index(self, secret: str) -> str:
        """Return what stands in the database for a secret that is looked up."""
        return hashlib.blake2b(secret.encode(), key=self._index_key, digest_size=_INDEX_BYTES).hexdigest()

    def seal(self, text: str, owner: str) -> bytes:
        """Encrypt a text for the row of that id; sealing it twice gives two different results."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, text.encode(), owner.encode())

    def open(self, sealed: bytes, owner: str) -> str:
        """Decrypt what was sealed for that row; with another key or row raises `InvalidTag`."""
        nonce, text = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
        return self._cipher.decrypt(nonce, text, owner.encode()).decode()


class Vault:
    """Seals with the key in use, and opens with whichever of the settings' keys it was sealed with."""

    def __init__(self, *keys: bytes) -> None:
        """Take the installation's keys: `KEY_BYTES` random bytes each, the newest first."""
        self.ring = KeyRing(*keys)
        self._seals = {name: Seal(name, key) for name, key in self.ring.items()}
        # The database's own, so that links signed with it outlive all keys; see `storage.secret_keys`.
        self.signer = b""

    @property
    def seal(self) -> Seal:
        """Return what seals now."""
        return self._seals[self.ring.in_use]

    @property
    def first(self) -> Seal:
        """Return what is to seal, by the settings."""
        return self._seals[self.ring.names[0]]

    def indexes(self, secret: str) -> tuple[str, ...]:
        """Return all that may stand in the database for a secret that is looked up, one for each key."""
        return tuple(one.index(secret) for one in self._seals.values())

    def open(self, sealed: bytes, owner: str) -> str:
        """Decrypt what was sealed for that row; raises `InvalidTag` where none of our keys has sealed it."""
        for one in self._seals.values():
            try:
                return one.open(sealed, owner)
            except InvalidTag as other:
                broken = other
        raise broken

    def named(self, name: str, purpose: str) -> str:
        """Make a token of an id that nobody else can make: for this purpose it is always the same."""
        sign = hmac.digest(self.signer, f"{purpose} {name}".encode(), hashlib.sha256)[:_SIGN_BYTES]
        return f"{name}.{base64.urlsafe_b64encode(sign).decode().rstrip('=')}"

    def name_in(self, token: str, purpose: str) -> str | None:
        """Read the id of such a token; None if it is none that we made for this purpose."""
        name = token.partition(".")[0]
        if not token.isascii():
            return None
        return name if hmac.compare_digest(token, self.named(name, purpose)) else None


def new_signer() -> str:
    """Make what signs the links of an installation."""
    return secrets.token_hex(KEY_BYTES)
