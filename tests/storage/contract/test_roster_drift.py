"""The contract of every store for how members differ from the last roster."""

from itertools import count

from bot.core.people.members import Access, Standing, Visibility
from bot.core.people.people import PersonDetails
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import Person
from bot.core.rosters.drift import Difference, Drift, Drifter, LastRoster
from bot.core.rosters.imports import ImportState, Options, RosterDetails, RosterImport, Step, StepKind
from bot.core.schools.districts import District
from bot.core.schools.report_ports import Place
from bot.core.schools.schools import School
from bot.core.values import replace
from tests.storage import build
from tests.storage.conftest import Store
from tests.world import START

_numbers = count(1)


def _import(
    uow: UnitOfWork,
    of: School,
    *steps: Step,
    state: ImportState = ImportState.DONE,
    undoes: str | None = None,
) -> RosterImport:
    made = RosterImport(
        build.fresh_id(), of.id, of.district_id, Options(), state, "", START, undoes=undoes, started_at=START
    )
    assert uow.rosters.add(made)
    uow.roster_steps.stage(made.id, steps)
    return made


def _step(of: School, who: Person, kind: StepKind = StepKind.SAME, **known: object) -> Step:
    number = next(_numbers)
    values: dict[str, object] = {"roles": ("Staff",), "wanted": ("Staff",), "place": number, **known}
    email = f"{who.name}@example.org".lower()
    said = RosterDetails(email, who.name, "Okafor")
    return Step(number=number, school_id=of.id, person_id=who.id, kind=kind, said=said, **values)  # type: ignore[arg-type]


def _member(uow: UnitOfWork, of: School, name: str, *roles: str) -> Person:
    """Make a member as a roster would name them, by default with the role Staff."""
    who = build.person(uow, name)
    build.membership(uow, of, who)
    for role in roles or ("Staff",):
        uow.members.assign(who.id, role, of.id, by=None, at=START)
    details = PersonDetails(first_name=name, last_name="Okafor", email=f"{name}@EXAMPLE.org")
    assert uow.people.save_details(who.id, details)
    return who


def _change(uow: UnitOfWork, of: School, who: Person, **to: object) -> None:
    own = uow.members.of(of.id, who.id)
    assert own is not None
    assert uow.members.change(replace(own, **to), expected=own)  # type: ignore[arg-type]


