"""Races of units that start at the same time, repeated in many rounds, each in a school of its own."""

import asyncio
import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, insert, select

from bot.core.errors import Refusal
from bot.core.people.members import Standing
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import AccountKey, Actor, Person
from bot.core.rights.roles import SCHOOL_ADMIN
from bot.core.schools.schools import Approval, School
from bot.core.values import replace
from bot.storage.database import PostgresDatabase, SqliteDatabase
from bot.storage.tables import (
    accounts,
    assignments,
    custom_roles,
    join_requests,
    memberships,
    person_emails,
    persons,
    schools,
)
from bot.storage.unit_of_work import SqlUnitOfWork
from tests.chains import flaws
from tests.storage import build
from tests.world import caller


def times(usual: int) -> int:
    """Return how often to race: as often as usual, or a thousand times in `make soak`."""
    return int(os.environ.get("HOMEROOM_RACES", usual))


ROUNDS = times(48)
# How many rounds run at the same time: more of them would only wait for the processor.
_TOGETHER = 8
# By how many queries the second unit is delayed, so that it meets the first one at different points.
_LATER = (0, 1, 2, 4, 8, 16, 64)

Unit = Callable[[UnitOfWork], Any]
Database = SqliteDatabase | PostgresDatabase


@dataclass(frozen=True)
class Ground:
    """A school with two admins, the first of them Primary Admin, and a member; names have the `number`."""

    number: int
    school: School
    ada: Person
    omar: Person
    nia: Person
    more: dict[str, str] = field(default_factory=dict)

    @property
    def people(self) -> tuple[Person, Person, Person]:
        return self.ada, self.omar, self.nia


Prepare = Callable[[UnitOfWork, Ground], dict[str, str]]


def ground(uow: UnitOfWork, number: int, *roles_of_nia: str) -> Ground:
    """Make a school for one round."""
    school = build.school(uow, f"School {number}", approval=Approval.AUTOMATIC)
    ada, omar, nia = (somebody(uow, name, number) for name in ("ada", "omar", "nia"))
    for person in (ada, omar, nia):
        build.membership(uow, school, person)
    for person in (ada, omar):
        uow.members.assign(person.id, SCHOOL_ADMIN.name, school.id, by=None, at=uow.now)
    for role in roles_of_nia or ("Viewer",):
        uow.members.assign(nia.id, role, school.id, by=None, at=uow.now)
    uow.schools.set_primary(school.id, ada.id, expected=None)
    return Ground(number, school, ada, omar, nia)


async def grounds(database: Database, *roles_of_nia: str, prepare: Prepare | None = None) -> list[Ground]:
    """Make a school for each round: one is made, and changed by `prepare`; the others are copies of it."""

    def unit(uow: UnitOfWork) -> list[Ground]:
        assert isinstance(uow, SqlUnitOfWork)
        first = ground(uow, 0, *roles_of_nia)
        first.more.update(prepare(uow, first) if prepare else {})
        return [first, *_copies(uow.members.connection, first)]

    return await database.run(unit)


# In this order, because rows refer to those in tables before.
_COPIED = (persons, accounts, schools, memberships, assignments, custom_roles, join_requests, person_emails)
_NAMED = re.compile(r"^[A-Za-z ]+0(?=@|$)")


def _copies(connection: Connection, first: Ground) -> list[Ground]:
    rows = {table: [dict(row._mapping) for row in connection.execute(select(table))] for table in _COPIED}
    known = {row["id"] for found in rows.values() for row in found if "id" in row}
    ids = [{one: build.fresh_id() for one in known} for _ in range(1, ROUNDS)]
    for table, found in rows.items():
        copies = [_copy(row, ids[number - 1], number) for number in range(1, ROUNDS) for row in found]
        if copies:
            connection.execute(insert(table), copies)
    return [_ground_like(first, ids[number - 1], number) for number in range(1, ROUNDS)]


