"""Cards of roster imports that were applied: in progress, done or undone, and the list of imports."""

from collections.abc import Mapping, Sequence

from bot.cards.common import PAGE, fields, next_page
from bot.cards.rosters.words import CHANGING, DONE, UNDONE, left_alone, place_of
from bot.chat.actions import Action
from bot.chat.replies import (
    Actions,
    Block,
    Button,
    Card,
    Confirm,
    Item,
    Progress,
    Select,
    Style,
    Table,
    Text,
    Tone,
)
from bot.chat.text import Line, count, say, verbatim
from bot.core.rosters.imports import ImportState, RosterImport, Sent, StepKind, StepReason, View
from bot.core.rosters.views import Entry
from bot.core.schools.schools import School

_STATES = {
    ImportState.PLANNED: say("Not applied"),
    ImportState.WAITING: say("Under way"),
    ImportState.INVITING: say("Inviting"),
    ImportState.DONE: say("Done"),
}


def shown(view: View, kept: Sequence[Entry] = ()) -> Card:
    """Show a roster import in its present state: its progress, or its result.

    `kept` are the first people who were left alone, where it may name them.
    """
    match view.roster.state:
        case ImportState.PLANNED:
            return _not_applied(view)
        case ImportState.WAITING:
            return _under_way(view)
        case ImportState.INVITING:
            return _inviting(view)
        case ImportState.DONE:
            return _done(view, kept)


def gone() -> Card:
    """Say that an import in progress could not be applied after all, since people have changed."""
    told = "People in the file have changed, so it no longer fits. Nothing was done."
    step = say("Send the file again to see what needs fixing.")
    button = Button(say("Import a file"), Action("roster import", ask=True), Style.PRIMARY)
    title = say("The import was not applied")
    return Card(title, (Text(say(told)), Text(step), Actions((button,))), tone=Tone.BAD)


def _of(roster: RosterImport, label: Line, command: str, style: Style = Style.PLAIN) -> Button:
    return Button(label, Action(command, {"roster": roster.id}), style)


def _not_applied(view: View) -> Card:
    school = place_of(view.roster, view.school)
    if view.roster.undoes is not None:
        title = say("The import into {school} was not undone", school=school)
        told = Text(say("You may no longer do that, or things have changed."))
        return Card(title, (told,), tone=Tone.BAD)
    title = say("The import into {school} was not applied", school=school)
    told = Text(say("Things have changed since you looked. Nothing has happened yet."))
    look = _of(view.roster, say("Look at the plan"), "roster show", Style.PRIMARY)
    return Card(title, (told, Actions((look,))), tone=Tone.WAITING)


def _doing(view: View) -> Line:
    if view.roster.undoes is not None:
        return say("Undoing the import into {school}", school=place_of(view.roster, view.school))
    return say("Import into {school}", school=place_of(view.roster, view.school))


def _under_way(view: View) -> Card:
    total = sum(view.number(kind) for kind in CHANGING)
    title = say("{doing}: under way", doing=_doing(view))
    label = count(total, "{n} change", "{n} changes", n=f"{total:,}")
    told = Text(
        say(
            "They are all made at once. I will send you a message when it is done; you do not need to "
            "wait here."
        ),
        quiet=True,
    )
    again = _of(view.roster, say("Look again"), "roster show")
    return Card(title, (Progress(0, total, label), told, Actions((again,))), tone=Tone.WAITING)


def _inviting(view: View) -> Card:
    waiting = view.invited.get(Sent.WANTED, 0)
    total = sum(number for sent, number in view.invited.items() if sent is not Sent.NOT)
    title = say("{doing}: everyone is in, invitations are going out", doing=_doing(view))
    progress = Progress(total - waiting, total, say("Invitations"))
    buttons = (_of(view.roster, say("Look again"), "roster show"), _everyone(view.roster))
    return Card(title, (_counts(view), progress, Actions(buttons)), tone=Tone.WAITING)


