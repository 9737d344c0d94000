"""How background jobs and the installation are doing, run by run."""

from datetime import timedelta

from bot.core import condition, jobs
from bot.core.jobs import JobState
from bot.core.notices.notices import Audience, Destination, tell_once
from bot.core.stuck import TrackedItem, put_off
from tests.core.place import Place, discord
from tests.world import START

MINUTE = timedelta(minutes=1)


def test_failures_are_counted_since_it_last_succeeded() -> None:
    first = jobs.after(None, "expiry", START, 0.5, "")
    assert first == JobState("expiry", START, START, 0.5, 0, "")
    second = jobs.after(first, "expiry", START + MINUTE, 0.7, "locked")
    assert second == JobState("expiry", START + MINUTE, START, 0.7, 1, "locked")
    third = jobs.after(second, "expiry", START + 2 * MINUTE, 0.9, "down")
    assert third == JobState("expiry", START + 2 * MINUTE, START, 0.9, 2, "down")
    fourth = jobs.after(third, "expiry", START + 3 * MINUTE, 0.2, "")
    assert fourth == JobState("expiry", START + 3 * MINUTE, START + 3 * MINUTE, 0.2, 0, "")


def test_one_that_never_succeeded_says_so() -> None:
    assert jobs.after(None, "expiry", START, 0.5, "down") == JobState("expiry", START, None, 0.5, 1, "down")


def test_how_an_installation_gets_on() -> None:
    place = Place()
    assert condition.current_condition(place.uow).behind == timedelta(0)
    tell_once(place.uow, "x:1", Audience.ADMIN, Destination.direct(discord("ada")), "key")
    place.forward(minutes=3)
    state = jobs.after(None, "expiry", START, 0.5, "")
    place.uow.jobs.save(state)
    put_off(place.uow, TrackedItem("rush", "1"), "broke")
    now = condition.current_condition(place.uow)
    assert (now.at, now.behind) == (START + 3 * MINUTE, 3 * MINUTE)
    assert (now.outbox.waiting, now.jobs, now.stuck) == (1, (state,), {"rush": 1})
