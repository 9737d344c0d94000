"""Many people act at the same moment, through the Runner, on both databases."""

import asyncio
import logging
from collections import Counter
from pathlib import Path

import pytest

from bot.core.claims import offer_system_administrator
from tests.chains import flaws
from tests.core.door import Door, door_of, heard, maple
from tests.storage.processes import another_process
from tests.world import World, open_world, sqlite_url

PEOPLE, USES = 64, 10
UNUSABLE = "That invitation cannot be used."


@pytest.fixture
def door(world: World, caplog: pytest.LogCaptureFixture) -> Door:
    caplog.set_level(logging.WARNING)
    return door_of(world)


async def _whole(door: Door) -> None:
    """Check that no chain of the audit log is forked or broken."""
    assert await door.database.read(flaws) == {None}


async def test_64_people_redeem_10_uses(door: Door, caplog: pytest.LogCaptureFixture) -> None:
    await maple(door, invite=f"/invite create uses:{USES}")
    code, before = await door.code(), await door.audited()
    replies = await asyncio.gather(*(door.says(f"p{number}", f"/join {code}") for number in range(PEOPLE)))
    titles = Counter(heard(reply).split("\n")[0] for reply in replies)
    assert titles == {"Welcome to Maple Grove": USES, UNUSABLE: PEOPLE - USES}
    members = await door.members()
    assert len(members) == USES + 2
    (invitation, _) = await door.invitations()
    assert (invitation.uses_taken, invitation.uses_allowed) == (USES, USES)
    assert len(await door.audited()) == len(before) + USES
    assert "locked" not in caplog.text
    await _whole(door)


async def test_64_people_ask_with_10_uses(door: Door) -> None:
    await maple(door, 'approval:"by request"', invite=f"/invite create uses:{USES}")
    code = await door.code()
    replies = await asyncio.gather(*(door.says(f"p{number}", f"/join {code}") for number in range(PEOPLE)))
    assert sum("is waiting" in heard(reply) for reply in replies) == USES
    assert len(await door.requests()) == USES
    assert Counter((await door.members()).values()) == {"active": 2, "pending": USES}
    assert (await door.invitations())[0].uses_taken == USES


@pytest.mark.parametrize(
    ("approval", "first", "others"),
    [
        ("automatic", "Welcome to Maple Grove", "You are already a member of Maple Grove."),
        (
            '"by request"',
            "Your request to join Maple Grove is waiting",
            "Your request has been waiting",
        ),
    ],
)
async def test_one_person_redeems_16_times_at_once(
    door: Door, approval: str, first: str, others: str
) -> None:
    await maple(door, f"approval:{approval}")
    code, before = await door.code(), await door.audited()
    replies = await asyncio.gather(*(door.says("newcomer", f"/join {code}") for _ in range(16)))
    said = [heard(reply) for reply in replies]
    assert sum(one.startswith(first) for one in said) == 1
    assert sum(one.startswith(others) for one in said) == 15, said
    assert (await door.invitations())[0].uses_taken == 1
    assert list(await door.members()).count("Newcomer") == 1
    assert await door.audited() == [*before, "invitation.redeemed"]


async def test_one_person_asks_a_public_school_16_times_at_once(door: Door) -> None:
    await maple(door, 'approval:"by request"', "access:public", invite=None)
    line = '/join school:"Maple Grove"'
    said = [heard(reply) for reply in await asyncio.gather(*(door.says("newcomer", line) for _ in range(16)))]
    assert sum("is waiting" in one for one in said) == 1, said
    assert sum("has been waiting" in one for one in said) == 15, said
    assert len(await door.requests()) == 1


async def test_two_claims_make_one_system_administrator(door: Door) -> None:
    codes = [await door.database.run(offer_system_administrator) for _ in range(2)]
    replies = await asyncio.gather(
        *(door.says(f"p{number}", f"/account claim {codes[number % 2]}") for number in range(12))
    )
    assert sum("You are a System Administrator now" in heard(reply) for reply in replies) == 1
    assert (await door.audited()).count("role.granted") == 1


OTHER = """
from tests.core.door import door_of, heard
from tests.world import open_world

async def main(url, code):
    async with open_world(url) as world:
        door = door_of(world)
        replies = await asyncio.gather(*(door.says(f"q{number}", f"/join {code}") for number in range(32)))
        print(sum("Welcome" in heard(reply) for reply in replies))
"""


async def test_two_processes_redeem_on_one_sqlite_file(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    url = sqlite_url(tmp_path)
    async with open_world(url) as world:
        door = door_of(world)
        await maple(door, invite=f"/invite create uses:{USES}")
        code = await door.code()
        async with another_process(OTHER, url, code) as other:
            other.go()
            # One at a time, so that the two processes take turns at the file's lock.
            replies = [await door.says(f"p{number}", f"/join {code}") for number in range(32)]
            own = sum("Welcome" in heard(reply) for reply in replies)
            others = int((await other.ended_well()).split()[-1])
        assert own + others == USES
        assert len(await door.members()) == USES + 2
        assert (await door.invitations())[0].uses_taken == USES
        assert "locked" not in caplog.text
        await _whole(door)
