"""The words and the files of roster imports and exports."""

import pytest

from bot.cards import tables
from bot.cards.rosters import files as roster_files
from bot.cards.rosters import plans as rosters
from bot.cards.rosters import words as roster_words
from bot.cards.rosters import work as roster_work
from bot.cards.rosters.plans import SourceFile
from bot.cards.rosters.words import WHY, kind_of_error, remedy, where, wrong
from bot.chat.replies import Actions, Button, Card, File, Reply, Text
from bot.chat.text import plain
from bot.core.ids import new_id
from bot.core.rosters import columns
from bot.core.rosters.columns import Column
from bot.core.rosters.imports import (
    ImportState,
    Options,
    Planned,
    Removal,
    RosterDetails,
    RosterImport,
    Step,
    StepKind,
    StepReason,
    View,
)
from bot.core.rosters.rows import Problem, RowError, read
from bot.core.rosters.views import Entry
from bot.core.schools.reports import Format
from bot.core.schools.schools import School
from bot.core.values import replace
from bot.sheets.bounds import Bounds
from bot.sheets.reading import read_sheet
from tests.core.door import heard
from tests.world import START

MAPLE = School(new_id(START), "Maple Grove", START)
ROSTER = RosterImport(new_id(START), MAPLE.id, None, Options(), ImportState.PLANNED, "", START)
SAID = RosterDetails("nia@example.org", "Nia", "Novak", "Art", "", "", "007")


def _file(card: Card) -> File:
    return next(block for block in card.blocks if isinstance(block, File))


def _table(file: File) -> list[tuple[str, ...]]:
    sheet = read_sheet(file.name, file.content, Bounds())
    return [sheet.header, *sheet.rows]


def _labels(card: Card) -> list[str]:
    rows = (block.buttons for block in card.blocks if isinstance(block, Actions))
    return [plain(one.label) for row in rows for one in row if isinstance(one, Button)]


def _step(kind: StepKind, **told: object) -> Step:
    return replace_step(Step(1, 2, MAPLE.id, "p", kind, SAID), **told)


def replace_step(step: Step, **told: object) -> Step:
    return step._replace(**told)  # type: ignore[arg-type]


@pytest.mark.parametrize("problem", Problem)
@pytest.mark.parametrize("about", [(), ("7",), ("7", "Bo"), tuple(map(str, range(30)))])
def test_every_problem_is_said_with_its_next_step(problem: Problem, about: tuple[str, ...]) -> None:
    error = RowError(3, Column.LAST_NAME, problem, "**{value}**", about)
    called = {Column.LAST_NAME: "Surname"}
    for line in (
        wrong(error, called),
        remedy(error, called),
        kind_of_error(problem, Column.LAST_NAME, called),
    ):
        said = plain(line)
        assert len(said) > 5
        assert "{" not in said.replace("{value}", "")
        assert "last name" not in said
    assert plain(where(error, called)) == ("Row 3" if problem is Problem.BEYOND else "Row 3, Surname")


def test_every_reason_and_every_kind_has_words() -> None:
    assert set(WHY) == set(StepReason)
    assert set(roster_words.PLANNED) == set(StepKind)
    assert set(roster_words.DONE) == set(roster_words.CHANGING)


def test_the_file_of_an_import_shows_before_and_after() -> None:
    entries = [
        Entry("Nia Novak", "Maple Grove", _step(StepKind.ADD, roles=("Staff",))),
        Entry(
            "Nia Novak",
            "Maple Grove",
            _step(
                StepKind.CHANGE,
                roles=("Staff", "Teacher"),
                roles_before=("Viewer",),
                before=SAID._replace(first_name="Mia", content_areas="", grade_levels="7"),
            ),
        ),
        Entry(
            "Leo, Lind",
            "Oak",
            _step(StepKind.REMOVE, place=0, roles_before=("Viewer",), why=StepReason.MOVED),
        ),
    ]
    header, added, changed, left = _table(_file(roster_files.diff(entries)()))
    assert header[:7] == ("row", "what happens", "why", "name", "school", "roles", "email")
    assert added == ("2", "Come in", "", "Nia Novak", "Maple Grove", "Staff", *SAID[:4], "", "", "007")
    assert changed[5:] == (
        *("Viewer → Staff; Teacher", "nia@example.org", "Mia → Nia", "Novak"),
        *("Art", "7", "", "007"),
    )
    assert left[:6] == ("", "Leave", "Moved to another school", "Leo, Lind", "Oak", "Viewer → none")


def test_a_long_file_is_no_workbook() -> None:
    many = [Entry("Nia Novak", "Maple Grove", _step(StepKind.SAME))] * 10_001
    assert _file(roster_files.diff(many)()).name == "import.csv"
    assert _file(roster_files.diff(many[1:2])()).name == "import.xlsx"


