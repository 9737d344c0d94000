"""Accounts that are linked, merged and unlinked at the same instant, on both databases."""

import asyncio
import logging
from collections import Counter

import pytest

from bot.core.actors import AccountKey
from bot.core.audit import first_break
from bot.core.ports import UnitOfWork
from tests.core.door import Door, actions_in, door_of, heard, maple
from tests.core.test_accounts import linking_code
from tests.world import World, caller

PAIRS = 260  # two units each: above 500 that race


@pytest.fixture
def door(world: World, caplog: pytest.LogCaptureFixture) -> Door:
    caplog.set_level(logging.WARNING)
    return door_of(world)


async def _people(door: Door, *names: str) -> None:
    code = await door.code()
    await asyncio.gather(*(door.says(name, f"/join {code}") for name in names))


async def _owners(door: Door, *names: str) -> list[str | None]:
    def unit(uow: UnitOfWork) -> list[str | None]:
        found = (uow.people.by_account(AccountKey("web", name)) for name in names)
        return [person.id if person else None for person in found]

    return await door.database.read(unit)


async def _whole(door: Door) -> None:
    def unit(uow: UnitOfWork) -> set[int | None]:
        return {first_break(uow.audit.chain(name)) for name in uow.audit.chains()}

    assert await door.database.read(unit) == {None}


async def test_both_codes_are_typed_at_once(door: Door) -> None:
    """Each of two persons would become the other: one of them does, and nobody is lost."""
    await maple(door)
    outcomes: Counter[str] = Counter()

    async def pair(number: int) -> None:
        one, two = f"a{number}", f"b{number}"
        await _people(door, one, two)
        codes = [await linking_code(door, who) for who in (one, two)]
        told = [
            await door.says(who, f"/account link {code}") for who, code in ((one, codes[1]), (two, codes[0]))
        ]
        agreed = [actions_in(reply)["Link and merge"] for reply in told]
        said = [
            heard(reply)
            for reply in await asyncio.gather(
                *(
                    door.clicks(who, do.command, **do.values)
                    for who, do in zip((one, two), agreed, strict=True)
                )
            )
        ]
        assert sum("This account is linked" in text for text in said) == 1, said
        other = next(text for text in said if "This account is linked" not in text)
        assert "are yours already" in other or "cannot be used" in other, other
        owners = await _owners(door, one, two)
        assert owners[0] == owners[1] is not None
        outcomes[said[0].split("\n")[0][:25]] += 1

    for first in range(0, PAIRS, 20):
        await asyncio.gather(*(pair(number) for number in range(first, first + 20)))
    members = await door.members()
    assert len(members) == PAIRS + 2, "one of each pair"
    assert (await door.audited()).count("person.merged") == PAIRS
    await _whole(door)


async def test_the_same_code_is_typed_by_many_at_once(door: Door) -> None:
    await maple(door)
    await _people(door, "nora")
    for turn in range(8):
        code = await linking_code(door, "nora")
        names = [f"s{turn}x{number}" for number in range(64)]
        said = [
            heard(reply)
            for reply in await asyncio.gather(*(door.says(name, f"/account link {code}") for name in names))
        ]
        assert sum("This account is linked" in text for text in said) == 1
        assert sum("cannot be used" in text for text in said) == 63, said
    assert (await door.audited()).count("account.linked") == 8


async def test_one_account_types_two_codes_at_once(door: Door) -> None:
    await maple(door)
    await _people(door, "nora", "ida")
    for turn in range(20):
        codes = [await linking_code(door, who) for who in ("nora", "ida")]
        said = [
            heard(reply)
            for reply in await asyncio.gather(
                *(door.says(f"s{turn}", f"/account link {code}") for code in codes)
            )
        ]
        linked = sum("This account is linked" in text for text in said)
        asked = sum("You are known here already" in text or "are yours already" in text for text in said)
        assert (linked, asked) == (1, 1), said
        owners = await _owners(door, "nora", "ida", f"s{turn}")
        assert owners[2] in owners[:2]


