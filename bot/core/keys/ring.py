"""The secret keys of an installation: one is used to seal and sign, each can open what was sealed with it."""

import hashlib
import hmac
import secrets

KEY_BYTES = 32
# How much of a keyed hash makes a name: enough to tell keys apart, and it reveals nothing of them.
_NAME_BYTES = 8


class KeyRing:
    """The keys in the settings of this process, newest first.

    The database says which of them is in use: all replicas must have a key before any of them seals with it.
    """

    def __init__(self, *keys: bytes) -> None:
        """Take keys of `KEY_BYTES` random bytes; the first is in use until the database has been asked."""
        for key in keys:
            if len(key) != KEY_BYTES:
                raise ValueError(f"The secret key must have {KEY_BYTES} bytes, not {len(key)}")
        self._keys = {name_of(key): key for key in keys}
        self._in_use = self.names[0]
        # The name of this process, under which it tells the other replicas which keys it has.
        self.replica = secrets.token_hex(8)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the keys, in the order of the settings; a name reveals nothing of its key."""
        return tuple(self._keys)

    @property
    def in_use(self) -> str:
        """The name of the key that seals and signs."""
        return self._in_use

    def use(self, name: str) -> None:
        """Seal and sign with this key from now on."""
        self._in_use = self.names[self.names.index(name)]

    @property
    def every(self) -> tuple[bytes, ...]:
        """All keys, the one in use first."""
        in_use = self._in_use
        return (self._keys[in_use], *(key for name, key in self._keys.items() if name != in_use))

    def items(self) -> tuple[tuple[str, bytes], ...]:
        """Return all names with their keys."""
        return tuple(self._keys.items())


def name_of(key: bytes) -> str:
    """Return the name of a key, which tells it apart from others without revealing it."""
    return hmac.digest(key, b"homeroom name of key", hashlib.sha256)[:_NAME_BYTES].hex()
