"""Secret keys as text: 64 hexadecimal digits each, the newest first; and the file that has them."""

import os
import re
import secrets
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

_KEY_HEX = 64
_KEY = re.compile(rf"[0-9A-Fa-f]{{{_KEY_HEX}}}")


def keys_of(text: str) -> tuple[bytes, ...]:
    """Read keys that stand apart by commas or spaces, or on lines of their own."""
    found = text.replace(",", " ").split()
    if not found or not all(map(_KEY.fullmatch, found)):
        raise ValueError(f"must be {_KEY_HEX} hexadecimal digits; of several keys the newest comes first")
    return tuple(map(bytes.fromhex, found))


def read(path: Path) -> tuple[bytes, ...]:
    """Read the keys of a file, which is made with a fresh one where it is not there."""
    done = "read"
    try:
        if not path.exists():
            done = "made"
            _make(path)
        return keys_of(path.read_text(encoding="utf-8", errors="replace"))
    except OSError as refused:
        raise OSError(f"The secret key in {path} cannot be {done}: {refused.strerror}") from refused
    except ValueError as wrong:
        raise ValueError(f"The secret key in {path} {wrong}: put it back from your backup") from None


def fresh() -> bytes:
    """Make a key."""
    return secrets.token_bytes(_KEY_HEX // 2)


def write(path: Path, keys: Sequence[bytes]) -> None:
    """Put these keys in the place of those of a file: at any moment it has the ones or the others."""
    path = path.resolve()  # a link stays, and leads to the new file
    try:
        handle, name = tempfile.mkstemp(prefix=".homeroom-", dir=path.parent)
        try:
            with os.fdopen(handle, "w") as file:
                _settle(file.fileno(), keys)
            before = path.stat()
            if os.geteuid() == 0:
                os.chown(name, before.st_uid, before.st_gid)
            Path(name).replace(path)
        finally:
            Path(name).unlink(missing_ok=True)
        _settle_name(path)
    except OSError as refused:
        raise OSError(f"The secret key in {path} cannot be changed: {refused.strerror}") from refused


def _make(path: Path) -> None:
    """Make a key that is on the disk before anything is sealed with it; another's, made meanwhile, stays."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with suppress(FileExistsError):
        opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(opened, "w") as file:
                _settle(file.fileno(), [fresh()])
        except OSError:
            path.unlink()  # on a full disk: the next start would take what is there for a key that was lost
            raise
        _settle_name(path)


def _settle(file: int, keys: Sequence[bytes]) -> None:
    """Write keys, and wait until they are on the disk."""
    text = "".join(f"{key.hex()}\n" for key in keys).encode()
    if os.write(file, text) != len(text):
        raise OSError(0, "No space left on device")
    os.fsync(file)


def _settle_name(path: Path) -> None:
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
