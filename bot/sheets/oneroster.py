"""Reads a district's OneRoster folder, or a zip of it: within limits, and never outside the root folder."""

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

# How many times as many rows a table may have as an uploaded roster: a user can have several roles.
_ROWS = 4
# A zip with more files than this is no OneRoster folder.
_MOST_PARTS = 200
_ENCRYPTED = 1


class FolderUnreadable(Exception):
    """Raised if a folder cannot be read now; nothing in it is used."""

    def __init__(self, trouble: Trouble) -> None:
        """Name the trouble."""
        super().__init__(trouble.value)
        self.trouble = trouble


@dataclass(frozen=True, slots=True)
class Folder:
    """The tables of a folder, a digest of their files, and the errors of files that are not tables."""

    sheets: Mapping[str, Sheet]
    digest: str
    errors: tuple[FeedError, ...] = ()


def read_folder(root: str, name: str, bounds: Bounds) -> Folder:
    """Read a folder in the root, or `name`.zip; raises `FolderUnreadable`. It blocks: run it on a thread."""
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
    """Return the path of a folder, or of the zip of that name; links out of the root are refused."""
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
    """Return sizes and times of the files that are read, to notice changes made during the reading."""
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
    """Return the content of a regular file, None if there is none; links, pipes and devices are refused."""
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
    """Unpack the files of a zip that are read, counting their true sizes and not those that it declares."""
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
