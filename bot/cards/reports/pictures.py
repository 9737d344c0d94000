"""The pictures of reports. Drawing takes a while, so these cards are made after the unit, on a thread."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from enum import StrEnum
from typing import Generic, TypeAlias, TypeVar

from bot.cards.reports.words import (
    DIFFERENCES,
    SORTS,
    STATUSES,
    alt_text,
    approver,
    counted,
    day_range,
    joined,
    number,
    role_name,
    span,
    steps_of,
)
from bot.charts import bars, box_plots
from bot.charts.bars import Bar, Panel, Part
from bot.charts.box_plots import BoxPlot, Tick
from bot.charts.colours import Colour
from bot.chat.replies import Image
from bot.chat.text import Line, count, plain, say, verbatim
from bot.core.people.people_filter import Status
from bot.core.rosters.drift import Difference
from bot.core.rosters.drift_report import RosterDrift
from bot.core.schools.report_ports import FunnelCounts, InvitationKind, TimeTaken
from bot.core.schools.reports import Decisions, Funnel, Members
from bot.core.values import dataclass

# A picture must fit a screen: rows beyond these are added up in the last one.
_MOST = 40
_STATUS = {
    Status.ACTIVE: Colour.GREEN,
    Status.PENDING: Colour.AMBER,
    Status.SUSPENDED: Colour.RED,
    Status.DEACTIVATED: Colour.VIOLET,
    Status.REJECTED: Colour.SLATE,
    Status.ARCHIVED: Colour.STONE,
}
_TICKS = (
    (timedelta(minutes=1), say("1 min")),
    (timedelta(minutes=10), say("10 min")),
    (timedelta(hours=1), say("1 h")),
    (timedelta(hours=6), say("6 h")),
    (timedelta(days=1), say("1 day")),
    (timedelta(days=3), say("3 days")),
    (timedelta(weeks=1), say("1 week")),
    (timedelta(days=30), say("30 days")),
    (timedelta(days=90), say("90 days")),
    (timedelta(days=365), say("1 year")),
)
_DIFFERENCE = {
    Difference.NONE: Colour.GREEN,
    Difference.EXTRA: Colour.BLUE,
    Difference.GONE: Colour.RED,
    Difference.NOT_COME: Colour.AMBER,
    Difference.BARRED: Colour.SLATE,
    Difference.ROLES: Colour.VIOLET,
    Difference.DETAILS: Colour.STONE,
}
K = TypeVar("K", bound=StrEnum)
Row: TypeAlias = tuple[Line, Mapping[K, int]]


def _stand_in(place: int) -> str:
    """Return what replaces a name that cannot be drawn: its number in the table next to the picture."""
    return plain(say("No. {n}", n=place))


def schools(found: Members) -> Image:
    """Draw the members of each school."""
    rows = [(verbatim(name), numbers) for name, numbers in found.by_school]
    return _members(found, rows, _Names("members-by-school.png", "{n} other school", "{n} other schools"))


def roles(found: Members) -> Image:
    """Draw the members with each role."""
    rows = [(role_name(name), numbers) for name, numbers in found.by_role]
    return _members(found, rows, _Names("members-by-role.png", "{n} other role", "{n} other roles"))


def _members(found: Members, rows: Sequence[Row[Status]], names: "_Names") -> Image:
    title = say("Members of {place}", place=found.of.name)
    kinds = [
        _Kind(one, STATUSES[one], colour, found.by_status.get(one, 0)) for one, colour in _STATUS.items()
    ]
    return _stacked(title, counted(found.total, "{number} member", "{number} members"), kinds, rows, names)


def drift(found: RosterDrift) -> Image:
    """Draw how many people of each school differ from its last roster."""
    title = say("Roster drift, {place}", place=found.of.name)
    subtitle = counted(found.differing, "{number} person differs", "{number} people differ")
    kinds = [
        _Kind(one, DIFFERENCES[one], colour, found.total.get(one, 0)) for one, colour in _DIFFERENCE.items()
    ]
    rows = [(verbatim(name), numbers) for name, numbers in found.by_school]
    return _stacked(
        title, subtitle, kinds, rows, _Names("roster.png", "{n} other school", "{n} other schools")
    )


@dataclass(frozen=True, slots=True)
class _Kind(Generic[K]):
    """A kind of bar segment: its label, its colour, and its total."""

    key: K
    word: Line
    colour: Colour
    total: int


@dataclass(frozen=True, slots=True)
class _Names:
    """The name of a picture's file, and the label of the row that adds up the rest (singular and plural)."""

    file: str
    other: str
    others: str


