"""Draws the picture of a report, with numbers of an invented district."""

from datetime import UTC, datetime

from bot.cards.reports import pictures as report_pictures
from bot.core.people.people_filter import Status
from bot.core.schools.report_ports import Place, Tally
from bot.core.schools.reports import Members, Scope, Subject
from bot.core.schools.schools import School

_NUMBERS = {
    "Maple Grove": (412, 9, 2, 4, 3, 38),
    "Oak Hill": (318, 21, 0, 1, 0, 12),
    "مدرسة الأرز": (187, 4, 1, 0, 0, 6),
    "Riverside Primary": (94, 0, 0, 0, 1, 17),
    "North Evening School": (41, 12, 0, 0, 0, 0),
}
_STATUSES = (
    *(Status.ACTIVE, Status.PENDING, Status.SUSPENDED),
    *(Status.DEACTIVATED, Status.REJECTED, Status.ARCHIVED),
)


def picture() -> bytes:
    """Draw the chart of the members of all schools."""
    school = School("0", "Maple Grove", datetime(2026, 9, 1, tzinfo=UTC))
    names = tuple((name, name) for name in _NUMBERS)
    of = Subject("North District", Scope.DISTRICT, Place("0", "1"), names, school)
    tallies = tuple(
        Tally(name, status, number)
        for name, numbers in _NUMBERS.items()
        for status, number in zip(_STATUSES, numbers, strict=True)
        if number
    )
    return report_pictures.schools(Members(of, tallies, ())).png
