"""Races: units that begin at the same instant, hundreds of times, each time in a school of its own."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from bot.core.actors import AccountKey, Actor, Person
from bot.core.audit import first_break
from bot.core.errors import Refusal
from bot.core.members import Standing
from bot.core.ports import UnitOfWork
from bot.core.roles import SCHOOL_ADMIN
from bot.core.schools import Approval, School
from bot.storage.database import PostgresDatabase, SqliteDatabase
from tests.storage import build
from tests.world import caller

ROUNDS = 510
# So many rounds are under way together: more of them only wait for the processor.
_TOGETHER = 8
# The second of two begins as much later as so many queries take: each finds the other at another place.
_LATEST = 6

Unit = Callable[[UnitOfWork], Any]
Database = SqliteDatabase | PostgresDatabase


@dataclass(frozen=True)
class Ground:
    """A school with two admins, the first of them Primary, and a member; `number` is in their names."""

    number: int
    school: School
    ada: Person
    omar: Person
    nia: Person


def ground(
    uow: UnitOfWork, number: int, *roles_of_nia: str, approval: Approval = Approval.AUTOMATIC
) -> Ground:
    """Make a school for one round."""
    school = build.school(uow, f"School {number}", approval=approval)
    ada, omar, nia = (somebody(uow, name, number) for name in ("ada", "omar", "nia"))
    for person in (ada, omar, nia):
        build.membership(uow, school, person)
    for person in (ada, omar):
        uow.members.assign(person.id, SCHOOL_ADMIN.name, school.id, by=None, at=uow.now)
    for role in roles_of_nia or ("Viewer",):
        uow.members.assign(nia.id, role, school.id, by=None, at=uow.now)
    uow.schools.set_primary(school.id, ada.id, expected=None)
    return Ground(number, school, ada, omar, nia)


async def grounds(database: Database, *roles_of_nia: str, **how: Any) -> list[Ground]:
    """Make a school for each round."""
    return await database.run(
        lambda uow: [ground(uow, number, *roles_of_nia, **how) for number in range(ROUNDS)]
    )


def somebody(uow: UnitOfWork, name: str, number: int) -> Person:
    """Make a person with an account in the browser."""
    return build.person(uow, f"{name}{number}", AccountKey("web", f"{name}{number}"))


def pending(uow: UnitOfWork, of: Ground, name: str) -> Any:
    """Let somebody wait in a school; return the request."""
    who = somebody(uow, name, of.number)
    build.membership(uow, of.school, who, Standing.PENDING)
    return build.join_request(uow, of.school, who)


def as_(name: str, of: Ground | int, act: Callable[[UnitOfWork, Actor], Any]) -> Unit:
    """Make a unit of what somebody does; who that is, is read in the unit, as the Runner does."""
    number = of if isinstance(of, int) else of.number
    call = caller(f"{name}{number}")
    return lambda uow: act(uow, Actor(call, uow.people.by_account(call.account)))


async def race(database: Database, rounds: Sequence[Sequence[Unit]]) -> list[list[Any]]:
    """Run the units of each round at once; return what came of each unit, in order: a value or a refusal."""
    gate = asyncio.Semaphore(_TOGETHER)

    async def one(number: int, units: Sequence[Unit]) -> list[Any]:
        async with gate:
            turn = number % len(units)  # on SQLite units run in the order in which they came
            first, then = list(range(turn, len(units))), list(range(turn))
            jobs = {
                place: _run(database, units[place], number, late=bool(at))
                for at, place in enumerate(first + then)
            }
            done = await asyncio.gather(*jobs.values())
            return [outcome for _, outcome in sorted(zip(jobs, done, strict=True), key=lambda pair: pair[0])]

    return await asyncio.gather(*(one(number, units) for number, units in enumerate(rounds)))


async def _run(database: Database, unit: Unit, number: int, *, late: bool) -> Any:
    def delayed(uow: UnitOfWork) -> Any:
        for _ in range(number % _LATEST if late else 0):
            uow.people.by_id("nobody")
        return unit(uow)

    try:
        return await database.run(delayed)
    except Refusal as refusal:
        return refusal


def refused(outcomes: Sequence[Any]) -> list[str]:
    """Name the refusals among outcomes."""
    return sorted(type(one).__name__ for one in outcomes if isinstance(one, Refusal))


async def whole(database: Database) -> None:
    """See that no chain of the audit log has forked or broken."""

    def unit(uow: UnitOfWork) -> set[int | None]:
        return {first_break(uow.audit.chain(name)) for name in uow.audit.chains()}

    assert await database.read(unit) <= {None}


async def actions(database: Database) -> list[str]:
    """List what the audit log says was done."""

    def unit(uow: UnitOfWork) -> list[str]:
        return [sealed.entry.action for name in uow.audit.chains() for sealed in uow.audit.chain(name)]

    return await database.read(unit)
