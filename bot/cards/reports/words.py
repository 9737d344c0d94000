"""The words of reports: names of what is counted, numbers, and spans of time."""

from collections.abc import Sequence
from datetime import timedelta

from bot.chat.text import Line, count, plain, say, verbatim
from bot.core.people.people_filter import Status
from bot.core.rosters.drift import Difference
from bot.core.schools.report_ports import FunnelCounts, InvitationKind
from bot.core.schools.reports import Days

STATUSES = {
    Status.ACTIVE: say("Active"),
    Status.PENDING: say("Pending"),
    Status.SUSPENDED: say("Suspended"),
    Status.DEACTIVATED: say("Deactivated"),
    Status.REJECTED: say("Rejected"),
    Status.ARCHIVED: say("Archived"),
}
SORTS = {
    InvitationKind.PERSON: say("For one person"),
    InvitationKind.LINK: say("Links and codes for several"),
    InvitationKind.CODE: say("Single-use codes of batches"),
}
DIFFERENCES = {
    Difference.NONE: say("As listed"),
    Difference.EXTRA: say("Not on the roster"),
    Difference.GONE: say("Gone"),
    Difference.NOT_COME: say("Not come yet"),
    Difference.BARRED: say("Not active"),
    Difference.ROLES: say("Other roles"),
    Difference.DETAILS: say("Other name or address"),
}
NOTHING = verbatim("")
# How many characters of alternative text platforms and screen readers take; the table and the file have all.
_MOST = 900


def number(value: int) -> Line:
    """Return a number with separators of thousands."""
    return verbatim(f"{value:,}")


def counted(value: int, one: str, other: str) -> Line:
    """Return a singular or plural, in which `{number}` is written like all numbers of reports."""
    return count(value, one, other, number=number(value))


def role_name(name: str) -> Line:
    """Return the name of a role, or that there is none."""
    return verbatim(name) if name else say("No role")


def approver(of: str) -> Line:
    """Return a label that tells approvers apart without naming them."""
    return say("Approver {n}", n=of)


def steps_of(one: FunnelCounts) -> list[tuple[Line, int]]:
    """Return the steps of a kind of invitation, with how many reached each."""
    made = (say("Created"), one.created)
    match one.kind:
        case InvitationKind.PERSON:
            return [
                made,
                (say("Sent"), one.sent),
                (say("Page opened"), one.opened),
                (say("Accepted"), one.accepted),
                (say("Declined"), one.declined),
            ]
        case InvitationKind.LINK:
            return [made, (say("Pages opened"), one.openings), (say("People who came"), one.accepted)]
        case InvitationKind.CODE:
            return [made, (say("Page opened"), one.opened), (say("Used"), one.accepted)]


def day_range(days: Days) -> Line:
    """Return a range of days."""
    if days.first == days.last:
        return verbatim(days.first.isoformat())
    return say("{first} to {last}", first=days.first.isoformat(), last=days.last.isoformat())


_MINUTE, _HOUR, _DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def span(time: timedelta) -> Line:
    """Return a span of time in its two largest units."""
    if time < _MINUTE:
        return say("under a minute")
    if time < _HOUR:
        return say("{n} min", n=time // _MINUTE)
    if time < _DAY:
        return _two(say("{n} h", n=time // _HOUR), say("{n} min", n=time % _HOUR // _MINUTE), time % _HOUR)
    days = count(time // _DAY, "{n} day", "{n} days")
    return _two(days, say("{n} h", n=time % _DAY // _HOUR), time % _DAY // _HOUR * _HOUR)


def _two(larger: Line, smaller: Line, rest: timedelta) -> Line:
    return say("{larger} {smaller}", larger=larger, smaller=smaller) if rest >= _MINUTE else larger


def joined(parts: Sequence[Line], *, apart: str = ", ") -> Line:
    """Join lines by a separator."""
    names = [f"part{place}" for place in range(len(parts))]
    return say(apart.join(f"{{{name}}}" for name in names), **dict(zip(names, parts, strict=True)))


def alt_text(head: Line, rows: Sequence[Line]) -> Line:
    """Return a picture's alternative text; of very many rows it has the first and the number of others."""
    room = _MOST - len(plain(head))
    told: list[Line] = []
    for row in rows:
        room -= len(plain(row)) + 2
        if told and room < 0:
            break
        told.append(row)
    if left := len(rows) - len(told):
        told.append(count(left, "and {n} more", "and {n} more"))
    return say("{head}. {rows}.", head=head, rows=joined(told, apart="; "))
