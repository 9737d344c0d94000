"""What the tests of outages share: people who redeem a code, and what is stored before and after."""

import asyncio

from sqlalchemy import Connection, func, literal, select, union_all

from bot.chat.replies import Card, Reply
from bot.chat.text import plain
from bot.core.invitations import InvitationFilter
from bot.core.ports import UnitOfWork
from bot.storage.database import SqliteDatabase
from bot.storage.tables import metadata
from tests.soak import size
from tests.world import World, caller

# Longer than a database waits by itself; in a usual run it waits an instant.
HELD = size(1, 310) / 10
# So many seconds after the trouble has ended somebody who tries again is done, at most: sooner than whoever
# waits for what is held gives up, also where others keep the machine busy.
RECOVERS = size(20, 10)
# More than there are connections to PostgreSQL.
CROWD = 40
Counts = dict[str, int]
_COUNTS = union_all(
    *(select(literal(table.name), func.count()).select_from(table) for table in metadata.sorted_tables)
)


async def school(world: World) -> str:
    """Make a school that lets everybody in at once, and return a code of it."""
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


async def reads(world: World) -> None:
    """See that somebody who only looks is answered, and in time."""
    async with asyncio.timeout(RECOVERS):
        assert not (await world.runner.type("/help", caller("ada"))).refused


async def recovers(world: World, code: str, number: int) -> None:
    """See that the first try afterwards is done, and in time."""
    assert not (await joins(world, code, number)).refused


def _counted(connection: Connection) -> Counts:
    return {str(name): int(number) for name, number in connection.execute(_COUNTS)}


async def rows(world: World) -> Counts:
    """Count what is stored."""
    if isinstance(world.database, SqliteDatabase):
        return await world.database._readers[0].run(_counted)
    async with world.database._readers.begin() as connection:
        return await connection.run_sync(_counted)


def title(reply: Reply) -> str:
    assert isinstance(reply.answer, Card)
    return plain(reply.answer.title)


async def refused_whole(world: World, reply: Reply, before: Counts) -> None:
    assert "nothing was changed" in title(reply)
    assert await rows(world) == before


async def refused_while_held(world: World, code: str, before: Counts) -> None:
    """Let a crowd try while another holds what is needed; no reader waits for them."""
    within = 2 * HELD + RECOVERS  # on SQLite who comes while another waits is in the next commit
    waiting = [asyncio.create_task(joins(world, code, number, within)) for number in range(CROWD)]
    await reads(world)
    assert {"nothing was changed" in title(reply) for reply in await asyncio.gather(*waiting)} == {True}
    assert await rows(world) == before
