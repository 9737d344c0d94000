"""When a clock counts as having been put back; `tests/storage` tests what is corrected then."""

from datetime import timedelta

from bot.core import clock_correction
from bot.core.jobs import JobState
from bot.core.stuck import ItemTracker
from tests.core.place import Place
from tests.storage import build
from tests.world import START


def test_what_is_put_off_comes_back_only_after_a_clock_was_put_back_by_more_than_a_minute() -> None:
    place = Place()
    far = START + timedelta(days=365)
    request = build.join_request(place.uow, place.school, place.person("nia"), due_at=far, submitted_at=START)
    assert clock_correction.sweep(place.uow, ItemTracker()) == 0, "nobody has looked at the clock yet"
    for ahead in (timedelta(seconds=-15), timedelta(0), timedelta(minutes=1)):
        place.uow.jobs.save(JobState(clock_correction.SWEEP, START + ahead))
        assert clock_correction.sweep(place.uow, ItemTracker()) == 0
    assert place.state.join_requests[request.id].due_at == far
    place.uow.jobs.save(JobState(clock_correction.SWEEP, START + timedelta(minutes=1, microseconds=1)))
    assert clock_correction.sweep(place.uow, ItemTracker()) == 1
    assert place.state.join_requests[request.id].due_at == START
