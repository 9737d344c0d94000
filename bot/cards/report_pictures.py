"""The pictures of reports. Drawing takes a moment, so such cards are made after the unit, on a thread."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from bot.cards.report_words import (
    SORTS,
    STATUSES,
    approver,
    number,
    role_name,
    span,
    spoken,
    steps_of,
    together,
    within,
)
from bot.charts import bars, spreads
from bot.charts.bars import Bar, Panel, Part
from bot.charts.colours import Colour
from bot.charts.spreads import Spread, Tick
from bot.chat.replies import Image
from bot.chat.text import Line, count, plain, say, verbatim
from bot.core.people_filter import Status
from bot.core.report_ports import Sort, Steps, Took
from bot.core.reports import Decisions, Funnel, Members

# More rows than these are together in the last one: a picture must fit a screen.
_MOST = 40
_COLOURS = {
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
Numbers = Mapping[Status, int]


def _stand_in(place: int) -> str:
    """Say what stands for a name that cannot be drawn: its place in the table beside the picture."""
    return plain(say("No. {n}", n=place))


def schools(found: Members) -> Image:
    """Draw the members of each school."""
    rows = [(verbatim(name), numbers) for name, numbers in found.by_school]
    return _members(found, rows, "members-by-school.png", "{n} other school", "{n} other schools")


def roles(found: Members) -> Image:
    """Draw the members with each role."""
    rows = [(role_name(name), numbers) for name, numbers in found.by_role]
    return _members(found, rows, "members-by-role.png", "{n} other role", "{n} other roles")


def _members(
    found: Members, rows: Sequence[tuple[Line, Numbers]], name: str, other: str, others: str
) -> Image:
    shown = list(rows[:_MOST]) if len(rows) <= _MOST else list(rows[: _MOST - 1])
    if rest := rows[len(shown) :]:
        sums = {status: sum(numbers.get(status, 0) for _, numbers in rest) for status in _COLOURS}
        shown.append((count(len(rest), other, others), sums))
    statuses = [status for status in _COLOURS if found.by_status.get(status)]
    drawn = [
        Bar(
            plain(label),
            _stand_in(place),
            tuple(numbers.get(status, 0) for status in statuses),
            f"{sum(numbers.values()):,}",
        )
        for place, (label, numbers) in enumerate(shown, 1)
    ]
    title = say("Members of {place}", place=found.of.name)
    total = together([_of_status(status, found.by_status[status]) for status in statuses])
    parts = [Part(plain(_of_status(one, found.by_status[one])), _COLOURS[one]) for one in statuses]
    subtitle = count(found.total, "{n} member", "{n} members")
    told = [
        say(
            "{label}: {n} ({numbers})",
            label=label,
            n=number(sum(numbers.values())),
            numbers=together([_of_status(one, numbers[one]) for one in statuses if numbers.get(one)]),
        )
        if sum(numbers.values())
        else say("{label}: 0", label=label)
        for label, numbers in shown
    ]
    alt = spoken(say("{title}, bars: {total}", title=title, total=total), told)
    return Image(bars.draw(plain(title), plain(subtitle), parts, [Panel("", tuple(drawn))]), alt, name)


def _of_status(status: Status, value: int) -> Line:
    return say("{status} {n}", status=STATUSES[status], n=number(value))


def funnel(found: Funnel) -> Image:
    """Draw how far invitations came, each sort apart."""
    title = say("Invitations of {place}", place=found.of.name)
    made = [one for sort in Sort if (one := found.of_sort(sort))]
    panels = [
        Panel(plain(SORTS[one.sort]), tuple(_step(one, *step) for step in steps_of(one))) for one in made
    ]
    told = [
        say(
            "{sort}: {steps}",
            sort=SORTS[one.sort],
            steps=together([say("{step} {n}", step=step, n=number(value)) for step, value in steps_of(one)]),
        )
        for one in made
    ]
    subtitle = say("Made {within}", within=within(found.days))
    png = bars.draw(plain(title), plain(subtitle), [Part("", Colour.BLUE)], panels)
    alt = spoken(say("{title}, made {within}, bars", title=title, within=within(found.days)), told)
    return Image(png, alt, "invitations.png")


def _step(of: Steps, name: Line, value: int) -> Bar:
    share = "" if of.sort is Sort.LINK else f" · {value / of.created:.0%}"
    return Bar(plain(name), "", (value,), f"{value:,}{share}")


def times(found: Decisions, whole: Took) -> Image:
    """Draw how long decisions took: in all, in each school, by each approver."""
    title = say("Time to decision, {place}", place=found.of.name)
    subtitle = say("Requests decided {within}", within=within(found.days))
    names = dict(found.of.schools)
    rows = [(say("All"), whole)]
    rows += [(verbatim(names.get(one.of, "?")), one) for one in found.by_school]
    rows += [(approver(one.of), one) for one in found.by_approver]
    rows = rows[:_MOST]
    key = say("Box: the middle half. Mark: the median. Dot: the slowest.")
    drawn = [
        Spread(plain(label), _stand_in(place), _five(one), f"{one.decided:,} · {plain(span(one.median))}")
        for place, (label, one) in enumerate(rows, 1)
    ]
    ticks = [Tick(time.total_seconds(), plain(name)) for time, name in _TICKS]
    png = spreads.draw(plain(title), plain(subtitle), plain(key), drawn, ticks)
    head = say("{title}, decided {within}", title=title, within=within(found.days))
    return Image(png, spoken(head, [_told(label, one) for label, one in rows]), "decisions.png")


def _five(one: Took) -> tuple[float, float, float, float, float]:
    return (
        one.quickest.total_seconds(),
        one.lower.total_seconds(),
        one.median.total_seconds(),
        one.upper.total_seconds(),
        one.slowest.total_seconds(),
    )


def _told(label: Line, one: Took) -> Line:
    return say(
        "{label}: {decided} decided, median {median}, middle half {lower} to {upper}, slowest {slowest}",
        label=label,
        decided=one.decided,
        median=span(one.median),
        lower=span(one.lower),
        upper=span(one.upper),
        slowest=span(one.slowest),
    )