def test_all_that_is_wrong_is_in_the_file_and_the_first_on_the_card() -> None:
    found = [RowError(one, Column.EMAIL, Problem.NO_ADDRESS, "=1+1") for one in range(2, 1502)]
    handed = SourceFile("people.csv", columns.mapping(["Mail", "First", "Last"]))
    card = rosters.faulty(found, {"missing": "keep"}, handed)
    assert plain(card.title) == "Nothing was imported: 1,500 things to fix in people.csv"
    table = _table(_file(card))
    assert len(table) == 1501
    assert table[1][:4] == ("2", "Mail", "=1+1", "“=1+1” is not an e-mail address.")


@pytest.mark.parametrize("form", Format)
def test_the_sample_is_a_roster_that_can_be_imported(form: Format) -> None:
    made = rosters.sample(replace(MAPLE, name="Maple; Grove"), ["Staff"], ["Staff", "Teacher"], form)
    sheet = read_sheet("sample", _file(made()).content, Bounds())
    reading = read(sheet)
    assert reading.errors == ()
    assert [column for _, column in reading.mapping.shown] == list(Column)
    assert [one.organizations for one in reading.rows] == [(MAPLE.id,), (MAPLE.id,), ()]
    assert reading.rows[0].educator_id == "00042"
    assert reading.rows[1].roles == ("Staff", "Teacher")


def test_very_many_who_leave_are_asked_about_by_number() -> None:
    counts = {(StepKind.REMOVE, None): 5, (StepKind.KEEP, StepReason.SUSPENDED): 3}
    few = Planned(ROSTER, counts, (Removal(MAPLE, 50, 5, guarded=False),))
    many = replace(few, removals=(Removal(MAPLE, 9, 5, guarded=True),))
    assert _labels(rosters.planned(few, MAPLE, {})) == ["Apply", "Everyone as a file"]
    asked = rosters.planned(many, MAPLE, {})
    assert _labels(asked) == ["Apply, though so many leave", "Everyone as a file"]
    assert "5 of 9 members of Maple Grove would leave." in repr(plain(rosters.large_removals(many)[0]))


def test_a_plan_without_changes_has_no_apply_button() -> None:
    card = rosters.planned(Planned(ROSTER, {(StepKind.SAME, None): 3}), MAPLE, {})
    assert _labels(card) == ["Everyone as a file"]


def test_an_import_can_be_undone_once() -> None:
    done = View(replace(ROSTER, state=ImportState.DONE), MAPLE, {(StepKind.ADD, None): 1})
    assert "Undo" in _labels(roster_work.shown(done))
    undone = replace(done, undone_by=replace(ROSTER, undoes=ROSTER.id))
    assert "Undo" not in _labels(roster_work.shown(undone))
    undoing = replace(done, roster=replace(done.roster, undoes="another"))
    assert "Undo" not in _labels(roster_work.shown(undoing))
    assert plain(roster_work.shown(undoing).title) == "The import into Maple Grove is undone"


def test_one_that_could_not_be_done_while_it_waited_says_so() -> None:
    assert _labels(roster_work.gone()) == ["Import a file"]
    waiting = View(replace(ROSTER, state=ImportState.PLANNED), MAPLE, {})
    assert _labels(roster_work.shown(waiting)) == ["Look at the plan"]
    undoing = replace(waiting, roster=replace(ROSTER, undoes="another"))
    assert _labels(roster_work.shown(undoing)) == []


def test_a_very_long_list_of_errors_still_fits_a_message(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [RowError(one, Column.EMAIL, Problem.NO_ADDRESS, "x") for one in range(2, 10_102)]
    assert _file(rosters.faulty(found, {})).name == "errors.csv"
    monkeypatch.setattr(tables, "_LARGEST", 1000)
    monkeypatch.setattr(roster_files, "MOST_WRONG", 10_050)
    card = rosters.faulty(found, {})
    assert _file(card).name == "errors.xlsx"
    assert len(_table(_file(card))) == 1 + 10_050
    assert "the file below has 10,050 of them" in " ".join(
        plain(block.line) for block in card.blocks if isinstance(block, Text)
    )


def test_a_long_export_is_no_workbook_unless_one_is_asked_for() -> None:
    rows = [("nia@example.org", "Nia", "Novak", "", "", "", "", "", "")] * 10_001
    long, short = (rosters.exported(some, 0, MAPLE, None)() for some in (rows, rows[:9]))
    assert (_file(long).name, _file(short).name) == ("roster.csv", "roster.xlsx")
    assert _file(rosters.exported(rows, 0, MAPLE, Format.XLSX)()).name == "roster.xlsx"


def test_a_missing_heading_is_told_with_those_that_were_found() -> None:
    mapping = columns.mapping(("Staff of 2026", "", "E-Mail"))
    missed = [RowError(0, one, Problem.NO_COLUMN) for one in mapping.missing]
    said = heard(Reply(rosters.faulty(missed, {}, SourceFile("staff.csv", mapping))))
    assert "“Staff of 2026”; “E-Mail”" in said
    assert "leave out: “Pupils”." in heard(
        Reply(rosters.faulty(missed, {}, SourceFile("staff.csv", mapping, left_out=("Pupils",))))
    )
    other = [RowError(2, Column.EMAIL, Problem.MISSING)]
    assert "Staff of" not in heard(Reply(rosters.faulty(other, {}, SourceFile("staff.csv", mapping))))
