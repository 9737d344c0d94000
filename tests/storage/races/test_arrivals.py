"""What arrives several times, at two replicas at once, is done once, and costs one more statement."""

import asyncio
from pathlib import Path

from bot.chat.replies import Reply
from bot.chat.runner import Runner
from bot.storage.database import open_database
from bot.storage.vault import Vault
from tests.core.door import door_of, maple
from tests.storage.statements import noted_statements
from tests.world import KEY, World, caller, delivered, open_world, sqlite_url

ROUNDS, TIMES = 60, 4


async def test_four_deliveries_at_two_replicas_are_done_and_answered_once(
    world: World, database_url: str
) -> None:
    door = door_of(world)
    await maple(door, invite="/invite create uses:200")
    code = await door.code()
    second = await open_database(database_url, world.clock, Vault(KEY))
    ours = world.runner
    theirs = Runner(second, ours.registry, ours.words, ours.links)

    async def arrives(number: int) -> list[Reply]:
        told = (
            delivered(runner, f"/join {code}", caller(f"p{number}"), f"slack {number}")
            for runner in (ours, theirs) * (TIMES // 2)
        )
        return await asyncio.gather(*told)

    answers = await asyncio.gather(*(arrives(number) for number in range(ROUNDS)))
    await second.close()
    for replies in answers:
        assert sorted(reply == Reply(repeated=True) for reply in replies) == [False, True, True, True]
        assert not any(reply.refused for reply in replies)
    (made,) = [one for one in await door.invitations() if one.code == code]
    assert made.uses_taken == ROUNDS
    assert (await door.audited()).count("invitation.redeemed") == ROUNDS + 1  # and Omar


async def test_the_mark_is_the_only_statement_more(tmp_path: Path) -> None:
    async with open_world(sqlite_url(tmp_path)) as world:
        door = door_of(world)
        await maple(door, invite="/invite create uses:9")
        line = f"/join {await door.code()}"
        await world.runner.type(line, caller("first"))
        with noted_statements(world) as plain:
            await world.runner.type(line, caller("second"))
        with noted_statements(world) as marked:
            await delivered(world.runner, line, caller("third"), "slack 1")
        more = [one for one in marked if "arrivals" in one]
        assert [one.split("(")[0].strip() for one in more] == ["INSERT INTO arrivals"]
        assert len(marked) == len(plain) + 1
