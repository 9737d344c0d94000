"""/roster: import and export people as a file. A plan shows the changes; a button applies it."""

from collections.abc import Sequence
from enum import StrEnum
from itertools import islice
from typing import Annotated

from bot.cards.common import PAGE
from bot.cards.rosters import files as roster_files
from bot.cards.rosters import plans as cards
from bot.cards.rosters import work as roster_work
from bot.cards.rosters.plans import FIRST, SourceFile
from bot.chat.commands import Group
from bot.chat.context import Context
from bot.chat.files import as_sheet
from bot.chat.options import Option, option, read
from bot.chat.replies import Card, Reply
from bot.chat.text import Line
from bot.commands.common import note_export
from bot.commands.people_list import InvitedSo, OfGrades, Search, WithRole, people_filter
from bot.core.audit import ExportedList
from bot.core.errors import BadValue, SchoolUnclear
from bot.core.files import Upload
from bot.core.invitations import answering
from bot.core.invitations.addressees import Way
from bot.core.people import directory
from bot.core.rights import access
from bot.core.rights.permissions import Permission
from bot.core.rosters import applying, exporting, planning, rows, undoing, views
from bot.core.rosters.imports import (
    Faulty,
    ImportState,
    Missing,
    Options,
    Place,
    Planned,
    RosterImport,
    StepKind,
    View,
)
from bot.core.rosters.rows import Reading
from bot.core.rosters.views import Entry
from bot.core.schools import districts
from bot.core.schools.reports import Format
from bot.core.schools.schools import School
from bot.core.stored import stored_school
from bot.core.values import dataclass
from bot.sheets.bounds import Bounds

roster = Group("roster", "People as a list: import many from a file, or export them")

# How many people who stay unchanged are looked up for a card, which names some for each reason.
_KEPT = 200

_MOVE = "Move people here from other schools; people in schools that are not yours are asked first"

Which = Annotated[str, option("Which import")]
File = Annotated[Format, option("For Excel and the like, or as CSV")]


class Absent(StrEnum):
    """What happens to members who are not in the file; a subset of `Missing`, which district syncs extend."""

    KEEP = Missing.KEEP.value
    REMOVE = Missing.REMOVE.value


@dataclass(frozen=True, slots=True)
class Roster:
    """An uploaded file that was read as a roster."""

    handed: SourceFile
    reading: Reading


def as_roster(upload: Upload, bounds: Bounds) -> Roster:
    """Read a file as a roster; the command's `prepares`."""
    sheet = as_sheet(upload, bounds)
    reading = rows.read(sheet)
    handed = SourceFile(sheet.name, reading.mapping, sheet.guessed, sheet.left_out)
    return Roster(handed, reading)


def _asked(ctx: Context) -> tuple[Option, ...]:
    """Return the form's options; it asks about the whole district only if the school is in one.

    Raise `BadValue` if there is none and it was typed: without it, the form would be about one school.
    """
    command = ctx.registry["roster import"]
    try:
        school = ctx.meant_school()
    except SchoolUnclear:
        return command.options
    if school.district_id is not None:
        return command.options
    (whole,) = (one for one in command.options if one.name == "whole_district")
    typed = ctx.value(whole.name)
    if typed and read(whole, typed, now=ctx.uow.now, zone=ctx.zone):
        directory.whole_district(school, "whole_district")
    return tuple(one for one in command.options if one is not whole)


