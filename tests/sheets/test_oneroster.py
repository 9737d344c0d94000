"""OneRoster folders: read whole or not at all, and never outside of the root folder."""

import io
import os
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from bot.core.oneroster import feed
from bot.core.oneroster.model import Trouble
from bot.sheets import oneroster
from bot.sheets.bounds import Bounds
from bot.sheets.oneroster import Folder, FolderUnreadable, read_folder

_FILES = {
    "manifest.csv": "propertyName,value\nmanifest.version,1.0\n",
    "orgs.csv": "sourcedId,name,type\n007,North One,school\n",
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    found = tmp_path / "root"
    (found / "north").mkdir(parents=True)
    for name, text in _FILES.items():
        (found / "north" / name).write_text(text)
    return found


def _read(root: Path, name: str = "north", bounds: Bounds | None = None) -> Folder:
    return read_folder(str(root), name, bounds or Bounds())


def _trouble(root: Path, name: str = "north", bounds: Bounds | None = None) -> Trouble:
    with pytest.raises(FolderUnreadable) as left:
        _read(root, name, bounds)
    return left.value.trouble


def _zip(path: Path, parts: dict[str, str]) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)


def test_a_folder_and_its_zip_say_the_same(root: Path) -> None:
    loose = _read(root)
    assert loose.sheets["orgs.csv"].rows == (("007", "North One", "school"),)
    _zip(root / "south.zip", {**_FILES, "enrollments.csv": "x", "deep/users.csv": "x", "../users.csv": "x"})
    packed = _read(root, "south")
    assert (packed.digest, packed.sheets.keys()) == (loose.digest, loose.sheets.keys())
    assert _read(root, "south.zip").digest == loose.digest


@pytest.mark.parametrize("name", ["..", ".", "", "../root/north", "/etc", "north/..", "a\\b", "north\0"])
def test_no_name_leads_out_of_the_root(root: Path, name: str) -> None:
    assert _trouble(root, name) is Trouble.OUTSIDE


def test_links_out_of_the_root_are_not_followed(root: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "manifest.csv").write_text(_FILES["manifest.csv"])
    (root / "link").symlink_to(tmp_path / "secret")
    assert _trouble(root, "link") is Trouble.OUTSIDE
    (root / "north" / "orgs.csv").unlink()
    (root / "north" / "orgs.csv").symlink_to(tmp_path / "secret" / "manifest.csv")
    assert _trouble(root) is Trouble.OUTSIDE


def test_what_is_no_plain_file_is_left_alone(root: Path) -> None:
    (root / "north" / "users.csv").mkdir()
    assert _trouble(root) is Trouble.UNREADABLE
    (root / "north" / "users.csv").rmdir()
    os.mkfifo(root / "north" / "users.csv")
    assert _trouble(root) is Trouble.UNREADABLE


def test_what_is_not_finished_is_left_alone(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert _trouble(root, "nowhere") is Trouble.NO_FOLDER
    with pytest.raises(FolderUnreadable) as left:
        read_folder("", "north", Bounds())
    assert left.value.trouble is Trouble.NO_ROOT
    read = oneroster._loose

    def slowly(place: Path, bounds: Bounds) -> dict[str, bytes]:
        found = read(place, bounds)
        with (place / "orgs.csv").open("a") as more:
            more.write("2,North Two,school\n")
        return found

    monkeypatch.setattr(oneroster, "_loose", slowly)
    assert _trouble(root) is Trouble.CHANGING
    monkeypatch.undo()
    (root / "north" / "manifest.csv").unlink()
    assert _trouble(root) is Trouble.NO_MANIFEST


def _bomb(path: Path) -> None:
    _zip(path, {"manifest.csv": "0" * 5_000_000})


def _twice(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("manifest.csv", "a")
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("manifest.csv", "b")


def _cut(path: Path) -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("manifest.csv", _FILES["manifest.csv"])
    path.write_bytes(made.getvalue()[:-9])


@pytest.mark.parametrize(
    ("make", "trouble"),
    [(_bomb, Trouble.TOO_LARGE), (_twice, Trouble.BAD_ZIP), (_cut, Trouble.BAD_ZIP)],
)
def test_hostile_zips_are_left_alone(root: Path, make: Callable[[Path], None], trouble: Trouble) -> None:
    make(root / "bad.zip")
    assert _trouble(root, "bad", Bounds(unzipped=1_000_000)) is trouble


def test_a_folder_that_is_too_large_is_left_alone(root: Path) -> None:
    assert _trouble(root, bounds=Bounds(unzipped=60)) is Trouble.TOO_LARGE


def test_a_file_that_is_no_table_is_an_error_beside_the_others(root: Path) -> None:
    (root / "north" / "users.csv").write_bytes(b"%PDF-1.4")
    found = _read(root)
    assert [(one.file, one.problem.value) for one in found.errors] == [("users.csv", "not text")]


def test_the_sample_of_the_guide_has_no_errors() -> None:
    found = read_folder(str(Path(__file__).parents[2] / "docs" / "examples"), "oneroster", Bounds())
    taken = feed.read(found.sheets, found.digest, date(2026, 9, 1), found.errors)
    assert [*taken.errors, *taken.unresolved((), ())] == []
    assert [len(part.said) for part in (taken.orgs, taken.users, taken.grants)] == [3, 3, 4]
