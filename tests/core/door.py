"""Homeroom as people use it, by typing, clicking and reading, over any database and without a front."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import exists, literal, select, union_all

from bot.cards.refusals.refusals import Words
from bot.chat.actions import Action
from bot.chat.context import Links
from bot.chat.replies import Actions, Button, Card, Fields, File, Form, Image, Reply, Select, Table, Text
from bot.chat.runner import Runner
from bot.chat.text import Line, plain
from bot.commands import REGISTRY
from bot.core.invitations.invitations import Invitation, InvitationFilter
from bot.core.people.people_filter import PeopleFilter
from bot.core.ports import UnitOfWork
from bot.core.requests.join_requests import JoinRequest, RequestState
from bot.core.rights.actors import Actor, Caller
from bot.core.schools.schools import School
from bot.sheets.bounds import Bounds
from bot.sheets.reading import read_sheet
from bot.storage.database import PostgresDatabase, SqliteDatabase
from bot.storage.tables import metadata
from bot.storage.unit_of_work import SqlUnitOfWork
from tests.fakes.database import FakeDatabase
from tests.world import BASE_URL, SLASHES, WAYS, FakeClock, World, caller

# More than any test creates.
_ALL = 1_000_000
# Time passes before each action, so that what is created later has a later id.
MOMENT = timedelta(milliseconds=1)
BROKEN = "Something went wrong on my side"
# Selects the tables that have rows: most have none, and a query for each would be a round trip to PostgreSQL.
_FILLED = union_all(
    *(
        select(literal(name)).where(exists(select(1).select_from(table)))
        for name, table in metadata.tables.items()
    )
)


@dataclass
class Door:
    """Lets people act on one database through a Runner."""

    database: FakeDatabase | SqliteDatabase | PostgresDatabase
    runner: Runner
    clock: FakeClock

    async def says(self, who: Caller | str, line: str) -> Reply:
        """Type a line as a person, who can be given by name."""
        self.clock.forward(MOMENT)
        return _unbroken(await self.runner.type(line, _caller(who)))

    async def clicks(self, who: Caller | str, command: str, **values: str) -> Reply:
        """Click a button that calls a command with these values."""
        self.clock.forward(MOMENT)
        return _unbroken(await self.runner.act(Action(command, values), _caller(who)))

    async def invitations(self, limit: int = _ALL) -> list[Invitation]:
        """Return all invitations of the only school, newest first."""

        def unit(uow: UnitOfWork) -> list[Invitation]:
            (school,) = uow.schools.linked_to(_place())
            return list(uow.invitations.listed(school.id, InvitationFilter(), limit=limit))

        return await self.database.read(unit)

    async def invitations_of(self, name: str) -> list[Invitation]:
        """Return all invitations of a school by its name, newest first."""

        def unit(uow: UnitOfWork) -> list[Invitation]:
            return list(uow.invitations.listed(_named(uow, name).id, InvitationFilter(), limit=_ALL))

        return await self.database.read(unit)

    async def requests_of(self, name: str) -> list[JoinRequest]:
        """Return the pending join requests of a school by its name, oldest first."""

        def unit(uow: UnitOfWork) -> list[JoinRequest]:
            waiting = RequestState.PENDING
            return list(uow.join_requests.listed(_named(uow, name).id, waiting, after=None, limit=_ALL))

        return await self.database.read(unit)

    async def code(self) -> str:
        """Return the code of the newest invitation."""
        return (await self.invitations(1))[0].code

    async def school(self) -> School:
        """Return the only school."""
        (school,) = await self.database.read(lambda uow: uow.schools.linked_to(_place()))
        return school

    async def requests(self, state: RequestState | None = RequestState.PENDING) -> list[JoinRequest]:
        """Return the join requests of the only school in a state, or in any state if None, oldest first."""

        def unit(uow: UnitOfWork) -> list[JoinRequest]:
            (school,) = uow.schools.linked_to(_place())
            return list(uow.join_requests.listed(school.id, state, after=None, limit=_ALL))

        return await self.database.read(unit)

    async def members(self) -> dict[str, str]:
        """Return everyone's standing in the only school, by name."""

        def unit(uow: UnitOfWork) -> dict[str, str]:
            (school,) = uow.schools.linked_to(_place())
            listed = uow.members.listed(PeopleFilter(school.id), after=None, limit=_ALL)
            return {one.name: one.membership.standing.value for one in listed}

        return await self.database.read(unit)

    async def tables(self) -> dict[str, Any]:
        """Return all that is stored, to compare it before and after."""
        if isinstance(self.database, FakeDatabase):
            return dict(self.database.state.copied().tables())

        def unit(uow: UnitOfWork) -> dict[str, Any]:
            assert isinstance(uow, SqlUnitOfWork)
            connection = uow.members.connection
            filled = set(connection.scalars(_FILLED))
            return {
                name: sorted(map(repr, connection.execute(select(table)).all())) if name in filled else []
                for name, table in metadata.tables.items()
            }

        return await self.database.read(unit)

    async def known(self) -> dict[str, Any]:
        """Return all that is stored, except for the counts of wrong guesses."""
        return {name: table for name, table in (await self.tables()).items() if name != "misses"}

    async def audited(self) -> list[str]:
        """Return the actions in the audit log, in order."""
        return [entry.action for entry in await self.audit_entries()]

    async def audit_entries(self) -> list[Any]:
        """Return the audit entries of all chains."""

        def unit(uow: UnitOfWork) -> list[Any]:
            return [sealed.entry for name in uow.audit.chains() for sealed in uow.audit.chain(name)]

        return await self.database.read(unit)


