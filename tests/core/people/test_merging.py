"""Merging two persons: the stricter state wins, and nothing is lost."""

import itertools
from collections import Counter

import pytest

from bot.chat.replies import Reply
from bot.core.claims import offer_system_administrator
from bot.core.people.members import Access, Membership, Standing, Visibility
from bot.core.people.merging import combined
from bot.core.values import replace
from tests.core.door import Door, actions_in, heard, maple
from tests.core.people.test_accounts import linking_code
from tests.world import START

STATES = [
    Membership("1", "s", "p", standing, START, access, visibility)
    for standing, access, visibility in itertools.product(Standing, Access, Visibility)
]


@pytest.mark.parametrize("one", STATES, ids=repr)
def test_no_state_that_keeps_people_out_vanishes(one: Membership) -> None:
    for other in STATES:
        result = combined(one, replace(other, id="2"))
        assert result.id == "1"
        barred = {one.barred_as, other.barred_as} - {None}
        assert (result.barred_as is not None) == bool(barred)
        for state in (one, other):
            assert result.access is state.access or state.access is not Access.DEACTIVATED
            assert result.access is not Access.OK or state.access is Access.OK
            assert result.visibility is Visibility.ARCHIVED or state.visibility is Visibility.LISTED
            assert result.standing is Standing.REJECTED or state.standing is not Standing.REJECTED
        assert not result.active or (one.active or other.active)
        turned = combined(other, one)
        assert (turned.standing, turned.access, turned.visibility) == (
            result.standing,
            result.access,
            result.visibility,
        )


async def _agree(door: Door, who: str, code: str) -> Reply:
    """Type a code, read the plan, agree."""
    told = await door.says(who, f"/account link {code}")
    assert "You are known here already" in heard(told)
    action = actions_in(told)["Link and merge"]
    return await door.clicks(who, action.command, **action.values)


async def _two(door: Door, *settings: str) -> None:
    await maple(door, *settings)
    for who in ("nora", "ida"):
        await door.says(who, f"/join {await door.code()}")


async def test_all_that_one_has_becomes_the_others(door: Door) -> None:
    await _two(door)
    await door.says("ada", '/member roles person:ida roles:"School Admin"')
    await door.says("ida", "/invite create note:hello")
    code = await door.code()
    before = await door.audited()
    said = heard(await _agree(door, "ida", await linking_code(door, "nora")))
    assert "This account is linked: you are Nora" in said
    assert Counter(await door.audited()) - Counter(before) == {"account.link_offered": 1, "person.merged": 1}
    assert "Ida" not in await door.members()
    said = heard(await door.says("ida", "/me"))
    assert "School Admin, Viewer" in said
    assert "Nora" in heard(await door.says("ada", f"/invite show {code}"))
    assert "Welcome" in heard(await door.says("theo", f"/join {code}")), "their invitation works on"


async def test_a_plan_changes_nothing_and_goes_stale(door: Door) -> None:
    await _two(door)
    code = await linking_code(door, "nora")
    before = await door.tables()
    told = await door.says("ida", f"/account link {code}")
    assert await door.tables() == before
    action = actions_in(told)["Link and merge"]
    await door.says("ada", "/member suspend ida")
    before = await door.tables()
    again = await door.clicks("ida", action.command, **action.values)
    assert "Things have changed since you looked" in heard(again)
    assert "suspended and active: suspended" in heard(again)
    assert await door.tables() == before
    fresh = actions_in(again)["Link and merge"]
    assert "is linked" in heard(await door.clicks("ida", fresh.command, **fresh.values))
    assert "suspended" in heard(await door.says("nora", f"/join {await door.code()}"))


async def test_somebody_else_cannot_agree_to_a_plan(door: Door) -> None:
    await _two(door)
    action = actions_in(await door.says("ida", f"/account link {await linking_code(door, 'nora')}"))[
        "Link and merge"
    ]
    before = await door.tables()
    assert "Link and merge" in heard(await door.clicks("omar", action.command, **action.values))
    assert await door.tables() == before


