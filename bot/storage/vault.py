"""Seals secrets for storage, makes keyed hashes to look them up by, and signs tokens."""

import base64
import hashlib
import hmac
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bot.core.keys.ring import KEY_BYTES, KeyRing

_NONCE_BYTES = 12
_SIGN_BYTES = 16
_INDEX_BYTES = 32


class Seal:
    """One key at work: AES-256-GCM seals what is stored, keyed BLAKE2b hashes what is looked up."""

    def __init__(self, name: str, key: bytes) -> None:
        """Derive the ciphers of a key; `name` is the key's name in the database."""
        self.name = name
        self._cipher = AESGCM(hmac.digest(key, b"homeroom seal", hashlib.sha256))
        self._index_key = hmac.digest(key, b"homeroom index", hashlib.sha256)

    def index(self, secret: str) -> str:
        """Return the keyed hash by which a secret is looked up in the database."""
        return hashlib.blake2b(secret.encode(), key=self._index_key, digest_size=_INDEX_BYTES).hexdigest()

    def seal(self, text: str, owner: str) -> bytes:
        """Encrypt a text for the row with the id `owner`; the result differs each time."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, text.encode(), owner.encode())

    def open(self, sealed: bytes, owner: str) -> str:
        """Decrypt what was sealed for a row; raise `InvalidTag` if the key or the row is another."""
        nonce, text = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
        return self._cipher.decrypt(nonce, text, owner.encode()).decode()


class Vault:
    """Seals with the key in use, and opens what any of the settings' keys has sealed."""

    def __init__(self, *keys: bytes) -> None:
        """Take the keys of the settings: `KEY_BYTES` random bytes each, the newest first."""
        self.ring = KeyRing(*keys)
        self._seals = {name: Seal(name, key) for name, key in self.ring.items()}
        # The database's own secret for signing, so that links outlive every key; see `storage.secret_keys`.
        self.signer = b""

    @property
    def seal(self) -> Seal:
        """Return the seal of the key in use."""
        return self._seals[self.ring.in_use]

    @property
    def preferred(self) -> Seal:
        """Return the seal of the settings' first key, which should be in use."""
        return self._seals[self.ring.names[0]]

    def indexes(self, secret: str) -> tuple[str, ...]:
        """Return the hashes by which a secret may be stored in the database, one for each key."""
        return tuple(one.index(secret) for one in self._seals.values())

    def open(self, sealed: bytes, owner: str) -> str:
        """Decrypt what was sealed for a row; raise `InvalidTag` if none of the settings' keys sealed it."""
        for one in self._seals.values():
            try:
                return one.open(sealed, owner)
            except InvalidTag as other:
                broken = other
        raise broken

    def signed_token(self, name: str, purpose: str) -> str:
        """Return the signed token of an id for a purpose: always the same, and nobody else can make it."""
        sign = hmac.digest(self.signer, f"{purpose} {name}".encode(), hashlib.sha256)[:_SIGN_BYTES]
        return f"{name}.{base64.urlsafe_b64encode(sign).decode().rstrip('=')}"

    def id_in_token(self, token: str, purpose: str) -> str | None:
        """Return the id in a signed token; None if it was not signed here for this purpose."""
        name = token.partition(".")[0]
        if not token.isascii():
            return None
        return name if hmac.compare_digest(token, self.signed_token(name, purpose)) else None


def new_signer() -> str:
    """Return a new random secret that signs the links of an installation."""
    return secrets.token_hex(KEY_BYTES)
