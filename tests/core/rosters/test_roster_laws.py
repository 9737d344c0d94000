"""What holds for every import: plans come true, sticky states stay, an export imports as no change."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.people.members import Access, Membership, Standing, Visibility
from bot.core.people.people import PersonDetails
from bot.core.people.people_filter import PeopleFilter
from bot.core.rights.actors import AccountKey, Actor, Person
from bot.core.rosters import applying, exporting, planning, rows, undoing
from bot.core.rosters.imports import Faulty, ImportState, Missing, Options, Place, Planned, StepKind, View
from bot.core.rosters.rows import Problem
from bot.core.rosters.sheet import Sheet
from bot.core.schools.districts import District
from bot.core.schools.schools import School
from bot.core.values import replace
from tests.core.rostering import HEADER, sheet
from tests.fakes.database import FakeUnitOfWork
from tests.fakes.state import Assignment
from tests.fakes.state import State as Tables
from tests.world import START, caller

NAMES = ("ada", "nia", "leo", "mia", "omar", "zoe", "kim")
ROLES = ("Viewer", "Staff", "Teacher", "School Admin", "Observer")


@dataclass
class Town:
    """A district of two schools in memory, and one school outside of it; Ada is admin of the district."""

    state: Tables

    def uow(self) -> FakeUnitOfWork:
        return FakeUnitOfWork(self.state, START, frozenset())

    @property
    def ada(self) -> Actor:
        return Actor(caller("ada"), self.state.persons["p-ada"])

    def plan(self, table: Sheet, options: Options, *, wide: bool) -> Planned | Faulty:
        place = Place(self.state.schools["maple"], whole_district=wide)
        return planning.plan(self.uow(), self.ada, place, rows.read(table), options)

    def apply(self, plan: Planned) -> View | Planned | Faulty:
        return applying.apply(self.uow(), self.ada, plan.roster.id, typed=plan.leaving)

    def people(self) -> dict[str, Any]:
        """Return all that imports may change, without people who are in no school."""
        named = {one.person_id for one in self.state.memberships.values()}
        return {
            "memberships": dict(self.state.memberships),
            "roles": set(self.state.assignments),
            "details": {key: one for key, one in self.state.details.items() if key in named},
            "primary": {key: one.primary_admin_id for key, one in self.state.schools.items()},
        }


@st.composite
def towns(draw: st.DrawFn) -> Town:
    state = Tables()
    state.districts["north"] = District("north", "North", START)
    for name, district in (("maple", "north"), ("oak", "north"), ("elm", None)):
        state.schools[name] = School(name, name.capitalize(), START, district)
    for name in NAMES:
        person = f"p-{name}"
        state.persons[person] = Person(person, f"{name.capitalize()} X")
        email = f"{name}@example.org" if draw(st.booleans()) or name == "ada" else ""
        state.details[person] = PersonDetails(
            name.capitalize(), draw(st.sampled_from(["X", "Y", ""])), educator_id=name, email=email
        )
        if draw(st.booleans()) or name == "ada":
            state.accounts[AccountKey("web", name)] = person
        for school in state.schools:
            if draw(st.integers(0, 2)) == 0:
                _enter(draw, state, school, person)
    state.assign("p-ada", "north", "District Admin", by=None, at=START)
    for school in ("maple", "oak"):
        admins = [
            one.person_id
            for one in state.memberships.values()
            if one.school_id == school
            and one.active
            and Assignment(one.person_id, school, "School Admin") in state.assignments
        ]
        if admins:
            state.schools[school] = replace(
                state.schools[school], primary_admin_id=draw(st.sampled_from(admins))
            )
    return Town(state)


def _enter(draw: st.DrawFn, state: Tables, school: str, person: str) -> None:
    key = f"m-{school}-{person}"
    state.memberships[key] = Membership(
        key,
        school,
        person,
        draw(st.sampled_from([Standing.ACTIVE, Standing.ACTIVE, Standing.PENDING, Standing.REJECTED])),
        START,
        draw(st.sampled_from([Access.OK, Access.OK, Access.OK, *Access])),
        draw(st.sampled_from([Visibility.LISTED, Visibility.LISTED, *Visibility])),
        START,
    )
    for role in draw(st.sets(st.sampled_from(ROLES), max_size=2)):
        state.assign(person, school, role, by=None, at=START)


def _row(name: str) -> st.SearchStrategy[tuple[str, ...]]:
    return st.tuples(
        st.sampled_from([f"{name}@example.org", f"{name.upper()}@example.org"]),
        st.sampled_from([name.capitalize(), "New"]),
        st.sampled_from(["X", "Y"]),
        st.sampled_from(["", "Maple", "Oak", "Maple; Oak"]),
        st.sampled_from(["", "Staff", "Teacher|Observer", "School Admin"]),
        st.sampled_from(["", "Art"]),
    )


TABLES = st.sets(st.sampled_from([*NAMES, "new", "newer"]), min_size=1).flatmap(
    lambda names: st.tuples(*(_row(name) for name in sorted(names)))
)
OPTIONS = st.builds(Options, st.sampled_from(Missing), st.just(value=True), st.booleans())


def _sticky(state: Tables) -> dict[str, Membership]:
    return {key: one for key, one in state.memberships.items() if not one.active}


@settings(max_examples=100, deadline=None)
@given(towns(), TABLES, OPTIONS)
def test_a_plan_comes_true_and_undoing_it_brings_all_back(
    town: Town, table: Sequence[Sequence[str]], options: Options
) -> None:
    before, sticky = town.people(), _sticky(town.state)
    plan = town.plan(sheet(*table), options, wide=True)
    assert isinstance(plan, Planned), plan
    assert town.people() == before
    steps = list(town.uow().roster_steps.steps(plan.roster.id, limit=999))
    done = town.apply(plan)
    if plan.empty:
        assert isinstance(done, Planned)
        assert town.people() == before
        return
    assert isinstance(done, View)
    assert done.counts == plan.counts
    now = town.state
    for step in steps:
        _came_true(now, step, before)
    if options.missing is Missing.REMOVE:
        accounted = {(one.school_id, one.person_id) for one in steps if one.kind is not StepKind.REMOVE}
        rostered = {one.school_id for one in steps if one.place}
        here = {(one.school_id, one.person_id) for one in now.memberships.values() if one.active}
        assert {one for one in here if one[0] in rostered} <= accounted
    assert {key: now.memberships[key] for key in sticky} == sticky
    touched = {one.person_id for one in steps if one.kind not in {StepKind.KEEP, StepKind.SAME}}
    for key in before["memberships"]:
        if before["memberships"][key].person_id not in touched:
            assert now.memberships[key] == before["memberships"][key]
    again = town.plan(sheet(*table), options, wide=True)
    assert isinstance(again, Planned)
    assert again.empty
    undoing.undo(town.uow(), town.ada, plan.roster.id)
    after = town.people()
    primary = {key for key in after["primary"] if after["primary"][key] != before["primary"][key]}
    kept = [
        one
        for one in town.uow().roster_steps.steps(_reverse(now, plan), limit=999)
        if one.kind is StepKind.KEEP
    ]
    if not kept:
        assert after["memberships"] == before["memberships"]
        assert after["roles"] == before["roles"]
        assert {key: after["details"][key] for key in before["details"]} == before["details"]
    assert all(before["primary"][key] is None for key in primary)


def _reverse(state: Tables, plan: Planned) -> str:
    return next(one.id for one in state.roster_imports.values() if one.undoes == plan.roster.id)


def _came_true(state: Tables, step: Any, before: dict[str, Any]) -> None:
    found = [
        one
        for one in state.memberships.values()
        if (one.school_id, one.person_id) == (step.school_id, step.person_id)
    ]
    roles = {one.role for one in state.assignments if one[:2] == (step.person_id, step.school_id)}
    match step.kind:
        case StepKind.ADD | StepKind.MOVE:
            assert found[0].active
            assert roles == set(step.roles)
        case StepKind.CHANGE:
            assert roles == set(step.roles)
        case StepKind.REMOVE:
            assert not found
            assert not roles
        case StepKind.KEEP | StepKind.SAME:
            assert {one.id: one for one in found}.items() <= before["memberships"].items()
        case StepKind.INVITE:
            assert step.person_id not in {one.person_id for one in state.memberships.values()}


@settings(max_examples=100, deadline=None)
@given(towns(), st.booleans())
def test_what_is_exported_imports_as_nothing(town: Town, wide: bool) -> None:
    wanted = PeopleFilter("maple", "north" if wide else None)
    found = list(exporting.export_rows(town.uow(), town.ada, wanted).rows)
    if not found:
        return
    table = Sheet("x", exporting.HEADER, tuple(exporting.cells(one) for one in found))
    plan = town.plan(table, Options(Missing.REMOVE, move=True, invite=True), wide=wide)
    assert isinstance(plan, Planned), plan
    kinds = {kind for kind, _ in plan.counts}
    assert plan.empty
    assert sum(plan.counts.values()) >= len(found)
    assert plan.number(StepKind.SAME) == len(found)
    assert kinds <= {StepKind.SAME, StepKind.KEEP}


BAD = {
    Problem.NO_ADDRESS: ("bad@", "Bad", "Row"),
    Problem.MISSING: ("bad@example.org", "", "Row"),
    Problem.UNKNOWN_SCHOOL: ("bad@example.org", "Bad", "Row", "Nowhere"),
    Problem.UNKNOWN_ROLE: ("bad@example.org", "Bad", "Row", "", "Wizard"),
    Problem.TWICE: ("n0@example.org", "N", "X"),
    Problem.ID_OF_ANOTHER: ("bad@example.org", "Bad", "Row", "", "", "", "", "", "taken"),
    Problem.KNOWN_ELSEWHERE: ("elsewhere@example.org", "Bad", "Row"),
}


def test_a_bad_row_at_any_of_a_thousand_positions_imports_nothing() -> None:
    state = Tables()
    for name in ("maple", "elm"):
        state.schools[name] = School(name, name.capitalize(), START)
    for name, school, number in (("ada", "maple", "taken"), ("elsewhere", "elm", "")):
        person, key = f"p-{name}", f"m-{name}"
        state.persons[person] = Person(person, name)
        state.details[person] = PersonDetails("A", "B", educator_id=number, email=f"{name}@example.org")
        state.memberships[key] = Membership(key, school, person, Standing.ACTIVE, START)
        state.assign(person, school, "School Admin", by=None, at=START)
    town = Town(state)
    good: list[tuple[str, ...]] = [(f"n{number}@example.org", "N", "X") for number in range(1, 60)]
    choose = random.Random(1)  # the same ones each time
    before = state.copied()
    for position in range(1000):
        problem, bad = list(BAD.items())[position % len(BAD)]
        some: list[tuple[str, ...]] = [("n0@example.org", "N", "X"), *good[: choose.randrange(60)]]
        place = 1 + position % len(some) if problem is Problem.TWICE else position % (len(some) + 1)
        some.insert(place, bad)
        found = town.plan(sheet(*some), Options(), wide=False)
        assert isinstance(found, Faulty)
        assert [(one.place, one.problem) for one in found.errors] == [(place + 2, problem)]
    assert state == before
    assert len(HEADER) == len(exporting.HEADER)
    assert {one.state for one in state.roster_imports.values()} <= {ImportState.PLANNED}
