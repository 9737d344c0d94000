"""Cards about a district's OneRoster folder."""

from collections.abc import Mapping, Sequence

from bot.cards.common import fields, moment
from bot.cards.tables import table
from bot.chat.actions import Action
from bot.chat.replies import Actions, Block, Button, Card, Style, Table, Text, Tone
from bot.chat.text import Line, count, plain, say, verbatim
from bot.core.oneroster.model import (
    NOTHING,
    ROLE_MAP,
    SCHOOLS_DEFAULT,
    Count,
    FeedError,
    FeedProblem,
    Org,
    Run,
    RunState,
    Source,
    Trouble,
)
from bot.core.rosters.rows import Problem
from bot.core.schools.districts import District

# How many errors a card shows; its file has all that are stored.
_SHOWN = 10
# How many organisations a card lists, those without a school first.
_ORGS = 15
_COUNTS: Mapping[Count, Line] = {
    Count.ADDED: say("Added"),
    Count.CHANGED: say("Changed"),
    Count.REMOVED: say("Removed"),
    Count.DEACTIVATED: say("Deactivated"),
    Count.REACTIVATED: say("Reactivated"),
    Count.KEPT: say("Kept as they are: suspended, deactivated, or above the district"),
    Count.SAME: say("As they should be"),
    Count.ELSEWHERE: say("Known only outside the district: invite them"),
    Count.UNMAPPED: say("Roles at organisations that are no school here"),
    Count.IGNORED: say("Roles that mean nothing here"),
    Count.READDRESSED: say("Listed with another e-mail address: the one here stays"),
}
_TROUBLES: Mapping[Trouble, Line] = {
    Trouble.NO_ROOT: say(
        "This installation has no folder for OneRoster; its operator sets `oneroster_folder`."
    ),
    Trouble.NO_FOLDER: say("There is no folder or zip of that name. Ask whoever runs the export."),
    Trouble.OUTSIDE: say("The folder, or a file in it, is a link that leads elsewhere. Put the files there."),
    Trouble.NO_MANIFEST: say("There is no manifest.csv, so the export may not be finished."),
    Trouble.CHANGING: say("The files were changing while they were read. Export at another time of day."),
    Trouble.TOO_LARGE: say("The files are larger than this installation takes."),
    Trouble.BAD_ZIP: say("The zip cannot be read. Export it again, without a password."),
    Trouble.UNREADABLE: say("The files cannot be read, or are not plain files. Ask the operator."),
    Trouble.NO_SCHOOL: say("The district has no schools."),
    Trouble.REFUSED: say("A limit of this installation does not allow it."),
}
_TITLES: Mapping[RunState, Line] = {
    RunState.WAITING: say("I am reading the OneRoster folder"),
    RunState.AGREED: say("I am bringing the district in line with its folder"),
    RunState.PLANNED: say("What the OneRoster folder would change"),
    RunState.GUARDED: say("The OneRoster folder removes many people: agree first"),
    RunState.FAULTY: say("The OneRoster folder has errors; nothing was changed"),
    RunState.LEFT: say("The OneRoster folder was left alone"),
    RunState.DONE: say("The district is in line with its OneRoster folder"),
}
_TONES = {
    RunState.DONE: Tone.GOOD,
    RunState.FAULTY: Tone.BAD,
    RunState.GUARDED: Tone.BAD,
    RunState.LEFT: Tone.BAD,
}


def run(district: District, one: Run) -> Card:
    """Show a run of a district's OneRoster folder: its progress, its plan or its result."""
    blocks: list[Block] = [fields((say("District"), verbatim(district.name)), (say("Night of"), _day(one)))]
    if one.stale:
        blocks.append(
            Text(say("The folder or the district has changed since you agreed. This is how it stands now."))
        )
    if one.outcome.trouble is not None:
        blocks.append(Text(_TROUBLES[one.outcome.trouble]))
    if one.outcome.errors:
        blocks += _errors(one)
    elif one.state in {RunState.PLANNED, RunState.GUARDED, RunState.DONE}:
        blocks.append(_numbers(one))
    blocks += _buttons(one)
    return Card(_TITLES[one.state], tuple(blocks), private=True, tone=_TONES.get(one.state, Tone.NEUTRAL))


def _day(one: Run) -> Line | None:
    return say("{day}", day=str(one.day)) if one.day else None


