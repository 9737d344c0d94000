"""A district whose student information system writes a OneRoster folder."""

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

from bot.core.ids import new_id
from bot.core.oneroster import runs, setup
from bot.core.oneroster.model import Run, RunState
from bot.core.people import members
from bot.core.people.lifecycle import Verb, change
from bot.core.people.people import PersonDetails
from bot.core.people.people_filter import PeopleFilter
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import AccountKey, Actor, Person
from bot.core.rights.roles import DISTRICT_ADMIN
from bot.core.schools.calendar import read_time
from bot.core.schools.districts import District
from bot.core.schools.schools import School
from bot.core.values import replace
from bot.jobs.oneroster import OneRosterWorker
from bot.jobs.sweeps import sweep, sweeps
from bot.sheets.bounds import Bounds
from bot.storage.database import PostgresDatabase, SqliteDatabase
from tests.fakes.database import FakeDatabase
from tests.world import START, FakeClock, caller, system_admin

T = TypeVar("T")
Row = Sequence[str]
HEADERS = {
    "orgs.csv": "sourcedId,status,dateLastModified,name,type,identifier,parentSourcedId",
    "users.csv": (
        "sourcedId,status,dateLastModified,enabledUser,username,userIds,givenName,familyName,middleName,"
        "identifier,email,sms,phone,agentSourcedIds,grades,password"
    ),
    "roles.csv": (
        "sourcedId,status,dateLastModified,userSourcedId,roleType,role,beginDate,endDate,orgSourcedId,"
        "userProfileSourcedId"
    ),
}
WHEN = "2026-08-31T06:00:00Z"
SYSTEM_ADMIN = system_admin(Person(new_id(START), "Sysadmin"))
ORGS = (("o1", "", "", "North One", "school", "1", ""), ("o2", "", "", "North Two", "school", "2", ""))


def user(name: str, *, enabled: str = "true", status: str = "", first: str = "", email: str = "") -> Row:
    """Return a row of users.csv; a user named nia has the id u-nia and the address nia@example.org."""
    return (
        f"u-{name}", status, WHEN if status else "", enabled, name, "", first or name.title(), "Okafor",
        "Ruth", "", email or f"{name}@example.org", "", "", "", "3,4", "",
    )  # fmt: skip


def role(
    name: str, what: str = "teacher", org: str = "o1", *, status: str = "", begins: str = "", ends: str = ""
) -> Row:
    """Return a row of roles.csv."""
    own = f"r-{name}-{what}-{org}"
    return (own, status, WHEN if status else "", f"u-{name}", "primary", what, begins, ends, org, "")


def table(header: str, rows: Iterable[Row]) -> str:
    """Return the content of a CSV file."""
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return f"{header}\n{text.getvalue()}"


def manifest(**modes: str) -> str:
    """Return the content of a manifest; `modes` are the modes of files by name."""
    files = [(f"file.{name}", mode) for name, mode in modes.items()]
    said = [("manifest.version", "1.0"), ("oneroster.version", "1.2"), *files, ("source.systemName", "SIS")]
    return table("propertyName,value", said)