def _done(view: View, kept: Sequence[Entry]) -> Card:
    undoing = view.roster.undoes is not None
    what = "The import into {school} is undone" if undoing else "Imported into {school}"
    if undoing and not any(view.number(kind) for kind in CHANGING):
        what = "Nothing of the import into {school} could be undone"
    blocks: list[Block] = []
    if view.undone_by is not None:
        blocks.append(Text(say("This has since been undone.")))
    blocks += [_counts(view), *_kept(view, kept), *_notes(view)]
    buttons = [*_codes(view), _everyone(view.roster)]
    if view.undoable:
        confirm = Confirm(
            say("Undo the import into {school}?", school=place_of(view.roster, view.school)),
            say(
                "Everyone who came in leaves, and everyone who left comes back. People who were changed "
                "since are left alone."
            ),
            say("Undo"),
        )
        action = Action("roster undo", {"roster": view.roster.id})
        buttons.insert(0, Button(say("Undo"), action, Style.PLAIN, confirm))
    title = say(what, school=place_of(view.roster, view.school))
    return Card(title, (*blocks, Actions(tuple(buttons))), tone=Tone.GOOD)


def _everyone(roster: RosterImport) -> Button:
    return _of(roster, say("Everyone as a file"), "roster diff")


def _words(view: View) -> Mapping[StepKind, Line]:
    return DONE if view.roster.undoes is None else UNDONE


def _counts(view: View) -> Block:
    words = _words(view)
    numbers = [(words[kind], view.number(kind)) for kind in CHANGING if kind in words]
    numbers += [
        (say("Invitations sent"), view.invited.get(Sent.SENT, 0)),
        (say("Could not be invited"), view.invited.get(Sent.REFUSED, 0)),
    ]
    pairs = [(name, verbatim(f"{number:,}")) for name, number in numbers if number]
    return fields(*(pairs or [(say("Changed"), say("Nobody"))]))


def _kept(view: View, first: Sequence[Entry]) -> list[Block]:
    shown = left_alone(view.counts, first)
    if not shown:
        return []
    blocks: list[Block] = [Text(say("Left as they are:"), quiet=True), fields(*shown)]
    if view.roster.undoes is not None and (StepKind.KEEP, StepReason.PRIMARY) in view.counts:
        told = "A school keeps its Primary Admin: make another admin that, and then remove them."
        blocks.append(Text(say(told), quiet=True))
    return blocks


def _left_somebody_out(view: View) -> bool:
    """Tell whether an import has invited people, and its invitations did not reach all of them."""
    return view.roster.undoes is None and bool(view.invited.get(Sent.REFUSED))


def _notes(view: View) -> list[Block]:
    if not _left_somebody_out(view):
        return []
    return [Text(say("The file lists everyone whom no invitation reached."), quiet=True)]


def _codes(view: View) -> list[Button]:
    if not _left_somebody_out(view):
        return []
    plan = Action("bulk plan", {"act": "invite", "school": view.roster.school_id})
    return [Button(say("Make codes for them"), plan)]


def listed(school: School, found: Sequence[View], typed: str) -> Card:
    """List the roster imports of a school, newest first."""
    title = say("Imports into {school}", school=school.name)
    button = Button(
        say("Import a file"), Action("roster import", {"school": school.id}, ask=True), Style.PRIMARY
    )
    if not found:
        none = Text(say("There are none yet. `{typed}` gives you a file to fill in.", typed=typed))
        return Card(title, (none, Actions((button,))))
    page = found[:PAGE]
    rows = tuple(
        (
            say("{at}", at=one.roster.started_at or one.roster.created_at),
            _state(one),
            *(verbatim(f"{number:,}") for number in _numbers(one)),
        )
        for one in page
    )
    heads = (say("When"), say("State"), say("Came in"), say("Changed"), say("Left"))
    items = tuple(
        Item(one.roster.id, say("{at}", at=one.roster.started_at or one.roster.created_at), hint=_state(one))
        for one in page
    )
    blocks: list[Block] = [
        Table(heads, rows),
        Select(say("Open an import"), Action("roster open"), "roster", items, each=say("Open")),
    ]
    if found[PAGE:]:
        blocks.append(next_page(say("More"), Action("roster older", {"after": page[-1].roster.id})))
    return Card(title, (*blocks, Actions((button,))))


def _state(view: View) -> Line:
    if view.roster.undoes is not None and view.roster.state is ImportState.DONE:
        return say("Undid another")
    return say("Undone") if view.undone_by is not None else _STATES[view.roster.state]


def _numbers(view: View) -> tuple[int, int, int]:
    number = view.number
    return number(StepKind.ADD) + number(StepKind.MOVE), number(StepKind.CHANGE), number(StepKind.REMOVE)