@pytest.mark.parametrize("verb", ["suspend", "deactivate", "archive"])
@pytest.mark.parametrize("whose", ["nora", "ida"])
async def test_linking_lifts_nothing(door: Door, verb: str, whose: str) -> None:
    await _two(door)
    await door.says("ada", f"/member {verb} {whose}")
    await _agree(door, "ida", await linking_code(door, "nora"))
    for who in ("nora", "ida"):
        assert "Your membership in Maple Grove is" in heard(
            await door.says(who, f"/join {await door.code()}")
        )


async def test_the_invitations_of_whoever_is_suspended_by_it_end(door: Door) -> None:
    await _two(door)
    await door.says("ada", '/member roles person:nora roles:"School Admin"')
    await door.says("nora", "/invite create")
    code = await door.code()
    await door.says("ada", "/member suspend ida")
    await _agree(door, "ida", await linking_code(door, "nora"))
    assert "cannot be used" in heard(await door.says("theo", f"/join {code}"))


async def test_rejection_stays_and_brings_no_role_back(door: Door) -> None:
    await maple(door, 'approval:"by request"')
    for who in ("nora", "ida"):
        await door.says(who, f"/join {await door.code()}")
    nora, ida = await door.requests()
    await door.clicks("ada", "request approve", request=nora.id, role="Staff")
    await door.clicks("ada", "request reject", request=ida.id)
    await _agree(door, "ida", await linking_code(door, "nora"))
    assert await door.members() == {"Ada": "active", "Omar": "active", "Nora": "rejected"}
    assert "None" in heard(await door.says("ada", "/member show nora"))


async def test_of_two_requests_the_older_one_waits_on(door: Door) -> None:
    await maple(door, 'approval:"by request"')
    for who in ("nora", "ida"):
        await door.says(who, f"/join {await door.code()}")
    first, second = await door.requests()
    await _agree(door, "ida", await linking_code(door, "nora"))
    assert [one.id for one in await door.requests()] == [first.id]
    assert "no longer waiting" in heard(await door.clicks("ada", "request approve", request=second.id))
    assert "Approved" in heard(await door.clicks("ada", "request approve", request=first.id))


async def test_whoever_is_in_needs_no_second_request(door: Door) -> None:
    await maple(door)
    await door.says("nora", f"/join {await door.code()}")
    await door.says("ada", '/school edit approval:"by request"')
    await door.says("ida", f"/join {await door.code()}")
    await _agree(door, "ida", await linking_code(door, "nora"))
    assert await door.requests() == []
    assert (await door.members())["Nora"] == "active"


@pytest.mark.parametrize("asks", ["ada", "nora"])
async def test_the_primary_stays_the_primary(door: Door, asks: str) -> None:
    await _two(door)
    types = "nora" if asks == "ada" else "ada"
    await _agree(door, types, await linking_code(door, asks))
    said = heard(await door.says("omar", "/school show"))
    assert f"Primary Admin\n{asks.capitalize()}" in said
    assert "cannot do that to the Primary Admin" in heard(await door.says("omar", f"/member suspend {asks}"))


async def test_the_primary_is_not_suspended_by_a_link(door: Door) -> None:
    await _two(door)
    await door.says("omar", "/member suspend nora")
    code = await linking_code(door, "ada")
    before = await door.tables()
    said = heard(await door.says("nora", f"/account link {code}"))
    assert "You cannot do that to the Primary Admin of Maple Grove" in said
    assert await door.tables() == before


async def test_roles_above_schools_come_along(door: Door) -> None:
    await _two(door)
    claim = await door.database.run(offer_system_administrator)
    await door.says("ida", f"/account claim {claim}")
    code = await linking_code(door, "nora")
    assert "System Administrator\nin the whole system" in heard(
        await door.says("ida", f"/account link {code}")
    )
    assert "You may not" in heard(await door.says("nora", "/school show"))
    await _agree(door, "ida", code)
    assert "settings saved" in heard(await door.says("nora", "/school edit support_contact:desk"))
