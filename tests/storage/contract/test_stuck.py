"""The contract of every store for stuck items: put off for twice as long each time, until they succeed."""

from datetime import timedelta

from bot.core.ports import UnitOfWork
from bot.core.stuck import Stuck, TrackedItem, put_off
from bot.core.values import replace
from tests.storage import build
from tests.storage.conftest import Store
from tests.world import START

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
ONE, OTHER = TrackedItem("join_request", "1"), TrackedItem("invitation", "1")


async def test_what_breaks_again_waits_twice_as_long_and_six_hours_at_most(store: Store) -> None:
    def unit(uow: UnitOfWork) -> list[timedelta]:
        return [put_off(uow, ONE, "KeyError").try_at - uow.now for _ in range(12)]

    waits = await store.run(unit)
    assert waits[:4] == [MINUTE, 2 * MINUTE, 4 * MINUTE, 8 * MINUTE]
    assert waits[8:] == [256 * MINUTE, 6 * HOUR, 6 * HOUR, 6 * HOUR]


async def test_what_is_stuck_is_known_until_it_goes_well(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        assert uow.stuck.of(ONE) is None
        first = Stuck(ONE, "KeyError", 1, START, START + MINUTE)
        again = Stuck(ONE, "ValueError", 2, START, START + HOUR)
        other = Stuck(OTHER, "KeyError", 1, START + MINUTE, START + 2 * MINUTE)
        for one in (first, other, again):
            uow.stuck.put_off(one)
        assert [uow.stuck.of(ONE), uow.stuck.of(OTHER)] == [again, other]
        assert (uow.stuck.listed(9), uow.stuck.listed(1)) == ([again, other], [again])
        assert uow.stuck.count_by_kind() == {"join_request": 1, "invitation": 1}
        assert uow.stuck.waiting("join_request", START + HOUR - MINUTE) == {"1"}
        assert uow.stuck.waiting("join_request", START + HOUR) == frozenset()
        assert [uow.stuck.clear("join_request", START + at) for at in (MINUTE, HOUR)] == [0, 1]
        assert uow.stuck.listed(9) == [other]
        uow.stuck.forget(ONE)
        uow.stuck.forget(OTHER)
        assert uow.stuck.count_by_kind() == {}

    await store.run(unit)


async def test_what_is_put_off_is_not_due(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        school, ada = build.school(uow), build.person(uow)
        asked = build.join_request(uow, school, build.person(uow, "Nia"))
        invited = build.invitation(uow, school, ada)
        uow.join_requests.save_due_times([replace(asked, due_at=START)])
        uow.sendings.schedule_step(invited.id, START)
        uow.digests.check_soon(school.id, START)

        def due() -> list[str]:
            requests = [one.id for one in uow.join_requests.due(START, 9)]
            return [
                *requests,
                *(one.id for one in uow.sendings.due(START, 9)),
                *dict(uow.digests.due(START, 9)),
            ]

        everything = [asked.id, invited.id, school.id]
        assert due() == everything
        for kind, of in zip(("join_request", "invitation", "digest"), everything, strict=True):
            assert of in due()
            uow.stuck.put_off(Stuck(TrackedItem(kind, of), "KeyError", 1, START, START + MINUTE))
            assert of not in due()
            uow.stuck.put_off(Stuck(TrackedItem(kind, of), "KeyError", 1, START, START))
            assert due() == everything, "its time has come again"

    await store.run(unit)
