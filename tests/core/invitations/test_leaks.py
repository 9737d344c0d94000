"""Leaked codes: locking, watching and unlocking them."""

from datetime import timedelta

import pytest

from bot.core.invitations.invitations import Invitation
from bot.core.invitations.leaks import WITHIN, Watch
from bot.core.invitations.views import FIRST
from bot.core.notices.notices import Audience, Notice
from bot.core.ports import UnitOfWork
from bot.jobs.sweeps import sweep, sweeps
from tests.core.door import Door, actions_in, heard, maple
from tests.core.logged import Log
from tests.outbox import deliver_all
from tests.world import START, caller

ADA = caller("ada", administers=True)
UNUSABLE = "That invitation cannot be used."
WATCH = Watch(many=6, few=3)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


async def _redeem(door: Door, name: str, number: int, code: str) -> None:
    for place in range(number):
        assert "Welcome" in heard(await door.says(f"{name}{place}", f"/join {code}"))


async def _told(door: Door, watch: Watch = WATCH) -> list[Notice]:
    """Run the watch for rushes; return what it has queued for the admins."""
    for one in sweeps(watch):
        await sweep(door.database, one)

    def unit(uow: UnitOfWork) -> list[Notice]:
        return [one for one in deliver_all(uow) if one.audience is Audience.WATCHER]

    return await door.database.run(unit)


async def test_a_locked_code_is_dead_to_strangers_until_it_is_unlocked(door: Door) -> None:
    await maple(door)
    (invitation, _) = await door.invitations()
    locked = await door.says(ADA, f"/invite lock {invitation.code}")
    assert "Locked" in heard(locked)
    assert "Unlock" in actions_in(locked)
    assert UNUSABLE in heard(await door.says("nora", f"/join {invitation.code}"))
    assert "This invitation is locked" in heard(await door.says("root", f"/join {invitation.code}"))
    again = heard(await door.says(ADA, f"/invite lock {invitation.code}"))
    assert "Nothing was changed. How it stands: locked" in again
    unlocked = await door.clicks(ADA, "invite unlock", invitation=invitation.id)
    assert "Open" in heard(unlocked)
    assert "Welcome" in heard(await door.says("theo", f"/join {invitation.code}"))
    assert (await door.audited())[-3:] == ["invitation.locked", "invitation.unlocked", "invitation.redeemed"]


async def test_whoever_may_only_revoke_is_not_told_who_came_in(door: Door) -> None:
    await maple(door)
    await door.says(ADA, "/role create name:Guard permissions:invitation.revoke")
    await door.says(ADA, "/invite create role:Guard uses:1")
    await door.says("gus", f"/join {await door.code()}")
    await door.says(ADA, "/invite create")
    code = await door.code()
    await door.says("nora", f"/join {code}")
    for deed in ("lock", "unlock"):
        said = heard(await door.says("gus", f"/invite {deed} {code}"))
        assert "Invitation to Maple Grove" in said
        assert "Nora" not in said
    assert "Nora" in heard(await door.says(ADA, f"/invite lock {code}")) + heard(
        await door.says(ADA, f"/invite unlock {code}")
    )


@pytest.mark.parametrize(
    ("deed", "logged"),
    [("lock", "locked"), ("unlock", "unlocked"), ("post sure:yes invitation:", "posted")],
)
async def test_the_log_names_a_system_administrator_of_the_settings(
    door: Door, deed: str, logged: str
) -> None:
    await maple(door)
    code = await door.code()
    if deed == "unlock":
        await door.says(ADA, f"/invite lock {code}")
    log = Log(door)
    await log.fresh()
    assert not (await door.says("root", f"/invite {deed}{'' if deed.endswith(':') else ' '}{code}")).refused
    assert (await log.fresh()).startswith(f"Root (web, Maple Grove) invitation.{logged}")


async def test_only_who_may_revoke_may_lock(door: Door) -> None:
    await maple(door, invite="/invite create role:Staff")
    (invitation, _) = await door.invitations()
    await door.says("nora", f"/join {invitation.code}")
    before = await door.known()
    for line in ("lock", "unlock"):
        assert "You may not" in heard(await door.says("nora", f"/invite {line} {invitation.id}"))
    assert await door.known() == before


async def test_a_revoked_one_is_neither_locked_nor_unlocked(door: Door) -> None:
    await maple(door)
    (invitation, _) = await door.invitations()
    await door.clicks(ADA, "invite lock", invitation=invitation.id)
    await door.clicks(ADA, "invite revoke", invitation=invitation.id)
    said = heard(await door.says(ADA, f"/invite lock {invitation.code}"))
    assert "Nothing was changed. How it stands: revoked" in said
    before = await door.known()
    said = heard(await door.clicks(ADA, "invite unlock", invitation=invitation.id))
    assert "Nothing was changed. How it stands: revoked" in said
    assert await door.known() == before, "nor is anything logged"
    assert UNUSABLE in heard(await door.says("nora", f"/join {invitation.code}"))


async def test_many_at_once_are_told_to_the_admins_once(door: Door) -> None:
    await maple(door)
    (invitation, _) = await door.invitations()
    await _redeem(door, "a", 5, invitation.code)
    assert await _told(door) == []
    await _redeem(door, "b", 1, invitation.code)
    told = await _told(door)
    assert [one.subject for one in told] == [invitation.subject] * 2
    assert {one.to.account for one in told} == {"ada", "omar"}
    await _redeem(door, "c", 9, invitation.code)
    assert await _told(door) == []


