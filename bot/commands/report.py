"""/report: numbers of members, results of invitations, times of decisions, and roster drift."""

from collections.abc import Callable
from datetime import date
from typing import Annotated

from bot.cards.reports import reports as cards
from bot.chat.commands import Group
from bot.chat.context import Context
from bot.chat.options import option
from bot.chat.replies import Card, Reply
from bot.commands.common import Until, note_export
from bot.core.audit import ExportedList
from bot.core.errors import NotFound
from bot.core.rights.permissions import Permission
from bot.core.rosters import drift_report
from bot.core.schools import districts, reports
from bot.core.schools.reports import Asked, Days, Format, ReportKind, Scope

report = Group("report", "Numbers of your school or district, as pictures and files")

Of = Annotated[Scope, option("The school, or its whole district")]
Since = Annotated[date | None, option("From which day: 30d, 2026-09-01; 30 days ago, if empty")]
Take = Annotated[Format | None, option("Get the numbers as a file too")]


@report.command(needs=Permission.REPORT_READ, reads=True)
def members(ctx: Context, scope: Of = Scope.SCHOOL, format: Take = None) -> Reply:  # noqa: A002 - people type it
    """Show how many members there are by school, role and status."""
    return _drawn(ctx, Asked(ReportKind.MEMBERS, scope), format)


@report.command(needs=Permission.REPORT_READ, reads=True)
def invitations(
    ctx: Context,
    scope: Of = Scope.SCHOOL,
    since: Since = None,
    until: Until = None,
    format: Take = None,  # noqa: A002
) -> Reply:
    """Show how many invitations were sent, opened, accepted and declined."""
    return _drawn(ctx, Asked(ReportKind.INVITATIONS, scope, _days(ctx, since, until)), format)


@report.command(needs=Permission.REPORT_READ, reads=True)
def decisions(
    ctx: Context,
    scope: Of = Scope.SCHOOL,
    since: Since = None,
    until: Until = None,
    format: Take = None,  # noqa: A002
) -> Reply:
    """Show how long people waited for a decision."""
    return _drawn(ctx, Asked(ReportKind.DECISIONS, scope, _days(ctx, since, until)), format)


@report.command(needs=Permission.ROSTER_IMPORT, reads=True)
def roster(ctx: Context, scope: Of = Scope.SCHOOL, format: Take = None) -> Reply:  # noqa: A002
    """Show who differs from the last roster; the file names them."""
    return _drawn(ctx, Asked(ReportKind.ROSTER, scope), format)


@report.command(needs=Permission.REPORT_READ, reads=True, hidden=True)
def again(
    ctx: Context,
    which: Annotated[str, option("Which report")],
    format: Take = None,  # noqa: A002
) -> Reply:
    """Show a report in another way."""
    asked = reports.unpack(which, ctx.uow.now, ctx.zone)
    if asked is None:
        raise NotFound("report")
    return _drawn(ctx, asked, format)


def _days(ctx: Context, since: date | None, until: date | None) -> Days:
    return reports.days(ctx.uow.now, ctx.zone, since, until)


def _drawn(ctx: Context, asked: Asked, form: Format | None) -> Reply:
    """Count in the unit of work; draw the card after it."""
    if asked.what is ReportKind.ROSTER:
        return _drift(ctx, asked, form)
    return Reply(deferred=_numbers(ctx, asked, form))


def _drift(ctx: Context, asked: Asked, form: Format | None) -> Reply:
    """Compare people with their last roster; the file names them, which the log says."""
    wider = reports.sees_district(ctx.uow, ctx.actor, ctx.school)
    found = drift_report.drift(ctx.uow, ctx.actor, ctx.school, asked.scope, named=form is not None)
    note, of = None, found.of.place.district_id
    if form is not None and found.last:
        subject = districts.subject_of(of) if of else ctx.school.subject
        note = note_export(ctx, ExportedList.DRIFT, subject, ctx.school, len(found.people))
    return Reply(deferred=lambda: cards.drift(found, form, wider=wider), note=note)


def _numbers(ctx: Context, asked: Asked, form: Format | None) -> Callable[[], Card]:
    about = (ctx.uow, ctx.actor, ctx.school, asked.scope)
    wider = reports.sees_district(ctx.uow, ctx.actor, ctx.school)
    days = asked.days or _days(ctx, None, None)
    if asked.what is ReportKind.MEMBERS:
        counted = reports.members(*about)
        return lambda: cards.members(counted, form, wider=wider)
    if asked.what is ReportKind.INVITATIONS:
        funnel = reports.invitations(*about, days)
        return lambda: cards.funnel(funnel, form, wider=wider)
    took = reports.decisions(*about, days)
    return lambda: cards.decisions(took, form, wider=wider)
