"""The audit chain: whole as it is written, broken by any change."""

import hashlib
import json
from pathlib import Path

import pytest

from bot.core.audit import SealedEntry, first_break
from bot.core.ports import UnitOfWork
from bot.core.values import asdict, replace
from tests.world import World, caller, open_world, sqlite_url


async def _chain(world: World) -> list[SealedEntry]:
    admin = caller("admin", administers=True)
    await world.runner.type('/school create "Maple Grove" approval:automatic', admin)
    for _ in range(3):
        await world.runner.type("/invite create", admin)

    def unit(uow: UnitOfWork) -> list[SealedEntry]:
        (name,) = uow.audit.chains()
        return list(uow.audit.chain(name))

    return await world.database.read(unit)


async def test_a_chain_is_whole_as_it_is_written(tmp_path: Path) -> None:
    async with open_world(sqlite_url(tmp_path)) as world:
        chain = await _chain(world)
    assert [sealed.number for sealed in chain] == [1, 2, 3, 4]
    assert first_break(chain) is None


async def test_what_is_sealed_is_json_with_sorted_keys(tmp_path: Path) -> None:
    async with open_world(sqlite_url(tmp_path)) as world:
        first, second, *_ = await _chain(world)
    content = asdict(second.entry)
    content |= {"at": second.entry.at.isoformat(), "number": 2, "previous": first.hash}
    whole = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert hashlib.sha256(whole.encode()).hexdigest() == second.hash


@pytest.mark.parametrize("place", range(4))
async def test_any_change_shows(tmp_path: Path, place: int) -> None:
    async with open_world(sqlite_url(tmp_path)) as world:
        chain = await _chain(world)
    changed = replace(chain[place], entry=replace(chain[place].entry, actor_id="someone else"))
    assert first_break([*chain[:place], changed, *chain[place + 1 :]]) == place + 1
    if place < 3:
        assert first_break([*chain[:place], *chain[place + 1 :]]) == place + 1
