"""A popular code under load: 16 processes, never one use too many, and none after it is revoked.

400 tries, or until 40 are refused; 1,000 and 100 in `make soak`; as many as `HOMEROOM_LOAD` says, or until a
tenth is refused, at night.
"""

import os
from functools import partial

from bot.core.ports import UnitOfWork
from tests.core.door import Door, door_of, maple
from tests.soak import size
from tests.storage.processes import Other, another_process
from tests.world import World

PROCESSES, USES, AT_ONCE = 16, 100, 4  # PostgreSQL takes a hundred connections
REDEMPTIONS = int(os.environ.get("HOMEROOM_LOAD", size(400, 1000)))
FEW = 8
PATIENCE = 60 + REDEMPTIONS / 10

REDEEMING = f"""
import itertools, logging, os

from tests.core.door import door_of, heard
from tests.world import open_world

async def main(name, url, code, counts, times):
    logging.basicConfig(level=logging.ERROR)
    async with open_world(url) as world:
        door, numbers, welcome, done = door_of(world), itertools.count(), 0, 0
        async def lane():
            nonlocal welcome, done
            while done < int(times):
                said = heard(await door.says(f"{{name}}n{{next(numbers)}}", f"/join {{code}}"))
                assert "Welcome" in said or "cannot be used" in said, said
                welcome += "Welcome" in said
                done += counts == "all" or "Welcome" not in said
        await asyncio.gather(*(lane() for _ in range({AT_ONCE})))
        os.write(1, b"%d\\n" % welcome)  # at one go: others write here too
"""


async def _welcomed(other: Other) -> int:
    return sum(map(int, (await other.ended_well(PATIENCE)).split()))


async def _agreed(door: Door, welcomed: int) -> None:
    """Check that all tables agree on the number of redemptions."""
    (invitation, _) = await door.invitations()
    redeemed = await door.database.read(
        lambda uow: uow.leaks.redeemers(invitation.id, after=None, limit=welcomed + 1)
    )
    assert invitation.uses_taken == len(redeemed) == welcomed
    assert len(await door.members()) == welcomed + 2
    assert (await door.audited()).count("invitation.redeemed") == welcomed + 1


async def test_a_hundred_uses_are_exactly_a_hundred(world: World, database_url: str) -> None:
    door = door_of(world)
    await maple(door, invite=f"/invite create uses:{USES}")
    each = str(-(-REDEMPTIONS // PROCESSES))
    code = await door.code()
    async with another_process(REDEEMING, database_url, code, "all", each, forks=PROCESSES) as others:
        others.go()
        welcomed = await _welcomed(others)
    assert welcomed == USES
    await _agreed(door, USES)


def _uses_taken(uow: UnitOfWork, of: str) -> int:
    found = uow.invitations.by_id(of)
    return found.uses_taken if found else 0


async def test_nobody_comes_in_after_a_code_is_revoked_in_flight(world: World, database_url: str) -> None:
    door = door_of(world)
    await maple(door)
    (invitation, _) = await door.invitations()
    code, each = invitation.code, str(REDEMPTIONS // 10 // FEW)  # they go on until this many were refused
    async with another_process(REDEEMING, database_url, code, "refused", each, forks=FEW) as others:
        others.go()
        while not await world.database.read(partial(_uses_taken, of=invitation.id)):
            continue
        await door.clicks("ada", "invite revoke", invitation=invitation.id)
        (revoked, _) = await door.invitations()
        welcomed = await _welcomed(others)
    assert welcomed == revoked.uses_taken > 0
    await _agreed(door, welcomed)
