"""Cards of reports: every number of a picture is also in the text, in a table and in the file."""

import csv
import io
from collections.abc import Iterator
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.cards.reports import files as report_files
from bot.cards.reports import reports
from bot.cards.reports.words import alt_text, span
from bot.chat.replies import Actions, Card, File, Image, Table, Text
from bot.chat.text import plain, verbatim
from bot.core.ids import new_id
from bot.core.people.people_filter import Status
from bot.core.rosters.drift import Difference, Drift, Drifter, LastRoster
from bot.core.rosters.drift_report import RosterDrift
from bot.core.schools.report_ports import (
    FunnelCounts,
    InvitationKind,
    Place,
    Tally,
    TimeTaken,
    WaitingRequests,
)
from bot.core.schools.reports import Days, Decisions, Format, Funnel, Members, Scope, Subject
from bot.core.schools.schools import School
from bot.core.values import replace
from bot.sheets.bounds import Bounds
from bot.sheets.reading import read_sheet
from tests.world import START

HOUR = timedelta(hours=1)
DAYS = Days(date(2026, 8, 1), date(2026, 8, 31), ZoneInfo("UTC"))
# What a school may be called; the last would be a formula.
NAMES = ["Maple Grove", "مدرسة القيقب", "枫林", "W" * 80, "=1+1"]


def subject(number: int) -> Subject:
    school = School(new_id(START), NAMES[0], START, district_id="north")
    ids = [
        (school.id, NAMES[0]),
        *((f"s{n}", NAMES[n] if n < len(NAMES) else f"S{n}") for n in range(1, number)),
    ]
    scope = Scope.SCHOOL if number == 1 else Scope.DISTRICT
    return Subject(NAMES[0] if number == 1 else "North", scope, Place(school.id), tuple(ids), school)


def members(number: int) -> Members:
    of = subject(number)
    standings = [
        Tally(school_id, status, (place + 1) * 1000 + least)
        for place, (school_id, _) in enumerate(of.schools)
        for least, status in enumerate((Status.ACTIVE, Status.SUSPENDED))
    ]
    roles = [
        Tally(one.school_id, one.status, one.number, role) for one in standings for role in ("Staff", "")
    ]
    return Members(of, tuple(standings), tuple(roles))


def took(of: str, hours: float = 3) -> TimeTaken:
    return TimeTaken(of, 12, 9, HOUR, 2 * HOUR, hours * HOUR, 30 * HOUR, 200 * HOUR)


def decisions(number: int) -> Decisions:
    of = subject(number)
    waiting = (WaitingRequests(of.school.id, 2, START), WaitingRequests("s1", 1, START - HOUR))
    own = tuple(took(school_id) for school_id, _ in of.schools) if number > 1 else ()
    return Decisions(of, DAYS, took(""), own, (took("1"), took("2", 5)), waiting)


def funnel(*steps: FunnelCounts) -> Funnel:
    return Funnel(subject(1), DAYS, steps)


PERSON = FunnelCounts("s", InvitationKind.PERSON, 40, 38, 30, 33, 25, 4)
LINK = FunnelCounts("s", InvitationKind.LINK, 3, 0, 2, 118, 96, 0)
CODE = FunnelCounts("s", InvitationKind.CODE, 500, 0, 7, 9, 411, 0)


def drift(number: int) -> RosterDrift:
    of = subject(number)
    ids = [school_id for school_id, _ in of.schools]
    last = tuple(LastRoster(school_id, "import", START) for school_id in ids)
    numbers = [
        Drift(school_id, difference, place + least + 1)
        for place, school_id in enumerate(ids)
        for least, difference in enumerate(Difference)
    ]
    people = tuple(Drifter(school_id, Difference.GONE, "Nia", "nia@example.org") for school_id in ids)
    return RosterDrift(of, last, tuple(numbers), people)


def blocks(card: Card, kind: type) -> Iterator[object]:
    return (block for block in card.blocks if isinstance(block, kind))


def alts(card: Card) -> list[str]:
    return [plain(one.alt) for one in blocks(card, Image)]  # type: ignore[attr-defined]


def rows(card: Card) -> list[tuple[str, ...]]:
    return [tuple(plain(cell) for cell in row) for one in blocks(card, Table) for row in one.rows]  # type: ignore[attr-defined]


def test_a_picture_of_members_says_its_numbers() -> None:
    card = reports.members(members(1), None, wider=False)
    (alt,) = alts(card)
    assert alt.startswith("Members of Maple Grove, bars: Active 1,000, Suspended 1,001.")
    assert "Staff: 2,001 (Active 1,000, Suspended 1,001)" in alt
    assert "No role: 2,001" in alt
    assert "Active: 1,000 of 2,001" in [plain(one.line) for one in blocks(card, Text)]  # type: ignore[attr-defined]
    assert rows(card) == [("No role", "2,001", "1,000", "1,001"), ("Staff", "2,001", "1,000", "1,001")]


def test_a_district_has_a_picture_of_its_schools_those_with_most_first() -> None:
    card = reports.members(members(3), None, wider=True)
    by_school, by_role = alts(card)
    assert by_school.index("枫林: 6,001") < by_school.index("Maple Grove: 2,001")
    assert "Staff: 12,003" in by_role
    assert [row[0] for row in rows(card)[:3]] == ["枫林", "مدرسة القيقب", "Maple Grove"]


@pytest.mark.parametrize("number", [1, 5, 40, 300])
def test_what_a_picture_says_fits_every_platform(number: int) -> None:
    shown = [
        reports.members(members(number), None, wider=True),
        reports.decisions(decisions(number), None, wider=True),
        reports.drift(drift(number), None, wider=True),
    ]
    for card in shown:
        assert all(len(alt) < 1024 for alt in alts(card))
        assert len(rows(card)) <= 30
        if number >= 40:
            assert "more" in alts(card)[0]
            assert any("more are in the file" in plain(one.line) for one in blocks(card, Text))  # type: ignore[attr-defined]