async def test_they_are_told_where_they_decide_on_requests(door: Door) -> None:
    await maple(door)
    await door.says(ADA, "/school approvals")
    await _redeem(door, "a", 6, (await door.invitations())[0].code)
    (told,) = await _told(door)
    assert told.to.channel == "general"


async def test_after_it_was_unlocked_the_next_rush_is_told_again(door: Door) -> None:
    await maple(door)
    (invitation, _) = await door.invitations()
    await _redeem(door, "a", 6, invitation.code)
    await _told(door)
    await door.clicks(ADA, "invite lock", invitation=invitation.id)
    await door.clicks(ADA, "invite unlock", invitation=invitation.id)
    door.clock.forward(HOUR)
    assert await _told(door) == []
    await _redeem(door, "b", 6, invitation.code)
    assert len(await _told(door)) == 2


async def test_what_is_slow_is_no_rush(door: Door) -> None:
    await maple(door)
    code = await door.code()
    for place in range(4):
        await _redeem(door, f"n{place}", 5, code)
        door.clock.forward(WITHIN + MINUTE)
        assert await _told(door) == []


@pytest.mark.parametrize(
    ("before", "age", "now", "rush"),
    [
        (0, HOUR, 5, False),  # it is new, so its usual rate is unknown
        (0, HOUR, 6, True),
        (0, 3 * DAY, 2, False),  # a few never are
        (0, 3 * DAY, 3, True),
        (600, 2 * DAY, 5, False),  # two in ten minutes are usual
        (100, 2 * DAY, 5, True),
    ],
)
def test_what_counts_as_a_rush(before: int, age: timedelta, now: int, rush: bool) -> None:
    made = Invitation("i", "s", "t", "c", "p", START, uses_taken=before + now)
    assert WATCH.is_rush(made, now, START + age + WITHIN) is rush


async def test_who_came_in_is_listed_page_by_page(door: Door) -> None:
    await maple(door)
    (invitation, _) = await door.invitations()
    await _redeem(door, "p", FIRST + 3, invitation.code)
    for command in ("invite show", "invite leaked"):
        first = await door.clicks(ADA, command, invitation=invitation.id)
        assert f"P{FIRST + 2}" in heard(first)
        assert "P2" not in heard(first).splitlines()
        rest = await door.clicks(ADA, "invite came", **actions_in(first)["Who came before"].values)
        assert {"P0", "P2", "P3"} & set(heard(rest).splitlines()) == {"P0", "P2"}
        assert "Who came before" not in actions_in(rest)


async def test_uses_left_and_why_it_is_dead(door: Door) -> None:
    await maple(door, invite="/invite create uses:2")
    (invitation, _) = await door.invitations()
    await _redeem(door, "p", 1, invitation.code)
    assert "Uses left\n1" in heard(await door.clicks(ADA, "invite show", invitation=invitation.id))
    await door.clicks(ADA, "invite lock", invitation=invitation.id)
    assert "Locked 01 Sep 2026" in heard(await door.clicks(ADA, "invite show", invitation=invitation.id))


async def test_all_who_came_in_are_suspended_in_one_plan_and_reinstated(door: Door) -> None:
    await maple(door)
    (invitation, _) = await door.invitations()
    await _redeem(door, "p", 3, invitation.code)
    await door.says(ADA, "/invite create")
    await _redeem(door, "q", 1, await door.code())
    leaked = await door.says(ADA, f"/invite leaked {invitation.code}")
    assert {"Lock", "Suspend all of them"} <= set(actions_in(leaked))
    plan = await door.runner.act(actions_in(leaked)["Suspend all of them"], ADA)
    assert "Suspend 3 people of Maple Grove?" in heard(plan)
    done = await door.runner.act(actions_in(plan)["Apply"], ADA)
    assert "3 people of Maple Grove suspended" in heard(done)
    said = heard(await door.says(ADA, "/member list status:suspended"))
    assert [name in said for name in ("P0", "P1", "P2", "Q0")] == [True, True, True, False]
    undone = await door.runner.act(actions_in(done)["Undo"], ADA)
    assert "3 people of Maple Grove reinstated" in heard(undone)


async def test_a_plan_goes_stale_when_more_come_in(door: Door) -> None:
    await maple(door)
    (invitation, _) = await door.invitations()
    await _redeem(door, "p", 2, invitation.code)
    plan = await door.clicks(ADA, "invite suspend", invitation=invitation.id)
    await _redeem(door, "q", 1, invitation.code)
    stale = await door.runner.act(actions_in(plan)["Apply"], ADA)
    assert "Things have changed since you looked" in heard(stale)
    assert "Suspend 3 people" in heard(stale)


async def test_who_may_not_suspend_gets_no_plan(door: Door) -> None:
    await maple(door, invite="/invite create role:Staff")
    (invitation, _) = await door.invitations()
    await _redeem(door, "p", 2, invitation.code)
    assert "You may not" in heard(await door.clicks("p0", "invite suspend", invitation=invitation.id))
