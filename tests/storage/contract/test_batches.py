"""The contract of every store for batches of single-use codes."""

from bot.core.ids import new_code, new_token
from bot.core.invitations.batches import Batch
from bot.core.invitations.invitations import Invitation, InvitationFilter
from bot.core.ports import UnitOfWork
from bot.core.schools.schools import School
from bot.core.values import replace
from tests.storage import build
from tests.storage.conftest import Store
from tests.world import START


def _batch(uow: UnitOfWork, of: School, size: int) -> tuple[Batch, list[Invitation]]:
    one = build.invitation(uow, of, build.person(uow), uses_allowed=1, note="Hi", label="fair")
    at = build.tick()
    batch = Batch(build.fresh_id(), of.id, "fair", size, at)
    made = [
        replace(one, id=build.fresh_id(), token=new_token(), code=new_code(), batch_id=batch.id)
        for _ in range(size)
    ]
    build.batch(uow, batch, made)
    return batch, made


async def test_a_batch_comes_back_as_it_was_made(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        maple = build.school(uow)
        batch, made = _batch(uow, maple, 3)
        assert uow.batches.by_id(batch.id) == batch
        assert uow.batches.by_id(build.fresh_id()) is None
        assert list(uow.batches.invitations(batch.id)) == made
        assert list(uow.batches.invitations(batch.id, limit=1)) == made[:1]
        assert uow.invitations.by_code(made[1].code) == made[1]
        assert uow.invitations.by_token(made[2].token) == made[2]

    await store.run(unit)


async def test_batches_of_a_school_newest_first(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        maple, oak = build.school(uow), build.school(uow, "Oak Hill")
        own = [_batch(uow, maple, 1)[0] for _ in range(3)]
        _batch(uow, oak, 1)
        newest = own[::-1]
        assert list(uow.batches.listed(maple.id, after=None, limit=9)) == newest
        assert list(uow.batches.listed(maple.id, after=newest[0].id, limit=1)) == newest[1:2]

    await store.run(unit)


async def test_what_nobody_has_used_is_revoked_at_once(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        batch, made = _batch(uow, build.school(uow), 4)
        by = made[0].created_by
        assert uow.batches.counts(batch.id) == (0, 0)
        uow.invitations.take_use(made[0].id, START)
        uow.invitations.revoke(made[1].id, by=by, at=START)
        assert uow.batches.counts(batch.id) == (1, 1)
        assert uow.batches.revoke(batch.id, by=by, at=START) == 2
        assert uow.batches.revoke(batch.id, by=by, at=START) == 0
        assert uow.batches.counts(batch.id) == (1, 3)
        uow.invitations.revoke(made[0].id, by=by, at=START)
        assert uow.batches.counts(batch.id) == (1, 3), "what was used was not left"
        assert not uow.invitations.take_use(made[2].id, START)

    await store.run(unit)


async def test_their_codes_are_listed_only_where_they_are_searched(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        maple = build.school(uow)
        _, made = _batch(uow, maple, 2)
        open_ones = [one.id for one in uow.invitations.listed(maple.id, InvitationFilter(), limit=9)]
        assert not set(open_ones) & {one.id for one in made}
        by_code = uow.invitations.listed(maple.id, InvitationFilter(text=made[0].code), limit=9)
        assert list(by_code) == made[:1]
        by_label = uow.invitations.listed(maple.id, InvitationFilter(text="fair"), limit=9)
        assert {one.id for one in made} <= {one.id for one in by_label}

    await store.run(unit)


async def test_a_posted_code_is_due_at_once_when_its_batch_is_revoked(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        batch, made = _batch(uow, build.school(uow), 3)
        uow.leaks.mark_posted(made[1].id, START)
        assert uow.batches.revoke(batch.id, by=made[1].created_by, at=START) == 3
        assert [one.id for one in uow.sendings.due(START, 9)] == [made[1].id]

    await store.run(unit)
