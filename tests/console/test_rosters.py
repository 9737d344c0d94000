"""Rosters on the command line, with the same plan, rules and words as in chats."""

import io
import stat
from collections.abc import Awaitable, Callable
from functools import partial
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from bot.__main__ import main
from bot.app import open_application
from bot.console import rosters
from bot.console.rosters import RosterArguments
from bot.core import claims
from bot.core.people.people_filter import PeopleFilter
from bot.core.ports import UnitOfWork
from bot.core.rosters import applying
from bot.settings import Settings, load
from tests.world import caller

ADA = "web:ada"
PEOPLE = """email;first name;last name;role
nia@example.org;Nia;Novak;Staff
leo@example.org;Leo;Lind;
"""


def _write(name: str, text: str) -> None:
    Path(name).write_text(text)


def _mode(name: str) -> int:
    return stat.S_IMODE(Path(name).stat().st_mode)


def _begins(name: str) -> bytes:
    return Path(name).read_bytes()[:2]


@pytest.fixture
async def settings() -> Settings:
    told = load()
    async with open_application(told) as application:
        await application.runner.type('/school create "Maple Grove"', caller("ada", administers=True))
    _write("people.csv", PEOPLE)
    return told


async def _names(settings: Settings) -> list[str]:
    def unit(uow: UnitOfWork) -> list[str]:
        (school,) = uow.schools.overseen(None, "Maple Grove", 9, whole=True)
        return [one.name for one in uow.members.listed(PeopleFilter(school.id), after=None, limit=99)]

    async with open_application(settings) as application:
        return await application.database.read(unit)


async def _imported(settings: Settings, name: str = "people.csv", **told: object) -> tuple[int, str]:
    values = {"school": "maple grove", "missing": str(told.pop("missing", "keep"))}
    values |= {"move": "yes"} if told.pop("move", False) else {}
    act_as = str(told.pop("act_as", ADA))
    wanted = RosterArguments(Path(name), values, act_as, **told)  # type: ignore[arg-type]
    return await _said(partial(rosters.import_roster, settings, wanted))


async def _said(work: Callable[[Console], Awaitable[int]]) -> tuple[int, str]:
    out = StringIO()
    status = await work(Console(file=out, width=200))
    return status, out.getvalue()


def _types(monkeypatch: pytest.MonkeyPatch, line: str) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(line))


