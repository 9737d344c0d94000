"""`homeroom sync`: it shows a plan, and applies it if the operator says so."""

from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from bot.app import open_application
from bot.console import oneroster
from bot.core.ids import new_id
from bot.core.oneroster.model import Source
from bot.core.ports import UnitOfWork
from bot.core.schools.districts import District
from bot.core.schools.schools import School
from bot.settings import Settings, load
from tests.core.oneroster.town import HEADERS, ORGS, manifest, role, table, user


@pytest.fixture
async def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("HOMEROOM_ROSTERS__ONEROSTER_FOLDER", str(tmp_path))
    told = load()

    def unit(uow: UnitOfWork) -> None:
        for name in ("North", "South"):
            made = District(new_id(uow.now), name, uow.now)
            uow.districts.add(made)
            uow.schools.add(School(new_id(uow.now), f"{name} One", uow.now, district_id=made.id))
            if name == "North":
                uow.oneroster.save_source(Source(made.id, "north", "UTC", None, uow.now, uow.now))

    async with open_application(told) as application:
        await application.database.run(unit)
    (tmp_path / "north").mkdir()
    files = {"orgs.csv": ORGS[:1], "users.csv": [user("nia"), user("leo")], "roles.csv": [role("nia")]}
    for name, rows in files.items():
        (tmp_path / "north" / name).write_text(table(HEADERS[name], rows))
    (tmp_path / "north" / "manifest.csv").write_text(manifest(orgs="bulk", users="bulk", roles="bulk"))
    return told


async def _sync(settings: Settings, which: str = "north", *, yes: bool = False) -> tuple[int, str]:
    out = StringIO()
    status = await oneroster.sync(settings, which, Console(file=out, width=200), yes=yes)
    return status, out.getvalue()


async def test_a_plan_is_shown_and_done_where_that_is_said(settings: Settings) -> None:
    status, said = await _sync(settings)
    assert status == oneroster.REFUSED
    assert "What the OneRoster folder would change" in said
    assert "add --yes" in said
    status, said = await _sync(settings, yes=True)
    assert status == 0
    assert "The district is in line" in said
    status, said = await _sync(settings)
    assert (status, "As they should be" in said) == (0, True)


async def test_what_cannot_be_is_said(settings: Settings) -> None:
    assert await _sync(settings, "east") == (1, "There is no district with this name or id.\n")
    assert (await _sync(settings, "South"))[1].startswith("That district has no OneRoster folder")