@roster.command(
    name="import",
    needs=Permission.ROSTER_IMPORT,
    prepares=as_roster,
    shapes=_asked,
    submit="See it first",
    on_file="Import people…",
)
def _import(
    ctx: Context,
    file: Annotated[Roster, option("CSV or Excel, one row for each person", formats=("csv", "xlsx"))],
    missing: Annotated[
        Absent, option("Members who are not in the file: keep them, or remove them")
    ] = Absent.KEEP,
    move: Annotated[bool, option(_MOVE)] = False,
    invite: Annotated[bool, option("Send an e-mail invitation to whoever is new here")] = False,
    whole_district: Annotated[bool, option("The file is about all schools of the district")] = False,
) -> Reply:
    """Bring people in from a file; you see what would happen first."""
    options, place = Options(Missing(missing), move, invite), Place(ctx.school, whole_district)
    if invite:
        answering.refuse_unanswerable(ctx.uow, Way.EMAIL, ctx.ways)
    done = planning.plan(ctx.uow, ctx.actor, place, file.reading, options)
    if isinstance(done, Faulty):
        again = cards.retry_values(ctx.school.id, options, whole=whole_district)
        return Reply(deferred=lambda: cards.faulty(done.errors, again, file.handed))
    if done.number(StepKind.INVITE):
        answering.refuse_unanswerable(ctx.uow, Way.EMAIL, ctx.ways)
    return Reply(_planned(ctx, done, file.handed))


def _planned(ctx: Context, plan: Planned, handed: SourceFile | None = None) -> Card:
    named = [kind for kind in StepKind if kind is not StepKind.SAME and plan.number(kind)]
    first: dict[StepKind, Sequence[Entry]] = {kind: _first(ctx, plan.roster, kind) for kind in named}
    return cards.planned(plan, ctx.school, first, handed)


def _first(ctx: Context, of: RosterImport, kind: StepKind) -> Sequence[Entry]:
    most = _KEPT if kind is StepKind.KEEP else FIRST
    return list(islice(views.entries(ctx.uow, ctx.actor, of, kinds=[kind], page=most), most))


def _school_of(ctx: Context, name: str = "roster") -> School:
    """Find the school of an import that the actor may see."""
    found = ctx.found(views.find, ctx.value(name))
    return stored_school(ctx.uow, found.school_id)


@roster.command(needs=Permission.ROSTER_IMPORT, about=_school_of, hidden=True)
def apply(ctx: Context, roster: Which) -> Reply:
    """Do what a plan says, unless the facts have changed."""
    return _applied(ctx, roster, None)


def _so_many(ctx: Context) -> Line | None:
    """Return the note of the form that asks for confirmation: how many would leave, if it is one school."""
    found = ctx.found(views.find, ctx.value("roster"))
    lines = cards.large_removals(planning.summary(ctx.uow, found, ctx.uow.roster_steps.tally(found.id)))
    return lines[0] if len(lines) == 1 else None


@roster.command(needs=Permission.ROSTER_IMPORT, about=_school_of, tells=_so_many, hidden=True, submit="Apply")
def agree(
    ctx: Context,
    roster: Which,
    number: Annotated[int, option("How many leave? Type the number that the plan shows", minimum=0)],
) -> Reply:
    """Do what a plan says, although very many would leave."""
    return _applied(ctx, roster, number)


def _applied(ctx: Context, import_id: str, typed: int | None) -> Reply:
    before = ctx.found(views.find, import_id)
    done = applying.apply(ctx.uow, ctx.actor, import_id, typed=typed)
    if isinstance(done, Faulty):
        return Reply(redraw=roster_work.gone(), deferred=lambda: cards.outdated(done.errors, before))
    if isinstance(done, View):
        return Reply(redraw=_shown(ctx, done))
    if typed is not None and done.guarded and not done.stale:
        raise BadValue("number", "is not how many the plan says would leave")
    return Reply(redraw=_planned(ctx, done))


@roster.command(needs=Permission.ROSTER_IMPORT, about=_school_of, hidden=True)
def undo(ctx: Context, roster: Which) -> Reply:
    """Undo an import, wherever nobody has changed it since."""
    return Reply(redraw=_shown(ctx, undoing.undo(ctx.uow, ctx.actor, roster)))


@roster.command(needs=Permission.ROSTER_IMPORT, about=_school_of, reads=True, hidden=True)
def show(ctx: Context, roster: Which) -> Reply:
    """Show how far an import has got."""
    return Reply(redraw=_card(ctx, roster))


