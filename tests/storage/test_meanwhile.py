"""PostgreSQL: what others do between two statements of a redemption, after each statement in turn."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any

import asyncpg
import pytest
from sqlalchemy import Connection
from sqlalchemy.util import await_only

from bot.core.errors import Refusal
from bot.core.invitations import accepting, addressed, invitations, redeeming
from bot.core.invitations.addressed import Invitee, Offer
from bot.core.invitations.invitations import Invitation
from bot.core.people import accounts, erasure
from bot.core.people.members import Standing
from bot.core.ports import UnitOfWork
from bot.core.rights import custom_roles
from bot.core.rights.actors import Actor
from bot.core.rights.custom_roles import CustomRole
from bot.core.rights.permissions import Permission
from bot.core.values import replace
from bot.storage import engines
from bot.storage.database import PostgresDatabase
from tests.storage import build
from tests.storage.outages.crowd import RECOVERS
from tests.storage.rounds import Ground, Unit, as_, check_audit_chains, ground, somebody
from tests.storage.statements import before_statements
from tests.world import World, open_world

Come = Callable[[UnitOfWork, Actor, Ground], Unit]
Then = Callable[[UnitOfWork, Actor], None]

_WITHOUT_ACCOUNT = (
    "SELECT person_id FROM memberships WHERE school_id = $1 AND standing = 'active'"
    " AND person_id NOT IN (SELECT person_id FROM accounts)"
)
_LET_IN = (
    "SELECT person_id FROM memberships JOIN persons ON persons.id = person_id"
    " WHERE school_id = $1 AND name = $2 AND standing = 'active'"
)


@pytest.fixture
async def other(postgres_url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(postgres_url)
    yield connection
    await connection.close()


@pytest.fixture
async def world(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    monkeypatch.setattr(engines, "LOCK_TURN", 50)  # those who wait for a row lock try again sooner
    async with open_world(postgres_url) as world:
        yield world


class Meanwhile:
    """Does deeds one after the other, each before a statement of the task that is at work.

    A deed has ended when the statement goes on, or waits for what the task holds.
    """

    def __init__(self, world: World, other: asyncpg.Connection) -> None:
        assert isinstance(world.database, PostgresDatabase)
        self.database = world.database
        self.other = other
        self.statements = 0
        self.deeds: dict[int, Unit] = {}
        self.under_way: list[asyncio.Task[Any]] = []
        self._of: asyncio.Task[Any] | None = None

    async def run(self, unit: Unit, at: int, deeds: Sequence[Unit]) -> Any:
        """Run a unit, and deeds before its statements from a number on; return the unit's result."""
        self._of, self.statements, self.under_way = asyncio.current_task(), 0, []
        self.deeds = dict(enumerate(deeds, at))
        try:
            return await self.database.run(unit)
        except Refusal as refused:
            return refused
        finally:
            self._of = None
            await asyncio.gather(*self.under_way, return_exceptions=True)

    async def at_each_place(self, once: Callable[[int], Awaitable[int]]) -> None:
        """Call `once` without deeds, and then for a deed at each of the statements that it counted."""
        with before_statements(self.database, self.before):
            number = await once(0)
            for at in range(1, number + 1):
                await once(at)
        await check_audit_chains(self.database)

    def before(self, _: Connection) -> None:
        if asyncio.current_task() is not self._of:
            return
        self.statements += 1
        if deed := self.deeds.pop(self.statements, None):
            self.under_way.append(asyncio.create_task(self.database.run(deed)))
            await_only(self._ended_or_waiting(self.under_way[-1]))

    async def _ended_or_waiting(self, task: asyncio.Task[Any]) -> None:
        async with asyncio.timeout(RECOVERS):
            while not task.done():
                if await self.other.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"):
                    return


async def _at_each_place(
    world: World, other: asyncpg.Connection, come: Come, then: Then, *, rejected: bool = False
) -> Counter[str]:
    """Let Sam join while he is merged into Quinn; before the next statement Quinn does another deed."""
    database, meanwhile = world.database, Meanwhile(world, other)
    ended: Counter[str] = Counter()

    def prepared(uow: UnitOfWork, number: int) -> tuple[Ground, Unit, str]:
        of = ground(uow, number)
        ada = as_("ada", of, lambda _, actor: actor)(uow)
        comes = come(uow, ada, of)
        quinn = somebody(uow, "quinn", number)
        if rejected:
            build.membership(uow, of.school, quinn, Standing.REJECTED)
        return of, comes, as_("quinn", of, accounts.offer)(uow)

    async def once(at: int) -> int:
        of, comes, code = await database.run(lambda uow: prepared(uow, at))
        become = as_("sam", of, lambda uow, actor: accounts.join(uow, actor, code))
        came = await meanwhile.run(comes, at, [become, as_("quinn", of, then)])
        ended[type(came).__name__] += 1
        assert await other.fetch(_WITHOUT_ACCOUNT, of.school.id) == [], at
        if rejected:
            assert await other.fetch(_LET_IN, of.school.id, f"quinn{at}") == [], at
        return meanwhile.statements

    await meanwhile.at_each_place(once)
    return ended


