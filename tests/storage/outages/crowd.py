"""Helpers for tests of outages: people who redeem a code, and counts of what is stored."""

import asyncio

from sqlalchemy import Connection, func, literal, select, union_all

from bot.chat.replies import Card, Reply
from bot.chat.text import plain
from bot.core.invitations.invitations import InvitationFilter
from bot.core.ports import UnitOfWork
from bot.storage.database import SqliteDatabase
from bot.storage.tables import metadata
from tests.soak import size
from tests.world import World, caller

# How many seconds a lock is held: in `make soak` longer than a database waits by default.
HELD = size(1, 310) / 10
# How many seconds the first try after an outage may take, even on a busy machine: less than people wait for a
# lock before they give up.
RECOVERS = size(20, 10)
# More people than there are connections to PostgreSQL.
CROWD = 40
Counts = dict[str, int]
_COUNTS = union_all(
    *(select(literal(table.name), func.count()).select_from(table) for table in metadata.sorted_tables)
)


async def school(world: World) -> str:
    """Make a school without approval; return a code of it."""
    ada = caller("ada", administers=True)
    for line in ("/school create Maple approval:automatic", "/invite create"):
        assert not (await world.runner.type(line, ada)).refused

    def unit(uow: UnitOfWork) -> str:
        (school,) = uow.schools.linked_to(ada.workspace)  # type: ignore[arg-type]
        (invitation,) = uow.invitations.listed(school.id, InvitationFilter(), limit=1)
        return invitation.code

    return await world.database.read(unit)


async def joins(world: World, code: str, number: int, within: float = RECOVERS) -> Reply:
    async with asyncio.timeout(within):
        return await world.runner.type(f"/join {code}", caller(f"nia{number}"))


async def check_reads(world: World) -> None:
    """Check that a command that only reads is answered in time."""
    async with asyncio.timeout(RECOVERS):
        assert not (await world.runner.type("/help", caller("ada"))).refused


async def check_recovery(world: World, code: str, number: int) -> None:
    """Check that the first try after an outage succeeds in time."""
    assert not (await joins(world, code, number)).refused


def _counted(connection: Connection) -> Counts:
    return {str(name): int(number) for name, number in connection.execute(_COUNTS)}


async def row_counts(world: World) -> Counts:
    """Count the rows of each table."""
    if isinstance(world.database, SqliteDatabase):
        return await world.database._readers[0].run(_counted)
    async with world.database._readers.begin() as connection:
        return await connection.run_sync(_counted)


def title(reply: Reply) -> str:
    assert isinstance(reply.answer, Card)
    return plain(reply.answer.title)


async def check_refused_unchanged(world: World, reply: Reply, before: Counts) -> None:
    assert "nothing was changed" in title(reply)
    assert await row_counts(world) == before


async def check_refused_while_held(world: World, code: str, before: Counts) -> None:
    """Check that a crowd is refused while another session holds a lock, and that no reader waits."""
    within = 2 * HELD + RECOVERS  # on SQLite, those who come while another waits share the next commit
    waiting = [asyncio.create_task(joins(world, code, number, within)) for number in range(CROWD)]
    await check_reads(world)
    assert {"nothing was changed" in title(reply) for reply in await asyncio.gather(*waiting)} == {True}
    assert await row_counts(world) == before
