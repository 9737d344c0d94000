"""An import against what others do at the same moment, on both databases."""

from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import func, select

from bot.core.people import lifecycle, people
from bot.core.people.lifecycle import Verb
from bot.core.people.people import PersonDetails
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import Actor
from bot.core.rosters import applying, columns, planning
from bot.core.rosters.imports import Faulty, ImportState, Options, Place, Planned, View
from bot.core.rosters.rows import Reading, RosterRow
from bot.storage.tables import assignments, memberships, person_emails, persons
from bot.storage.unit_of_work import SqlUnitOfWork
from tests.storage import build
from tests.storage.rounds import (
    ROUNDS,
    Database,
    Ground,
    actions,
    as_,
    check_audit_chains,
    grounds,
    race,
    refused,
    times,
)

# An import is a dozen statements, so there are fewer rounds in a usual run; all of them in `make soak`.
MOST = min(ROUNDS, times(30))


def _email(uow: UnitOfWork, of: Ground) -> dict[str, str]:
    uow.people.save_details(of.nia.id, PersonDetails("Nia", "X", email=f"nia{of.number}@example.org"))
    return {}


def _plan(uow: UnitOfWork, actor: Actor, of: Ground, *emails: str) -> str:
    """Plan to make Nia an Observer, or whoever has these addresses."""
    known = emails or (f"nia{of.number}@example.org", f"new{of.number}@example.org")
    rows = [RosterRow(2, one, "Nia", "X", (), ("Observer",)) for one in known]
    reading = Reading(columns.mapping(()), tuple(rows))
    plan = planning.plan(uow, actor, Place(of.school), reading, Options())
    assert isinstance(plan, Planned), plan
    return plan.roster.id


def _apply(uow: UnitOfWork, actor: Actor, plan: str) -> View | Planned | Faulty:
    return applying.apply(uow, actor, plan)


def _found(uow: UnitOfWork, address: str) -> bool:
    return uow.people.by_email(address) is not None


async def _plans(database: Database, land: list[Ground]) -> list[str]:
    return await database.run(lambda uow: [as_("ada", of, partial(_plan, of=of))(uow) for of in land])


async def _nia(database: Database, land: list[Ground]) -> list[tuple[str, tuple[str, ...]]]:
    """Return Nia's status and roles in each school."""

    def unit(uow: UnitOfWork) -> list[tuple[str, tuple[str, ...]]]:
        found = [(uow.members.of(of.school.id, of.nia.id), of) for of in land]
        return [
            (one.status if one else "gone", tuple(uow.members.roles(of.school.id, of.nia.id)))
            for one, of in found
        ]

    return await database.read(unit)


@pytest.mark.parametrize("verb", [Verb.SUSPEND, None])
async def test_an_import_never_undoes_a_suspension_or_a_removal(
    database: Database, verb: Verb | None
) -> None:
    land = (await grounds(database, prepare=_email))[:MOST]
    plans = await _plans(database, land)

    def ends(uow: UnitOfWork, actor: Actor, of: Ground) -> None:
        if verb is None:
            lifecycle.remove(uow, actor, of.school, of.nia.id)
        else:
            lifecycle.change(uow, actor, of.school, of.nia.id, verb)

    rounds = [
        [as_("ada", of, partial(_apply, plan=plan)), as_("omar", of, partial(ends, of=of))]
        for of, plan in zip(land, plans, strict=True)
    ]
    outcomes = await race(database, rounds)
    stood = await _nia(database, land)
    applied = [isinstance(one, View) for one, _ in outcomes]
    # Both orders happen; with the facts changed nothing at all is imported.
    assert {True, False} == set(applied)
    for came, (status, roles), of in zip(applied, stood, land, strict=True):
        if verb is None:
            assert (status, roles) == ("gone", ())
        else:
            assert (status, roles) == ("suspended", ("Observer",) if came else ("Viewer",))
        found = await database.read(partial(_found, address=f"new{of.number}@example.org"))
        assert found == came
    await check_audit_chains(database)


async def test_an_import_applied_twice_at_once_happens_once(database: Database) -> None:
    land = (await grounds(database, prepare=_email))[:MOST]
    plans = await _plans(database, land)
    rounds = [
        [as_(name, of, partial(_apply, plan=plan)) for name in ("ada", "omar")]
        for of, plan in zip(land, plans, strict=True)
    ]
    outcomes = await race(database, rounds)
    assert all(isinstance(one, View) for some in outcomes for one in some)
    assert (await actions(database)).count("roster.imported") == MOST
    assert await _nia(database, land) == [("active", ("Observer",))] * MOST
    await check_audit_chains(database)


