"""/bulk: change many people at once. A plan shows who would change and how; a button applies it."""

from enum import StrEnum
from typing import Annotated, Any

from bot.cards import bulk as cards
from bot.cards.messages import broadcasts as broadcast_cards
from bot.chat.commands import Group
from bot.chat.context import Context
from bot.chat.options import option
from bot.chat.replies import Card, Reply
from bot.commands.common import note_export
from bot.commands.people_list import InState, InvitedSo, OfGrades, OfView, Search, WithRole, people_filter
from bot.core.audit import ExportedList
from bot.core.bulk import planning as work
from bot.core.bulk import views as bulk_views
from bot.core.bulk import work as bulk_work
from bot.core.bulk.acts import INVITING, Act
from bot.core.bulk.planning import BulkRequest, Plan, Planned
from bot.core.errors import BadValue, NotFound
from bot.core.invitations import answering
from bot.core.invitations.addressees import Way
from bot.core.messages import drafts as broadcast_drafts
from bot.core.people.people_filter import PeopleFilter, Status
from bot.core.rights import access
from bot.core.rights.permissions import Permission
from bot.core.schools.schools import School
from bot.core.schools.which_school import all_meant
from bot.core.stored import stored_school

bulk = Group("bulk", "Change many people at once: see the plan first, then apply it")


class What(StrEnum):
    """The acts that people can choose."""

    SUSPEND = "suspend"
    REINSTATE = "reinstate"
    DEACTIVATE = "deactivate"
    REACTIVATE = "reactivate"
    ARCHIVE = "archive"
    RESTORE = "restore"
    INVITE = "invite"
    INVITE_LATER = "invite later"
    ORGANIZE = "replace organizations"
    MESSAGE = "message"


Job = Annotated[str, option("A plan")]


def _requested(
    ctx: Context,
    act: What,
    search: Search = "",
    view: OfView = None,
    status: InState = None,
    role: WithRole = "",
    invited: InvitedSo = None,
    grades: OfGrades = "",
    schools: str = "",
) -> BulkRequest | PeopleFilter:
    """Return the bulk request that the options describe; for a message, only the filter of its recipients."""
    if act is What.RESTORE and status is None and view is None:
        status = Status.ARCHIVED  # only archived members can be restored
    wanted = people_filter(ctx, search, view, status, role, invited, grades)
    if schools and act is not What.ORGANIZE:
        raise BadValue("schools", f"is for {What.ORGANIZE.value} alone")
    if act is What.MESSAGE:
        return wanted
    return BulkRequest(Act[act.name], wanted, _schools(ctx, schools) if act is What.ORGANIZE else ())


def _worked_out(ctx: Context, **given: Any) -> Plan | int:
    """Work out the plan of a bulk act; for a message, count the people it would reach."""
    asked = _requested(ctx, **given)
    if isinstance(asked, PeopleFilter):
        return broadcast_drafts.count_reached(ctx.uow, ctx.actor, ctx.school, asked)
    found = work.make_plan(ctx.uow, ctx.actor, ctx.school, asked)
    if asked.act in INVITING and any(ctx.uow.people.details(one.person_id).email for one in found.affected):
        answering.refuse_unanswerable(ctx.uow, Way.EMAIL, ctx.ways)
    return found


@bulk.command(needs=Permission.MEMBER_READ, looks=_worked_out)
def plan(
    ctx: Context,
    act: Annotated[What, option("What to do to all of them")],
    search: Search = "",
    view: OfView = None,
    status: InState = None,
    role: WithRole = "",
    invited: InvitedSo = None,
    grades: OfGrades = "",
    schools: Annotated[str, option("For replace organizations: all their schools, separated by commas")] = "",
) -> Card:
    """See whom a change would affect, and what it would cost; nothing happens yet."""
    asked = _requested(ctx, act, search, view, status, role, invited, grades, schools)
    if isinstance(asked, PeopleFilter):
        return _message(ctx, ctx.seen)
    return _planned(ctx, work.store_plan(ctx.uow, ctx.actor, ctx.school, ctx.seen))


def _message(ctx: Context, number: int) -> Card:
    """Return the card that leads to writing a message to the people whom the filter matches."""
    names = ("search", "view", "status", "role", "invited", "grades")
    values = {name: str(ctx.values[name]) for name in names if ctx.values.get(name)}
    return broadcast_cards.from_plan(ctx.school, number, values)


def _schools(ctx: Context, typed: str) -> tuple[str, ...]:
    """Return the ids of the schools in a typed list of names or ids."""
    found = all_meant(ctx.uow, ctx.actor, typed)
    if not found:
        raise BadValue("schools", "is missing: name at least one", "Maple Grove, Oak Hill")
    for school in found:
        if school.archived:
            raise NotFound("school")
    return tuple(sorted({school.id for school in found}))


def _found(ctx: Context, job_id: str) -> tuple[work.Job, School]:
    """Find a job and its school; raise `NotFound` if the actor may not see the members of that school."""
    job = work.find(ctx.uow, job_id)
    school = stored_school(ctx.uow, job.school_id)
    if not access.holds(ctx.uow, ctx.actor, Permission.MEMBER_READ, school):
        raise NotFound("plan")
    return job, school


def _school_of_job(ctx: Context) -> School:
    return ctx.once(_found, ctx.value("job"))[1]


def _plan_now(ctx: Context, job: str) -> Plan | None:
    return bulk_work.current_plan(ctx.uow, ctx.actor, ctx.school, ctx.once(_found, job)[0])


@bulk.command(needs=Permission.MEMBER_READ, about=_school_of_job, looks=_plan_now, hidden=True)
def apply(ctx: Context, job: Job) -> Reply:
    """Do what a plan says, unless the facts have changed."""
    done = bulk_work.apply(ctx.uow, ctx.actor, ctx.school, ctx.once(_found, job)[0], ctx.seen)
    return Reply(redraw=_planned(ctx, done) if isinstance(done, Planned) else cards.shown(done))


@bulk.command(needs=Permission.MEMBER_READ, about=_school_of_job, hidden=True)
def undo(ctx: Context, job: Job) -> Reply:
    """Undo what a plan has done, wherever nobody has changed it since."""
    return Reply(redraw=cards.shown(bulk_work.undo(ctx.uow, ctx.actor, ctx.school, ctx.once(_found, job)[0])))


@bulk.command(needs=Permission.MEMBER_READ, about=_school_of_job, reads=True, hidden=True)
def show(ctx: Context, job: Job) -> Reply:
    """Show how far the work has got."""
    return Reply(redraw=cards.shown(bulk_views.view(ctx.uow, ctx.once(_found, job)[0])))


@bulk.command(needs=Permission.MEMBER_READ, about=_school_of_job, reads=True, hidden=True)
def who(ctx: Context, job: Job) -> Reply:
    """List everyone in a plan as a file."""
    found = ctx.once(_found, job)[0]
    listed = bulk_views.entries(ctx.uow, ctx.actor, found)
    made = cards.everyone(bulk_views.view(ctx.uow, found), listed, ctx.links)
    note = note_export(ctx, ExportedList.BULK, found.subject, ctx.school, len(listed))
    return Reply(deferred=made, note=note)


def _planned(ctx: Context, planned: Planned) -> Card:
    people = {one.person_id: one for one in planned.plan.affected}
    first = bulk_views.names(ctx.uow, list(people.values())[: cards.FIRST])
    return cards.planned(planned, ctx.school, first)