def _numbers(one: Run) -> Block:
    told = [(line, one.outcome.number(what)) for what, line in _COUNTS.items()]
    rows = tuple((line, say("{number}", number=number)) for line, number in told if number)
    if not rows:
        return Text(say("There is nothing to change."))
    return Table((say("What"), say("How many")), rows)


def _buttons(one: Run) -> list[Block]:
    values = {"run": one.id, "district": one.district_id}
    if one.state is RunState.PLANNED:
        if not one.outcome.changes:
            return []
        return [Actions((Button(say("Do it"), Action("oneroster apply", values), Style.PRIMARY),))]
    if one.state is not RunState.GUARDED:
        return []
    ask = say(
        "{number} people would lose access. To agree, type that number.", number=one.outcome.losing_access
    )
    agree = Button(say("Agree"), Action("oneroster apply", values, ask=True), Style.DANGER)
    return [Text(ask), Actions((agree,))]


def _errors(one: Run) -> list[Block]:
    found = one.outcome.errors
    told = count(one.outcome.wrong, "{n} thing is wrong.", "{n} things are wrong.")
    rows = tuple(
        (verbatim(_where(error)), verbatim(error.value or "-"), _remedy(error)) for error in found[:_SHOWN]
    )
    blocks: list[Block] = [Text(told), Table((say("Where"), say("Says"), say("What to do")), rows)]
    if len(found) > _SHOWN:
        blocks.append(Text(say("The others are in the file that `errors` gives you."), quiet=True))
    values = {"run": one.id, "district": one.district_id}
    blocks.append(Actions((Button(say("All errors"), Action("oneroster errors", values)),)))
    return blocks


def errors(one: Run) -> Card:
    """Hand over the errors of a run as a file."""
    rows = [
        (error.file, str(error.row or ""), error.column, error.value, plain(_remedy(error)))
        for error in one.outcome.errors
    ]
    header = ("file", "row", "column", "value", "what to do")
    alt = count(one.outcome.wrong, "{n} thing that is wrong", "{n} things that are wrong")
    listed = table("oneroster-errors", header, rows, alt)
    return Card(say("What is wrong with the folder"), (listed,), private=True)


def _where(error: FeedError) -> str:
    row = f", row {error.row}" if error.row else ""
    return f"{error.file}{row}{f', {error.column}' if error.column else ''}"


_REMEDIES: Mapping[FeedProblem, Line] = {
    FeedProblem.NO_COLUMN: say("Add this column."),
    FeedProblem.DOUBLE_COLUMN: say("Two columns have this name; keep only one."),
    FeedProblem.MISSING: say("Fill it in; without it nobody can be found or told."),
    FeedProblem.VERSION: say("This file must be of OneRoster 1.2."),
    FeedProblem.ABSENT: say("The manifest names this file; add it, or say that it is absent."),
    FeedProblem.NOT_FOUND: say("Nothing has this id; add its row, or correct the id."),
    FeedProblem.NO_ADDRESS: say("Write an e-mail address."),
    FeedProblem.NOT_TEXT: say("This file cannot be read as a table; export it again."),
}
_ROSTERS: Mapping[str, Line] = {
    Problem.UNKNOWN_ROLE.value: say("Its role is mapped to one that this school does not have."),
    Problem.ABOVE_CEILING.value: say("A sync may not give this role."),
    Problem.ID_OF_ANOTHER.value: say("Somebody else has this id."),
}


def _remedy(error: FeedError) -> Line:
    about = ", ".join(error.about)
    match error.problem:
        case FeedProblem.TWICE:
            return say("Row {row} has it too; keep only one.", row=about or "?")
        case FeedProblem.ADDRESS_TWICE:
            return say("Row {row} has the same address; it must be of one person.", row=about)
        case FeedProblem.UNKNOWN_VALUE:
            return say("Write one of: {about}", about=about)
        case FeedProblem.TOO_LONG:
            return say("{most} characters are the most.", most=about)
        case FeedProblem.ROSTER:
            return _ROSTERS.get(error.about[0], say("It cannot be taken: {why}.", why=error.about[0]))
        case _:
            return _REMEDIES[error.problem]


def connected(district: District, source: Source) -> Card:
    """Confirm which OneRoster folder a district now follows."""
    title = say(
        "{district} follows the OneRoster folder {folder}", district=district.name, folder=source.folder
    )
    then = Text(say("Look at it now: nothing is changed until you agree."))
    return Card(title, (*_state(source), then, _look(district)), tone=Tone.GOOD, private=True)


