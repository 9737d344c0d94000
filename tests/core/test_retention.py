"""How long data that is no longer needed is kept: in memory."""

from datetime import datetime, timedelta

import pytest

from bot.core import jobs, retention
from bot.core.bulk.acts import Act
from bot.core.bulk.planning import Job, JobState
from bot.core.retention import DEFAULT_DAYS, Leftover
from bot.core.rosters.imports import ImportState, Options, RosterImport
from bot.core.stuck import ItemTracker, TrackedItem, put_off
from tests.core.place import Place
from tests.fakes.leftovers import FakeLeftovers
from tests.storage import build

DAY = timedelta(days=1)
Asked = tuple[Leftover, datetime, datetime, int]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Asked]:
    """Record what is purged; 3 of each kind are."""
    noted: list[Asked] = []

    def purge(_known: FakeLeftovers, *what: object) -> int:
        noted.append(what)  # type: ignore[arg-type]
        return 3

    monkeypatch.setattr(FakeLeftovers, "purge", purge)
    return noted


def test_each_kind_goes_after_its_own_time_and_some_never(asked: list[Asked]) -> None:
    place = Place()
    now = place.clock.now()
    keep = {Leftover.MESSAGES: 30, Leftover.CARDS: 0, Leftover.MISSES: 1}
    assert retention.purge(place.uow, ItemTracker(), keep=keep) == 6
    assert asked == [
        (Leftover.MESSAGES, now - 30 * DAY, now, 500),
        (Leftover.MISSES, now - DAY, now, 500),
    ]


@pytest.mark.parametrize(("hours", "purged"), [(24, True), (25, False), (24 * 365 * 70, False), (-24, True)])
def test_after_a_gap_or_a_clock_put_forward_nothing_is_deleted_at_the_first_look(
    asked: list[Asked], hours: int, *, purged: bool
) -> None:
    place = Place()
    place.uow.jobs.save(jobs.after(None, retention.SWEEP, place.clock.now(), 0.1, ""))
    place.clock.at += timedelta(hours=hours)
    keep = {Leftover.MESSAGES: 30}
    assert bool(retention.purge(place.uow, ItemTracker(), keep=keep)) is purged
    place.uow.jobs.save(jobs.after(None, retention.SWEEP, place.clock.now(), 0.1, ""))
    place.forward(hours=1)
    assert retention.purge(place.uow, ItemTracker(), keep=keep)
    assert len(asked) == 1 + purged


def test_a_kind_that_broke_is_left_alone_and_keeps_nothing_else_back(asked: list[Asked]) -> None:
    place = Place()
    put_off(place.uow, TrackedItem("leftover", "messages"), "broken")
    tracker = ItemTracker()
    assert retention.purge(place.uow, tracker, keep=DEFAULT_DAYS) == 3 * (len(Leftover) - 1)
    assert {one[0] for one in asked} == set(Leftover) - {Leftover.MESSAGES}
    assert tracker.item is None


def test_whoever_breaks_is_known_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(*_: object) -> int:
        raise RuntimeError

    monkeypatch.setattr(FakeLeftovers, "purge", breaks)
    tracker = ItemTracker()
    with pytest.raises(RuntimeError):
        retention.purge(Place().uow, tracker, keep={Leftover.CLAIMS: 1})
    assert tracker.item == TrackedItem("leftover", "claims")


def test_plans_that_nobody_agreed_to_go_one_at_a_time_after_a_day() -> None:
    place = Place()
    at = place.clock.now()
    for _ in range(2):
        plan = RosterImport(build.fresh_id(), place.school.id, None, Options(), ImportState.PLANNED, "", at)
        assert place.uow.rosters.add(plan)
    place.clock.at = at + DAY
    assert retention.purge(place.uow, ItemTracker(), keep={}) == 0
    place.forward(seconds=1)
    assert [retention.purge(place.uow, ItemTracker(), keep={}) for _ in range(3)] == [1, 1, 0]


def test_so_do_those_of_bulk_work_which_carry_what_was_searched_for() -> None:
    place = Place()
    at = place.clock.now()
    made = Job(build.fresh_id(), place.school.id, Act.ARCHIVE, "--s\nnia", "", JobState.PLANNED, at)
    assert place.uow.bulk.add(made, [])
    place.clock.at = at + DAY
    retention.purge(place.uow, ItemTracker(), keep={})
    assert place.uow.bulk.by_id(made.id) is not None
    place.forward(seconds=1)
    retention.purge(place.uow, ItemTracker(), keep={})
    assert place.uow.bulk.by_id(made.id) is None


def test_every_kind_has_a_usual_time() -> None:
    assert set(DEFAULT_DAYS) == set(Leftover)
