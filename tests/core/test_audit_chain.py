"""The hash chain of the audit log is intact as written, and broken by any change."""

import hashlib
import json
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.core.audit import GENESIS, AuditEntry, SealedEntry, chain_of, pieces, seal
from bot.core.audit_lines import Flaw, verify_all_stored, verify_stored
from bot.core.ports import UnitOfWork
from bot.core.values import asdict, replace
from tests.world import START, World, caller, open_world, sqlite_url


async def _chain(world: World) -> list[SealedEntry]:
    admin = caller("admin", administers=True)
    await world.runner.type('/school create "Maple Grove" approval:automatic', admin)
    for _ in range(3):
        await world.runner.type("/invite create", admin)

    def unit(uow: UnitOfWork) -> list[SealedEntry]:
        assert {one.flaw for one in verify_all_stored(uow.audit)} == {None}
        (name,) = uow.audit.chains()
        return list(uow.audit.chain(name))

    return await world.database.read(unit)


async def test_a_chain_is_whole_as_it_is_written(tmp_path: Path) -> None:
    async with open_world(sqlite_url(tmp_path)) as world:
        chain = await _chain(world)
    assert [sealed.number for sealed in chain] == [1, 2, 3, 4]


async def test_what_is_sealed_is_json_with_sorted_keys(tmp_path: Path) -> None:
    async with open_world(sqlite_url(tmp_path)) as world:
        first, second, *_ = await _chain(world)
    content = asdict(second.entry)
    content |= {"at": second.entry.at.isoformat(), "number": 2, "previous": first.hash}
    whole = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert hashlib.sha256(whole.encode()).hexdigest() == second.hash


_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(old=st.dictionaries(st.text(max_size=5), _VALUES, max_size=3), subject=st.text(max_size=9))
@example(old={"\x00\x1f\x7f\u2028": '"\\/\b\f\n\r\té日😀'}, subject="person:a")
def test_whatever_is_sealed_anybody_can_write_anew(old: dict[str, object], subject: str) -> None:
    entry = AuditEntry("01", START, None, None, "slack", "school.changed", subject, old, {})
    content = asdict(entry) | {"at": START.isoformat(), "number": 7, "previous": GENESIS}
    whole = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    before, between, after = pieces(entry)
    assert f"{before}7{between}{GENESIS}{after}" == whole
    assert seal(entry, 7, GENESIS) == hashlib.sha256(whole.encode()).hexdigest()


@pytest.mark.parametrize("place", range(4))
async def test_any_change_shows(tmp_path: Path, place: int) -> None:
    async with open_world(sqlite_url(tmp_path)) as world:
        chain = await _chain(world)
    changed = replace(chain[place], entry=replace(chain[place].entry, actor_id="someone else"))
    name, end = chain_of(chain[0].entry), (chain[-1].number, chain[-1].hash)
    verdict = verify_stored(name, [*chain[:place], changed, *chain[place + 1 :]], end)
    assert (verdict.last, verdict.flaw) == (place, Flaw.HASH)
    verdict = verify_stored(name, [*chain[:place], *chain[place + 1 :]], end)
    assert (verdict.last, verdict.flaw) == (place, Flaw.NUMBER if place < 3 else Flaw.END)