def disconnected(district: District) -> Card:
    """Confirm that a district no longer follows a OneRoster folder."""
    title = say("{district} no longer follows a OneRoster folder", district=district.name)
    return Card(title, (Text(say("Everybody keeps what they have.")),), tone=Tone.GOOD, private=True)


def _state(source: Source) -> tuple[Block, ...]:
    at = (
        say("{at} ({zone})", at=f"{source.at:%H:%M}", zone=source.zone)
        if source.at
        else say("Only when asked")
    )
    nightly = say("{at}", at=source.next_at) if source.next_at else None
    return (
        fields((say("Folder"), verbatim(source.folder)), (say("Every night at"), at), (say("Next"), nightly)),
    )


def _look(district: District) -> Actions:
    values = {"district": district.id}
    return Actions(
        (
            Button(say("Look now"), Action("oneroster sync", values), Style.PRIMARY),
            Button(say("Map a school"), Action("oneroster school", values, ask=True)),
            Button(say("Map a role"), Action("oneroster role", values, ask=True)),
        )
    )


def shown(
    district: District,
    source: Source | None,
    orgs: Sequence[Org],
    names: Mapping[str, str],
    meaning: Mapping[str, str],
    last: Sequence[Run],
) -> Card:
    """Show a district's OneRoster folder: what its schools and roles are mapped to, and the latest runs."""
    title = say("OneRoster of {district}", district=district.name)
    if source is None:
        empty = Text(say("No folder is followed."))
        values = {"district": district.id}
        button = Button(say("Connect a folder"), Action("oneroster connect", values, ask=True), Style.PRIMARY)
        return Card(title, (empty, Actions((button,))), private=True)
    blocks: list[Block] = [*_state(source)]
    if last:
        rows = tuple((moment(one.finished_at or one.created_at, say("-")), _came(one)) for one in last)
        blocks.append(Table((say("Looked at"), say("What came of it")), rows))
    if orgs:
        known = sorted(orgs, key=lambda one: (one.school_id is not None, one.name))[:_ORGS]
        places = tuple((verbatim(one.name), _school(one, names)) for one in known)
        blocks.append(Table((say("Organisation"), say("School")), places))
    roles = tuple((verbatim(one), _role(meaning.get(one, NOTHING))) for one in {**ROLE_MAP, **meaning})
    blocks += [Table((say("Role there"), say("Role here")), roles), _look(district)]
    return Card(title, tuple(blocks), private=True)


def _school(one: Org, names: Mapping[str, str]) -> Line:
    if one.school_id is None:
        return say("None")
    return verbatim(names.get(one.school_id, "?"))


def _role(name: str) -> Line:
    if name == SCHOOLS_DEFAULT:
        return say("What each school gives newcomers")
    return verbatim(name) if name else say("Nothing")


def _came(one: Run) -> Line:
    """Return the result of a run in one line."""
    match one.state:
        case RunState.FAULTY:
            return count(
                one.outcome.wrong, "{n} error; nothing was changed", "{n} errors; nothing was changed"
            )
        case RunState.LEFT if one.outcome.trouble is not None:
            return _TROUBLES[one.outcome.trouble]
        case RunState.DONE | RunState.PLANNED:
            done = "Done" if one.state is RunState.DONE else "Planned"
            numbers = {what: one.outcome.number(what) for what in _COUNTS}
            return say(
                "{done}: {added} added, {changed} changed, {removed} removed, {off} deactivated",
                done=done,
                added=numbers[Count.ADDED],
                changed=numbers[Count.CHANGED],
                removed=numbers[Count.REMOVED],
                off=numbers[Count.DEACTIVATED],
            )
        case _:
            return _TITLES[one.state]


def mapped_school(name: str, school: str | None) -> Card:
    """Confirm which school an organisation of the folder is mapped to."""
    if school is None:
        title = say("The people of {name} are left out", name=name)
    else:
        title = say("{name} is {school}", name=name, school=school)
    return Card(title, (Text(say("The next look at the folder goes by it.")),), tone=Tone.GOOD, private=True)


def mapped_role(source: str, role: str) -> Card:
    """Confirm which role of a school a role of the folder is mapped to."""
    title = say("{source} in the folder: {role}", source=source, role=role or "nothing here")
    return Card(title, (Text(say("The next look at the folder goes by it.")),), tone=Tone.GOOD, private=True)
