"""Work that fails is put off, for twice as long each time; the item at fault is named."""

from datetime import timedelta

from bot.core import stuck
from bot.core.stuck import ItemTracker, Stuck, TrackedItem
from tests.core.place import Place

LETTER = TrackedItem("digest", "maple")


def test_what_breaks_waits_twice_as_long_each_time_up_to_six_hours() -> None:
    place = Place()
    began = place.clock.now()
    for number, minutes in enumerate((1, 2, 4, 8, 16, 32, 64, 128, 256, 360, 360, 360), 1):
        place.forward(hours=7)
        now = place.clock.now()
        told = stuck.put_off(place.uow, LETTER, f"broke {number}")
        since = began + timedelta(hours=7)
        assert told == Stuck(LETTER, f"broke {number}", number, since, now + timedelta(minutes=minutes))
        assert place.uow.stuck.of(LETTER) == told
    assert str(LETTER) == "digest:maple"


def test_what_broke_ten_thousand_times_is_tried_again_all_the_same() -> None:
    place = Place()
    now = place.clock.now()
    place.uow.stuck.put_off(Stuck(LETTER, "broke", 10_000, now, now))
    assert stuck.put_off(place.uow, LETTER, "broke").try_at == now + timedelta(hours=6)


def test_what_is_in_hand_is_to_blame_until_it_is_settled() -> None:
    tracker, settled = ItemTracker(), list[TrackedItem | None]()
    assert tracker.item is None
    tracker.settle()
    tracker.settle = lambda: settled.append(tracker.item)
    blamed = [tracker.item for _ in tracker.each("digest", ["a", "b"], str.upper)]
    assert blamed == settled == [TrackedItem("digest", "A"), TrackedItem("digest", "B")]
    assert tracker.item is None
