"""Two sweepers and people act at the same moment: everything that time does happens once."""

import asyncio
from collections import Counter
from datetime import timedelta

import pytest

from bot.chat.ports import Database
from bot.core.invitations import clock as invitation_clock
from bot.core.invitations.addressees import Addressee, Grant, Way
from bot.core.people.members import Standing
from bot.core.ports import UnitOfWork
from bot.core.requests import clock as request_clock
from bot.core.requests.join_requests import RequestState
from bot.core.rights.actors import AccountKey
from bot.jobs.sweeps import Sweep, sweep
from tests.chains import flaws
from tests.core.door import Door, door_of, maple
from tests.outbox import deliver_all
from tests.storage import build
from tests.storage.rounds import ROUNDS
from tests.world import START, World

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
REQUESTS = Sweep("waiting requests", 60, request_clock.sweep, "join_request")
INVITATIONS = Sweep("invitations", 60, invitation_clock.sweep, "invitation")


async def _both(world: World, replica: Database, one: Sweep) -> None:
    """Run a sweep in two replicas at once."""
    await asyncio.gather(sweep(world.database, one), sweep(replica, one))


async def _told(world: World) -> Counter[tuple[str, str]]:
    """Take all due notices; count them by subject and recipient."""

    def unit(uow: UnitOfWork) -> Counter[tuple[str, str]]:
        found: Counter[tuple[str, str]] = Counter()
        for one in deliver_all(uow):
            if one.copy_id is None:
                found[one.subject, f"{one.audience} {one.to}"] += 1
        return found

    return await world.database.run(unit)


async def _audited(door: Door) -> Counter[str]:
    assert await door.database.read(flaws) == {None}
    return Counter(await door.audited())


@pytest.fixture
def door(world: World) -> Door:
    return door_of(world)


def _waiting(uow: UnitOfWork, school_id: str) -> list[str]:
    """Let many people ask to join a school; return the ids of their requests."""
    school = uow.schools.by_id(school_id)
    assert school is not None
    asked = []
    for number in range(ROUNDS):
        key = AccountKey("web", f"p{number}")
        who = build.person(uow, f"P{number}", key)
        build.membership(uow, school, who, Standing.PENDING)
        asked.append(build.join_request(uow, school, who, account=key, due_at=START).id)
    return asked


async def _states(door: Door) -> Counter[RequestState]:
    return Counter(one.state for one in await door.requests(None))


async def test_two_sweepers_take_each_step_of_request_once(
    world: World, door: Door, replica: Database
) -> None:
    await maple(door)
    school = await door.school()
    asked = await world.database.run(lambda uow: _waiting(uow, school.id))
    await _both(world, replica, REQUESTS)
    assert await _told(world) == Counter()
    digest = f"digest:{school.id}/{START + DAY:%Y-%m-%d}"  # the newest digest is one card for many requests
    steps = {
        24 * HOUR: ("reminded", ["reminder web/@ada", "reminder web/@omar"], []),
        72 * HOUR: ("escalated", ["escalation web/@ada"], ["still waiting web/@p{}"]),
        30 * DAY: ("lapsed", [], ["outcome web/@p{}"]),
    }
    for at, (how, of_all, of_each) in steps.items():
        world.clock.at = max(START + at + HOUR, world.clock.at)
        await _both(world, replica, REQUESTS)
        assert (await _audited(door))[f"join_request.{how}"] == ROUNDS
        assert await _told(world) == Counter((digest, one) for one in of_all) + Counter(
            (f"join_request:{request}", one.format(number))
            for number, request in enumerate(asked)
            for one in of_each
        )
    assert await _states(door) == {RequestState.LAPSED: ROUNDS}


async def test_a_decision_and_a_lapse_at_once_make_one_end(
    world: World, door: Door, replica: Database
) -> None:
    await maple(door)
    school = await door.school()
    asked = await world.database.run(lambda uow: _waiting(uow, school.id))
    world.clock.forward(31 * DAY)
    await sweep(world.database, REQUESTS)  # approvers are told first, and have a day
    world.clock.forward(DAY)
    ends = asked[::-1]  # from the other end than the sweepers
    await door.clicks("omar", "request approve", request=ends[0])  # so that some end either way
    sweeping = asyncio.create_task(_both(world, replica, REQUESTS))
    for place in range(1, ROUNDS - 1, 25):
        some = ends[place : min(place + 25, ROUNDS - 1)]
        await asyncio.gather(*(door.clicks("omar", "request approve", request=one) for one in some))
    await sweeping
    ended, audited, told = await _states(door), await _audited(door), await _told(world)
    assert sum(ended.values()) == ROUNDS
    assert set(ended) == {RequestState.APPROVED, RequestState.LAPSED}
    for state, number in ended.items():
        assert audited[f"join_request.{state}"] == number
    outcomes = Counter(subject for subject, whom in told.elements() if whom.startswith("outcome"))
    assert outcomes == Counter(f"join_request:{one}" for one in asked)
    standing = Counter((await door.members()).values())
    assert standing == {"active": ended[RequestState.APPROVED] + 2}


async def test_only_one_of_two_approvers_claims_a_request(world: World, door: Door) -> None:
    await maple(door)
    school = await door.school()
    asked = await world.database.run(lambda uow: _waiting(uow, school.id))
    for place in range(0, ROUNDS, 25):
        both = [(who, one) for one in asked[place : place + 25] for who in ("ada", "omar")]
        await asyncio.gather(*(door.clicks(who, "request claim", request=one) for who, one in both))
    assert (await _audited(door))["join_request.claimed"] == ROUNDS
    assert all(one.claimed_by for one in await door.requests())


async def test_two_sweepers_remind_of_invitations_once(world: World, door: Door, replica: Database) -> None:
    await maple(door)
    school = await door.school()

    def unit(uow: UnitOfWork) -> list[str]:
        ada = uow.people.by_account(AccountKey("web", "ada"))
        assert ada is not None
        made = []
        for number in range(ROUNDS):
            key = AccountKey("web", f"p{number}")
            to = Addressee(
                build.person(uow, f"P{number}", key).id, "P", account=key, way=Way.DM, sent_at=START
            )
            one = build.invitation(uow, school, ada, to=to, expires_at=START + 30 * DAY, uses_allowed=1)
            uow.addressed.grant(one.id, [Grant(school.id, "Staff")])
            uow.sendings.schedule_step(one.id, START + 15 * DAY)
            made.append(one.id)
        return made

    made = await world.database.run(unit)
    await _told(world)
    expected = Counter((f"invitation:{one}", f"reminder web/@p{number}") for number, one in enumerate(made))
    for number, days in enumerate((15, 12), start=1):
        world.clock.forward(days * DAY)
        await _both(world, replica, INVITATIONS)
        assert await _told(world) == expected
        assert (await _audited(door))["invitation.reminded"] == number * ROUNDS
    world.clock.forward(3 * DAY)
    await _both(world, replica, INVITATIONS)
    assert await _told(world) == Counter()
    assert await world.database.read(lambda uow: uow.sendings.due(uow.now + 99 * DAY, 9)) == []