def _stacked(
    title: Line, subtitle: Line, kinds: Sequence[_Kind[K]], rows: Sequence[Row[K]], names: _Names
) -> Image:
    """Draw stacked bars, one per row, and describe them in the alternative text."""
    kinds = [one for one in kinds if one.total]
    shown = _together(kinds, rows, names)
    drawn = [
        Bar(
            plain(label),
            _stand_in(place),
            tuple(numbers.get(kind.key, 0) for kind in kinds),
            f"{sum(numbers.values()):,}",
        )
        for place, (label, numbers) in enumerate(shown, 1)
    ]
    legend = [_of_kind(kind, kind.total) for kind in kinds]
    told = [_bar_told(label, numbers, kinds) for label, numbers in shown]
    alt = alt_text(say("{title}, bars: {total}", title=title, total=joined(legend)), told)
    parts = [Part(plain(word), kind.colour) for word, kind in zip(legend, kinds, strict=True)]
    png = bars.draw(plain(title), plain(subtitle), parts, [Panel("", tuple(drawn))])
    return Image(png, alt, names.file)


def _together(kinds: Sequence[_Kind[K]], rows: Sequence[Row[K]], names: _Names) -> Sequence[Row[K]]:
    """Add up the rows that a picture has no room for in a last one."""
    if len(rows) <= _MOST:
        return rows
    rest = rows[_MOST - 1 :]
    sums = {kind.key: sum(numbers.get(kind.key, 0) for _, numbers in rest) for kind in kinds}
    last: Row[K] = (count(len(rest), names.other, names.others), sums)
    return (*rows[: _MOST - 1], last)


def _bar_told(label: Line, numbers: Mapping[K, int], kinds: Sequence[_Kind[K]]) -> Line:
    own = [_of_kind(kind, numbers[kind.key]) for kind in kinds if numbers.get(kind.key)]
    if not own:
        return say("{label}: 0", label=label)
    total = number(sum(numbers.values()))
    return say("{label}: {n} ({numbers})", label=label, n=total, numbers=joined(own))


def _of_kind(kind: _Kind[K], value: int) -> Line:
    return say("{word} {n}", word=kind.word, n=number(value))


def funnel(found: Funnel) -> Image:
    """Draw how many invitations reached each step, by kind."""
    title = say("Invitations of {place}", place=found.of.name)
    made = [one for sort in InvitationKind if (one := found.of_kind(sort))]
    panels = [
        Panel(plain(SORTS[one.kind]), tuple(_step(one, *step) for step in steps_of(one))) for one in made
    ]
    told = [
        say(
            "{sort}: {steps}",
            sort=SORTS[one.kind],
            steps=joined([say("{step} {n}", step=step, n=number(value)) for step, value in steps_of(one)]),
        )
        for one in made
    ]
    subtitle = say("Made {within}", within=day_range(found.days))
    png = bars.draw(plain(title), plain(subtitle), [Part("", Colour.BLUE)], panels)
    alt = alt_text(say("{title}, made {within}, bars", title=title, within=day_range(found.days)), told)
    return Image(png, alt, "invitations.png")


def _step(of: FunnelCounts, name: Line, value: int) -> Bar:
    share = "" if of.kind is InvitationKind.LINK else f" · {value / of.created:.0%}"
    return Bar(plain(name), "", (value,), f"{value:,}{share}")


def times(found: Decisions, whole: TimeTaken) -> Image:
    """Draw how long decisions took: in all, by school, and by approver."""
    title = say("Time to decision, {place}", place=found.of.name)
    subtitle = say("Requests decided {within}", within=day_range(found.days))
    names = dict(found.of.schools)
    rows = [(say("All"), whole)]
    rows += [(verbatim(names.get(one.of, "?")), one) for one in found.by_school]
    rows += [(approver(one.of), one) for one in found.by_approver]
    key = say("Box: the middle half. Mark: the median. Dot: the slowest.")
    drawn = [
        BoxPlot(plain(label), _stand_in(place), _five(one), plain(span(one.median)))
        for place, (label, one) in enumerate(rows[:_MOST], 1)
    ]
    ticks = [Tick(time.total_seconds(), plain(name)) for time, name in _TICKS]
    png = box_plots.draw(plain(title), plain(subtitle), plain(key), drawn, ticks)
    head = say("{title}, decided {within}", title=title, within=day_range(found.days))
    return Image(png, alt_text(head, [_told(label, one) for label, one in rows]), "decisions.png")


def _five(one: TimeTaken) -> tuple[float, float, float, float, float]:
    return (
        one.quickest.total_seconds(),
        one.lower.total_seconds(),
        one.median.total_seconds(),
        one.upper.total_seconds(),
        one.slowest.total_seconds(),
    )


def _told(label: Line, one: TimeTaken) -> Line:
    return say(
        "{label}: {decided} decided, median {median}, middle half {lower} to {upper}, slowest {slowest}",
        label=label,
        decided=one.decided,
        median=span(one.median),
        lower=span(one.lower),
        upper=span(one.upper),
        slowest=span(one.slowest),
    )
