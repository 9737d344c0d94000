"""Reports: who may see them, for which period, and that they contain no names."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.chat.actions import LONGEST, Action
from bot.chat.replies import Card, File, Image
from bot.chat.text import plain
from bot.core.errors import BadValue
from bot.core.ids import new_id
from bot.core.people.people_filter import Status
from bot.core.ports import UnitOfWork
from bot.core.rights.roles import DISTRICT_ADMIN
from bot.core.rosters.imports import ImportState, Options, RosterDetails, RosterImport, Step, StepKind
from bot.core.schools.districts import District
from bot.core.schools.report_ports import GroupedBy, Tally, TimeTaken
from bot.core.schools.report_ports import Place as Area
from bot.core.schools.reports import (
    Asked,
    Days,
    Format,
    Members,
    ReportKind,
    Scope,
    Subject,
    days,
    decisions,
    sees_district,
    unpack,
)
from bot.core.values import replace
from tests.core.door import Door, actions_in, heard, maple
from tests.core.place import Place
from tests.fakes.reports import FakeReports
from tests.world import START, caller

AUCKLAND = ZoneInfo("Pacific/Auckland")
ROOT = "root"


def told(reply: object) -> str:
    """Return all text of a report, with the alternative text of its pictures and the rows of its files."""
    answer = getattr(reply, "answer", None)
    blocks = answer.blocks if isinstance(answer, Card) else ()
    alts = [plain(block.alt) for block in blocks if isinstance(block, Image)]
    files = [block.content.decode("utf-8-sig") for block in blocks if isinstance(block, File)]
    return "\n".join((heard(reply), *alts, *files))  # type: ignore[arg-type]


def test_a_time_of_days_begins_and_ends_at_midnight_where_one_is() -> None:
    now = datetime(2026, 9, 30, 12, 30, tzinfo=UTC)  # the clocks of Auckland went forward on the 27th
    found = days(now, AUCKLAND, date(2026, 9, 27), None)
    assert found.last == date(2026, 10, 1)
    assert found.period.since == datetime(2026, 9, 26, 12, tzinfo=UTC)
    assert found.period.until == datetime(2026, 10, 1, 11, tzinfo=UTC)
    usual = days(now, AUCKLAND, None, None)
    assert (usual.last - usual.first).days == 29
    assert days(now, AUCKLAND, None, date(2026, 3, 31)).first == date(2026, 3, 2)
    assert days(now, AUCKLAND, date(1, 1, 1), None).first == date(2000, 1, 1)


@pytest.mark.parametrize("since", [None, date.min, date(2026, 8, 1)])
@pytest.mark.parametrize("until", [date.min, date(1999, 12, 31), date.max])
def test_days_at_the_end_of_the_calendar_are_no_trouble(since: date | None, until: date) -> None:
    for zone in ("Pacific/Kiritimati", "Pacific/Honolulu"):
        try:
            found = days(START, ZoneInfo(zone), since, until)
        except BadValue:
            assert since == date(2026, 8, 1)
        else:
            assert found.period.since.astimezone(UTC) < found.period.until.astimezone(UTC)


def test_an_end_before_the_beginning_is_refused() -> None:
    with pytest.raises(BadValue) as wrong:
        days(START, AUCKLAND, date(2026, 8, 2), date(2026, 8, 1))
    said = (wrong.value.option, wrong.value.problem, wrong.value.example)
    assert said == ("since", "comes after 2026-08-01", "2026-08-01")


@pytest.mark.parametrize("what", ReportKind)
@pytest.mark.parametrize("scope", Scope)
def test_a_report_fits_a_button_and_is_read_back(what: ReportKind, scope: Scope) -> None:
    asked = Asked(what, scope, Days(date(2025, 12, 31), date(2026, 1, 31), AUCKLAND))
    assert unpack(asked.pack(), START, AUCKLAND) == asked
    again = {"which": asked.pack(), "school": "0" * 26, "format": Format.XLSX.value}
    assert len(Action("report again", again).pack()) <= LONGEST
    without = Asked(what, scope)
    assert unpack(without.pack(), START, AUCKLAND) == without


@pytest.mark.parametrize(
    "packed", ["", "m", "mx", "xs", "ms2026", "ms20261301", "ms20260101", "ms" + "1" * 24]
)
def test_what_is_no_report_is_none(packed: str) -> None:
    assert unpack(packed, START, AUCKLAND) is None


async def test_only_who_may_see_reports_sees_them(door: Door) -> None:
    await maple(door)
    await door.says("nia", f"/join {await door.code()}")
    for what in ReportKind:
        missing = "import and export rosters" if what is ReportKind.ROSTER else "see reports"
        assert f"You may not {missing}" in heard(await door.says("nia", f"/report {what}"))
        assert "Maple Grove" in heard(await door.says("ada", f"/report {what}"))
    await door.says("ada", "/member roles person:nia roles:Reporter")
    assert "Maple Grove" in heard(await door.says("nia", "/report members"))


async def test_a_reporter_sees_nothing_of_rosters_whatever_a_button_says(door: Door) -> None:
    """Drift names people, so it is for those who may import them."""
    await maple(door)
    await door.says("nia", f"/join {await door.code()}")
    await door.says("ada", "/member roles person:nia roles:Reporter")
    for scope in Scope:
        packed = Asked(ReportKind.ROSTER, scope).pack()
        said = heard(await door.clicks("nia", "report again", which=packed, format="csv"))
        assert "belongs to no district" in said or "You may not import and export rosters" in said
    packed = Asked(ReportKind.MEMBERS, Scope.SCHOOL).pack()
    assert "Members of Maple Grove" in heard(await door.clicks("nia", "report again", which=packed))


async def test_drift_is_told_by_number_and_its_file_names_people(door: Door) -> None:
    await maple(door)
    await door.says("nia", f"/join {await door.code()}")
    assert "No roster has been imported yet" in heard(await door.says("ada", "/report roster"))
    await _roster(door)
    said = told(await door.says("ada", "/report roster"))
    assert "2 people differ" in said
    assert "Maple Grove: 3 (As listed 1, Not on the roster 1, Other name or address 1)" in said
    assert "Nia" not in said
    assert "Omar" not in said
    named = told(await door.says("ada", "/report roster format:csv"))
    assert "Maple Grove,Nia,,not on the roster" in named
    assert "Maple Grove,Omar Okafor,omar@example.org,other name or address" in named
    before = await door.audited()
    await door.says("ada", "/report roster format:xlsx")
    assert await door.audited() == [*before, "list.exported"]


async def _roster(door: Door) -> None:
    """Store an import that lists Ada correctly, and Omar with another address."""
    school = await door.school()

    def unit(uow: UnitOfWork) -> None:
        made = RosterImport(
            new_id(uow.now), school.id, None, Options(), ImportState.DONE, "", uow.now, started_at=uow.now
        )
        steps = []
        for place, (name, said) in enumerate(
            [("ada", RosterDetails()), ("omar", RosterDetails("omar@example.org", "Omar", "Okafor"))], 1
        ):
            who = uow.people.by_account(caller(name).account)
            assert who is not None
            steps.append(Step(place, place, school.id, who.id, StepKind.SAME, said, roles=("School Admin",)))
        assert uow.rosters.add(made)
        uow.roster_steps.stage(made.id, steps)

    await door.database.run(unit)


async def test_a_district_is_shown_to_who_has_the_right_over_all_of_it(door: Door) -> None:
    await maple(door)
    root = caller(ROOT, administers=True)
    await door.says(root, "/district create North")
    assert "belongs to no district" in heard(await door.says("ada", "/report members scope:district"))
    await door.says(root, '/school move district:North school:"Maple Grove"')
    assert "You may not see reports" in heard(await door.says("ada", "/report members scope:district"))
    assert "The whole district" not in actions_in(await door.says("ada", "/report members"))
    await door.says(root, "/school create Oak district:North")
    reply = await door.says(root, '/report members school:"Maple Grove"')
    wide = actions_in(reply)["The whole district"]
    shown = told(await door.clicks(root, wide.command, **wide.values))
    assert "Members of North" in shown
    assert "Oak" in shown
    assert "Only Maple Grove" in shown


def test_whoever_has_the_right_over_a_district_alone_may_see_all_of_it() -> None:
    place = Place()
    place.uow.districts.add(District("north", "North", START))
    dora = place.person("dora")
    place.uow.districts.assign(dora.id, DISTRICT_ADMIN.name, "north", by=None, at=START)
    head, ada = place.actor(dora), place.admin
    assert not sees_district(place.uow, replace(head, is_system_administrator=True), place.school), (
        "it belongs to none"
    )
    school = place.save(place.school, district_id="north")
    assert sees_district(place.uow, head, school)
    assert not sees_district(place.uow, ada, school)


def test_what_stands_alike_is_added_up() -> None:
    place = Place()
    of = Subject("Maple", Scope.SCHOOL, Area("m", None), (("m", "Maple"),), place.school)
    roles = [("Staff", Status.ACTIVE, 2), ("Staff", Status.SUSPENDED, 1), ("Viewer", Status.ACTIVE, 5)]
    tallies = tuple(Tally("m", status, number, role) for role, status, number in roles)
    found = Members(of, tallies, tallies)
    assert found.total == 8
    assert found.by_status == {Status.ACTIVE: 7, Status.SUSPENDED: 1}
    assert found.by_role[0] == ("Viewer", {Status.ACTIVE: 5})


class _Told(tuple[Tally, ...]):  # noqa: SLOT001 - it counts
    """Counts in a report; `read` is how often they were iterated."""

    read = 0

    def __iter__(self) -> Iterator[Tally]:
        self.read += 1
        return super().__iter__()


def test_what_was_counted_is_gone_through_once_however_many_schools_a_district_has() -> None:
    schools = tuple((f"s{number}", f"School {number}") for number in range(30))
    of = Subject("North", Scope.DISTRICT, Area("s0", "north"), schools, Place().school)
    told = _Told(Tally(one, Status.ACTIVE, 2, f"role of {one}") for one, _ in schools[1:])
    found = Members(of, told, told)
    assert dict(found.by_school) == {name: {Status.ACTIVE: 2} for _, name in schools[1:]} | {"School 0": {}}
    assert told.read == 1
    assert found.by_role[0] == ("role of s1", {Status.ACTIVE: 2})
    assert told.read == 2


def test_the_slowest_school_comes_first_and_approvers_are_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    place = Place()
    place.uow.districts.add(District("north", "North", START))
    school = place.save(place.school, district_id="north")

    def took(of: str, decided: int, hours: int) -> TimeTaken:
        return TimeTaken(of, decided, decided, *(timedelta(hours=hours) for _ in range(5)))

    found = {
        GroupedBy.ALL: [took("", 9, 2)],
        GroupedBy.SCHOOL: [took("quick", 4, 1), took("slow", 5, 3)],
        GroupedBy.APPROVER: [took("ida", 2, 3), took("nia", 6, 2), took("", 1, 1)],
    }
    monkeypatch.setattr(FakeReports, "decisions", lambda *given: found[given[-1]])
    ruler = replace(place.admin, is_system_administrator=True)
    whole = decisions(place.uow, ruler, school, Scope.DISTRICT, days(START, AUCKLAND, None, None))
    assert [one.of for one in whole.by_school] == ["slow", "quick"]
    assert [(one.of, one.decided) for one in whole.by_approver] == [("1", 6), ("2", 2)]
    own = decisions(place.uow, ruler, school, Scope.SCHOOL, days(START, AUCKLAND, None, None))
    assert own.by_school == ()


async def test_reports_name_nobody(door: Door) -> None:
    await maple(door, 'approval:"by request"')
    code = await door.code()
    names = ["nia", "bob", "cem"]
    for name in names:
        await door.says(name, f"/join {code}")
    door.clock.forward(timedelta(hours=5))
    for request, by in zip(await door.requests(), ["ada", "ada", "omar"], strict=True):
        await door.clicks(by, "request approve", request=request.id, role="Viewer")
    said = [told(await door.says("ada", f"/report {what} format:csv")) for what in ReportKind]
    assert "Approver 1" in said[2]
    assert "Approver 2" in said[2]
    everyone = ["Nia", "Bob", "Cem", "Ada", "Omar"]
    assert [name for name in everyone for one in said if name in one] == []
