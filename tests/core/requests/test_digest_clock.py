"""One digest per school day, whatever clocks do: in every zone, across changes of the hour and of clocks."""

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

import pytest
from apscheduler.triggers.cron import CronTrigger

from bot.core.requests import digests
from bot.core.schools import calendar as school_days
from bot.core.schools.calendar import LATEST_DIGEST, WEEK, WORKDAYS
from bot.core.schools.holidays import Holiday
from bot.core.schools.schools import School
from bot.core.schools.settings import SchoolSettings
from bot.core.stuck import ItemTracker
from tests.fakes.database import FakeUnitOfWork
from tests.fakes.digests import FakeDigests
from tests.fakes.state import State

FIRST, LAST = datetime(2026, 9, 1, tzinfo=UTC), datetime(2028, 9, 1, tzinfo=UTC)
AWKWARD = (time(0, 0), time(0, 30), time(1, 30), time(2, 30), time(23, 59))
SECOND, MINUTE, HOUR, DAY = (
    timedelta(seconds=1),
    timedelta(minutes=1),
    timedelta(hours=1),
    timedelta(days=1),
)
# How late the sweep is after a school's time.
LATE = 17 * SECOND


class _NewsEveryDay(FakeDigests):
    """Digests of a school where somebody new always waits."""

    def has_unshown(self, school_id: str) -> bool:  # noqa: ARG002
        return True


class _Morning:
    """One school, and a clock that tests set."""

    def __init__(self, zone: str, settings: SchoolSettings, at: datetime) -> None:
        self.zone = ZoneInfo(zone)
        self.settings = settings
        self._state = State()
        self._school = School("maple", "Maple Grove", at, zone=zone)
        self._state.schools["maple"] = self._school
        self._state.school_settings["maple"] = settings
        self._state.digest_clocks["maple"] = (at, at)

    @property
    def next_look(self) -> datetime:
        return self._state.digest_clocks["maple"][0]

    @property
    def sent(self) -> list[tuple[date, datetime]]:
        """Return the digests that were sent: the day of each, and when it was sent."""
        return [(one.day, one.at) for one in self._state.digests.get("maple", ())]

    def sweep(self, now: datetime) -> None:
        """Run the sweep at a moment until it finds nothing due."""
        uow = FakeUnitOfWork(self._state, now, frozenset())
        uow.digests = _NewsEveryDay(self._state)
        for _ in range(3):
            if not digests.send_due(uow, ItemTracker()):
                return
        raise AssertionError(f"the sweep does not come to an end at {now} in {self.zone}")


@cache
def _changes(zone: str) -> tuple[datetime, ...]:
    """Find the moments when a zone's clocks are put forward or back."""
    info, found, at = ZoneInfo(zone), [], FIRST
    while at < LAST:
        later = at + DAY
        if at.astimezone(info).utcoffset() != later.astimezone(info).utcoffset():
            low, high = at, later
            while high - low > SECOND:
                middle = low + (high - low) / 2
                middle -= timedelta(microseconds=middle.microsecond)
                same = middle.astimezone(info).utcoffset() == low.astimezone(info).utcoffset()
                low, high = (middle, high) if same else (low, middle)
            found.append(high)
        at = later
    return tuple(found)


@cache
def _zones() -> list[str]:
    """Return one zone for each set of offsets in these two years: digests see nothing else of a zone."""
    found: dict[object, str] = {}
    for zone in sorted(available_timezones()):
        moments, info = (FIRST, *_changes(zone)), ZoneInfo(zone)
        found.setdefault(tuple((at, at.astimezone(info).utcoffset()) for at in moments), zone)
    return list(found.values())