async def test_two_accounts_unlink_each_other_at_once(door: Door) -> None:
    await maple(door)
    for turn in range(20):
        one, two = f"a{turn}", f"b{turn}"
        await _people(door, one)
        await door.says(two, f"/account link {await linking_code(door, one)}")
        await asyncio.gather(
            door.says(one, f'/account unlink account:"web:{two}"'),
            door.says(two, f'/account unlink account:"web:{one}"'),
        )
        owners = await _owners(door, one, two)
        assert sum(owner is not None for owner in owners) == 1, owners


async def test_a_suspension_races_a_merge(door: Door) -> None:
    """Whichever is first, whoever was to be suspended is suspended in the end, or the admin is told."""
    await maple(door)
    for turn in range(40):
        one, two = f"a{turn}", f"b{turn}"
        await _people(door, one, two)
        told = await door.says(two, f"/account link {await linking_code(door, one)}")
        agreed = actions_in(told)["Link and merge"]
        merged, suspended = await asyncio.gather(
            door.clicks(two, agreed.command, **agreed.values), door.says("ada", f"/member suspend {two}")
        )
        if "Suspended" not in heard(suspended):
            assert "I know no such member" in heard(suspended)
            continue
        if "Things have changed" in heard(merged):
            fresh = actions_in(merged)["Link and merge"]
            await door.clicks(two, fresh.command, **fresh.values)
        assert "Your membership in Maple Grove is suspended" in heard(
            await door.says(one, f"/join {await door.code()}")
        )


async def test_a_transfer_is_done_once_however_often_it_is_clicked(door: Door) -> None:
    await maple(door, invite=None)
    for _ in range(60):
        await door.says("omar", "/invite create")
        told = await door.says("ada", "/member transfer person:omar to:ada")
        agreed = actions_in(told)["Transfer"]
        said = [
            heard(reply)
            for reply in await asyncio.gather(
                *(door.clicks("ada", agreed.command, **agreed.values) for _ in range(4))
            )
        ]
        assert sum("are Ada's now" in text for text in said) == 1, said
        assert sum("Nothing was changed" in text for text in said) == 3, said
    assert (await door.audited()).count("member.records_transferred") == 60
    await _whole(door)


async def test_somebody_is_erased_once(door: Door) -> None:
    await maple(door)
    for turn in range(60):
        who = f"a{turn}"
        await _people(door, who)
        replies = await asyncio.gather(
            door.says(who, "/account erase sure:yes"),
            door.says(who, "/account erase sure:yes"),
            door.says("ada", f"/member erase {who} sure:yes"),
            door.says("omar", f"/member suspend {who}"),
        )
        erased = ["stranger to me now" in text or text.startswith("Erased") for text in map(heard, replies)]
        assert sum(erased) <= 1, [heard(reply) for reply in replies]
        assert any(erased) or "Suspended" in heard(replies[3])
    await _whole(door)


async def test_whoever_joins_while_they_become_another_is_not_lost(door: Door) -> None:
    await maple(door)
    bea = caller("bea", administers=True, workspace="elsewhere")
    await door.says(bea, '/school create "Oak Hill" approval:automatic')
    said = heard(await door.says(bea, "/invite create"))
    elsewhere = next(line.removeprefix("Code\n") for line in said.split("\n") if line.count("-") == 2)
    for turn in range(60):
        one, two = f"a{turn}", f"b{turn}"
        await _people(door, one, two)
        told = await door.says(two, f"/account link {await linking_code(door, one)}")
        agreed = actions_in(told)["Link and merge"]
        merged, joined = await asyncio.gather(
            door.clicks(two, agreed.command, **agreed.values), door.says(two, f"/join {elsewhere}")
        )
        assert "Welcome to Oak Hill" in heard(joined)
        if "Things have changed" in heard(merged):
            fresh = actions_in(merged)["Link and merge"]
            await door.clicks(two, fresh.command, **fresh.values)
        assert "Oak Hill" in heard(await door.says(one, "/me"))
