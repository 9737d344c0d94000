"""Cards of reports: a picture, its numbers as a table, and buttons for a file of them."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from bot.cards.common import fields
from bot.cards.reports import files, pictures
from bot.cards.reports.words import (
    DIFFERENCES,
    NOTHING,
    SORTS,
    STATUSES,
    approver,
    counted,
    day_range,
    number,
    role_name,
    span,
    steps_of,
)
from bot.chat.actions import Action
from bot.chat.replies import Actions, Block, Button, Card, Image, Table, Text
from bot.chat.text import Line, count, say, verbatim
from bot.core.people.people_filter import Status
from bot.core.rosters.drift_report import MOST_NAMED, RosterDrift
from bot.core.schools.report_ports import InvitationKind, TimeTaken
from bot.core.schools.reports import Asked, Decisions, Format, Funnel, Members, ReportKind, Scope, Subject

# How many rows a card shows; the file has all of them.
_ROWS = 15


def members(found: Members, form: Format | None, *, wider: bool) -> Card:
    """Show the numbers of members by status: for each school, and for each role."""
    title = say("Members of {place}", place=found.of.name)
    asked = Asked(ReportKind.MEMBERS, found.of.scope)
    if not found.total:
        return _card(title, found.of, asked, [Text(say("Nobody is here yet."))], wider=wider)
    active = number(found.by_status.get(Status.ACTIVE, 0))
    blocks: list[Block] = [
        Text(say("Active: {active} of {all}", active=active, all=number(found.total)), quiet=True)
    ]
    if found.of.several:
        rows = [(verbatim(name), numbers) for name, numbers in found.by_school]
        blocks += [pictures.schools(found), *_counted(say("School"), rows, found)]
        blocks.append(Text(say("Whoever is in several schools counts in each."), quiet=True))
    rows = [(role_name(name), numbers) for name, numbers in found.by_role]
    blocks += [pictures.roles(found), *_counted(say("Role"), rows, found)]
    blocks.append(Text(say("Whoever has several roles counts with each."), quiet=True))
    blocks += [files.members(found, form)] if form else []
    return _card(title, found.of, asked, blocks, wider=wider)


def _counted(heading: Line, rows: Sequence[tuple[Line, Mapping[Status, int]]], found: Members) -> list[Block]:
    statuses = tuple(status for status in STATUSES if found.by_status.get(status))
    cells = [
        (
            name,
            number(sum(own.values())),
            *(number(own[one]) if own.get(one) else NOTHING for one in statuses),
        )
        for name, own in rows
    ]
    return _table((heading, say("All"), *(STATUSES[one] for one in statuses)), cells)


def funnel(found: Funnel, form: Format | None, *, wider: bool) -> Card:
    """Show how many of the invitations created in a range of days reached each step."""
    title = say("Invitations of {place}", place=found.of.name)
    asked = Asked(ReportKind.INVITATIONS, found.of.scope, found.days)
    blocks: list[Block] = [Text(say("Made {within}", within=day_range(found.days)), quiet=True)]
    if not found.steps:
        blocks.append(Text(say("No invitation was made in this time.")))
        return _card(title, found.of, asked, blocks, wider=wider)
    blocks.append(pictures.funnel(found))
    for sort in InvitationKind:
        if one := found.of_kind(sort):
            steps = [(step, number(value)) for step, value in steps_of(one)]
            blocks += [Text(say("**{sort}**", sort=SORTS[sort])), fields(*steps)]
    blocks += [files.funnel(found, form)] if form else []
    return _card(title, found.of, asked, blocks, wider=wider)


def decisions(found: Decisions, form: Format | None, *, wider: bool) -> Card:
    """Show how long applicants waited for a decision, and how many still wait."""
    title = say("Time to decision, {place}", place=found.of.name)
    asked = Asked(ReportKind.DECISIONS, found.of.scope, found.days)
    blocks: list[Block] = [
        Text(say("Requests decided {within}", within=day_range(found.days)), quiet=True),
        _waiting(found),
    ]
    if found.whole is None:
        blocks.append(Text(say("No request was decided in this time.")))
        return _card(title, found.of, asked, blocks, wider=wider)
    names = dict(found.of.schools)
    headings = (
        *(say("Decided by"), say("Requests"), say("Approved")),
        *(say("Median"), say("Middle half"), say("Slowest")),
    )
    rows = [_took(say("All"), found.whole)]
    rows += [_took(verbatim(names.get(one.of, "?")), one) for one in found.by_school]
    rows += [_took(approver(one.of), one) for one in found.by_approver]
    blocks += [pictures.times(found, found.whole), *_table(headings, rows)]
    blocks += [files.decisions(found, form)] if form else []
    return _card(title, found.of, asked, blocks, wider=wider)


def drift(found: RosterDrift, form: Format | None, *, wider: bool) -> Card:
    """Show how many people differ from the last roster of their school; the file names them."""
    title = say("Roster drift, {place}", place=found.of.name)
    asked = Asked(ReportKind.ROSTER, found.of.scope)
    if found.oldest is None:
        nothing = Text(say("No roster has been imported yet."))
        return _card(title, found.of, asked, [nothing], wider=wider)
    blocks: list[Block] = [
        Text(counted(found.differing, "{number} person differs", "{number} people differ")),
        Text(_since(found, found.oldest), quiet=True),
        pictures.drift(found),
    ]
    kinds = tuple(one for one in DIFFERENCES if found.total.get(one))
    headings = (say("School"), *(DIFFERENCES[one] for one in kinds))
    rows = [
        (verbatim(name), *(number(own[one]) if own.get(one) else NOTHING for one in kinds))
        for name, own in found.by_school
    ]
    blocks += _table(headings, rows)
    if found.differing > MOST_NAMED:
        blocks.append(Text(say("The file names the first {n}.", n=number(MOST_NAMED)), quiet=True))
    blocks += [files.drift(found, form)] if form else []
    return _card(title, found.of, asked, blocks, wider=wider)


def _since(found: RosterDrift, oldest: datetime) -> Line:
    """Say which rosters are compared."""
    if not found.of.several:
        return say("Since the roster of {at}", at=oldest)
    if not found.without:
        return say("Since the last roster of each school, the oldest of {at}", at=oldest)
    return count(
        found.without,
        "Since the last roster of each school, the oldest of {at}. {n} school has none.",
        "Since the last roster of each school, the oldest of {at}. {n} schools have none.",
        at=oldest,
    )


def _waiting(found: Decisions) -> Block:
    if found.oldest is None:
        return Text(say("Nobody waits for a decision now."))
    waits = count(
        found.still_waiting,
        "{n} request waits now, since {since}.",
        "{n} requests wait now, the oldest since {since}.",
        since=found.oldest,
    )
    return Text(waits)


def _took(name: Line, one: TimeTaken) -> tuple[Line, ...]:
    middle = say("{lower} to {upper}", lower=span(one.lower), upper=span(one.upper))
    return (
        *(name, number(one.decided), number(one.approved)),
        *(span(one.median), middle, span(one.slowest)),
    )


def _table(headings: tuple[Line, ...], rows: Sequence[tuple[Line, ...]]) -> list[Block]:
    table = Table(headings, tuple(rows[:_ROWS]))
    left = len(rows) - _ROWS
    if left <= 0:
        return [table]
    return [table, Text(count(left, "{n} more is in the file.", "{n} more are in the file."), quiet=True)]


def _card(title: Line, of: Subject, asked: Asked, blocks: Sequence[Block], *, wider: bool) -> Card:
    """Return the card of a report; `wider` adds a button for the same report of the whole district."""
    again = {"which": asked.pack(), "school": of.school.id}
    counted = any(isinstance(block, Image) for block in blocks)
    take = [(say("CSV"), Format.CSV), (say("Excel"), Format.XLSX)] if counted else []
    buttons = [Button(name, Action("report again", {**again, "format": form.value})) for name, form in take]
    if wider:
        other = Scope.SCHOOL if of.several else Scope.DISTRICT
        name = say("Only {school}", school=of.school.name) if of.several else say("The whole district")
        packed = Asked(asked.what, other, asked.days).pack()
        buttons.append(Button(name, Action("report again", {**again, "which": packed})))
    return Card(title, (*blocks, *([Actions(tuple(buttons))] if buttons else ())))