def _ticks(morning: _Morning, first: datetime, last: datetime, change: datetime) -> Iterator[datetime]:
    """Yield times around a change: a few each day, and those of the school's digest."""
    around = {change + span for span in (-SECOND, 0 * SECOND, SECOND, HOUR / 2, HOUR, HOUR + SECOND)}
    fixed = sorted(around | {first + number * 5 * HOUR for number in range((last - first) // (5 * HOUR) + 1)})
    at = first
    while at < last:
        coming = [one for one in fixed if one > at]
        at = min([*coming[:1], max(morning.next_look, at) + LATE])
        yield at


def _first_shown(day: date, at: time, zone: ZoneInfo) -> datetime:
    """Go through the minutes for when clocks first show a time of a day, or a later one if they never do."""
    moment = datetime.combine(day, at, zone).astimezone(UTC) - 121 * MINUTE
    wanted = datetime.combine(day, at)
    while moment.astimezone(zone).replace(tzinfo=None) < wanted:
        moment += MINUTE
    return moment


def _put_forward(change: datetime, zone: ZoneInfo) -> timedelta:
    """Return by how much clocks are put forward at a change; negative where they are put back."""
    after, before = (at.astimezone(zone).utcoffset() for at in (change, change - SECOND))
    assert after is not None
    assert before is not None
    return after - before


@pytest.mark.parametrize("at", AWKWARD, ids=str)
def test_every_zone_has_one_digest_a_day_around_each_change_of_two_years(at: time) -> None:
    """Between changes a zone is a fixed offset, so the days around them are all there is to see."""
    settings = SchoolSettings(digest_at=at, digest_days=WEEK)
    seen = 0
    for zone in _zones():
        info = ZoneInfo(zone)
        for change in _changes(zone) or (FIRST + 3 * DAY,):
            first, last = change - 4 * DAY, change + 4 * DAY
            morning = _Morning(zone, settings, first)
            for now in _ticks(morning, first, last, change):
                morning.sweep(now)
            days = [day for day, _ in morning.sent]
            # Days at both ends may lie outside of what was swept.
            inner = [change.astimezone(info).date() + number * DAY for number in range(-2, 3)]
            assert days == sorted(set(days)), (zone, days)
            assert set(inner) <= set(days), (zone, inner, days)
            # A time that is left out comes as much later as the clock is put forward.
            later = max(_put_forward(change, info), 0 * SECOND)
            for day, sent_at in morning.sent:
                if abs(day - inner[2]) <= DAY:
                    due = _first_shown(day, at, info)
                    assert due <= sent_at <= due + later + LATE, (zone, day, due, sent_at)
                    seen += 1
    assert seen > 3 * len(_zones())


def test_a_time_that_is_left_out_at_midnight_comes_after_it() -> None:
    """In Scoresbysund the 27th of March 2027 ends at 23:00: its 23:59 is the next day's 0:59."""
    zone, midnight = ZoneInfo("America/Scoresbysund"), datetime(2027, 3, 28, 1, tzinfo=UTC)
    wanted = midnight + 59 * MINUTE
    for now in (midnight - SECOND, midnight, wanted - SECOND):
        assert school_days.next_digest(time(23, 59), WEEK, (), zone, now) == wanted
    assert school_days.digest_day(time(23, 59), WEEK, (), zone, midnight, wanted) == date(2027, 3, 27)


def test_there_are_changes_of_every_kind() -> None:
    """Without this, the test above might test nothing."""
    forward, back, half, midnight = 0, 0, 0, 0
    for zone in _zones():
        info = ZoneInfo(zone)
        for change in _changes(zone):
            by = _put_forward(change, info)
            forward += by > 0 * HOUR
            back += by < 0 * HOUR
            half += abs(by) == HOUR / 2
            midnight += (change - SECOND).astimezone(info).time() == time(23, 59, 59)
    assert min(forward, back) > 50
    assert min(half, midnight) > 0


@pytest.mark.parametrize("zone", ["Europe/Berlin", "Asia/Kolkata", "Africa/Cairo", "Pacific/Auckland"])
def test_two_whole_years_of_school_days(zone: str) -> None:
    break_ = Holiday(date(2026, 12, 21), date(2027, 1, 6))
    settings = SchoolSettings(digest_at=time(7, 30), digest_days=WORKDAYS, holidays=(break_,))
    morning = _Morning(zone, settings, FIRST)
    while (now := morning.next_look + LATE) < LAST:
        morning.sweep(now)
    info, day = ZoneInfo(zone), (FIRST + DAY).date()
    wanted = []
    while day < LAST.astimezone(info).date():
        if day.weekday() < 5 and day not in break_:
            wanted.append(day)
        day += DAY
    got = [day for day, _ in morning.sent if wanted[0] <= day <= wanted[-1]]
    assert got == wanted
    local = {sent_at.astimezone(info).time().replace(second=0) for _, sent_at in morning.sent}
    assert local == {time(7, 30)}


def _moved(
    morning: _Morning, start: datetime, jump: timedelta, jump_at: int, right_at: int | None
) -> list[datetime]:
    """Sweep every ten minutes for six days; the clock is moved, and perhaps put right again.

    Returns where the clock came out when it was moved.
    """
    now, landed = start, []
    for number in range(6 * 24 * 6):
        if number in {jump_at, right_at}:
            now += jump if number == jump_at else -jump
            landed.append(now)
        morning.sweep(now)
        now += 10 * MINUTE
    return landed


@pytest.mark.parametrize("jump", [HOUR, -HOUR, DAY, -DAY], ids=["+1h", "-1h", "+1d", "-1d"])
@pytest.mark.parametrize("put_right", [False, True], ids=["stays", "put right"])
def test_a_clock_that_is_moved(jump: timedelta, put_right: bool) -> None:
    """No day has two; one is left out only where the clock came out more than 12 hours too late for it."""
    dice = random.Random(f"{jump}{put_right}")
    left_out = 0
    for _ in range(30):
        zone = dice.choice(_zones())
        change = next(iter(_changes(zone)), FIRST + 9 * DAY)
        start = change - dice.randint(40, 90) * HOUR
        at = dice.choice(AWKWARD)
        morning = _Morning(zone, SchoolSettings(digest_at=at, digest_days=WEEK), start)
        jump_at = dice.randint(100, 500)
        right_at = jump_at + dice.randint(1, 200) if put_right else None
        landed = _moved(morning, start, jump, jump_at, right_at)
        days = [day for day, _ in morning.sent]
        assert len(days) == len(set(days)), (zone, at, days)
        span = (max(days) - min(days)) // DAY
        for day in {min(days) + number * DAY for number in range(span)} - set(days):
            due = school_days.moment_of(day, at, ZoneInfo(zone))
            assert LATEST_DIGEST <= landed[-1] - due < 2 * DAY, (zone, day, at, landed)
            left_out += 1
    assert (left_out > 0) == (abs(jump) == DAY and (jump > HOUR or put_right))


def test_the_cron_trigger_of_apscheduler_runs_twice_when_clocks_go_back_and_ours_once() -> None:
    """The first of November 2026 has half past one twice in New York."""
    new_york = ZoneInfo("America/New_York")
    trigger = CronTrigger(hour=1, minute=30, timezone=new_york)
    noon = datetime(2026, 10, 31, 16, tzinfo=UTC)
    fired: list[datetime] = []
    now = noon
    for _ in range(4):
        fired.append(trigger.get_next_fire_time(fired[-1] if fired else None, now.astimezone(new_york)))
        now = fired[-1].astimezone(UTC) + SECOND
    assert [at.day for at in fired] == [1, 1, 2, 3]

    settings = SchoolSettings(digest_at=time(1, 30), digest_days=WEEK)
    morning = _Morning("America/New_York", settings, noon)
    for minutes in range(0, 3 * 24 * 60, 5):
        morning.sweep(noon + minutes * MINUTE)
    days = [day for day, _ in morning.sent]
    assert days == [date(2026, 11, 1), date(2026, 11, 2), date(2026, 11, 3)]
    first_half_past_one = datetime(2026, 11, 1, 5, 30, tzinfo=UTC)
    assert morning.sent[0][1] == first_half_past_one
