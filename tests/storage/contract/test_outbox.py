"""The contract of every store for the outbox: in order per place, fair to tenants, nothing lost."""

from collections.abc import Collection
from datetime import datetime, timedelta

from bot.core.notices.notices import Audience, Destination, Notice
from bot.core.notices.outbox_ports import OutboxState
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import AccountKey, Platform
from bot.core.values import replace
from tests.outbox import take_all
from tests.storage import build
from tests.storage.build import MAPLE
from tests.storage.conftest import Store
from tests.world import START, FakeClock

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
ADA, OMAR, MIA = (Destination.direct(AccountKey("discord", name)) for name in ("1", "2", "3"))


def _notice(
    key: str, due_at: datetime = START, to: Destination = ADA, tenant: str = "t", **more: str
) -> Notice:
    made = Notice(build.fresh_id(), key, "join_request:1", Audience.APPROVER, to, due_at, tenant=tenant)
    return replace(made, **more)  # type: ignore[arg-type]


def _add(uow: UnitOfWork, *notices: Notice) -> None:
    for one in notices:
        uow.outbox.add(one)


def _take(uow: UnitOfWork, at: datetime = START, worker: str = "w", to: Destination = ADA) -> list[Notice]:
    return [*uow.outbox.take(str(to), at, worker=worker, until=at + MINUTE, limit=9)]


def _heads(uow: UnitOfWork, at: datetime = START, full: Collection[str] = (), limit: int = 9) -> list[str]:
    found = uow.outbox.heads(list(Platform), at, full=full, limit=limit)
    return [f"{one.place} {one.tenant}" for one in found]


