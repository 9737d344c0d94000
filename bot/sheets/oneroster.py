"""Reading a district's OneRoster folder, or the zip of one: within bounds, and never outside of the root."""

import hashlib
import io
import os
import stat
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path

from bot.core.files import BadFile
from bot.core.oneroster.feed import MANIFEST, READ
from bot.core.oneroster.model import FeedError, FeedProblem, Trouble
from bot.core.rosters.sheet import Sheet
from bot.core.values import dataclass, replace
from bot.sheets.bounds import Bounds
from bot.sheets.reading import read_sheet

# There may be several roles for each user.
_ROWS = 4
# More names than this in a zip are no OneRoster folder.
_MOST_PARTS = 200
_ENCRYPTED = 1


class FolderUnreadable(Exception):
    """A folder cannot be read now, and nothing of it is taken."""

    def __init__(self, trouble: Trouble) -> None:
        """Say why."""
        super().__init__(trouble.value)
        self.trouble = trouble


@dataclass(frozen=True, slots=True)
class Folder:
    """The tables of a folder, a digest of what they say, and what cannot be read as a table."""

    sheets: Mapping[str, Sheet]
    digest: str
    errors: tuple[FeedError, ...] = ()


def read_folder(root: str, name: str, bounds: Bounds) -> Folder:
    """Read a folder below the root, or `name`.zip; raises `FolderUnreadable`. Blocks: run it on a thread."""
    if not root:
        raise FolderUnreadable(Trouble.NO_ROOT)
    try:
        place = _place(Path(root), name)
        before = _state(place)
        found = _zipped(place, bounds) if place.is_file() else _loose(place, bounds)
        after = _state(place)
    except FileNotFoundError:
        raise FolderUnreadable(Trouble.CHANGING) from None
    except OSError:
        raise FolderUnreadable(Trouble.UNREADABLE) from None
    if before != after:
        raise FolderUnreadable(Trouble.CHANGING)
    if MANIFEST not in found:
        raise FolderUnreadable(Trouble.NO_MANIFEST)
    return _read(found, bounds)


def _place(root: Path, name: str) -> Path:
    """Find a folder, or a zip of that name; links that lead out of the root are not followed."""
    if not name or name in {".", ".."} or Path(name).name != name or "\\" in name or "\0" in name:
        raise FolderUnreadable(Trouble.OUTSIDE)
    base = root.resolve()
    for one in (base / name, base / f"{name}.zip"):
        if not one.exists():
            continue
        whole = one.resolve()
        if whole.parent != base:
            raise FolderUnreadable(Trouble.OUTSIDE)
        return whole
    raise FolderUnreadable(Trouble.NO_FOLDER)


def _state(place: Path) -> tuple[tuple[str, int, int, int], ...]:
    """Say how large and how old everything is that is read, so that what changes meanwhile is seen."""
    names = [place] if place.is_file() else [place, *(place / one for one in READ)]
    found = []
    for one in names:
        try:
            told = one.lstat()
        except FileNotFoundError:
            continue
        found.append((one.name, told.st_ino, told.st_size if one.is_file() else 0, told.st_mtime_ns))
    return tuple(found)


def _loose(place: Path, bounds: Bounds) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    left = bounds.unzipped
    for name in READ:
        content = _content(place / name, left)
        if content is not None:
            found[name] = content
            left -= len(content)
    return found


def _content(path: Path, most: int) -> bytes | None:
    """Read a plain file; a link, a pipe or a device is none of ours."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    except OSError:
        raise FolderUnreadable(Trouble.OUTSIDE if path.is_symlink() else Trouble.UNREADABLE) from None
    with os.fdopen(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise FolderUnreadable(Trouble.UNREADABLE)
        content = file.read(most + 1)
    if len(content) > most:
        raise FolderUnreadable(Trouble.TOO_LARGE)
    return content


def _zipped(place: Path, bounds: Bounds) -> dict[str, bytes]:
    """Unpack what we read of a zip: by its true size, whatever its directory says."""
    packed = _content(place, bounds.unzipped)
    try:
        with zipfile.ZipFile(io.BytesIO(packed or b"")) as archive:
            return _unpacked(archive, bounds)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, ValueError, RuntimeError):
        raise FolderUnreadable(Trouble.BAD_ZIP) from None


def _unpacked(archive: zipfile.ZipFile, bounds: Bounds) -> dict[str, bytes]:
    parts = archive.infolist()
    names = [one.filename for one in parts]
    if len(parts) > _MOST_PARTS or len(set(names)) != len(names):
        raise FolderUnreadable(Trouble.BAD_ZIP)
    found: dict[str, bytes] = {}
    left = bounds.unzipped
    for part in parts:
        if part.filename not in READ:
            continue
        if part.flag_bits & _ENCRYPTED:
            raise FolderUnreadable(Trouble.BAD_ZIP)
        with archive.open(part) as file:
            content = file.read(left + 1)
        if len(content) > left:
            raise FolderUnreadable(Trouble.TOO_LARGE)
        found[part.filename] = content
        left -= len(content)
    return found


def _read(found: Mapping[str, bytes], bounds: Bounds) -> Folder:
    whole = replace(bounds, bytes=bounds.unzipped, rows=bounds.rows * _ROWS)
    sheets, errors = {}, []
    hashed = hashlib.sha256()
    for name in READ:
        if name not in found:
            continue
        content = found[name]
        hashed.update(f"{name} {len(content)} ".encode() + content)
        try:
            sheets[name] = read_sheet(name, content, whole)
        except BadFile as bad:
            errors.append(FeedError(name, bad.row, "", FeedProblem.NOT_TEXT, "", (bad.trouble.value,)))
    return Folder(sheets, hashed.hexdigest(), tuple(errors))
