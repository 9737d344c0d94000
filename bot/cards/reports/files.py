"""The files of reports, with all numbers."""

from collections.abc import Sequence
from datetime import timedelta

from bot.cards.reports.words import DIFFERENCES, SORTS, STATUSES, approver, role_name
from bot.chat.replies import File
from bot.chat.text import Line, plain, say
from bot.core.rosters.drift_report import RosterDrift
from bot.core.schools.report_ports import TimeTaken
from bot.core.schools.reports import Decisions, Format, Funnel, Members
from bot.sheets import writing
from bot.sheets.writing import Cell

_HOUR = timedelta(hours=1)


def members(found: Members, form: Format) -> File:
    """Return a file with the numbers of members by school, role and status."""
    header = ("school", "role", "status", "members")
    names = dict(found.of.schools)
    rows = [
        (
            names.get(one.school_id, "?"),
            plain(role_name(one.role)),
            _word(STATUSES[one.status]),
            one.number,
        )
        for one in found.roles
    ]
    return _file("members", header, sorted(rows), form)


def funnel(found: Funnel, form: Format) -> File:
    """Return a file with the numbers of invitations by school, kind and step."""
    header = (
        *("school", "for", "first day", "last day", "created", "sent"),
        *("page opened", "openings", "accepted", "declined"),
    )
    names = dict(found.of.schools)
    rows = [
        (
            *(names.get(one.school_id, "?"), plain(SORTS[one.kind])),
            *(found.days.first.isoformat(), found.days.last.isoformat()),
            *(one.created, one.sent, one.opened, one.openings, one.accepted, one.declined),
        )
        for one in found.steps
    ]
    return _file("invitations", header, sorted(rows), form)


def decisions(found: Decisions, form: Format) -> File:
    """Return a file with the hours that decisions took: in all, by school, and by approver."""
    header = (
        *("of", "name", "first day", "last day", "decided", "approved"),
        *("quickest h", "lower quartile h", "median h", "upper quartile h", "slowest h"),
    )
    names = dict(found.of.schools)
    days = (found.days.first.isoformat(), found.days.last.isoformat())
    groups = [("all", found.of.name, one) for one in (found.whole,) if one]
    groups += [("school", names.get(one.of, "?"), one) for one in found.by_school]
    groups += [("approver", plain(approver(one.of)), one) for one in found.by_approver]
    rows: list[tuple[Cell, ...]] = [
        (of, name, *days, one.decided, one.approved, *_hours(one)) for of, name, one in groups
    ]
    return _file("decisions", header, rows, form)


def drift(found: RosterDrift, form: Format) -> File:
    """Return a file with the people who differ from the last roster of their school."""
    header = ("school", "name", "email", "difference")
    names = dict(found.of.schools)
    rows = [
        (names.get(one.school_id, "?"), one.name, one.email, _word(DIFFERENCES[one.difference]))
        for one in found.people
    ]
    return _file("roster-drift", header, rows, form)


def _hours(one: TimeTaken) -> tuple[float, ...]:
    five = (one.quickest, one.lower, one.median, one.upper, one.slowest)
    return tuple(round(time / _HOUR, 2) for time in five)


def _word(line: Line) -> str:
    return plain(line).casefold()


def _file(name: str, header: Sequence[str], rows: Sequence[Sequence[Cell]], form: Format) -> File:
    match form:
        case Format.CSV:
            content = writing.csv_of(header, rows)
        case Format.XLSX:
            content = writing.xlsx_of(header, rows, title=name)
    return File(f"{name}.{form.value}", content, say("The numbers of this report"))