def _accepts(uow: UnitOfWork, ada: Actor, of: Ground) -> Unit:
    """Let Ada invite a person whose code is handed over, and Sam accept."""
    made = addressed.create(uow, ada, Invitee("Pia"), Offer(((of.school, "Viewer"),)))
    return as_("sam", of, lambda uow, actor: accepting.accept(uow, actor, made, holds_link=True))


def _redeems(uow: UnitOfWork, ada: Actor, of: Ground) -> Unit:
    made = invitations.create(uow, ada, of.school)
    return as_("sam", of, lambda uow, actor: redeeming.redeem(uow, actor, made.code))


def _gives_it_away(uow: UnitOfWork, quinn: Actor) -> None:
    (of_sam,) = (one for one in accounts.of_actor(uow, quinn) if one != quinn.caller.account)
    accounts.unlink(uow, quinn, accounts.handle(of_sam))


def _goes(uow: UnitOfWork, quinn: Actor) -> None:
    erasure.own(uow, quinn, confirmed=True)


def _rests(_: UnitOfWork, __: Actor) -> None:
    """Do nothing."""


@pytest.mark.parametrize("then", [_gives_it_away, _goes])
@pytest.mark.parametrize(("come", "done"), [(_accepts, "Accepted"), (_redeems, "Redeemed")])
async def test_whoever_comes_in_is_somebody_with_an_account(
    world: World, other: asyncpg.Connection, come: Come, done: str, then: Then
) -> None:
    ended = await _at_each_place(world, other, come, then)
    assert set(ended) == {done}


@pytest.mark.parametrize(("come", "done"), [(_accepts, "Accepted"), (_redeems, "Redeemed")])
async def test_a_stranger_who_turns_out_to_be_rejected_is_told_so(
    world: World, other: asyncpg.Connection, come: Come, done: str
) -> None:
    """Or Sam was first; then the two cannot be merged into an active member."""
    ended = await _at_each_place(world, other, come, _rests, rejected=True)
    assert set(ended) == {done, "MembershipBarred"}


async def test_too_late_for_the_last_use_files_a_request(world: World, other: asyncpg.Connection) -> None:
    """Quinn takes it while Sam redeems, whose unit is run again and finds the code used up."""
    database, meanwhile = world.database, Meanwhile(world, other)

    def prepared(uow: UnitOfWork, number: int) -> tuple[Ground, str]:
        of = ground(uow, number)
        assert uow.schools.save(replace(of.school, late_codes=True))
        made = as_("ada", of, lambda uow, ada: invitations.create(uow, ada, of.school, uses_allowed=1))(uow)
        return of, made.code

    async def once(at: int) -> int:
        of, code = await database.run(lambda uow: prepared(uow, at))

        def redeems(name: str) -> Unit:
            return as_(name, of, lambda uow, actor: redeeming.redeem(uow, actor, code))

        sam = await meanwhile.run(redeems("sam"), at, [redeems("quinn")] if at else [])
        assert (sam.request.late if sam.request else "") == ("used up" if at else "")
        stored = await database.read(lambda uow: uow.invitations.by_code(code))
        assert stored is not None
        assert stored.uses_taken == 1
        let_in = [await other.fetch(_LET_IN, of.school.id, f"{name}{at}") for name in ("Sam", "Quinn")]
        assert list(map(len, let_in)) == ([0, 1] if at else [1, 0])
        return meanwhile.statements

    await meanwhile.at_each_place(once)


def _is_renamed(uow: UnitOfWork, ada: Actor, of: Ground, role: CustomRole, _: Invitation) -> None:
    custom_roles.edit(uow, ada, of.school, role, name="Aide")


def _is_deleted(uow: UnitOfWork, ada: Actor, of: Ground, role: CustomRole, made: Invitation) -> None:
    invitations.revoke(uow, ada, made, of.school)
    custom_roles.delete(uow, ada, of.school, role)


@pytest.mark.parametrize("deed", [_is_renamed, _is_deleted])
@pytest.mark.parametrize("known", [True, False])
async def test_whoever_comes_in_while_their_role_goes_is_let_in_or_refused(
    world: World, other: asyncpg.Connection, deed: Callable[..., None], known: bool
) -> None:
    database, meanwhile = world.database, Meanwhile(world, other)

    def prepared(uow: UnitOfWork, number: int) -> tuple[Ground, CustomRole, Invitation]:
        of = ground(uow, number)
        ada = as_("ada", of, lambda _, actor: actor)(uow)
        role = custom_roles.create(uow, ada, of.school, "Helper", holds={Permission.MEMBER_READ})
        if known:
            somebody(uow, "sam", number)
        return of, role, invitations.create(uow, ada, of.school, role="Helper")

    async def once(at: int) -> int:
        of, role, made = await database.run(lambda uow: prepared(uow, at))
        goes = as_("ada", of, lambda uow, ada: deed(uow, ada, of, role, made))
        comes = as_("sam", of, lambda uow, actor: redeeming.redeem(uow, actor, made.code))
        sam = await meanwhile.run(comes, at, [goes] if at else [])
        assert type(sam).__name__ in {"Redeemed", "InvitationUnusable"}
        return meanwhile.statements

    await meanwhile.at_each_place(once)