def open_door(*system_administrators: str) -> Door:
    """Open a door on a new database in memory."""
    clock = FakeClock()
    named_administrators = frozenset(system_administrators)
    database = FakeDatabase(clock, named_administrators)
    runner = Runner(
        database=database,
        registry=REGISTRY,
        words=Words(),
        links=Links(BASE_URL, SLASHES),
        system_administrators=named_administrators,
        ways=WAYS,
    )
    return Door(database, runner, clock)


def door_of(world: World) -> Door:
    """Open a door on a real database."""
    return Door(world.database, world.runner, world.clock)


def as_(uow: UnitOfWork, who: Caller | str) -> Actor:
    """Return a caller as an actor, for tests that call the rules directly."""
    called = _caller(who)
    return Actor(called, uow.people.by_account(called.account))


def _caller(who: Caller | str) -> Caller:
    return who if isinstance(who, Caller) else caller(who)


def _named(uow: UnitOfWork, name: str) -> School:
    (found,) = [one for one in uow.schools.linked_to(_place()) if one.name == name]
    return found


def _place() -> Any:
    return caller("anyone").workspace


def table_in(reply: Reply) -> list[dict[str, str]]:
    """Return the rows of the table in a reply's file, each by column heading."""
    assert isinstance(reply.answer, Card)
    (file,) = [block for block in reply.answer.blocks if isinstance(block, File)]
    found = read_sheet(file.name, file.content, Bounds())
    return [dict(zip(found.header, row, strict=True)) for row in found.rows]


def _unbroken(reply: Reply) -> Reply:
    assert BROKEN not in heard(reply), "the bot broke; its log says why"
    return reply


def heard(reply: Reply) -> str:
    """Return all text of a reply."""
    return "\n".join(_said(reply.answer) + _said(reply.redraw))


def _said(part: Card | Form | None) -> list[str]:
    match part:
        case None:
            return []
        case Form():
            note = [plain(part.note)] if part.note else []
            return [plain(part.title), *note, *(field.option.label for field in part.fields)]
        case Card():
            return [plain(part.title), *(plain(line) for block in part.blocks for line in _lines(block))]


def _lines(block: object) -> Iterable[Line]:
    match block:
        case Text(line):
            yield line
        case Fields(pairs):
            yield from (line for pair in pairs for line in pair)
        case Table(headings, rows):
            yield from (*headings, *(cell for row in rows for cell in row))
        case Image(alt=alt) | File(alt=alt):
            yield alt
        case Actions(buttons):
            yield from (button.label for button in buttons)
        case Select(placeholder, items=items):
            yield from (placeholder, *(item.label for item in items))


def actions_in(reply: Reply) -> Mapping[str, Action]:
    """Return the actions of a reply's buttons by label."""
    cards = [part for part in (reply.answer, reply.redraw) if isinstance(part, Card)]
    rows = [block.buttons for card in cards for block in card.blocks if isinstance(block, Actions)]
    buttons = [button for row in rows for button in row if isinstance(button, Button)]
    return {plain(button.label): button.action for button in buttons}


async def maple(door: Door, *settings: str, invite: str | None = "/invite create") -> None:
    """Make the school Maple Grove with its admins Ada and Omar, and an invitation unless `invite` is None."""
    ada = caller("ada", administers=True)
    await door.says(ada, '/school create "Maple Grove" approval:automatic')
    await door.says(ada, '/invite create role:"School Admin" uses:1')
    await door.says("omar", f"/join {await door.code()}")
    if settings:
        await door.says(ada, f"/school edit {' '.join(settings)}")
    if invite:
        await door.says(ada, invite)