async def test_each_school_has_its_last_roster(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        north = District(build.fresh_id(), "North", START)
        uow.districts.add(north)
        oak = build.school(uow, "Oak", district_id=north.id)
        elm = build.school(uow, "Elm", district_id=north.id)
        lone = build.school(uow, "Lone")
        ada = build.person(uow)
        place = Place(oak.id, north.id)
        assert list(uow.reports.last_rosters(place)) == []
        wide = _import(uow, oak, _step(oak, ada), _step(elm, ada))
        assert list(uow.reports.last_rosters(place)) == [
            LastRoster(oak.id, wide.id, START),
            LastRoster(elm.id, wide.id, START),
        ]
        assert [one.import_id for one in uow.reports.last_rosters(Place(elm.id))] == [wide.id]
        own = _import(uow, oak, _step(oak, ada), state=ImportState.INVITING)
        _import(uow, oak, _step(oak, ada), state=ImportState.PLANNED)
        _import(uow, oak, _step(oak, ada), state=ImportState.WAITING)
        _import(uow, oak, _step(oak, ada, StepKind.REMOVE, place=0))  # lists nobody
        _import(uow, lone, _step(lone, ada))
        assert [one.import_id for one in uow.reports.last_rosters(place)] == [own.id, wide.id]
        _import(uow, oak, _step(oak, ada), undoes=own.id)
        assert [one.import_id for one in uow.reports.last_rosters(place)] == [wide.id, wide.id]

    await store.run(unit)


async def test_how_people_stand_to_a_roster(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        oak = build.school(uow, "Oak")
        same, gone, barred, archived, other, married, moved, kept = (
            _member(uow, oak, name)
            for name in ("Same", "Gone", "Barred", "Archived", "Other", "Married", "Moved", "Kept")
        )
        invited = build.person(uow, "Invited")
        build.membership(uow, oak, invited, Standing.PENDING)
        came = _member(uow, oak, "Came")
        extra = _member(uow, oak, "Extra", "Viewer")
        several = _member(uow, oak, "Several", "Staff", "Observer")
        listed = [
            _step(oak, same),
            _step(oak, gone, StepKind.ADD),
            _step(oak, barred, StepKind.KEEP),
            _step(oak, archived),
            _step(oak, other, StepKind.CHANGE),
            _step(oak, married),
            _step(oak, moved, StepKind.MOVE),
            _step(oak, kept, StepKind.KEEP, wanted=(), roles=("Viewer",)),
            _step(oak, invited, StepKind.INVITE),
            _step(oak, came, StepKind.INVITE),
            _step(oak, several, roles=("Observer", "Staff")),
        ]
        made = _import(uow, oak, *listed, _step(oak, extra, StepKind.REMOVE, place=0))
        own = uow.members.of(oak.id, gone.id)
        assert own is not None
        assert uow.members.remove(own)
        _change(uow, oak, barred, access=Access.SUSPENDED)
        _change(uow, oak, archived, visibility=Visibility.ARCHIVED)
        uow.members.assign(other.id, "Observer", oak.id, by=None, at=START)
        known = uow.people.details(married.id)
        assert uow.people.save_details(married.id, replace(known, last_name="Mbeki"))
        known = uow.people.details(moved.id)
        assert uow.people.save_details(moved.id, replace(known, email="new@example.org"))
        waits = build.person(uow, "Waits")
        build.membership(uow, oak, waits, Standing.PENDING)  # neither on the roster nor active
        assert list(uow.reports.drift(made.id, [oak.id])) == [
            Drift(oak.id, Difference.NONE, 4),
            Drift(oak.id, Difference.GONE, 1),
            Drift(oak.id, Difference.BARRED, 2),
            Drift(oak.id, Difference.NOT_COME, 1),
            Drift(oak.id, Difference.EXTRA, 1),
            Drift(oak.id, Difference.DETAILS, 2),
            Drift(oak.id, Difference.ROLES, 1),
        ]
        found = [(one.difference, one.name) for one in uow.reports.drifters(made.id, [oak.id])]
        assert found == [
            (Difference.GONE, "Gone Okafor"),
            (Difference.BARRED, "Barred Okafor"),
            (Difference.BARRED, "Archived Okafor"),
            (Difference.ROLES, "Other Okafor"),
            (Difference.DETAILS, "Married Okafor"),
            (Difference.DETAILS, "Moved Okafor"),
            (Difference.NOT_COME, "Invited Okafor"),
            (Difference.EXTRA, "Extra Okafor"),
        ]
        last = list(uow.reports.drifters(made.id, [oak.id]))[-1]
        assert last == Drifter(oak.id, Difference.EXTRA, "Extra Okafor", "Extra@EXAMPLE.org")

    await store.run(unit)


async def test_only_the_schools_that_are_meant_are_counted(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        oak, elm = build.school(uow, "Oak"), build.school(uow, "Elm")
        ada, bob = _member(uow, oak, "Ada"), _member(uow, elm, "Bob")
        made = _import(uow, oak, _step(oak, ada), _step(elm, bob), _step(elm, ada))
        assert list(uow.reports.drift(made.id, [oak.id])) == [Drift(oak.id, Difference.NONE, 1)]
        assert list(uow.reports.drift(made.id, [oak.id, elm.id])) == [
            Drift(oak.id, Difference.NONE, 1),
            Drift(elm.id, Difference.NONE, 1),
            Drift(elm.id, Difference.GONE, 1),
        ]

    await store.run(unit)
