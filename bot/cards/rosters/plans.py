"""Cards of roster imports before they are applied: how a file was read, its plan, and its errors."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

from bot.cards import tables
from bot.cards.common import fields
from bot.cards.rosters import files
from bot.cards.rosters.words import (
    ARROW,
    CHANGING,
    NOTHING,
    PLANNED,
    Headings,
    district_of,
    kind_of_error,
    left_alone,
    place_of,
    remedy,
    shortened,
    where,
    with_more,
    wrong,
)
from bot.chat.actions import Action
from bot.chat.replies import Actions, Block, Button, Card, Confirm, Style, Table, Text, Tone
from bot.chat.text import Line, count, say, verbatim
from bot.core.rosters import columns, exporting, imports
from bot.core.rosters.columns import Column
from bot.core.rosters.imports import Missing, Planned, RosterDetails, RosterImport, Step, StepKind
from bot.core.rosters.rows import Problem, RowError
from bot.core.rosters.views import Entry
from bot.core.schools.reports import Format
from bot.core.schools.schools import School
from bot.core.values import dataclass

# How many people of each kind and wrong cells a card names; files have them all.
FIRST = 5
FIRST_WRONG = 8
# How many headings and schools a card names, and how many characters of a heading and of a change.
_MOST, _HEADING, _LONGEST = 6, 40, 100
_SAYS = [column.value for column in Column if column not in {Column.ORGANIZATIONS, Column.ROLES}]


@dataclass(frozen=True, slots=True)
class SourceFile:
    """The file of a plan: its name, how its columns were read, what was guessed, and what was not read."""

    name: str
    mapping: columns.Mapping
    guessed: str = ""
    left_out: tuple[str, ...] = ()


def planned(
    plan: Planned, school: School, first: Mapping[StepKind, Sequence[Entry]], handed: SourceFile | None = None
) -> Card:
    """Show what an import would change, and ask for confirmation."""
    blocks: list[Block] = []
    if plan.stale:
        blocks.append(Text(say("Things have changed since you looked. This is how they stand now.")))
    if not plan.empty:
        blocks.append(Text(say("Nothing has happened yet: this is what would happen.")))
    blocks += [*_kinds(plan, school, first), *_kept(plan, first.get(StepKind.KEEP, ())), *_leaving(plan)]
    blocks += [*_understood(handed), *_options(plan)]
    place = place_of(plan.roster, school)
    whole = Button(say("Everyone as a file"), Action("roster diff", {"roster": plan.roster.id}))
    if plan.empty:
        title = say("Nothing to import into {school}", school=place)
        told = Text(say("Everybody in the file is already as it says, or has to be left alone."))
        return Card(title, (told, *blocks, Actions((whole,))), tone=Tone.GOOD)
    title = (
        say("Import {file} into {school}?", file=shortened(handed.name), school=place)
        if handed
        else say("Import into {school}?", school=place)
    )
    return Card(title, (*blocks, Actions((_apply(plan, title), whole))), tone=Tone.WAITING)


def _apply(plan: Planned, title: Line) -> Button:
    style = Style.DANGER if plan.leaving else Style.PRIMARY
    of = {"roster": plan.roster.id}
    if plan.guarded:
        return Button(say("Apply, though so many leave"), Action("roster agree", of, ask=True), style)
    text = say("Either all of it is done, or nothing. It can be undone afterwards.")
    return Button(say("Apply"), Action("roster apply", of), style, Confirm(title, text, say("Apply")))


def _understood(handed: SourceFile | None) -> list[Block]:
    """Say how each column was read, and which are ignored."""
    if handed is None:
        return []
    blocks: list[Block] = []
    if handed.guessed:
        told = "The file does not say how it is encoded; I assumed {encoding}. Please check the names."
        blocks.append(Text(say(told, encoding=handed.guessed)))
    blocks += _sheets(handed)
    if handed.mapping.unknown:
        blocks.append(Text(say("Columns I leave out: {columns}.", columns=_quoted(handed.mapping.unknown))))
    taken = ", ".join(_taken(header, column) for header, column in handed.mapping.shown)
    return [*blocks, Text(say("Columns I read: {columns}.", columns=taken), quiet=True)]


def _sheets(handed: SourceFile | None) -> list[Block]:
    """Say which sheets of a workbook are not read."""
    if handed is None or not handed.left_out:
        return []
    return [
        Text(say("I read only the first sheet, and leave out: {sheets}.", sheets=_quoted(handed.left_out)))
    ]


def _quoted(names: Sequence[str]) -> Line:
    """Return the first of some headings or sheets in quotation marks, and how many more there are."""
    return with_more([f"“{shortened(one, _HEADING)}”" for one in names[:_MOST]], len(names))


def _taken(header: str, column: Column) -> str:
    return header if header.casefold() == column.value else f"{shortened(header, _HEADING)} ({column.value})"


def _kinds(plan: Planned, school: School, first: Mapping[StepKind, Sequence[Entry]]) -> list[Block]:
    shown = []
    for kind in (*CHANGING, StepKind.SAME):
        if number := plan.number(kind):
            named = [_named(one, school) for one in first.get(kind, ())]
            what = say("{what}: {n}", what=PLANNED[kind], n=f"{number:,}") if named else PLANNED[kind]
            shown.append((what, with_more(named, number)))
    return [fields(*shown)] if shown else []


def _named(entry: Entry, school: School) -> str:
    """Return a person's name with what changes for them."""
    step = entry.step
    if step.kind is StepKind.CHANGE:
        what = ", ".join(_changes(step))
    elif step.kind is StepKind.REMOVE:
        what = entry.school if step.school_id != school.id else ""
    else:
        what = ", ".join(step.roles)
    return f"{entry.name} ({shortened(what, _LONGEST)})" if what else entry.name


