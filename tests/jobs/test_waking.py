"""A commit wakes the workers that have something to do, and no others."""

from functools import partial

import pytest

from bot.core.ids import grouped
from bot.core.invitations.invitations import InvitationFilter
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import Platform, WorkspaceKey
from bot.storage.waking import Queue
from tests.storage import build
from tests.storage.messages import message
from tests.world import World, caller

ADA = caller("ada", administers=True)


@pytest.fixture
def woken(world: World) -> list[Queue]:
    """The queues whose workers were woken since this list was cleared."""
    found: list[Queue] = []
    for queue in Queue:
        world.database.waking.add(queue, partial(found.append, queue))
    return found


async def _school(world: World, approval: str) -> str:
    await world.runner.type(f"/school create Maple approval:{approval}", ADA)
    await world.runner.type("/school approvals", ADA)
    await world.runner.type("/invite create uses:9", ADA)

    def code(uow: UnitOfWork) -> str:
        (school,) = uow.schools.linked_to(WorkspaceKey(Platform.WEB, "playground"))
        (made,) = uow.invitations.listed(school.id, InvitationFilter(), limit=2)
        return grouped(made.code)

    return await world.database.read(code)


async def test_who_comes_in_at_once_wakes_nobody(world: World, woken: list[Queue]) -> None:
    code = await _school(world, "automatic")
    woken.clear()
    assert not (await world.runner.type(f"/join {code}", caller("nia"))).refused
    assert woken == []


async def test_who_asks_to_come_in_wakes_the_delivery(world: World, woken: list[Queue]) -> None:
    code = await _school(world, '"by request"')
    woken.clear()
    assert not (await world.runner.type(f"/join {code}", caller("nia"))).refused
    assert woken == [Queue.OUTBOX]


async def test_what_is_refused_or_only_looked_at_wakes_nobody(world: World, woken: list[Queue]) -> None:
    await _school(world, "automatic")
    woken.clear()
    assert (await world.runner.type("/invite create uses:9", caller("nia"))).refused
    assert (await world.runner.type("/join 2345-6789-ABCDE", caller("nia"))).refused
    for line in ("/school show", "/outbox list", "/member list"):
        await world.runner.type(line, ADA)
    assert woken == []


async def test_a_message_wakes_its_worker_when_it_is_committed(world: World, woken: list[Queue]) -> None:
    def write(uow: UnitOfWork) -> None:
        message(uow, build.school(uow), build.person(uow))
        assert woken == []

    def broken(uow: UnitOfWork) -> None:
        message(uow, build.school(uow, "Oak"), build.person(uow))
        raise OSError

    with pytest.raises(OSError):  # noqa: PT011 - it is ours
        await world.database.run(broken)
    assert woken == []
    await world.database.run(write)
    assert woken == [Queue.MESSAGES]
