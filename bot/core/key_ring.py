"""The secret keys of an installation: one seals and signs, all open what was sealed."""

import hashlib
import hmac
import secrets

KEY_BYTES = 32
# So much of a keyed hash tells keys apart, and nothing of them.
_NAME_BYTES = 8


class KeyRing:
    """The keys of the settings, the newest first.

    Which of them is in use the database says: all replicas must have a key before one seals with it.
    """

    def __init__(self, *keys: bytes) -> None:
        """Take keys of `KEY_BYTES` random bytes; until the database was asked, the first is in use."""
        for key in keys:
            if len(key) != KEY_BYTES:
                raise ValueError(f"The secret key must have {KEY_BYTES} bytes, not {len(key)}")
        self._keys = {name_of(key): key for key in keys}
        self._in_use = self.names[0]
        # Which process this is, where several agree on a key.
        self.replica = secrets.token_hex(8)

    @property
    def names(self) -> tuple[str, ...]:
        """Name the keys in the order of the settings; names tell nothing about keys."""
        return tuple(self._keys)

    @property
    def in_use(self) -> str:
        """Name the key that seals and signs."""
        return self._in_use

    def use(self, name: str) -> None:
        """Seal and sign with this key from now on."""
        self._in_use = self.names[self.names.index(name)]

    @property
    def every(self) -> tuple[bytes, ...]:
        """Return all keys, the one in use first."""
        in_use = self._in_use
        return (self._keys[in_use], *(key for name, key in self._keys.items() if name != in_use))

    def items(self) -> tuple[tuple[str, bytes], ...]:
        """Return all names with their keys."""
        return tuple(self._keys.items())


def name_of(key: bytes) -> str:
    """Name a key, so that keys can be told apart where they must not be shown."""
    return hmac.digest(key, b"homeroom name of key", hashlib.sha256)[:_NAME_BYTES].hex()
