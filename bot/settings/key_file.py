"""Secret keys as text (64 hexadecimal digits each, newest first), and the file that holds them."""

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
    """Parse keys separated by commas or white space; raise `ValueError` if any of them is not a key."""
    found = text.replace(",", " ").split()
    if not found or not all(map(_KEY.fullmatch, found)):
        raise ValueError(
            f"must be {_KEY_HEX} hexadecimal digits; if there are several keys, the newest comes first"
        )
    return tuple(map(bytes.fromhex, found))


def read(path: Path) -> tuple[bytes, ...]:
    """Return the keys in a file; if the file does not exist, make it with a new key."""
    done = "read"
    try:
        if not path.exists():
            done = "created"
            _make(path)
        return keys_of(path.read_text(encoding="utf-8", errors="replace"))
    except OSError as refused:
        raise OSError(f"The secret key in {path} cannot be {done}: {refused.strerror}") from refused
    except ValueError as wrong:
        raise ValueError(f"The secret key in {path} {wrong}: restore it from your backup") from None


def fresh() -> bytes:
    """Return a new random key."""
    return secrets.token_bytes(_KEY_HEX // 2)


def write(path: Path, keys: Sequence[bytes]) -> None:
    """Replace the keys in a file atomically: after a crash it holds either the old or the new ones."""
    path = path.resolve()  # a symbolic link stays, and points to the new file
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
    """Make the file with a new key, and wait until it is on the disk: nothing is sealed with it before.

    If another process has made the file meanwhile, that one stays.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with suppress(FileExistsError):
        opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(opened, "w") as file:
                _settle(file.fileno(), [fresh()])
        except OSError:
            path.unlink()  # the disk is full: the next start would take the partial file for a damaged key
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
