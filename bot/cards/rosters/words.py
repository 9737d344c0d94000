"""The words of roster imports: kinds of change, reasons to leave people alone, and errors of cells."""

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from bot.cards.common import people
from bot.chat.text import Line, Value, fill, say, verbatim
from bot.core.rosters.columns import Column
from bot.core.rosters.imports import Counts, RosterImport, StepKind, StepReason
from bot.core.rosters.rows import Problem, RowError
from bot.core.rosters.views import Entry
from bot.core.schools.schools import School

# The kinds of change: as a plan announces them, and below as a card reports them, done or undone.
PLANNED = {
    StepKind.ADD: say("Come in"),
    StepKind.MOVE: say("Move here from another school"),
    StepKind.CHANGE: say("Change"),
    StepKind.REMOVE: say("Leave"),
    StepKind.INVITE: say("Are invited, as only other schools know them"),
    StepKind.KEEP: say("Left as they are, though the file says otherwise"),
    StepKind.SAME: say("Stand as the file says"),
}
DONE = {
    StepKind.ADD: say("Came in"),
    StepKind.MOVE: say("Moved here from another school"),
    StepKind.CHANGE: say("Changed"),
    StepKind.REMOVE: say("Left"),
    StepKind.INVITE: say("Invited, as only other schools know them"),
}
UNDONE = {
    StepKind.ADD: say("Came back"),
    StepKind.CHANGE: say("Changed back"),
    StepKind.REMOVE: say("Left again"),
    StepKind.INVITE: say("Not invited any more"),
}
# The order in which cards list them.
CHANGING = (StepKind.ADD, StepKind.MOVE, StepKind.CHANGE, StepKind.REMOVE, StepKind.INVITE)
WHY = {
    StepReason.SUSPENDED: say("Suspended"),
    StepReason.DEACTIVATED: say("Deactivated"),
    StepReason.ARCHIVED: say("Archived"),
    StepReason.REJECTED: say("Rejected"),
    StepReason.PENDING: say("Wait for approval"),
    StepReason.PRIMARY: say("Primary Admin"),
    StepReason.OWN: say("Yourself"),
    StepReason.ABOVE: say("May do more than you"),
    StepReason.NOT_PERMITTED: say("Not yours to change"),
    StepReason.INVITED: say("Already have an invitation waiting"),
    StepReason.DETAILS: say("Name and details stay: other schools have a say in them"),
    StepReason.UNNAMED: say("Could not be put back: no e-mail address or name is known"),
    StepReason.MOVED: say("Moved to another school"),
    StepReason.CHANGED: say("Changed by somebody since"),
}
# What separates the old value from the new one, and what stands for no roles.
ARROW, NOTHING = " → ", "none"
# How many people who are left alone a card names for each reason.
_KEPT = 3
_MOST_OFFERED = 8
_SHOWN = 60


def with_more(named: Sequence[str], number: int) -> Line:
    """Return the names, and how many more there are; without names, only the number of people."""
    if not named:
        return people(number)
    more = number - len(named)
    text = "; ".join(named)
    return say("{names}; and {n} more", names=text, n=f"{more:,}") if more > 0 else verbatim(text)


def left_alone(counts: Counts, first: Sequence[Entry]) -> list[tuple[Line, Line]]:
    """Return how many people an import leaves as they are for each reason, with the names of the first."""
    shown = []
    for why in StepReason:
        if number := counts.get((StepKind.KEEP, why), 0):
            named = [one.name for one in first if one.step.why is why][:_KEPT]
            shown.append((say("{why}: {n}", why=WHY[why], n=f"{number:,}"), with_more(named, number)))
    return shown


def place_of(roster: RosterImport, school: School) -> Value:
    """Return what an import is about: a school, or all schools of its district."""
    return district_of(school) if roster.district_id is not None else school.name


def district_of(school: School) -> Line:
    """Return a description of a school's district that does not need the district's name."""
    return say("the district of {school}", school=school.name)


def shortened(text: str, most: int = _SHOWN) -> str:
    """Shorten the text of a cell, which may have ten thousand characters, for a card; files have it whole."""
    text = " ".join(text.split())
    return text if len(text) <= most else f"{text[: most - 1]}…"


