"""How members differ from their school's last roster: who may see that, and how it is counted."""

from datetime import timedelta

import pytest

from bot.core.errors import NotPermitted
from bot.core.people.people import PersonDetails
from bot.core.rights.actors import Actor
from bot.core.rights.permissions import Permission
from bot.core.rosters import drift_report
from bot.core.rosters.drift import Difference, Drifter
from bot.core.rosters.drift_report import RosterDrift
from bot.core.rosters.imports import ImportState, Options, RosterDetails, RosterImport, Step, StepKind
from bot.core.schools import reports
from bot.core.schools.districts import District
from bot.core.schools.reports import Scope
from bot.core.schools.schools import School
from tests.core.place import Place
from tests.storage import build
from tests.world import START

HOUR = timedelta(hours=1)


@pytest.fixture
def place() -> Place:
    """A district of three schools; the rosters of two list somebody who is gone, and a member."""
    one = Place()
    one.uow.districts.add(District("north", "North", START))
    one.save(one.school, district_id="north")
    oak = one.another_school("Oak Hill", district_id="north")
    one.another_school("Pine", district_id="north")
    roster(one, one.school, "gus", "vic", there=("vic",))
    roster(one, oak, "hal", "wes", "xia", there=("wes",))
    one.member("zoe", of=oak)
    return one


def roster(place: Place, school: School, *names: str, there: tuple[str, ...]) -> None:
    """Let an hour pass, and import a roster that lists people by their first names; some are there."""
    place.forward(hours=1)
    now = place.clock.now()
    made = RosterImport(
        build.fresh_id(), school.id, None, Options(), ImportState.DONE, "", now, started_at=now
    )
    assert place.uow.rosters.add(made)
    steps = []
    for number, name in enumerate(names, 1):
        who = place.person(name)
        place.uow.people.save_details(who.id, PersonDetails(first_name=name))
        steps.append(Step(number, number, school.id, who.id, StepKind.SAME, RosterDetails(first_name=name)))
        if name in there:
            place.add_membership(who, of=school)
    place.uow.roster_steps.stage(made.id, steps)


def over_district(place: Place) -> Actor:
    dora = place.person("dora")
    place.state.assign(dora.id, "north", "District Admin", by=None, at=START)
    return place.actor(dora)


def drift(place: Place, scope: Scope, by: Actor | None = None, *, named: bool = False) -> RosterDrift:
    return drift_report.drift(place.uow, by or place.admin, place.school, scope, named=named)


def test_a_school_is_compared_with_its_own_roster(place: Place) -> None:
    found = drift(place, Scope.SCHOOL)
    assert found.total == {Difference.GONE: 1, Difference.NONE: 1, Difference.EXTRA: 1}
    assert (found.differing, found.without, found.oldest) == (2, 0, START + HOUR)
    assert found.people == ()


def test_people_are_named_where_that_is_asked_for(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    found = drift(place, Scope.SCHOOL, named=True)
    assert found.people == (
        Drifter(place.school.id, Difference.GONE, "gus", ""),
        Drifter(place.school.id, Difference.EXTRA, "Ada", ""),
    )
    monkeypatch.setattr(drift_report, "MOST_NAMED", 1)
    assert drift(place, Scope.SCHOOL, named=True).people == found.people[:1]


def test_schools_with_most_differences_come_first_in_a_district(place: Place) -> None:
    found = drift(place, Scope.DISTRICT, over_district(place))
    oaks = {Difference.GONE: 2, Difference.NONE: 1, Difference.EXTRA: 1}
    maples = {Difference.GONE: 1, Difference.NONE: 1, Difference.EXTRA: 1}
    assert [(name, dict(own)) for name, own in found.by_school] == [
        ("Oak Hill", oaks),
        ("Maple Grove", maples),
    ]
    assert found.total == {Difference.GONE: 3, Difference.NONE: 2, Difference.EXTRA: 2}
    assert (found.differing, found.without, found.oldest) == (5, 1, START + HOUR)


def test_a_school_without_a_roster_has_nothing_to_be_compared_with() -> None:
    found = drift(Place(), Scope.SCHOOL, named=True)
    assert (found.total, found.differing, found.without, found.oldest) == ({}, 0, 1, None)
    assert (found.by_school, found.people) == ([], ())


def test_only_who_could_import_a_roster_sees_it(place: Place) -> None:
    with pytest.raises(NotPermitted) as refused:
        drift(place, Scope.SCHOOL, place.member("rea", "Reporter"))
    assert refused.value.permission is Permission.ROSTER_IMPORT
    with pytest.raises(NotPermitted):
        drift(place, Scope.DISTRICT)


def test_roster_drift_needs_the_right_to_import(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = over_district(place)
    subject = reports.subject(place.uow, seen, place.school, Scope.DISTRICT)
    monkeypatch.setattr(reports, "subject", lambda *_: subject)
    with pytest.raises(NotPermitted) as refused:
        drift(place, Scope.DISTRICT)
    assert refused.value.permission is Permission.ROSTER_IMPORT