@dataclass
class Town:
    """The district, its schools, and its folder."""

    database: FakeDatabase | SqliteDatabase | PostgresDatabase
    clock: FakeClock
    root: Path
    district: District
    schools: dict[str, School] = field(default_factory=dict)

    async def run(self, unit: Callable[[UnitOfWork], T]) -> T:
        self.clock.forward(timedelta(seconds=1))
        return await self.database.run(unit)

    def admin(self, uow: UnitOfWork) -> Actor:
        """Return the district's admin as an actor."""
        call = caller("ada")
        return Actor(call, uow.people.by_account(call.account))

    async def open(self, at: str | None = None, zone: str = "Europe/Berlin") -> None:
        """Store the district with its schools, and connect its folder; `at` is when it is read each day."""

        def unit(uow: UnitOfWork) -> None:
            uow.districts.add(self.district)
            for name in ("North One", "North Two"):
                made = School(new_id(uow.now), name, uow.now, district_id=self.district.id)
                uow.schools.add(made)
                self.schools[name] = made
            ada = Person(new_id(uow.now), "Ada")
            uow.people.add(ada, AccountKey("web", "ada"))
            uow.districts.assign(ada.id, DISTRICT_ADMIN.name, self.district.id, by=None, at=uow.now)
            time = read_time(at, "at") if at else None
            assert uow.people.add(SYSTEM_ADMIN.known_person, SYSTEM_ADMIN.caller.account)
            setup.connect(uow, SYSTEM_ADMIN, self.district, folder="north", zone=zone, at=time)

        await self.run(unit)

    async def archive_schools(self) -> None:
        """Archive all schools of the district."""

        def unit(uow: UnitOfWork) -> None:
            for one in self.schools.values():
                uow.schools.save(replace(one, archived_at=uow.now))

        await self.run(unit)

    @property
    def folder(self) -> Path:
        return self.root / "north"

    def write(
        self,
        users: Sequence[Row] | None = None,
        roles: Sequence[Row] | None = None,
        orgs: Sequence[Row] | None = ORGS,
        mode: str = "bulk",
    ) -> None:
        """Write the folder; a file that is None is absent."""
        self.folder.mkdir(exist_ok=True)
        given = {"orgs": orgs, "users": users, "roles": roles}
        modes = {name: "absent" if rows is None else mode for name, rows in given.items()}
        for name, rows in given.items():
            path = self.folder / f"{name}.csv"
            path.unlink(missing_ok=True)
            if rows is not None:
                path.write_text(table(HEADERS[path.name], rows))
        (self.folder / "manifest.csv").write_text(manifest(**modes))

    def delta(self, users: Sequence[Row] | None = None, roles: Sequence[Row] | None = None) -> None:
        """Write a folder with changes only."""
        self.write(users, roles, None, "delta")

    def work(self) -> OneRosterWorker:
        return OneRosterWorker(self.database, self.clock, str(self.root), Bounds())

    async def sync(self, typed: int | None = None, *, only_plan: bool = False) -> Run:
        """Read the folder at an admin's request, and agree to the plan unless `only_plan`; return the run."""
        run = await self.run(lambda uow: runs.ask(uow, self.admin(uow), self.district))
        run = await self.worked(run)
        if only_plan or run.state not in {RunState.PLANNED, RunState.GUARDED}:
            return run
        return await self.agree(run, typed)

    async def agree(self, run: Run, typed: int | None = None) -> Run:
        await self.run(lambda uow: runs.agree(uow, self.admin(uow), self.district, run.id, typed))
        return await self.worked(run)

    async def worked(self, run: Run) -> Run:
        while await self.work().round():
            pass
        found = await self.database.read(lambda uow: uow.oneroster.run(run.id))
        assert found is not None
        return found

    async def run_night(self) -> list[Run]:
        """Run the sweep, and the worker until nothing is due; return all runs, newest first."""
        for one in sweeps():
            if one.name == "OneRoster folders":
                await sweep(self.database, one)
        while await self.work().round():
            pass
        return await self.runs()

    async def runs(self) -> list[Run]:
        return list(await self.database.read(lambda uow: uow.oneroster.runs(self.district.id, 99)))

    async def people(self, name: str = "North One") -> dict[str, tuple[str, tuple[str, ...]]]:
        """Return everyone's status and roles in a school, by first name."""

        def unit(uow: UnitOfWork) -> dict[str, tuple[str, tuple[str, ...]]]:
            wanted = PeopleFilter(self.schools[name].id, off_list=True)
            found = uow.members.listed(wanted, after=None, limit=10**6)
            return {
                one.name.split()[0]: (
                    one.membership.barred_as or one.membership.status,
                    tuple(sorted(one.roles)),
                )
                for one in found
            }

        return await self.database.read(unit)

    async def add_member(self, name: str, role: str) -> None:
        """Add a member with a role to the first school, who has not been in any folder."""

        def unit(uow: UnitOfWork) -> None:
            person = Person(new_id(uow.now), name)
            uow.people.add_unlinked(person)
            email = f"{name.casefold()}@example.org"
            uow.people.save_details(person.id, PersonDetails(name, "Okafor", email=email))
            members.activate(uow, self.schools["North One"].id, person.id, role, by=None)

        await self.run(unit)

    async def change_member(self, verb: Verb, email: str, school: str = "North One") -> None:
        """Change a member's state as the district's admin."""

        def unit(uow: UnitOfWork) -> None:
            person = uow.people.by_email(email)
            assert person is not None
            change(uow, self.admin(uow), self.schools[school], person.id, verb)

        await self.run(unit)


# The people of most folders, and the status and roles of each after they have joined.
STAFF = ("nia", "leo", "mia", "kim", "ivo", "eva")
ALL = tuple(user(one) for one in STAFF)
TEACH = tuple(role(one) for one in STAFF)
TEACHER = ("active", ("Teacher",))


def counts(run: Run) -> dict[str, int]:
    """Return what a run did, as the number of changes of each kind."""
    return {one.value: number for one, number in run.outcome.counts.items() if number}


async def begin(town: Town) -> None:
    """Sync a folder with all of the staff."""
    town.write(ALL, TEACH)
    run = await town.sync()
    assert run.state is RunState.DONE, run.outcome
