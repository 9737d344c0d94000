"""Holidays, as people type them."""

from datetime import date

import pytest

from bot.core.errors import BadValue
from bot.core.schools.holidays import MOST_HOLIDAYS, Holiday, read_holidays

TODAY = date(2026, 11, 20)


def _told(wrong: BadValue) -> tuple[str, str, str]:
    return wrong.option, wrong.problem, wrong.example


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("Dec 21 to Jan 6", ["2026-12-21 to 2027-01-06"]),
        ("Dec 21-Jan 6", ["2026-12-21 to 2027-01-06"]),
        ("December 21, 2026 through January 6, 2027; Memorial", None),
        (
            "December 21, 2026 through January 6, 2027, May 31, 2027",
            ["2026-12-21 to 2027-01-06", "2027-05-31"],
        ),
        ("Sept. 6th, 21 Dec to 6 Jan 2027", ["2026-12-21 to 2027-01-06", "2027-09-06"]),
        ("21 December 2027 to 6 January", ["2027-12-21 to 2028-01-06"]),
        ("Nov 16 to Nov 27", ["2026-11-16 to 2026-11-27"]),
        ("Nov 19", ["2027-11-19"]),
        ("Nov 20", ["2026-11-20"]),
        ("1st of May", ["2027-05-01"]),
        ("12/21/2026 to 01/06/2027", None),
        ("12/21/2026 to 12/31/2026, 5/5/2027", ["2026-12-21 to 2026-12-31", "2027-05-05"]),
        ("21/12/2026 to 31/12/2026", ["2026-12-21 to 2026-12-31"]),
        ("24.12. - 31.12.", ["2026-12-24 to 2026-12-31"]),
        ("Feb 29", ["2028-02-29"]),
        ("Feb 30", None),
        ("Ju 4", None),
        ("Dec 21 to Jan 6 to Jan 9", None),
        ("12/21/2028", ["2028-12-21"]),
        ("Decembers 4", None),
        ("Jul 4, 2026-12-21", ["2026-12-21", "2027-07-04"]),
    ],
)
def test_holidays_in_words(typed: str, shown: list[str] | None) -> None:
    if shown is None:
        with pytest.raises(BadValue):
            read_holidays(typed, "holidays", TODAY)
    else:
        assert [str(one) for one in read_holidays(typed, "holidays", TODAY)] == shown


def test_numbers_that_may_be_two_days() -> None:
    with pytest.raises(BadValue) as refused:
        read_holidays("12/24/2026, 5/1/2027", "holidays", TODAY)
    _, problem, example = _told(refused.value)
    assert (problem, bool(example)) == ("could mean two days: “5/1/2027”", True)
    with pytest.raises(BadValue):
        read_holidays("5/12/2027", "holidays", TODAY)


def test_the_next_leap_day_may_be_eight_years_away() -> None:
    (found,) = read_holidays("Feb 29", "holidays", date(2096, 3, 1))
    assert found.first == date(2104, 2, 29)


def test_a_holiday_that_has_begun_is_not_next_years() -> None:
    (found,) = read_holidays("Dec 21 to Jan 6", "holidays", date(2026, 12, 28))
    assert str(found) == "2026-12-21 to 2027-01-06"


def test_a_refusal_repeats_only_a_part_of_what_was_typed() -> None:
    for last in ("2025-01-01", "2028-01-01", "1/2/2027", "x"):
        typed = f"2026-01-01{' ' * 40}to {last}"
        with pytest.raises(BadValue) as refused:
            read_holidays(typed, "name", TODAY)
        assert refused.value.problem.endswith(f"“{typed[:40]}”")


def test_holidays_that_touch_become_one() -> None:
    typed = "2027-05-01; 2026-12-24 to 2027-01-06, 2026-12-20 - 2026-12-23\n2026-12-22"
    read = read_holidays(typed, "holidays", TODAY)
    assert read == (
        Holiday(date(2026, 12, 20), date(2027, 1, 6)),
        Holiday(date(2027, 5, 1), date(2027, 5, 1)),
    )
    assert read_holidays("\n".join(map(str, read)), "holidays", TODAY) == read
    assert read_holidays(" ", "holidays", TODAY) == ()
    for dotted in ("24.12.2026 - 6.1.2027", "24.12.2026-06.01.2027", "24. 12. 2026 bis 6. 1. 2027"):
        assert [str(one) for one in read_holidays(dotted, "holidays", TODAY)] == ["2026-12-24 to 2027-01-06"]
    apart = "2026-12-20, 2026-12-22"
    assert [str(one) for one in read_holidays(apart, "holidays", TODAY)] == ["2026-12-20", "2026-12-22"]
    most = ", ".join(f"{2000 + 2 * year}-01-01" for year in range(MOST_HOLIDAYS))
    assert len(read_holidays(most, "holidays", TODAY)) == MOST_HOLIDAYS


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("soon", "has no date in “soon”"),
        ("2026-02-30", "has no date in “2026-02-30”"),
        ("31.11.2026", "has no date in “31.11.2026”"),
        ("2026-12-24 to", "has no date in “2026-12-24 to”"),
        ("0000-12-24", "has no date in “0000-12-24”"),
        ("Feb 29 to Mar 1, 2027", "has no date in “Feb 29 to Mar 1, 2027”"),
        ("2027-01-06 to 2026-12-24", "ends before it begins: “2027-01-06 to 2026-12-24”"),
        ("2026-01-01 to 2026-04-11", "is longer than 100 days: “2026-01-01 to 2026-04-11”"),
    ],
)
def test_what_is_no_holiday(typed: str, why: str) -> None:
    with pytest.raises(BadValue) as refused:
        read_holidays(typed, "holidays", TODAY)
    assert _told(refused.value) == ("holidays", why, "2026-12-21 to 2027-01-06, 2027-05-01")


def test_more_holidays_than_a_school_can_have() -> None:
    with pytest.raises(BadValue) as refused:
        read_holidays(", ".join(f"{2000 + 2 * year}-01-01" for year in range(41)), "holidays", TODAY)
    assert _told(refused.value) == ("holidays", "are 41 spans of days; 40 are the most", "")
