"""The contract of every store for the times of digests, and the requests that they have shown."""

from datetime import date, timedelta

from bot.core.ports import UnitOfWork
from bot.core.requests.digest_ports import TAIL_LENGTH, Digest
from bot.core.requests.join_requests import RequestState
from bot.core.values import replace
from tests.storage import build
from tests.storage.conftest import Store
from tests.world import START

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
TODAY = date(2026, 9, 1)


async def test_a_school_is_looked_at_when_its_time_has_come(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        maple, oak = build.school(uow), build.school(uow, "Oak")
        uow.digests.check_soon(maple.id, START)
        uow.digests.check_soon(oak.id, START)
        assert set(uow.digests.due(START, 9)) == {(maple.id, START), (oak.id, START)}
        assert len(uow.digests.due(START, 1)) == 1
        uow.digests.mark_checked(maple.id, START, START + DAY)
        assert uow.digests.due(START, 9) == [(oak.id, START)]
        uow.digests.mark_checked(oak.id, START + HOUR, START + 2 * DAY)
        assert uow.digests.due(START + DAY - HOUR, 9) == []
        assert uow.digests.due(START + DAY, 9) == [(maple.id, START)]

    await store.run(unit)


async def test_a_school_is_looked_at_when_the_clock_was_put_back(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        maple = build.school(uow)
        uow.digests.check_soon(maple.id, START)
        uow.digests.mark_checked(maple.id, START, START + DAY)
        assert uow.digests.due(START, 9) == []
        assert uow.digests.due(START - HOUR, 9) == [(maple.id, START)]
        uow.digests.mark_checked(maple.id, START - HOUR, START)
        assert uow.digests.due(START - HOUR, 9) == []

    await store.run(unit)


async def test_whoever_changes_settings_loses_nothing_that_is_due(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        maple = build.school(uow)
        uow.digests.check_soon(maple.id, START)
        uow.digests.mark_checked(maple.id, START, START + DAY)
        uow.digests.check_soon(maple.id, START + HOUR)
        assert uow.digests.due(START + HOUR, 9) == [(maple.id, START + HOUR)], "what is over stays over"
        uow.digests.check_soon(maple.id, START + 2 * HOUR)
        assert uow.digests.due(START + 2 * HOUR, 9) == [(maple.id, START + HOUR)], "what is due stays due"

    await store.run(unit)


async def test_a_day_has_one_digest(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        maple, oak = build.school(uow), build.school(uow, "Oak")
        for one in (maple, oak):
            uow.digests.check_soon(one.id, START)
        assert uow.digests.last(maple.id) is None
        first, second = Digest(maple.id, TODAY, START), Digest(maple.id, TODAY + DAY, START + HOUR)
        assert uow.digests.begin(first)
        assert uow.digests.last(maple.id) == first
        assert not uow.digests.begin(replace(first, at=START + HOUR))
        assert uow.digests.begin(second)
        assert uow.digests.last(maple.id) == second
        assert uow.digests.begin(Digest(oak.id, TODAY, START))
        # The newest is the one that was sent last, also where the clock was put back between them.
        back = Digest(maple.id, TODAY - DAY, START)
        assert uow.digests.begin(back)
        assert uow.digests.last(maple.id) == back

    await store.run(unit)


async def test_whom_a_digest_has_shown(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        maple, oak = build.school(uow), build.school(uow, "Oak")
        nia, omar = build.person(uow, "Nia"), build.person(uow, "Omar")
        assert not uow.digests.has_unshown(maple.id)
        assert uow.digests.mark_shown(maple.id) == 0
        first = build.join_request(uow, maple, nia)
        assert uow.digests.has_unshown(maple.id)
        assert not uow.digests.has_unshown(oak.id)
        assert uow.digests.mark_shown(maple.id) == 1
        assert not uow.digests.has_unshown(maple.id)
        second = build.join_request(uow, maple, omar)
        assert uow.digests.count_pending(maple.id) == 2
        assert uow.digests.count_pending(oak.id) == 0
        assert uow.digests.mark_shown(maple.id) == 1
        for number, one in enumerate((first, second)):
            at = START + number * HOUR
            uow.join_requests.decide(
                replace(one, state=RequestState.REJECTED, decided_by=nia.id, decided_at=at)
            )
        assert [one.id for one in uow.digests.decided(maple.id, 9)] == [second.id, first.id]
        assert [one.id for one in uow.digests.decided(maple.id, 1)] == [second.id]
        assert uow.digests.decided(oak.id, 9) == []
        assert uow.digests.mark_shown(maple.id) == 0
        assert uow.digests.decided(maple.id, 9) == [], "they belong to an older digest"

    await store.run(unit)


async def test_requests_are_found_by_their_tails(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        maple, oak = build.school(uow), build.school(uow, "Oak")
        made = [build.join_request(uow, maple, build.person(uow, f"P{number}")) for number in range(4)]
        other = build.join_request(uow, oak, build.person(uow))
        tails = [one.id[-TAIL_LENGTH:] for one in (made[2], made[0], other)]
        assert uow.digests.by_tails(maple.id, tails) == [made[0], made[2]]
        assert uow.digests.by_tails(maple.id, ["", made[1].id[-TAIL_LENGTH + 1 :]]) == []
        assert uow.digests.by_tails(maple.id, []) == []

    await store.run(unit)


async def test_the_digest_that_lists_a_request(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        maple = build.school(uow)
        request = build.join_request(uow, maple, build.person(uow))
        uow.digests.check_soon(maple.id, START)
        assert uow.digests.newest_for(request.subject) is None
        digest = Digest(maple.id, TODAY, START)
        uow.digests.begin(digest)
        assert uow.digests.newest_for(request.subject) == digest
        assert uow.digests.newest_for(f"invitation:{request.id}") is None
        assert uow.digests.newest_for(f"join_request:{build.fresh_id()}") is None

    await store.run(unit)


async def test_a_channel_that_fails_is_known_until_it_works(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        maple, oak = build.school(uow), build.school(uow, "Oak")
        assert uow.digests.mark_failing(maple.id, "discord/7/#1")
        assert not uow.digests.mark_failing(maple.id, "discord/7/#1")
        assert uow.digests.mark_failing(maple.id, "discord/7/#2")
        assert uow.digests.mark_failing(oak.id, "discord/7/#1")
        uow.digests.mark_working(maple.id, "discord/7/#1")
        uow.digests.mark_working(maple.id, "discord/7/#1")
        assert uow.digests.mark_failing(maple.id, "discord/7/#1")
        assert not uow.digests.mark_failing(maple.id, "discord/7/#2")

    await store.run(unit)
