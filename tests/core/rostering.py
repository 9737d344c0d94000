"""Imports rosters in tests by calling the core directly."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bot.core.people.people_filter import PeopleFilter
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import Actor
from bot.core.rosters import applying, exporting, planning, rows, undoing
from bot.core.rosters.imports import Faulty, Options, Place, Planned, Step, StepKind, StepReason, View
from bot.core.rosters.rows import RosterRow
from bot.core.rosters.sheet import Sheet
from bot.core.schools.schools import School
from bot.jobs.rosters import RosterWorker
from tests.core.door import Door
from tests.fakes.database import FakeDatabase
from tests.fakes.state import State
from tests.world import caller

NIA = ("nia@example.org", "Nia", "Okafor")
LEO = ("leo@example.org", "Leo", "Marsh")
MIA = ("mia@example.org", "Mia", "Lund")
HEADER = ("E-Mail", "First name", "LAST_NAME", "Schools", "Role", "Subjects", "Grades", "MI", "Educator ID")


def sheet(*people: Sequence[str]) -> Sheet:
    """Make a table with all columns; cells at the end of a row may be left out."""
    width = len(HEADER)
    return Sheet("people.csv", HEADER, tuple((*one, *[""] * (width - len(one))) for one in people))


@dataclass
class Office:
    """Imports rosters as one person, for one school."""

    door: Door
    name: str = "ada"
    school: str = "Maple"
    worker: RosterWorker | None = None

    def _actor(self, uow: UnitOfWork) -> Actor:
        call = caller(self.name)
        return Actor(
            call,
            uow.people.by_account(call.account),
            is_system_administrator=str(call.account) in uow.named_administrators,
        )

    def _school(self, uow: UnitOfWork) -> School:
        found = uow.schools.overseen(None, self.school, 9, whole=True)
        return found[0]

    async def plan(
        self, people: Sequence[Sequence[str]] | Sheet, *, whole_district: bool = False, **options: Any
    ) -> Planned | Faulty:
        table = people if isinstance(people, Sheet) else sheet(*people)
        reading = rows.read(table)

        def unit(uow: UnitOfWork) -> Planned | Faulty:
            place = Place(self._school(uow), whole_district)
            return planning.plan(uow, self._actor(uow), place, reading, Options(**options))

        return await self.door.database.run(unit)

    async def planned(self, people: Sequence[Sequence[str]] | Sheet, **options: Any) -> Planned:
        found = await self.plan(people, **options)
        assert isinstance(found, Planned), found
        return found

    async def apply(self, plan: Planned, typed: int | None = None) -> View | Planned | Faulty:
        return await self.door.database.run(
            lambda uow: applying.apply(uow, self._actor(uow), plan.roster.id, typed=typed)
        )

    async def imports(self, people: Sequence[Sequence[str]] | Sheet, **options: Any) -> View:
        plan = await self.planned(people, **options)
        done = await self.apply(plan, plan.leaving)
        assert isinstance(done, View), done
        while await self.work():
            pass
        return done

    async def work(self) -> bool:
        """Let the office's one worker do one part; return whether it did anything."""
        if self.worker is None:
            self.worker = RosterWorker(self.door.database, self.door.clock)
        return await self.worker.round()

    async def undo(self, done: View | Planned) -> View:
        return await self.door.database.run(lambda uow: undoing.undo(uow, self._actor(uow), done.roster.id))

    async def steps(self, done: View | Planned) -> list[Step]:
        return await self.door.database.read(
            lambda uow: [*uow.roster_steps.steps(done.roster.id, limit=10**6)]
        )

    async def only(self, done: View | Planned, kind: StepKind) -> Step:
        """Return the only step of a kind."""
        (found,) = [one for one in await self.steps(done) if one.kind is kind]
        return found

    async def what(self, done: View | Planned) -> dict[str, tuple[StepKind, StepReason | None]]:
        """Return what happens to each person and why, by the part of their address before the @."""
        return {one.said.email.partition("@")[0]: (one.kind, one.why) for one in await self.steps(done)}

    async def exported(self, *, district: bool = False) -> tuple[list[RosterRow], int]:
        def unit(uow: UnitOfWork) -> tuple[list[RosterRow], int]:
            school = self._school(uow)
            wanted = PeopleFilter(school.id, school.district_id if district else None)
            export = exporting.export_rows(uow, self._actor(uow), wanted)
            return list(export.rows), export.left_out

        return await self.door.database.read(unit)

    async def people(self) -> dict[str, tuple[str, tuple[str, ...]]]:
        """Return everyone's status and roles in the school, by name."""

        def unit(uow: UnitOfWork) -> dict[str, tuple[str, tuple[str, ...]]]:
            wanted = PeopleFilter(self._school(uow).id, off_list=True)
            found = uow.members.listed(wanted, after=None, limit=10**6)
            return {one.name: (one.membership.barred_as or one.membership.status, one.roles) for one in found}

        return await self.door.database.read(unit)

    async def details(self, email: str) -> Any:
        def unit(uow: UnitOfWork) -> Any:
            person = uow.people.by_email(email)
            return uow.people.details(person.id) if person else None

        return await self.door.database.read(unit)


async def maple_and_oak(door: Door) -> Office:
    """Make Maple and Oak in one district, with Ada as the only admin of both."""
    ada, root = (caller(name, administers=True) for name in ("ada", "root"))
    await door.says(ada, "/school create Maple approval:automatic")
    await door.says(ada, "/school create Oak")
    await door.says(root, "/district create North")
    for name in ("Maple", "Oak"):
        assert not (await door.says(root, f"/school move school:{name} district:North")).refused
    return Office(door)


async def clerk(office: Office, permissions: str) -> Office:
    """Add Cleo to Maple with a custom role of these permissions; return an office that imports as her."""
    await office.door.says(caller("ada"), f"/role create name:Clerk permissions:{permissions} school:Maple")
    await office.imports([("clerk@example.org", "Cleo", "May", "", "Clerk")])
    cleo = who(office, "clerk@example.org")
    await office.door.database.run(lambda uow: uow.accounts.link(caller("cleo").account, cleo, uow.now))
    return Office(office.door, "cleo")


def state_of(office: Office) -> State:
    """Return the fake state behind an office in memory."""
    assert isinstance(office.door.database, FakeDatabase)
    return office.door.database.state


def who(office: Office, email: str) -> str:
    """Return the id of the person with an e-mail address, for an office in memory."""
    return next(key for key, one in state_of(office).details.items() if one.email == email)
