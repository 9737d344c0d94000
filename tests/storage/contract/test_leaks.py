"""The contract of every store for leaked codes."""

from datetime import timedelta

from bot.core.ids import new_id
from bot.core.invitations.invitations import Invitation, Redemption
from bot.core.people.people_filter import PeopleFilter
from bot.core.ports import UnitOfWork
from bot.core.values import replace
from tests.storage import build
from tests.storage.conftest import Store
from tests.world import START

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


def _made(uow: UnitOfWork) -> Invitation:
    return build.invitation(uow, build.school(uow), build.person(uow))


def _redeem(uow: UnitOfWork, of: Invitation, minute: int) -> None:
    at = START + minute * MINUTE
    who = build.person(uow, f"P{minute}")
    uow.invitations.add_redemption(Redemption(new_id(at), of.id, who.id, at))


async def test_what_is_locked_takes_no_use_until_it_is_unlocked(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        made = _made(uow)
        assert uow.leaks.lock(made.id, START)
        assert not uow.leaks.lock(made.id, START + HOUR)
        assert uow.invitations.by_id(made.id) == replace(made, locked_at=START)
        assert not uow.invitations.take_use(made.id, START)
        assert uow.leaks.unlock(made.id)
        assert not uow.leaks.unlock(made.id)
        assert uow.invitations.by_id(made.id) == made
        assert uow.invitations.take_use(made.id, START)
        assert not uow.leaks.lock(build.fresh_id(), START)

    await store.run(unit)


async def test_what_has_ended_is_neither_locked_nor_unlocked(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        made = _made(uow)
        uow.invitations.revoke(made.id, by=made.created_by, at=START)
        assert not uow.leaks.lock(made.id, START)
        other = build.invitation(uow, build.school(uow, "Oak"), build.person(uow))
        assert uow.leaks.lock(other.id, START)
        uow.invitations.revoke(other.id, by=other.created_by, at=START)
        assert not uow.leaks.unlock(other.id)

    await store.run(unit)


async def test_admins_are_told_once_until_it_is_unlocked(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        made = _made(uow)
        assert uow.leaks.alarmed_at(made.id) is None
        assert uow.leaks.alarm(made.id, START)
        assert not uow.leaks.alarm(made.id, START + HOUR)
        assert uow.leaks.alarmed_at(made.id) == START
        uow.leaks.lock(made.id, START)
        uow.leaks.unlock(made.id)
        assert uow.leaks.alarmed_at(made.id) is None
        assert uow.leaks.alarm(made.id, START + HOUR)

    await store.run(unit)


async def test_a_rush_is_found_and_counted(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        fast, slow, told, locked, over = (_made(uow) for _ in range(5))
        for one in (fast, told, locked, over):
            for minute in (0, 5, 6, 7):
                _redeem(uow, one, minute)
        _redeem(uow, slow, 6)
        uow.leaks.alarm(told.id, START)
        uow.leaks.lock(locked.id, START)
        uow.invitations.revoke(over.id, by=over.created_by, at=START)
        since = START + 5 * MINUTE
        assert list(uow.leaks.rushed(since, 3)) == [(fast.id, 3)]
        assert list(uow.leaks.rushed(since, 4)) == []
        assert list(uow.leaks.rushed(since, 1)) == [(fast.id, 3), (slow.id, 1)]
        assert uow.leaks.count_redemptions(fast.id, since, START + 6 * MINUTE) == 2
        assert uow.leaks.count_redemptions(fast.id, START, START + HOUR) == 4
        (newest,) = uow.leaks.redeemers(fast.id, after=None, limit=1)
        assert uow.leaks.has(fast.id, newest.id)
        assert not uow.leaks.has(slow.id, newest.id)
        assert not uow.leaks.has(fast.id, fast.id)

    await store.run(unit)


async def test_members_who_came_in_by_an_invitation(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        maple, ada = build.school(uow), build.person(uow)
        made, other = build.invitation(uow, maple, ada), build.invitation(uow, maple, ada)
        for name, by in (("Bob", made), ("Cem", made), ("Dee", other)):
            who = build.person(uow, name)
            build.membership(uow, maple, who)
            uow.invitations.add_redemption(Redemption(build.fresh_id(), by.id, who.id, START))
        build.membership(uow, maple, ada)
        wanted = PeopleFilter(maple.id, came_by=made.id)
        assert [one.name for one in uow.members.listed(wanted, after=None, limit=9)] == ["Bob", "Cem"]
        assert uow.members.count(wanted) == 2
        assert uow.members.count(replace(wanted, came_by=other.id, text="bob")) == 0

    await store.run(unit)


async def test_what_was_posted_is_due_at_once_when_it_ends(store: Store) -> None:
    """Not when somebody takes a use that is not the last; and what was not posted stays as it was."""

    def unit(uow: UnitOfWork) -> None:
        school, maker = build.school(uow), build.person(uow)
        two, plain, other = (
            build.invitation(uow, school, maker, uses_allowed=uses, expires_at=START + HOUR)
            for uses in (2, 1, None)
        )
        for one in (two, other):
            uow.leaks.mark_posted(one.id, START)
        for at, due in ((START, []), (START + MINUTE, [two.id])):
            assert uow.invitations.take_use(two.id, at)
            assert [one.id for one in uow.sendings.due(START + MINUTE, 9)] == due
        assert uow.invitations.take_use(plain.id, START)
        (first,) = uow.sendings.due(START + MINUTE, 9)
        assert first.due_at == START + MINUTE
        assert uow.sendings.advance_step(two.id, None, expected=first.due_at)
        ended = START + 2 * MINUTE
        assert uow.invitations.revoke_open_of(school.id, maker.id, by=None, at=ended) == 3
        found = uow.sendings.due(ended, 9)
        assert {(one.id, one.due_at) for one in found} == {(one.id, ended) for one in (two, other)}

    await store.run(unit)
