"""Times as people type them."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.chat.when import WhenUnreadable, read_day, read_when

NOW = datetime(2026, 9, 1, 8, 0, 30, 250_000, tzinfo=UTC)  # a Tuesday
BERLIN, NEW_YORK, KIRITIMATI = (
    ZoneInfo(one) for one in ("Europe/Berlin", "America/New_York", "Pacific/Kiritimati")
)


def read(typed: str, zone: ZoneInfo = BERLIN, now: datetime = NOW) -> datetime:
    return read_when(typed, now=now, zone=zone)


def local(text: str, zone: ZoneInfo = BERLIN) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


@pytest.mark.parametrize(
    ("typed", "span"),
    [
        ("7d", timedelta(days=7)),
        ("in 2 hours", timedelta(hours=2)),
        ("IN 2 HOURS", timedelta(hours=2)),
        (" 90 min ", timedelta(minutes=90)),
        ("1 week", timedelta(weeks=1)),
        ("1h30m", timedelta(minutes=90)),
        ("2 days, 3 hours and 5 minutes", timedelta(days=2, hours=3, minutes=5)),
        ("in 1h30", timedelta(minutes=90)),
    ],
)
@pytest.mark.parametrize(
    "now", [NOW, datetime(2026, 10, 25, 0, 30, tzinfo=UTC)], ids=["summer", "clocks go back"]
)
def test_spans_are_counted_from_now_whatever_the_clocks_do(
    typed: str, span: timedelta, now: datetime
) -> None:
    for zone in (BERLIN, NEW_YORK, KIRITIMATI):
        assert read(typed, zone, now) == now + span


@pytest.mark.parametrize(
    ("typed", "moment"),
    [
        ("Friday 17:00", "2026-09-04T17:00"),
        ("friday at 5pm", "2026-09-04T17:00"),
        ("tomorrow 9:00", "2026-09-02T09:00"),
        ("tomorrow at 5pm", "2026-09-02T17:00"),
        ("12:30 am tomorrow", "2026-09-02T00:30"),
        ("day after tomorrow at 17:00:30", "2026-09-03T17:00:30"),
        ("tomorrow noon", "2026-09-02T12:00"),
        ("Fri 18.09. 8:00", "2026-09-18T08:00"),
        ("2027-01-31T10:00+01:00", "2027-01-31T10:00"),
        ("2027-01-31 10:00", "2027-01-31T10:00"),
        ("2027-01-31 00:00", "2027-01-31T00:00"),
        ("2027-1-5 10:00", "2027-01-05T10:00"),
        ("9.00", "2026-09-02T09:00"),
        ("17:00", "2026-09-01T17:00"),
        ("07:00", "2026-09-02T07:00"),
        ("Friday 9h", "2026-09-04T09:00"),
        ("tomorrow 9h", "2026-09-02T09:00"),
        ("2026-11-30 21h", "2026-11-30T21:00"),
        ("21h 2026-11-30", "2026-11-30T21:00"),
        ("2h 13/12/2026", "2026-12-13T02:00"),
        ("8 Sep @ 16 h", "2026-09-08T16:00"),
        ("8 Sep 16h30", "2026-09-08T16:30"),
        ("31.12.26 17:00", "2026-12-31T17:00"),
    ],
)
def test_a_time_of_day_is_meant_exactly_and_in_ones_own_zone(typed: str, moment: str) -> None:
    assert read(typed) == local(moment)


@pytest.mark.parametrize(
    ("typed", "moment"),
    [
        ("tmrw 9:00", "2026-09-02T09:00"),
        ("tmr 5pm", "2026-09-02T17:00"),
        ("tommorow 17:00", "2026-09-02T17:00"),
        ("2moro 5p", "2026-09-02T17:00"),
        ("weds 5pm", "2026-09-02T17:00"),
        ("thurs 17:00", "2026-09-03T17:00"),
        ("till Friday 5pm", "2026-09-04T17:00"),
        ("Friday 5pm sharp", "2026-09-04T17:00"),
        # A point between hours and minutes, where it cannot be one between day and month.
        ("tomorrow 9.10", "2026-09-02T09:10"),
        ("tomorrow 9.30", "2026-09-02T09:30"),
        ("Friday 9.00", "2026-09-04T09:00"),
        ("Friday 9.30", "2026-09-04T09:30"),
        ("Friday 17 o'clock", "2026-09-04T17:00"),
        ("Friday 17:30 o\u2019clock", "2026-09-04T17:30"),
        ("Friday 8 o\u2019clock pm", "2026-09-04T20:00"),
        ("8 o'clock in the evening", "2026-09-01T20:00"),
        ("tomorrow at 8 in the morning", "2026-09-02T08:00"),
        ("Friday 5 in the afternoon", "2026-09-04T17:00"),
        ("Friday 8 Uhr", "2026-09-04T08:00"),
        ("17:30 Uhr", "2026-09-01T17:30"),
        ("Friday 2030h", "2026-09-04T20:30"),
        # As phones and word processors write it.
        ("Friday\u00a017\uff1a00", "2026-09-04T17:00"),
        ("2027\u201101\u201120 17:00", "2027-01-20T17:00"),
        ("EOD", "2026-09-01T23:59"),
        ("end of today", "2026-09-01T23:59"),
        ("by eod Friday", "2026-09-04T23:59"),
    ],
)
def test_words_that_people_write_are_read(typed: str, moment: str) -> None:
    assert read(typed) == local(moment)


@pytest.mark.parametrize(
    ("typed", "span"),
    [
        ("half an hour", timedelta(minutes=30)),
        ("in 1/2 hour", timedelta(minutes=30)),
        ("in \u00bd hour", timedelta(minutes=30)),
        ("1,5 h", timedelta(minutes=90)),  # and not five hours
        ("2 hours 30", timedelta(minutes=150)),  # and not two hours
        ("2 wks", timedelta(weeks=2)),
        ("2 weeks from today", timedelta(weeks=2)),
        ("in 5 days\u2019 time", timedelta(days=5)),
    ],
)
def test_spans_that_people_write_are_read(typed: str, span: timedelta) -> None:
    assert read(typed) == NOW + span


@pytest.mark.parametrize(
    "typed",
    [
        *("8 o'clock", "tomorrow 8 o\u2019clock", "Friday 12 o'clock", "Monday at 8", "tomorrow at 5"),
        *("today at 5", "Friday 3", "at 3", "tmrw at 10"),
    ],
)
def test_an_hour_of_either_half_of_the_day_is_asked_about(typed: str) -> None:
    with pytest.raises(WhenUnreadable, match="could be in the morning or in the evening"):
        read(typed)
    with pytest.raises(WhenUnreadable, match="cannot be read as a day"):
        read_day(typed, now=NOW, zone=BERLIN)


@pytest.mark.parametrize("typed", ["Friday midnight", "midnight tomorrow", "25.12. midnight", "Friday 9.10"])
def test_what_may_be_another_day_is_asked_about(typed: str) -> None:
    with pytest.raises(WhenUnreadable, match="could mean two days"):
        read(typed)


@pytest.mark.parametrize(
    ("typed", "day"),
    [
        ("2027-01-31", "2027-01-31"),
        ("2027-1-5", "2027-01-05"),
        ("Friday", "2026-09-04"),
        ("today", "2026-09-01"),
        ("tomorrow", "2026-09-02"),
        ("day after tomorrow", "2026-09-03"),
        ("by tomorrow.", "2026-09-02"),
        ("Friday 4 September", "2026-09-04"),
        ("next Tuesday", "2026-09-08"),
        ("31-01-2027", "2027-01-31"),
        ("31 January", "2027-01-31"),
        ("Jan 31 2027", "2027-01-31"),
        ("31/01/2027", "2027-01-31"),
        ("31.01.2027", "2027-01-31"),
    ],
)
def test_a_day_without_a_time_means_its_end(typed: str, day: str) -> None:
    for zone in (BERLIN, NEW_YORK):
        assert read(typed, zone) == local(f"{day}T23:59:59", zone)


def test_a_day_is_the_day_of_whoever_types() -> None:
    late = datetime(2026, 9, 1, 23, 30, tzinfo=UTC)
    assert read("today", KIRITIMATI, late) == local("2026-09-02T23:59:59", KIRITIMATI)
    assert read("today", NEW_YORK, late) == local("2026-09-01T23:59:59", NEW_YORK)


@pytest.mark.parametrize(
    ("typed", "moment"),
    [
        ("2027-01-31T10:00:00Z", datetime(2027, 1, 31, 10, tzinfo=UTC)),
        ("2027-01-31T10:00+02:00", datetime(2027, 1, 31, 8, tzinfo=UTC)),
        ("2027-01-31 10:00 EST", datetime(2027, 1, 31, 15, tzinfo=UTC)),
        ("2026-10-05 17:00 GMT+2", datetime(2026, 10, 5, 15, tzinfo=UTC)),
        # It is summer there: nobody means winter time, even if the abbreviation says so.
        ("2026-10-05 17:00 PT", datetime(2026, 10, 6, 0, tzinfo=UTC)),
        ("2026-10-05 5pm EST", datetime(2026, 10, 5, 21, tzinfo=UTC)),
        ("Friday 5 pm Eastern time", datetime(2026, 9, 4, 21, tzinfo=UTC)),
        ("tomorrow 17:00 CET", datetime(2026, 9, 2, 15, tzinfo=UTC)),
        ("Friday noon EST", datetime(2026, 9, 4, 16, tzinfo=UTC)),
        ("tomorrow midday cet", datetime(2026, 9, 2, 10, tzinfo=UTC)),
        ("noon PST", datetime(2026, 9, 1, 19, tzinfo=UTC)),
        ("2026-10-05 17:00 (BST)", datetime(2026, 10, 5, 16, tzinfo=UTC)),
        ("2027-01-05 17:00 MESZ", datetime(2027, 1, 5, 16, tzinfo=UTC)),
    ],
)
def test_a_zone_that_is_typed_counts(typed: str, moment: datetime) -> None:
    assert read(typed) == moment


@pytest.mark.parametrize(
    ("typed", "moment"),
    [
        ("2026-10-25 02:30", datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),  # stands there twice: the first
        (
            "2027-03-28 02:30",
            datetime(2027, 3, 28, 1, 30, tzinfo=UTC),
        ),  # is left out
        ("2026-10-25", datetime(2026, 10, 25, 22, 59, 59, tzinfo=UTC)),
    ],
)
def test_when_the_clocks_change(typed: str, moment: datetime) -> None:
    assert read(typed) == moment


@pytest.mark.parametrize("typed", ["31.08.26", "31/8/26 17:00", "8/31/26", "31 Aug 26", "1.1.99"])
def test_a_year_of_two_digits_is_the_nearest(typed: str) -> None:
    with pytest.raises(WhenUnreadable, match="past"):
        read(typed)
    with pytest.raises(WhenUnreadable, match="future"):
        read_day(typed, now=datetime(1998, 1, 2, tzinfo=UTC), zone=BERLIN)
    assert read("13.1.2099") == local("2099-01-13T23:59:59")
    assert read_day("13.1.1926", now=NOW, zone=BERLIN).year == 1926


@pytest.mark.parametrize("typed", ["0d", "yesterday", "now", "2026-08-31", "-5d", "1 hour ago", "0001-01-01"])
def test_the_past_is_refused(typed: str) -> None:
    with pytest.raises(WhenUnreadable, match="past"):
        read(typed)


@pytest.mark.parametrize(
    "typed",
    [
        "", " ", "x", "a", "5", "+5", "10", "1000", "2027", "12345678", "99:99", "1e9d", "end of month",
        "September", "January 2027", "2027-02-30", "2027-13-01", "2027-13-01 10:00", "in 99999999999 years",
        "99999999 hours", "x" * 10_000, "7d; DROP TABLE", "<b>7d</b>",
        # Taken for the whole day, or for a day in another century, although more is said.
        "tomorrow 17", "tomorrow 1700", "tomorrow 25:00", "tomorrow 24.12.", "Friday 17 in the afternoon",
        "tomorrow at nine", "2 days after tomorrow", "the day after tomorrow 5",
        "Friday 17-18", "Friday 5-6pm", "24-26 Dec", "24.-26.12.", "24 \u2013 26 Dec", "1-2 weeks",
        "2026-10-05 17:00 IST",
        # Read as the year 1530, or as a day of another alphabet's numbers.
        "15\u033330.2.2", "\u0663 Nov 2027", "3 M\u00e4rz 2027",
        # Taken for the span alone, from now, although a day is said.
        "3 days from 13/1/2027", "3 days after 2027-01-20", "a week from 13/1/2027", "2027-01-20 in 2h",
        "2027-01-20 +2h", "2027-01-20 at 4 hours", "24h 2027-01-20", "2027-02-01 3 d", "20/01/2027 5 min",
    ],
)  # fmt: skip
def test_what_is_no_day_is_refused(typed: str) -> None:
    with pytest.raises(WhenUnreadable, match="cannot be read as a time"):
        read(typed)


@pytest.mark.parametrize(
    "typed",
    [
        "03/04/2027",
        "3.4.27",
        "03-04-2027 17:00",
        "03\u201104\u20112027",
        "03\u201304\u20132027",
        "\uff10\uff13/04/2027",
        "Friday 5 September",
        "Sat 2027-01-31",
        "31 Jan 2027, Monday",
    ],
)
def test_a_date_that_can_be_read_two_ways_is_not_guessed(typed: str) -> None:
    with pytest.raises(WhenUnreadable, match="two days"):
        read(typed)
    assert read("1.5h") == NOW + timedelta(minutes=90)
    assert read("5.10pm") == local("2026-09-01T17:10")
    assert read("4/4/2027") == local("2027-04-04T23:59:59")


@pytest.mark.parametrize(
    "typed", ["9999-12-31", "9999-12-31 23:00", "December 31 9999", "2227-01-31", "5300w"]
)
def test_what_is_far_away_is_a_slip_and_has_no_name_in_zones_that_are_ahead(typed: str) -> None:
    with pytest.raises(WhenUnreadable, match="is more than 100 years away"):
        read(typed, BERLIN)
    assert read("5200w").year == 2126
    with pytest.raises(WhenUnreadable, match="cannot be read"):
        read("9999-12-31 23:00", NEW_YORK)


_WORDS = (
    "in 2 31 days months year h m / . - : 17:00 Friday January 2027 9999 am pm Z EST noon next ago é tomorrow"
)
_PIECES = st.sampled_from(_WORDS.split())
_TYPED = st.one_of(
    st.text(max_size=70), st.lists(_PIECES, max_size=6).map(" ".join), st.lists(_PIECES).map("".join)
)


@given(_TYPED)
@example("0000-00-00")
@example("9" * 60)
def test_whatever_is_typed_is_a_future_moment_in_utc_or_a_refusal(typed: str) -> None:
    for zone in (NEW_YORK, KIRITIMATI):
        try:
            at = read(typed, zone)
        except WhenUnreadable:
            continue
        assert at > NOW
        assert at.utcoffset() == timedelta()


@pytest.mark.parametrize(
    ("typed", "day"),
    [
        ("30d", "2026-08-02"),
        ("2 weeks", "2026-08-18"),
        ("today", "2026-09-01"),
        ("yesterday", "2026-08-31"),
        ("Monday", "2026-08-31"),
        ("1 July", "2026-07-01"),
        ("2 September", "2025-09-02"),
        ("2025-12-24", "2025-12-24"),
        ("2026-09-01", "2026-09-01"),
    ],
)
def test_a_day_that_has_come_is_looked_for_in_the_past(typed: str, day: str) -> None:
    assert read_day(typed, now=NOW, zone=BERLIN).isoformat() == day


def test_which_day_it_is_depends_on_where_one_is() -> None:
    late = datetime(2026, 9, 1, 23, 30, tzinfo=UTC)
    assert read_day("today", now=late, zone=KIRITIMATI).isoformat() == "2026-09-02"
    assert read_day("2026-09-02", now=late, zone=BERLIN).isoformat() == "2026-09-02"
    assert read_day("today", now=late, zone=NEW_YORK).isoformat() == "2026-09-01"


def test_days_that_end_in_the_future_end_today() -> None:
    late = datetime(2026, 9, 1, 23, 30, tzinfo=UTC)
    for typed in ("2027-06-30", "tomorrow", "today"):
        assert read_day(typed, now=late, zone=NEW_YORK, ends=True).isoformat() == "2026-09-01"
    assert read_day("yesterday", now=late, zone=NEW_YORK, ends=True).isoformat() == "2026-08-31"


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("2026-09-02", "lies in the future"),
        ("tomorrow", "lies in the future"),
        ("1/2/2026", "could mean two days"),
        ("September", "cannot be read"),
        ("31 February", "cannot be read"),
        ("\u073315\u033330\ufffd[2.2", "cannot be read"),
        ("once", "cannot be read"),
    ],
)
def test_what_is_no_day_that_has_come_is_refused_with_the_reason(typed: str, why: str) -> None:
    with pytest.raises(WhenUnreadable, match=why):
        read_day(typed, now=NOW, zone=BERLIN)