async def test_two_imports_of_one_address_make_one_person(database: Database) -> None:
    land = (await grounds(database, prepare=_email))[:MOST]
    names = [f"new{of.number}@example.org" for of in land]
    others = land[1:] + land[:1]

    def planned(uow: UnitOfWork, of: Ground, name: str) -> str:
        plan: str = as_("ada", of, lambda uow, actor: _plan(uow, actor, of, name))(uow)
        return plan

    def unit(uow: UnitOfWork) -> list[tuple[str, str]]:
        return [
            (planned(uow, of, name), planned(uow, other, name))
            for of, other, name in zip(land, others, names, strict=True)
        ]

    plans = await database.run(unit)
    rounds = [
        [as_("ada", of, partial(_apply, plan=one)), as_("ada", other, partial(_apply, plan=two))]
        for of, other, (one, two) in zip(land, others, plans, strict=True)
    ]
    outcomes = await race(database, rounds)
    for some in outcomes:
        assert sorted(type(one).__name__ for one in some) == ["Faulty", "View"], some

    def counted(uow: UnitOfWork) -> tuple[int, ...]:
        assert isinstance(uow, SqlUnitOfWork)
        tables = (persons, person_emails, memberships, assignments)
        connection = uow.members.connection
        return tuple(connection.execute(select(func.count()).select_from(one)).scalar_one() for one in tables)

    # Ada, Omar and Nia of each school, with known addresses, and a new person for each round.
    there = 3 * ROUNDS + MOST
    assert await database.read(counted) == (there, ROUNDS + MOST, there, there)
    await check_audit_chains(database)


async def test_an_edit_from_another_school_is_not_lost(database: Database) -> None:
    land = (await grounds(database, prepare=_email))[:MOST]
    others = land[1:] + land[:1]

    def joins(uow: UnitOfWork) -> None:
        for of, other in zip(land, others, strict=True):
            build.membership(uow, other.school, of.nia)
            build.membership(uow, other.school, of.ada)
            uow.members.assign(of.ada.id, "School Admin", other.school.id, by=None, at=uow.now)

    await database.run(joins)

    def named(uow: UnitOfWork, actor: Actor, of: Ground) -> str:
        row = RosterRow(2, f"nia{of.number}@example.org", "Nia", "Eze")
        reading = Reading(columns.mapping(()), (row,))
        plan = planning.plan(uow, actor, Place(of.school), reading, Options())
        assert isinstance(plan, Planned)
        return plan.roster.id

    plans = await database.run(lambda uow: [as_("ada", of, partial(named, of=of))(uow) for of in land])

    def edits(uow: UnitOfWork, actor: Actor, of: Ground, other: Ground) -> None:
        people.edit(uow, actor, other.school, of.nia.id, {"last_name": "Zed"})

    rounds = [
        [
            as_("ada", of, partial(_apply, plan=plan)),
            as_("omar", other, partial(edits, of=of, other=other)),
        ]
        for of, other, plan in zip(land, others, plans, strict=True)
    ]
    outcomes = await race(database, rounds)
    assert not any(refused(one) for one in outcomes)
    found = await database.read(lambda uow: [uow.people.details(of.nia.id).last_name for of in land])
    assert found == ["Zed"] * MOST
    await check_audit_chains(database)


async def test_an_import_that_is_applied_as_old_plans_are_dropped_is_kept(database: Database) -> None:
    land = (await grounds(database, prepare=_email))[:MOST]
    plans = await _plans(database, land)

    def drops(uow: UnitOfWork) -> bool:
        return uow.rosters.drop_plan(uow.now + timedelta(days=1))

    rounds = [
        [as_("ada", of, partial(_apply, plan=plan)), drops] for of, plan in zip(land, plans, strict=True)
    ]
    await race(database, rounds, later=range(0, 160, 4))
    kept = await database.read(lambda uow: [one for plan in plans if (one := uow.rosters.by_id(plan))])
    applied = [one for one in kept if one.state is not ImportState.PLANNED]
    assert len(applied) == (await actions(database)).count("roster.imported")
