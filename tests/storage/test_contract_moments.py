"""Requests that wait for a moment far away come to it now, in every store; see `test_put_back`, too."""

from datetime import timedelta

from bot.core.join_requests import RequestState
from bot.core.ports import UnitOfWork
from bot.core.values import replace
from tests.storage.build import join_request, person, school
from tests.storage.conftest import Store
from tests.world import START

YEARS = timedelta(days=3650)


async def test_a_request_of_which_a_clock_far_ahead_knew_is_looked_at_now(store: Store) -> None:
    far, now = START + YEARS, START + timedelta(days=2)

    def unit(uow: UnitOfWork) -> None:
        maple = school(uow)
        asked = join_request(uow, maple, person(uow), submitted_at=START, reminded_at=far, due_at=far)
        then = join_request(uow, maple, person(uow), submitted_at=far, claimed_at=far, escalated_at=far)
        soon = join_request(uow, maple, person(uow), submitted_at=START, due_at=now)
        over = replace(
            join_request(uow, maple, person(uow), submitted_at=START, due_at=far),
            state=RequestState.APPROVED,
            decided_at=START,
        )
        assert uow.join_requests.decide(over)

        assert uow.moments.pull_back(now) == 2
        assert uow.join_requests.by_id(asked.id) == replace(asked, reminded_at=now, due_at=now)
        pulled = replace(then, submitted_at=now, claimed_at=now, escalated_at=now, due_at=now)
        assert uow.join_requests.by_id(then.id) == pulled
        for same in (soon, over):
            known = uow.join_requests.by_id(same.id)
            assert known is not None
            assert known.due_at == same.due_at
        assert uow.moments.pull_back(now) == 0

    await store.run(unit)