def test_schools_that_a_picture_has_no_room_for_are_added_up() -> None:
    from PIL import Image as Picture  # noqa: PLC0415

    def height(number: int) -> int:
        (first, *_) = blocks(reports.members(members(number), None, wider=True), Image)
        return Picture.open(io.BytesIO(first.png)).height  # type: ignore[attr-defined]

    assert height(20) < height(40) == height(300)


def test_the_funnel_says_each_step_of_each_sort() -> None:
    card = reports.funnel(funnel(PERSON, LINK, CODE), None, wider=False)
    (alt,) = alts(card)
    assert "For one person: Created 40, Sent 38, Page opened 30, Accepted 25, Declined 4" in alt
    assert "Links and codes for several: Created 3, Pages opened 118, People who came 96" in alt
    assert "Single-use codes of batches: Created 500, Page opened 7, Used 411" in alt
    assert "2026-08-01 to 2026-08-31" in alt


def test_the_time_to_decision_says_quartiles_and_who_waits() -> None:
    card = reports.decisions(decisions(2), None, wider=False)
    (alt,) = alts(card)
    assert "All: 12 decided, median 3 h, middle half 2 h to 1 day 6 h, slowest 8 days 8 h" in alt
    assert "Approver 2: 12 decided, median 5 h" in alt
    (waits,) = (one for one in blocks(card, Text) if "wait" in plain(one.line))  # type: ignore[attr-defined]
    assert plain(waits.line) == "3 requests wait now, the oldest since 01 Sep 2026, 07:00 UTC."  # type: ignore[attr-defined]
    assert rows(card)[0] == ("All", "12", "9", "3 h", "2 h to 1 day 6 h", "8 days 8 h")


def test_drift_says_each_difference_and_names_people_in_its_file_alone() -> None:
    card = reports.drift(drift(1), Format.CSV, wider=False)
    (alt,) = alts(card)
    assert "Maple Grove: 28 (As listed 6, Not on the roster 7, Gone 2, Not come yet 1, Not active 3" in alt
    assert "Nia" not in alt + str(rows(card))
    (file,) = blocks(card, File)
    assert b"Maple Grove,Nia,nia@example.org,gone" in file.content  # type: ignore[attr-defined]
    assert not list(blocks(reports.drift(drift(1), None, wider=False), File))


def test_drift_of_a_district_says_how_many_schools_have_no_roster() -> None:
    whole = drift(5)
    some = replace(
        whole,
        last=whole.last[:3],
        drift=tuple(one for one in whole.drift if one.school_id not in {"s3", "s4"}),
    )
    said = [plain(one.line) for one in blocks(reports.drift(some, None, wider=True), Text)]  # type: ignore[attr-defined]
    assert any("2 schools have none" in one for one in said)
    # Those that differ most come first.
    assert rows(reports.drift(whole, None, wider=True))[0][0] == NAMES[4]


def test_an_empty_report_has_no_picture_and_no_file() -> None:
    of = subject(1)
    empty = [
        reports.members(Members(of, (), ()), Format.CSV, wider=False),
        reports.funnel(funnel(), Format.CSV, wider=False),
        reports.decisions(Decisions(of, DAYS, None, (), (), ()), Format.CSV, wider=False),
        reports.drift(RosterDrift(of, (), (), ()), Format.CSV, wider=False),
    ]
    for card in empty:
        assert not list(blocks(card, Image))
        assert not list(blocks(card, File))
        assert not list(blocks(card, Actions))


@pytest.mark.parametrize("form", Format)
def test_a_file_is_read_back_with_every_number(form: Format) -> None:
    files = [
        (report_files.members(members(5), form), 20),
        (report_files.funnel(funnel(PERSON, LINK, CODE), form), 3),
        (report_files.decisions(decisions(5), form), 8),
    ]
    for file, number in files:
        sheet = read_sheet(file.name, file.content, Bounds())
        assert len(sheet.rows) == number
    sheet = read_sheet(files[0][0].name, files[0][0].content, Bounds())
    assert {row[0] for row in sheet.rows} == set(NAMES)
    assert ("=1+1", "Staff", "active", "5000") in sheet.rows


def test_in_a_spreadsheet_a_name_computes_nothing() -> None:
    content = report_files.members(members(5), Format.CSV).content.decode("utf-8-sig")
    assert [row[0] for row in csv.reader(io.StringIO(content)) if "1+1" in row[0]] == ["'=1+1"] * 4


@pytest.mark.parametrize(
    ("time", "said"),
    [
        (timedelta(), "under a minute"),
        (timedelta(seconds=59), "under a minute"),
        (timedelta(minutes=59, seconds=59), "59 min"),
        (timedelta(hours=1), "1 h"),
        (timedelta(hours=1, minutes=1), "1 h 1 min"),
        (timedelta(hours=23, minutes=59), "23 h 59 min"),
        (timedelta(days=1), "1 day"),
        (timedelta(days=1, minutes=59), "1 day"),
        (timedelta(days=2, hours=3), "2 days 3 h"),
        (timedelta(days=400), "400 days"),
    ],
)
def test_how_long_something_took_is_said_in_its_largest_units(time: timedelta, said: str) -> None:
    assert plain(span(time)) == said


def test_very_much_is_said_in_part() -> None:
    said = plain(alt_text(verbatim("Head"), [verbatim("x" * 100)] * 30))
    assert said.startswith("Head. xxx")
    assert said.endswith("and 22 more.")
