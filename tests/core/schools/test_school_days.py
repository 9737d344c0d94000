"""Local times and weekdays, as people type them, and when a digest is due."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.errors import BadValue
from bot.core.schools.calendar import (
    WEEK,
    WORKDAYS,
    Weekday,
    day_off_ends,
    digest_day,
    moment_of,
    next_digest,
    read_days,
    read_time,
    shown_days,
)
from bot.core.schools.holidays import Holiday

BERLIN = ZoneInfo("Europe/Berlin")
ZONES = st.sampled_from(["Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Pacific/Apia", "UTC"])


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("7:30", time(7, 30)),
        ("07.05", time(7, 5)),
        ("23h59", time(23, 59)),
        ("0:00", time()),
        ("7", time(7)),
        ("8 am", time(8)),
        ("8AM", time(8)),
        ("8 p.m.", time(20)),
        ("7:30 pm", time(19, 30)),
        ("1 pm", time(13)),
        ("12 am", time()),
        ("12:15 pm", time(12, 15)),
        ("19 Uhr", time(19)),
        ("7.30 Uhr", time(7, 30)),
        ("8 o'clock", time(8)),
        ("8 o\u2019clock", time(8)),
        ("20h", time(20)),
    ],
)
def test_times_of_day(typed: str, read: time) -> None:
    assert read_time(typed, "digest_time") == read


@pytest.mark.parametrize(
    "typed", ["24:00", "7:60", "24", "noon", "7:3", "-1:00", "13 pm", "0 am", "7 xm", "am"]
)
def test_what_is_no_time_of_day(typed: str) -> None:
    with pytest.raises(BadValue) as refused:
        read_time(typed, "digest_time")
    assert _told(refused.value) == ("digest_time", f"is no time of day: “{typed}”", "7:30")


def _told(wrong: BadValue) -> tuple[str, str, str]:
    return wrong.option, wrong.problem, wrong.example


def test_a_refusal_repeats_only_a_part_of_what_was_typed() -> None:
    typed = "x" * 50
    for read in (read_time, read_days):
        with pytest.raises(BadValue) as refused:
            read(typed, "name")
        assert refused.value.problem.endswith(f"“{typed[:40]}”")


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("Mon-Fri", "Mon-Fri"),
        ("monday \u2013 friday", "Mon-Fri"),
        ("mon,wed, Friday", "Mon, Wed, Fri"),
        ("Sun-Thu", "Mon-Thu, Sun"),
        ("tue", "Tue"),
        ("Sat Sun", "Sat, Sun"),
        ("fri-mon", "Mon, Fri-Sun"),
        ("mon-sun", "Mon-Sun"),
        ("Monday to Friday", "Mon-Fri"),
        ("Weekdays", "Mon-Fri"),
        ("every  day", "Mon-Sun"),
        ("Mon, Wed and Fri", "Mon, Wed, Fri"),
    ],
)
def test_days_of_the_week(typed: str, shown: str) -> None:
    assert shown_days(read_days(typed, "digest_days")) == shown


@given(st.sets(st.sampled_from(WEEK), min_size=1))
def test_days_are_read_as_they_are_shown(days: set[Weekday]) -> None:
    ordered = tuple(sorted(days, key=WEEK.index))
    assert read_days(shown_days(ordered), "digest_days") == ordered


@pytest.mark.parametrize(
    ("typed", "part"),
    [
        ("", ""),
        ("mo", "mo"),
        ("Mon-", ""),
        ("-Fri", ""),
        ("Caturday", "Caturday"),
        ("mondayish", "mondayish"),
    ],
)
def test_what_is_no_day(typed: str, part: str) -> None:
    with pytest.raises(BadValue) as refused:
        read_days(typed, "digest_days")
    assert _told(refused.value) == ("digest_days", f"has no day of the week in “{part}”", "Mon-Fri")


@pytest.mark.parametrize(
    ("day", "at", "utc"),
    [
        (date(2026, 3, 28), time(2, 30), "2026-03-28T01:30"),
        (date(2026, 3, 29), time(2, 30), "2026-03-29T01:30"),  # left out: it comes as 3:30
        (date(2026, 10, 25), time(2, 30), "2026-10-25T00:30"),  # twice: the first counts
    ],
)
def test_moments_where_clocks_change(day: date, at: time, utc: str) -> None:
    moment = moment_of(day, at, BERLIN)
    assert moment == datetime.fromisoformat(utc).replace(tzinfo=UTC)
    assert moment.tzinfo is UTC


@pytest.mark.parametrize(
    ("days", "now", "ends"),
    [
        (WORKDAYS, "2026-09-04 15:00", None),  # a Friday
        (WORKDAYS, "2026-09-05 15:00", "2026-09-07 15:00"),
        (WORKDAYS, "2026-10-24 15:00", "2026-10-26 15:00"),  # the clocks go back on Sunday
        (WORKDAYS, "2027-03-27 02:30", "2027-03-29 02:30"),  # and forward
        (WORKDAYS, "2026-12-19 23:59", "2027-01-07 23:59"),
        (WORKDAYS[:1], "2026-09-04 15:00", None),  # one digest a week
        (WEEK[:6], "2026-09-05 15:00", None),
        ((*WEEK[:4], Weekday.SUN), "2026-09-04 15:00", "2026-09-06 15:00"),  # Friday and Saturday are off
        ((*WEEK[:4], Weekday.SUN), "2026-09-03 15:00", None),
        (WEEK, "2026-12-24 15:00", "2027-01-07 15:00"),
    ],
)
def test_days_off_end_at_the_same_time_of_day(days: tuple[Weekday, ...], now: str, ends: str | None) -> None:
    holidays = (Holiday(date(2026, 12, 21), date(2027, 1, 6)),)
    assert day_off_ends(days, holidays, BERLIN, _at(now)) == (ends and _at(ends))


def test_holidays_without_end_put_nothing_off() -> None:
    ever = (Holiday(date(2026, 1, 1), date(2030, 1, 1)),)
    assert day_off_ends(WORKDAYS, ever, BERLIN, datetime(2026, 9, 1, 8, tzinfo=UTC)) is None


def test_the_next_digest_leaves_out_weekends_and_holidays() -> None:
    friday = datetime(2026, 9, 4, 5, 29, tzinfo=UTC)  # 7:29 in Berlin

    def due(now: datetime, *holidays: Holiday) -> datetime | None:
        return next_digest(time(7, 30), WORKDAYS, holidays, BERLIN, now)

    assert due(friday) == friday + timedelta(minutes=1)
    assert due(friday + timedelta(minutes=1)) == datetime(2026, 9, 7, 5, 30, tzinfo=UTC)
    off = Holiday(date(2026, 9, 7), date(2026, 9, 8))
    assert due(friday + timedelta(minutes=1), off) == datetime(2026, 9, 9, 5, 30, tzinfo=UTC)
    assert next_digest(None, WORKDAYS, (), BERLIN, friday) is None
    assert next_digest(time(7, 30), (), (), BERLIN, friday) is None


def _at(text: str, zone: ZoneInfo = BERLIN) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


EVENING, MORNING = time(22), time(8)
TOKYO, APIA = ZoneInfo("Asia/Tokyo"), ZoneInfo("Pacific/Apia")
DIGESTS = [
    # The day before's is still due after midnight, for twelve hours.
    (EVENING, BERLIN, "2026-09-01T12:00", "2026-09-01T21:59", None),
    (EVENING, BERLIN, "2026-09-01T12:00", "2026-09-01T22:00", "2026-09-01"),
    (EVENING, BERLIN, "2026-09-01T12:00", "2026-09-02T09:59", "2026-09-01"),
    (EVENING, BERLIN, "2026-09-01T12:00", "2026-09-02T10:00", None),
    (EVENING, BERLIN, "2026-09-01T22:00", "2026-09-02T01:00", None),
    (EVENING, BERLIN, "2026-09-01T21:59", "2026-09-02T01:00", "2026-09-01"),
    # Where it is tomorrow already, it is that day's.
    (MORNING, TOKYO, "2026-09-01T12:00", "2026-09-02T08:30", "2026-09-02"),
    # Apia had no 30 December in 2011: the evening before was the day before yesterday's.
    (EVENING, APIA, "2011-12-29T12:00", "2011-12-31T03:00", "2011-12-29"),
]


@pytest.mark.parametrize(("at", "zone", "since", "now", "day"), DIGESTS)
def test_whose_digest_is_due(at: time, zone: ZoneInfo, since: str, now: str, day: str | None) -> None:
    found = digest_day(at, WEEK, (), zone, _at(since, zone), _at(now, zone))
    assert found == (date.fromisoformat(day) if day else None)
    assert digest_day(None, WEEK, (), zone, _at(since, zone), _at(now, zone)) is None


def test_a_day_that_a_calendar_leaves_out_has_its_digest_on_the_next() -> None:
    day_before = Holiday(date(2011, 12, 31), date(2011, 12, 31))
    due = next_digest(MORNING, WEEK, (day_before,), APIA, _at("2011-12-31T05:00", APIA))
    assert due == _at("2011-12-31T08:00", APIA)


def test_the_next_digest_follows_the_day_of_the_schools_zone() -> None:
    weekend = _at("2026-09-05T01:00", TOKYO)  # a Saturday there, a Friday in UTC
    assert next_digest(MORNING, (Weekday.SAT,), (), TOKYO, weekend) == _at("2026-09-05T08:00", TOKYO)


@given(
    ZONES,
    st.times().map(lambda at: at.replace(second=0, microsecond=0)),
    st.sets(st.sampled_from(WEEK), min_size=1),
    st.datetimes(datetime(2025, 1, 1), datetime(2028, 1, 1)),  # noqa: DTZ001 - Hypothesis wants them so
)
def test_the_next_digest_is_later_and_on_a_school_day(
    zone_name: str, at: time, days: set[Weekday], naive: datetime
) -> None:
    zone, now = ZoneInfo(zone_name), naive.replace(tzinfo=UTC)
    due = next_digest(at, tuple(days), (), zone, now)
    assert due is not None
    local = due.astimezone(zone)
    assert due > now
    assert WEEK[local.weekday()] in days or local.time() < at  # an hour that is left out at midnight
    assert due - now < timedelta(days=8, hours=1)