@roster.command(name="open", needs=Permission.ROSTER_IMPORT, about=_school_of, reads=True, hidden=True)
def _open(ctx: Context, roster: Which) -> Card:
    """Open an import from the list."""
    return _card(ctx, roster)


def _card(ctx: Context, import_id: str) -> Card:
    found = ctx.found(views.find, import_id)
    if found.state is ImportState.PLANNED and found.undoes is None:
        plan = planning.summary(ctx.uow, found, ctx.uow.roster_steps.tally(found.id))
        return _planned(ctx, plan)
    return _shown(ctx, views.view(ctx.uow, found))


def _shown(ctx: Context, view: View) -> Card:
    return roster_work.shown(view, _first(ctx, view.roster, StepKind.KEEP))


@roster.command(needs=Permission.ROSTER_IMPORT, about=_school_of, reads=True, hidden=True)
def diff(ctx: Context, roster: Which) -> Reply:
    """List everyone in an import as a file, with what changes."""
    found = ctx.found(views.find, roster)
    entries = list(views.entries(ctx.uow, ctx.actor, found))
    note = note_export(ctx, ExportedList.IMPORT, found.subject, ctx.school, len(entries))
    return Reply(deferred=roster_files.diff(entries), note=note)


@roster.command(needs=Permission.ROSTER_IMPORT, reads=True)
def imports(ctx: Context) -> Card:
    """See what was imported, how far it has got, and undo it."""
    return _page(ctx, None)


@roster.command(
    needs=Permission.ROSTER_IMPORT, about=lambda ctx: _school_of(ctx, "after"), reads=True, hidden=True
)
def older(ctx: Context, after: Annotated[str, option("The last import of the page before")]) -> Reply:
    """Show the next page of imports."""
    return Reply(redraw=_page(ctx, after))


def _page(ctx: Context, after: str | None) -> Card:
    found = views.listed(ctx.uow, ctx.actor, ctx.school, after=after, limit=PAGE + 1)
    shown = [views.view(ctx.uow, one) for one in found]
    return roster_work.listed(ctx.school, shown, ctx.typed("roster sample"))


@roster.command(needs=Permission.ROSTER_IMPORT, reads=True)
def sample(ctx: Context, format: File = Format.XLSX) -> Reply:  # noqa: A002 - people type it
    """Get a file with every column and examples, to fill in."""
    school, offered = ctx.school, [one.name for one in access.school_roles(ctx.uow, ctx.school)]
    given = [one.name for one in access.grantable(ctx.uow, ctx.actor, school)]
    usual_first = sorted(given, key=lambda name: name != school.default_role)
    return Reply(deferred=cards.sample(school, offered, usual_first, format))


@roster.command(needs=Permission.ROSTER_IMPORT, reads=True)
def export(
    ctx: Context,
    format: Annotated[  # noqa: A002
        Format | None, option("As Excel or CSV; if empty, Excel, and CSV where the list is long")
    ] = None,
    search: Search = "",
    role: WithRole = "",
    invited: InvitedSo = None,
    grades: OfGrades = "",
    whole_district: Annotated[bool, option("Of all schools of the district")] = False,
) -> Reply:
    """Export the active members as a file that can be imported again."""
    wanted = people_filter(ctx, search, None, None, role, invited, grades)
    if whole_district:
        wanted = directory.of_district(ctx.school, wanted, "whole_district")
    found = exporting.export_rows(ctx.uow, ctx.actor, wanted)
    cells = [exporting.cells(one) for one in found.rows]
    of = districts.subject_of(wanted.district_id) if wanted.district_id else ctx.school.subject
    note = note_export(ctx, ExportedList.MEMBERS, of, ctx.school, len(cells))
    made = cards.exported(cells, found.left_out, ctx.school, format, whole=whole_district)
    return Reply(deferred=made, note=note)