def _changes(step: Step) -> Iterable[str]:
    """Return the changes of a person's roles and details."""
    if step.roles != step.roles_before:
        yield f"{', '.join(step.roles_before) or NOTHING}{ARROW}{', '.join(step.roles)}"
    before = step.before or RosterDetails(*step.said)
    for name, new, old in zip(_SAYS[1:], step.said[1:], before[1:], strict=True):
        if new and new != old:
            yield f"{name} {old}{ARROW}{new}" if old else f"{name} {new}"


def _kept(plan: Planned, first: Sequence[Entry]) -> list[Block]:
    """Show who stays unchanged although the file says otherwise, and why."""
    shown = left_alone(plan.counts, first)
    return [Text(say("**Left as they are, whatever the file says**")), fields(*shown)] if shown else []


def _options(plan: Planned) -> list[Block]:
    """Say what the options mean: for members who are not in the file, and for invitations."""
    options = plan.roster.options
    told = []
    if options.missing is Missing.KEEP:
        told.append(say("Members who are not in the file stay."))
    if plan.number(StepKind.ADD) and options.invite:
        told.append(say("Everyone who comes in without an account here is invited by e-mail."))
    elif plan.number(StepKind.ADD):
        told.append(say("Nobody is told or invited. To invite them, import with the option “invite”."))
    return [Text(line, quiet=True) for line in told]


def large_removals(plan: Planned) -> list[Line]:
    """Return a line for each school that unusually many members would leave."""
    told = "{n} of {members} members of {school} would leave."
    return [
        say(told, n=one.leaving, members=one.members, school=one.school.name)
        for one in plan.removals
        if one.guarded
    ]


def _leaving(plan: Planned) -> list[Block]:
    """Say how many would leave each school; if it is unusually many, ask for the number as confirmation."""
    lines = large_removals(plan)
    if not lines:
        return []
    ask = "**That is a lot at once.** If it is right, press the button and type how many leave: {n}."
    return [*(Text(line) for line in lines[:_MOST]), Text(say(ask, n=plan.leaving))]


def faulty(found: Sequence[RowError], again: Mapping[str, str], handed: SourceFile | None = None) -> Card:
    """Show the errors of a file: the first ones on the card, all of them in a file."""
    called = {column: header for header, column in handed.mapping.shown} if handed else {}
    number = len(found)
    what = count(number, "{many} thing to fix", "{many} things to fix", many=f"{number:,}")
    name = shortened(handed.name) if handed else say("the file")
    rows = tuple((where(one, called), wrong(one, called), remedy(one, called)) for one in found[:FIRST_WRONG])
    blocks: list[Block] = [Text(say("No row is imported while one is wrong, so nothing has changed."))]
    blocks += [*_headings(found, handed), *_sheets(handed)]
    if number > len(rows):
        blocks += [_sorts(found, called), Text(_more(number))]
    blocks.append(Table((say("Where"), say("What is wrong"), say("What to do")), rows))
    button = Button(say("Send the corrected file"), Action("roster import", again, ask=True), Style.PRIMARY)
    title = say("Nothing was imported: {what} in {file}", what=what, file=name)
    return Card(title, (*blocks, files.errors(found, called), Actions((button,))), tone=Tone.BAD)