async def test_what_is_due_is_taken_in_order_and_only_once(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        second, first = _notice("b", START), _notice("a", START - MINUTE)
        third = _notice("c", START, Destination.in_channel(MAPLE, "c1"), copy_id=build.fresh_id())
        later = _notice("d", START + MINUTE)
        _add(uow, second, first, third, later)
        assert uow.outbox.count_waiting() == 4
        assert _heads(uow) == ["discord/@1 t", "discord/700/#c1 t"]
        assert _heads(uow, limit=1) == ["discord/@1 t"]
        assert _take(uow) == [first, second]
        assert _take(uow) == []
        assert take_all(uow) == [third]
        assert take_all(uow) == []
        assert uow.outbox.count_waiting() == 4

    await store.run(unit)


async def test_what_waits_at_a_place_is_listed_in_its_order(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        second, first, gone = _notice("b"), _notice("a", START - MINUTE), _notice("g", START - MINUTE)
        later, redraw = _notice("l", START + MINUTE), _notice("r", copy_id=build.fresh_id())
        _add(uow, second, first, gone, later, redraw, _notice("o", to=OMAR))
        _take(uow)
        uow.outbox.mark_delivered(gone.id, START)
        assert [*uow.outbox.waiting_at(ADA)] == [first, second, later]
        assert not uow.outbox.waiting_at(MIA)
        uow.outbox.give_up(first.id, START, error="Refused")
        uow.outbox.forget(OMAR)
        assert uow.outbox.dead_letter(first.id) is not None
        uow.outbox.forget(ADA)
        assert uow.outbox.dead_letter(first.id) is None
        assert [*uow.outbox.waiting_at(ADA)] == [second, later]
        assert uow.outbox.add(gone), "it was forgotten, too"
        assert len(uow.outbox.waiting_at(OMAR)) == 1

    await store.run(unit)


async def test_the_same_key_is_queued_once(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        assert uow.outbox.add(_notice("a"))
        assert not uow.outbox.add(_notice("a"))
        (only,) = take_all(uow)
        uow.outbox.mark_delivered(only.id, START)
        _add(uow, _notice("a"))
        assert uow.outbox.count_waiting() == 0

    await store.run(unit)


async def test_nothing_overtakes_what_waits_at_the_same_place(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        first, second, other = _notice("a"), _notice("b"), _notice("c", to=OMAR)
        _add(uow, first, second, other)
        assert uow.outbox.take(str(ADA), START, worker="w", until=START + MINUTE, limit=1) == [first]
        assert _take(uow, worker="v") == [], "the first is on its way"
        assert _heads(uow) == ["discord/@2 t"]
        uow.outbox.postpone(first.id, try_at=START + 3 * MINUTE, error="busy")
        assert _take(uow, START + 2 * MINUTE) == []
        assert _heads(uow, START + 2 * MINUTE) == ["discord/@2 t"]
        late = _notice("d", START + MINUTE)
        _add(uow, late)
        assert _take(uow, START + 2 * MINUTE) == [], "nor does what came since"
        assert _heads(uow, START + 2 * MINUTE) == ["discord/@2 t"]
        assert _take(uow, START + 3 * MINUTE) == [replace(first, attempts=1), second, late]

    await store.run(unit)


async def test_what_comes_later_holds_nothing_up(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        tomorrow, now = _notice("a", START + 1000 * MINUTE), _notice("b")
        _add(uow, tomorrow, now)
        assert _take(uow) == [now]

    await store.run(unit)


async def test_a_claim_ends_by_itself_and_can_be_kept_or_given_back(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        one, two = _notice("a"), _notice("b")
        _add(uow, one, two)
        assert len(_take(uow)) == 2
        assert _take(uow, START + MINUTE - timedelta(microseconds=1), "v") == []
        uow.outbox.extend_claim(str(ADA), "v", START + 9 * MINUTE)
        uow.outbox.release(str(ADA), "v")
        assert uow.outbox.holds(one, "w", START)
        assert len(_take(uow, START + MINUTE, "v")) == 2, "its worker is gone"
        assert not uow.outbox.holds(one, "w", START + MINUTE)
        uow.outbox.extend_claim(str(ADA), "v", START + 9 * MINUTE)
        assert _heads(uow, START + 8 * MINUTE) == []
        assert _take(uow, START + 8 * MINUTE) == []
        uow.outbox.mark_delivered(one.id, START)
        uow.outbox.release(str(ADA), "v")
        assert not uow.outbox.holds(two, "v", START)
        assert _take(uow) == [two]

    await store.run(unit)


async def test_only_places_of_the_asked_platforms_with_room(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        _add(uow, _notice("a", tenant="t"), _notice("b", to=OMAR, tenant="u"))
        assert uow.outbox.heads((), START, full=(), limit=9) == []
        assert uow.outbox.heads((Platform.SLACK, Platform.WEB), START, full=(), limit=9) == []
        assert len(uow.outbox.heads([Platform.DISCORD], START, full=(), limit=9)) == 2
        assert _heads(uow, full=["t"]) == ["discord/@2 u"]
        assert _heads(uow, full=["t", "u"]) == []

    await store.run(unit)


async def test_failing_tenants_give_only_notices_that_were_not_tried(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        tried, fresh = _notice("a", tenant="t"), _notice("b", to=OMAR, tenant="t")
        other = _notice("c", to=MIA, tenant="u")
        _add(uow, tried, fresh, other)
        for one in (tried, other):
            uow.outbox.postpone(one.id, try_at=START, error="busy")
        heads = uow.outbox.heads(list(Platform), START, full=(), limit=9)
        failed = {str(ADA): True, str(OMAR): False, str(MIA): True}
        assert {head.place: head.failed for head in heads} == failed
        heads = uow.outbox.heads(list(Platform), START, full=(), failing=["t"], limit=9)
        assert {head.place for head in heads} == {str(OMAR), str(MIA)}

    await store.run(unit)


async def test_who_asked_us_to_wait_gets_nothing(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        one, other = _notice("a", tenant="t"), _notice("b", to=OMAR, tenant="u")
        _add(uow, one, other)
        assert len(take_all(uow, SECOND)) == 2
        uow.outbox.pause("t", START + 3 * MINUTE)
        uow.outbox.pause("t", START + MINUTE)
        assert not uow.outbox.holds(one, "test", START)
        assert uow.outbox.holds(other, "test", START)
        assert _heads(uow, START + 2 * MINUTE) == ["discord/@2 u"]
        uow.outbox.pause("discord", START + 4 * MINUTE)
        assert _heads(uow, START + 3 * MINUTE) == []
        assert not uow.outbox.holds(other, "test", START)
        uow.outbox.pause("slack", START + 9 * MINUTE)
        assert len(_heads(uow, START + 4 * MINUTE)) == 2

    await store.run(unit)


async def test_what_becomes_of_a_notice(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        done, lost, again = _notice("done"), _notice("lost"), _notice("again")
        _add(uow, done, lost, again)
        take_all(uow)
        uow.outbox.mark_delivered(done.id, START)
        uow.outbox.postpone(done.id, try_at=START, error="late")
        uow.outbox.give_up(done.id, START, error="late")
        assert uow.outbox.count_waiting() == 2, "what is delivered stays it"
        uow.outbox.postpone(lost.id, try_at=START + 3 * MINUTE, error="busy", counts=False)
        uow.outbox.release(str(ADA), "test")
        assert _heads(uow, START + 2 * MINUTE) == []
        uow.outbox.give_up(lost.id, START + 2 * MINUTE, error="gone")
        assert _take(uow, START + 2 * MINUTE) == [again], "it waits behind nothing any more"
        uow.outbox.give_up("nothing", START, error="")

    await store.run(unit)


async def test_dead_letters_by_school_and_page_and_sent_again(store: Store, clock: FakeClock) -> None:
    def unit(uow: UnitOfWork) -> None:
        maple, oak = build.school(uow).id, build.school(uow).id
        made = [_notice(str(number), school_id=maple if number % 2 else oak) for number in range(4)]
        _add(uow, *made)
        for one in made[:3]:
            uow.outbox.give_up(one.id, START + MINUTE, error="gone")
        found = uow.outbox.dead(school_id=None, before=None, limit=2)
        assert [one.notice.id for one in found] == [made[2].id, made[1].id]
        (oldest,) = uow.outbox.dead(school_id=None, before=made[1].id, limit=9)
        assert oldest.notice.id == made[0].id
        (mine,) = uow.outbox.dead(school_id=maple, before=None, limit=9)
        assert (mine.notice.id, mine.notice.school_id) == (made[1].id, maple)
        assert (mine.failed_at, mine.error) == (START + MINUTE, "gone")
        assert uow.outbox.dead_letter(made[1].id) == mine
        assert uow.outbox.dead_letter(made[3].id) is None
        assert uow.outbox.condition(START) == OutboxState(1, 1, 3, START)
        assert uow.outbox.condition(START - SECOND) == OutboxState(1, 0, 3, None)
        assert not uow.outbox.retry(made[3].id, START)
        assert uow.outbox.retry(made[1].id, START + 5 * MINUTE)
        assert not uow.outbox.retry(made[1].id, START)
        assert _take(uow, START + 5 * MINUTE) == [
            made[3],
            replace(made[1], due_at=START + 5 * MINUTE, attempts=0),
        ]

    await store.run(unit)
