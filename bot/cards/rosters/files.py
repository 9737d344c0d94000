"""The files of rosters: the changes of an import, its errors, the sample, and the export."""

from collections.abc import Callable, Collection, Iterable, Sequence
from functools import partial

from bot.cards.rosters.words import ARROW, NOTHING, PLANNED, WHY, Headings, remedy, wrong
from bot.cards.tables import table
from bot.chat.replies import Card, File
from bot.chat.text import Line, count, plain, say
from bot.core.rosters.columns import Column
from bot.core.rosters.exporting import HEADER
from bot.core.rosters.imports import RosterDetails, Step, StepKind
from bot.core.rosters.rows import Problem, RowError
from bot.core.rosters.views import Entry
from bot.core.schools.reports import Format
from bot.core.typed_lists import as_list
from bot.sheets import writing

# How many errors the file lists. Further ones are only counted on the card; they are usually alike.
MOST_WRONG = 150_000
_SAYS = tuple(column for column in Column if column not in {Column.ORGANIZATIONS, Column.ROLES})
_PLAN = ("row", "what happens", "why", "name", "school", Column.ROLES.value, *(one.value for one in _SAYS))


def diff(entries: Iterable[Entry]) -> Callable[[], Card]:
    """Return a deferred card with an import's people as a spreadsheet; changes read before → after."""
    rows = [_cells(one) for one in entries]

    def make_card() -> Card:
        title = count(len(rows), "{n} row, for one person in one school", "{n} rows, each for one person")
        hint = say("Everyone whom the import is about, and how")
        return Card(title, (table("import", _PLAN, rows, hint),))

    return make_card


def _cells(entry: Entry) -> tuple[str, ...]:
    step = entry.step
    why = plain(WHY[step.why]) if step.why else ""
    place = str(step.place) if step.place else ""
    told = (_told(step, number) for number in range(len(RosterDetails._fields)))
    return (place, plain(PLANNED[step.kind]), why, entry.name, entry.school, _roles(step), *told)


def _roles(step: Step) -> str:
    before, after = as_list(step.roles_before), as_list(step.roles)
    if before == after or not (before or step.kind is StepKind.REMOVE):
        return after
    return f"{before or NOTHING}{ARROW}{after or NOTHING}"


def _told(step: Step, number: int) -> str:
    """Return one detail of a person, as before → after if it changes."""
    new = step.said[number]
    old = step.before[number] if step.before is not None else ""
    if not old or old == new or number == 0:
        return new or old
    return f"{old}{ARROW}{new}" if new else old


def errors(found: Sequence[RowError], called: Headings) -> File:
    """Return a file with all errors: row, column, value, what is wrong, and what to do."""
    header = ("row", "column", "value", "what is wrong", "what to do")
    rows = [
        (
            str(one.place) if one.place else "",
            called.get(one.column, one.column.value) if one.problem is not Problem.BEYOND else "",
            one.value,
            plain(wrong(one, called)),
            plain(remedy(one, called)),
        )
        for one in found[:MOST_WRONG]
    ]
    return table("errors", header, rows, say("All that must be mended, one cell a row"))


def roster(rows: Sequence[Sequence[str]], form: Format, name: str, alt: Line) -> File:
    """Return a file of rows that have the columns of an import."""
    make = writing.csv_of if form is Format.CSV else partial(writing.xlsx_of, title=name)
    return File(f"{name}.{form.value}", make(HEADER, rows), alt)


def sample(school: str, roles: Collection[str], form: Format) -> File:
    """Return a sample file that uses every column, with made-up people."""
    given = list(roles)
    two = as_list(tuple(given[:2]))
    rows = [
        (
            *("nia.novak@example.org", "Nia", "Novak", school, given[0] if given else ""),
            *("Mathematics; Physics", "7; 8", "K", "00042"),
        ),
        ("leo.lind@example.org", "Leo", "Lind", school, two, "", "", "", ""),
        ("mo.moss@example.org", "Mo", "Moss", "", "", "", "", "", ""),
    ]
    return roster(rows, form, "sample", say("A file with every column and three people who do not exist"))