_GIVE_HEADING = "Add one with that heading, or give the heading to the column that has it."
_NAMES_APART = (
    f"{_GIVE_HEADING} If one column has whole names, split it in two: in Excel, by Text to Columns."
)
# What is wrong with a cell, and the next step. `{first}` and `{second}` are from the error's `about`.
_WRONG: Mapping[Problem, tuple[str, str]] = {
    Problem.NO_COLUMN: (
        "There is no column “{column}”.",
        _GIVE_HEADING,
    ),
    Problem.DOUBLE_COLUMN: (
        "Several columns mean “{column}”: {offered}.",
        "Keep one of them; rename the others or take them out.",
    ),
    Problem.NO_ROWS: ("There are no people below the headings.", "Write one row for each person."),
    Problem.MISSING: ("“{column}” is empty.", "Fill it in, or take the row out."),
    Problem.TOO_LONG: ("“{column}” is longer than {first} characters.", "Make it shorter."),
    Problem.NO_ADDRESS: ("{value} is not an e-mail address.", "Correct it: name@example.org."),
    Problem.TWICE: (
        "{value} is already in row {first}.",
        "Keep one of the two rows; several roles go into one cell, with commas between them.",
    ),
    Problem.OTHERWISE: (
        "“{column}” is {value}, but row {first} says {second} of the same person.",
        "Say the same in both rows.",
    ),
    Problem.ID_TWICE: ("The id {value} belongs to somebody else in row {first}.", "Correct one of the two."),
    Problem.ID_OF_ANOTHER: (
        "Somebody else in the school has the id {value}.",
        "Correct it here, or in their entry: search the list of members for it.",
    ),
    Problem.UNKNOWN_SCHOOL: (
        "{value} is not a school that this file can be about.",
        "Write one of these: {offered}.",
    ),
    Problem.UNKNOWN_ROLE: ("{value} is not a role there.", "Write one of these: {offered}."),
    Problem.ABOVE_CEILING: (
        "You may not give the role {value}.",
        "You may give: {offered}. Ask somebody who may give it to import the file, or change the row.",
    ),
    Problem.NOT_YOURS: (
        "You may not import into {value} in this way.",
        "Take the school out of the row, or ask an admin of it.",
    ),
    Problem.KNOWN_ELSEWHERE: (
        "{value} belongs to somebody from another school.",
        "Import with the option “move” and they are asked by an invitation, or take the row out.",
    ),
    Problem.FAILED: (
        "{value} is the result of a formula that failed.",
        "Fix the formula, or type what belongs there.",
    ),
    Problem.CONVERTED: (
        "{value} is a date or a shortened number: spreadsheets make these out of entries such as 5-6.",
        "Format the cell as text, and type the entry again.",
    ),
    Problem.BEYOND: (
        "The row has more cells than there are headings: {value} is past the last one.",
        "Put quotation marks around text that has a comma in it, or give the column a heading.",
    ),
}


# The file's own headings for columns, where they differ from ours.
Headings: TypeAlias = Mapping[Column, str]


_ONE_SCHOOL = "Leave it empty for {offered}. For all schools of a district, import with whole_district:yes."


def wrong(error: RowError, called: Headings) -> Line:
    """Return what is wrong with a cell."""
    return _about_cell(_WRONG[error.problem][0], error, called)


def remedy(error: RowError, called: Headings) -> Line:
    """Return what to do about an error."""
    if error.problem is Problem.UNKNOWN_SCHOOL and not error.about[1:]:
        return _about_cell(_ONE_SCHOOL, error, called)
    if error.problem is Problem.NO_COLUMN and error.column in {Column.FIRST_NAME, Column.LAST_NAME}:
        return _about_cell(_NAMES_APART, error, called)
    return _about_cell(_WRONG[error.problem][1], error, called)


def where(error: RowError, called: Headings) -> Line:
    """Return where an error is; row 0 means the headings, or the table as a whole."""
    if not error.place:
        return say("The headings") if error.problem is not Problem.NO_ROWS else say("The table")
    if error.problem is Problem.BEYOND:
        return say("Row {row}", row=error.place)
    column = shortened(called.get(error.column, error.column.value))
    return say("Row {row}, {column}", row=error.place, column=column)


def kind_of_error(problem: Problem, column: Column, called: Headings) -> Line:
    """Return the kind of error that several cells of a column have in common."""
    if problem in _COMMON:
        return _COMMON[problem]
    if problem is Problem.MISSING:
        return _about_cell("“{column}” is empty", RowError(0, column, problem), called)
    return wrong(RowError(0, column, problem), called)


_COMMON = {
    Problem.DOUBLE_COLUMN: say("Several columns of one meaning"),
    Problem.TOO_LONG: say("Too long"),
    Problem.NO_ADDRESS: say("No e-mail address"),
    Problem.TWICE: say("In the file twice"),
    Problem.OTHERWISE: say("Two rows disagree about one person"),
    Problem.ID_TWICE: say("One id for two people"),
    Problem.ID_OF_ANOTHER: say("An id that somebody else has"),
    Problem.UNKNOWN_SCHOOL: say("A school that the file cannot be about"),
    Problem.UNKNOWN_ROLE: say("A role that is not there"),
    Problem.ABOVE_CEILING: say("A role that you may not give"),
    Problem.NOT_YOURS: say("A school that you may not import into in this way"),
    Problem.KNOWN_ELSEWHERE: say("Somebody whom another school looks after"),
    Problem.FAILED: say("A formula that failed"),
    Problem.CONVERTED: say("A date or a shortened number that a spreadsheet has made"),
    Problem.BEYOND: say("More cells in a row than there are headings"),
}


def _about_cell(template: str, error: RowError, called: Headings) -> Line:
    about = error.about
    args: dict[str, Value] = {
        "column": shortened(called.get(error.column, error.column.value)),
        "value": f"“{shortened(error.value)}”",
        "first": about[0] if about else "",
        "second": f"“{shortened(about[1])}”" if about[1:] and about[1] else say("nothing"),
        "offered": _offered(about),
    }
    return fill(template, args)


def _offered(about: tuple[str, ...]) -> Value:
    if not about:
        return say("(there is none that you may choose)")
    more = len(about) - _MOST_OFFERED
    shown = ", ".join(shortened(one) for one in about[:_MOST_OFFERED])
    return say("{shown} and {more} more", shown=shown, more=more) if more > 0 else shown