def _copy(row: dict[str, Any], ids: dict[str, str], number: int) -> dict[str, Any]:
    """Return a row with other ids, and with the number of its round in names and addresses."""
    return {column: _another(value, ids, number) for column, value in row.items()}


def _another(value: Any, ids: dict[str, str], number: int) -> Any:
    return ids.get(value) or _numbered(value, number) if isinstance(value, str) else value


def _numbered(value: str, number: int) -> str:
    return _NAMED.sub(lambda name: name[0][:-1] + str(number), value, count=1)


def _ground_like(first: Ground, ids: dict[str, str], number: int) -> Ground:
    people = [replace(one, id=ids[one.id], name=_numbered(one.name, number)) for one in first.people]
    school = replace(first.school, id=ids[first.school.id], name=f"School {number}")
    more = {name: ids[one] for name, one in first.more.items()}
    return Ground(number, school, people[0], people[1], people[2], more)


def somebody(uow: UnitOfWork, name: str, number: int) -> Person:
    """Make a person with a web account."""
    return build.person(uow, f"{name}{number}", AccountKey("web", f"{name}{number}"))


def pending(uow: UnitOfWork, of: Ground, name: str) -> Any:
    """Make a person who has asked to join a school; return the request."""
    who = somebody(uow, name, of.number)
    build.membership(uow, of.school, who, Standing.PENDING)
    return build.join_request(uow, of.school, who)


def as_(name: str, of: Ground | int, act: Callable[[UnitOfWork, Actor], Any]) -> Unit:
    """Return a unit in which a person acts; like the Runner, it looks the person up in the unit."""
    number = of if isinstance(of, int) else of.number
    call = caller(f"{name}{number}")
    return lambda uow: act(uow, Actor(call, uow.people.by_account(call.account)))


async def race(
    database: Database, rounds: Sequence[Sequence[Unit]], later: Sequence[int] = _LATER
) -> list[list[Any]]:
    """Run the units of each round at once; return for each round the units' results or refusals, in order.

    The second of two units starts by `later` queries later, which differs from round to round. In the first
    rounds the units run one after the other, each once as the first: so every order is seen, whatever the
    scheduler does, and a test may expect the outcome of each.
    """
    gate = asyncio.Semaphore(_TOGETHER)
    in_turn = max(map(len, rounds), default=0)

    async def one(number: int, units: Sequence[Unit]) -> list[Any]:
        async with gate:
            turn = number % len(units)  # on SQLite, units run in the order of their arrival
            places = [*range(turn, len(units)), *range(turn)]
            wait = later[number // 2 % len(later)] if number >= in_turn else 0
            jobs = [_run(database, units[place], wait if at else 0) for at, place in enumerate(places)]
            done = [await job for job in jobs] if number < in_turn else await asyncio.gather(*jobs)
            outcomes = dict(zip(places, done, strict=True))
            return [outcomes[place] for place in range(len(units))]

    first = [await one(number, units) for number, units in enumerate(rounds[:in_turn])]
    raced = (one(number, units) for number, units in enumerate(rounds[in_turn:], in_turn))
    return [*first, *await asyncio.gather(*raced)]


async def _run(database: Database, unit: Unit, later: int) -> Any:
    def delayed(uow: UnitOfWork) -> Any:
        for _ in range(later):
            uow.people.by_id("nobody")
        return unit(uow)

    try:
        return await database.run(delayed)
    except Refusal as refusal:
        return refusal


def refused(outcomes: Sequence[Any]) -> list[str]:
    """Return the names of the refusals among outcomes."""
    return sorted(type(one).__name__ for one in outcomes if isinstance(one, Refusal))


async def check_audit_chains(database: Database) -> None:
    """Check that no chain of the audit log is broken or forked."""
    assert await database.read(flaws) <= {None}


async def actions(database: Database) -> list[str]:
    """List the actions in the audit log."""

    def unit(uow: UnitOfWork) -> list[str]:
        return [sealed.entry.action for name in uow.audit.chains() for sealed in uow.audit.chain(name)]

    return await database.read(unit)
