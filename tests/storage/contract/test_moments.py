"""Requests and invitations with times far in the future are corrected; see `test_clock_correction`."""

from datetime import timedelta

from bot.core.invitations.addressees import Addressee
from bot.core.ports import UnitOfWork
from bot.core.requests.join_requests import RequestState
from bot.core.values import replace
from tests.storage.build import invitation, join_request, person, school
from tests.storage.conftest import Store
from tests.world import START

YEARS = timedelta(days=3650)


async def test_an_invitation_that_was_made_far_ahead_lasts_from_now_on_as_long_as_it_should(
    store: Store,
) -> None:
    far, now, week = START + YEARS, START + timedelta(days=2), timedelta(days=7)

    def unit(uow: UnitOfWork) -> None:
        maple, ada = school(uow), person(uow, "Ada")
        made = invitation(uow, maple, ada, created_at=far, expires_at=far + week)
        anew = invitation(uow, maple, ada, renewed_at=far, expires_at=far + week)
        sent = invitation(
            uow, maple, ada, created_at=far, expires_at=far + week, to=Addressee(ada.id, "Ben", sent_at=far)
        )
        for one in (made, anew, sent):
            uow.sendings.schedule_step(one.id, far)
        endless = invitation(uow, maple, ada, created_at=far)
        before = invitation(uow, maple, ada, created_at=START, expires_at=far)

        assert uow.moments.correct(now) == 4
        ends = now + week
        assert uow.invitations.by_id(made.id) == replace(made, created_at=now, expires_at=ends)
        assert uow.invitations.by_id(anew.id) == replace(anew, renewed_at=now, expires_at=ends)
        after = uow.invitations.by_id(sent.id)
        assert after is not None
        assert after.to is not None
        assert (after.created_at, after.expires_at, after.to.sent_at) == (now, ends, now)
        assert uow.invitations.by_id(endless.id) == replace(endless, created_at=now)
        assert uow.invitations.by_id(before.id) == before
        looked_at = {(one.id, one.due_at) for one in uow.sendings.due(now, 9)}
        assert looked_at == {(one.id, now) for one in (made, anew, sent)}
        assert uow.moments.correct(now) == 0

    await store.run(unit)


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

        assert uow.moments.correct(now) == 2
        assert uow.join_requests.by_id(asked.id) == replace(asked, reminded_at=now, due_at=now)
        pulled = replace(then, submitted_at=now, claimed_at=now, escalated_at=now, due_at=now)
        assert uow.join_requests.by_id(then.id) == pulled
        for same in (soon, over):
            known = uow.join_requests.by_id(same.id)
            assert known is not None
            assert known.due_at == same.due_at
        assert uow.moments.correct(now) == 0

    await store.run(unit)