async def test_a_plan_is_shown_and_asked_about(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    _types(monkeypatch, "no\n")
    status, said = await _imported(settings)
    assert "Import people.csv into Maple Grove?" in said
    assert "Nia Novak (Staff); Leo Lind (Viewer)" in said
    assert "Nothing was changed." in said
    assert (status, await _names(settings)) == (1, ["Ada"])
    _types(monkeypatch, "")
    assert (await _imported(settings))[0] == 1
    _types(monkeypatch, "yes\n")
    status, said = await _imported(settings)
    assert "Imported into Maple Grove" in said
    assert (status, await _names(settings)) == (0, ["Ada", "Leo Lind", "Nia Novak"])


async def test_all_that_is_wrong_is_shown_and_kept(settings: Settings) -> None:
    _write("bad.csv", "email,first name,last name\nnobody,,\n")
    status, said = await _imported(settings, "bad.csv", yes=True, details=Path("wrong.csv"))
    assert status == 1
    assert "Nothing was imported: 3 things to fix in bad.csv" in said
    assert "Correct it: name@example.org." in said
    assert _begins("wrong.xlsx") == b"PK"
    assert _mode("wrong.xlsx") == 0o600
    assert "wrong.xlsx has the details." in said
    assert await _names(settings) == ["Ada"]


async def test_no_file_is_written_over_that_was_not_named(settings: Settings) -> None:
    """What is kept is a workbook, whatever it was to be called: there may be a list of that name."""
    _write("people.xlsx", "last year's list")
    for name, details in (("people.csv", "people.csv"), ("people.csv", "people.pdf")):
        with pytest.raises(ValueError, match=r"people\.xlsx exists already, and nothing was changed"):
            await _imported(settings, name, yes=True, details=Path(details))
    _write("people.xlsx", "email,first name,last name\nnia@example.org,Nia,Novak\n")
    with pytest.raises(ValueError, match=r"people\.xlsx exists already, and nothing was changed"):
        await _imported(settings, "people.xlsx", yes=True, details=Path("people.xlsx"))
    assert (await _names(settings), _begins("people.xlsx") == b"PK") == (["Ada"], False)


async def test_a_large_removal_needs_its_number_confirmed(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (await _imported(settings, yes=True))[0] == 0
    _write("few.csv", "email,first name,last name\nnia@example.org,Nia,Novak\n")
    status, said = await _imported(settings, "few.csv", missing="remove", yes=True)
    assert (status, "confirm how many with --leaving N. Nothing was changed." in said) == (1, True)
    assert (await _imported(settings, "few.csv", missing="remove", yes=True, leaving=2))[0] == 1
    assert "Leo Lind" in await _names(settings)
    _types(monkeypatch, "1\n")
    status, said = await _imported(settings, "few.csv", missing="remove")
    assert "1 of 3 members of Maple Grove would leave." in said
    assert (status, await _names(settings)) == (0, ["Ada", "Nia Novak"])


async def test_a_large_file_is_done_to_its_end(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(applying, "AT_ONCE", 1)
    status, said = await _imported(settings, yes=True, details=Path("plan.xlsx"))
    assert "Imported into Maple Grove" in said
    assert (status, len(await _names(settings))) == (0, 3)
    assert _begins("plan.xlsx") == b"PK"


async def test_the_command_line_asks_for_the_same_rights(settings: Settings) -> None:
    async with open_application(settings) as application:
        await application.runner.type("/me", caller("mal"))
        await application.runner.type(
            '/school create "Other"', caller("mal", administers=True, workspace="other")
        )
    status, said = await _imported(settings, act_as="web:mal", yes=True)
    assert status == 1
    assert "I cannot find that school here" in said
    with pytest.raises(ValueError, match="There is no account for web:zoe"):
        await _imported(settings, act_as="web:zoe")
    with pytest.raises(ValueError, match="There is no System Administrator yet"):
        await _imported(settings, act_as="")


async def test_whoever_typed_the_code_of_the_first_start_need_not_be_named(settings: Settings) -> None:
    async with open_application(settings) as application:
        code = await application.database.run(claims.offer_system_administrator)
        await application.runner.type(f"/account claim {code}", caller("root"))
    assert (await _imported(settings, act_as="", yes=True))[0] == 0
    assert await _names(settings) == ["Ada", "Leo Lind", "Nia Novak"]


async def test_what_is_exported_imports_back_unchanged(settings: Settings) -> None:
    await _imported(settings, yes=True)
    told = RosterArguments(Path("out.xlsx"), {"school": "Maple Grove", "format": "xlsx"}, ADA)
    status, said = await _said(partial(rosters.export_roster, settings, told))
    assert (status, "Roster of Maple Grove: 2 rows" in said) == (0, True)
    assert _mode("out.xlsx") == 0o600, "it names people"
    status, said = await _imported(settings, "out.xlsx", missing="remove", yes=True)
    assert "Nothing to import into Maple Grove" in said
    assert "Stand as the file says  2 people" in said
    assert status == 0
    with pytest.raises(ValueError, match="exists already"):
        await _said(partial(rosters.export_roster, settings, told))


def test_the_command_line_reaches_it(monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[RosterArguments] = []

    async def took(_: Settings, wanted: RosterArguments, __: Console) -> int:
        taken.append(wanted)
        return 0

    monkeypatch.setattr(rosters, "import_roster", took)
    monkeypatch.setattr(rosters, "export_roster", took)
    line = ["import", "people.csv", "--school", "Maple", "--move", "--as", ADA, "--yes", "--leaving", "3"]
    assert main(line) == 0
    values = {"school": "Maple", "whole_district": "no", "missing": "keep", "move": "yes", "invite": "no"}
    assert taken[0] == RosterArguments(Path("people.csv"), values, ADA, yes=True, leaving=3)
    assert main(["export", "out.csv", "--school", "Maple", "--district"]) == 0
    assert taken[1].values == {"school": "Maple", "whole_district": "yes", "format": "csv"}


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (("import", "gone.csv"), "there is no file gone.csv"),
        (("import", "."), "there is no file ."),
        (("export", "people.csv"), "people.csv exists already"),
        (("export", "people"), "let its name end in .xlsx or .csv"),
    ],
)
def test_what_is_wrong_with_a_name_is_told_before_anything_is_opened(
    capsys: pytest.CaptureFixture[str], line: tuple[str, str], told: str
) -> None:
    _write("people.csv", PEOPLE)
    assert main([*line, "--school", "Maple Grove"]) == 1
    said = capsys.readouterr()
    assert (told in said.err, said.out) == (True, "")
    assert not Path("var/homeroom.db").exists()
