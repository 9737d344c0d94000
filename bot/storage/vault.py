"""Seals the secrets of invitations, and finds them again without opening them."""

import base64
import hashlib
import hmac
import secrets

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
_NONCE_BYTES = 12
_SIGN_BYTES = 16
_INDEX_BYTES = 32


class Vault:
    """AES-256-GCM for what is stored, keyed BLAKE2b for what is looked up; both from one key."""

    def __init__(self, key: bytes) -> None:
        """Take the installation's key: `KEY_BYTES` random bytes."""
        if len(key) != KEY_BYTES:
            raise ValueError(f"The secret key must have {KEY_BYTES} bytes, not {len(key)}")
        self._cipher = AESGCM(hmac.digest(key, b"homeroom seal", hashlib.sha256))
        self._index_key = hmac.digest(key, b"homeroom index", hashlib.sha256)
        self._name_key = hmac.digest(key, b"homeroom name", hashlib.sha256)

    def index(self, secret: str) -> str:
        """Return what stands in the database for a secret that is looked up."""
        return hashlib.blake2b(secret.encode(), key=self._index_key, digest_size=_INDEX_BYTES).hexdigest()

    def named(self, name: str, purpose: str) -> str:
        """Make a token of an id that nobody else can make: for this purpose it is always the same."""
        sign = hmac.digest(self._name_key, f"{purpose} {name}".encode(), hashlib.sha256)[:_SIGN_BYTES]
        return f"{name}.{base64.urlsafe_b64encode(sign).decode().rstrip('=')}"

    def name_in(self, token: str, purpose: str) -> str | None:
        """Read the id of such a token; None if it is none that we made for this purpose."""
        name = token.partition(".")[0]
        if not token.isascii():
            return None
        return name if hmac.compare_digest(token, self.named(name, purpose)) else None

    def seal(self, text: str, owner: str) -> bytes:
        """Encrypt a text for the row of that id; sealing it twice gives two different results."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, text.encode(), owner.encode())

    def open(self, sealed: bytes, owner: str) -> str:
        """Decrypt what was sealed for that row; with another key or row raises `InvalidTag`."""
        nonce, text = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
        return self._cipher.decrypt(nonce, text, owner.encode()).decode()