def _headings(found: Sequence[RowError], handed: SourceFile | None) -> list[Block]:
    """Show the headings that were read, if a column is missing: it may have another name there."""
    if handed is None or not any(one.problem is Problem.NO_COLUMN for one in found):
        return []
    read = [one for one in handed.mapping.headers if one]
    return [Text(say("I took these for the headings: {headings}.", headings=_quoted(read)))]


def _more(number: int) -> Line:
    """Say how many of the errors the file lists."""
    if number > files.MOST_WRONG:
        most = f"{files.MOST_WRONG:,}"
        return say(
            "Here are the first; the file below has {most} of them, which is all that it can hold.", most=most
        )
    return say("Here are the first; the file below has all of them.")


def _sorts(found: Sequence[RowError], called: Headings) -> Block:
    """Count errors by kind and column, most frequent first."""
    counts = Counter((one.problem, one.column) for one in found).most_common()
    return fields(*((kind_of_error(*what, called), verbatim(f"{number:,}")) for what, number in counts))


def outdated(found: Sequence[RowError], roster: RosterImport) -> Card:
    """Show the errors of a plan that can no longer be applied."""
    whole = roster.district_id is not None
    return faulty(found, retry_values(roster.school_id, roster.options, whole=whole))


def retry_values(school_id: str, options: imports.Options, *, whole: bool) -> dict[str, str]:
    """Return the options of an import as values for another try, as short as a button needs them."""
    told = {"move": options.move, "invite": options.invite, "whole_district": whole}
    absent = {} if options.missing is Missing.KEEP else {"missing": options.missing.value}
    return {"school": school_id, **absent, **{name: "1" for name, yes in told.items() if yes}}


def sample(school: School, offered: Sequence[str], roles: Sequence[str], form: Format) -> Callable[[], Card]:
    """Return a deferred card with a sample file and the meaning of each column."""
    told = {
        Column.EMAIL: say("Needed. People are recognised by it."),
        Column.FIRST_NAME: say("Needed."),
        Column.LAST_NAME: say("Needed."),
        Column.ORGANIZATIONS: say("Schools by name; {school} if empty.", school=school.name),
        Column.ROLES: say(
            "Any of: {roles}. If empty, roles stay as they are, and new people get {role}.",
            roles=", ".join(offered),
            role=school.default_role,
        ),
        Column.CONTENT_AREAS: say("What they teach."),
        Column.GRADE_LEVELS: say("Whom they teach."),
        Column.MIDDLE_INITIAL: say("One or two letters."),
        Column.EDUCATOR_ID: say("The state's number; leading zeros are kept."),
    }
    hint = "Put ; between several in one cell. What you leave empty stays as it is; columns can be left out."
    steps = say("Replace the three people with yours, and import it. You see first what would happen.")

    def make_card() -> Card:
        file = files.sample(exporting.called(school), roles, form)
        pairs = tuple((verbatim(column.value), line) for column, line in told.items())
        here = {"school": school.id}
        button = Button(say("Import a file"), Action("roster import", here, ask=True), Style.PRIMARY)
        blocks = (Text(steps), fields(*pairs), Text(say(hint), quiet=True), file, Actions((button,)))
        return Card(say("A roster to fill in"), blocks)

    return make_card


def exported(
    rows: Sequence[Sequence[str]], left_out: int, school: School, form: Format | None, *, whole: bool = False
) -> Callable[[], Card]:
    """Return a deferred card with the roster of a school, or with `whole` of its district."""

    def make_card() -> Card:
        told = "Change it in your spreadsheet program and import it: what you do not change stays as it is."
        blocks: list[Block] = [Text(say(told))]
        if left_out:
            lack = "{n} {who} left out: a roster takes an e-mail address, a first and a last name."
            blocks.append(Text(say(lack, n=left_out, who=count(left_out, "member is", "members are"))))
        blocks.append(
            files.roster(
                rows,
                form or tables.usual_format(rows),
                "roster",
                say("The members, with the columns of an import"),
            )
        )
        number = count(len(rows), "{n} row", "{n} rows", n=f"{len(rows):,}")
        place = district_of(school) if whole else school.name
        return Card(say("Roster of {school}: {rows}", school=place, rows=number), tuple(blocks))

    return make_card
