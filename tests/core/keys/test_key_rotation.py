"""When a key is replaced, and when a replaced one is forgotten: the rules alone."""

from datetime import timedelta

import pytest

from bot.core.keys import rotation as key_rotation
from bot.core.keys.ports import Sealed
from bot.core.keys.rotation import KEPT, LEASE, WrongKey
from bot.core.stuck import ItemTracker
from tests.core.place import Place
from tests.fakes.database import FakeUnitOfWork
from tests.fakes.secret_keys import FIRST, FakeSecretKeys

NEXT = "the next key"


@pytest.fixture
def place() -> Place:
    one = Place()
    one.state.sealed.update(dict.fromkeys(("a", "b"), FIRST))
    return one


def of(place: Place, *own: str, replica: str = "one") -> FakeUnitOfWork:
    """Return a unit of work of a process with these keys in its settings."""
    uow = place.uow
    uow.secret_keys = FakeSecretKeys(place.state, own, replica)
    return uow


def attend(place: Place, *own: str, replica: str = "one") -> int:
    return key_rotation.sweep(of(place, *own, replica=replica), ItemTracker())


def test_one_key_is_all_there_is_to_it(place: Place) -> None:
    assert attend(place, FIRST) == 0
    (only,) = key_rotation.key_states(of(place, FIRST)).keys
    assert (only.name, only.sealed) == (FIRST, 2)
    assert place.logged() == []


def test_a_key_is_replaced_once_all_replicas_have_the_next_first(place: Place) -> None:
    key_rotation.serve(of(place, FIRST, replica="two"))
    assert attend(place, NEXT, FIRST) == 0
    seen = key_rotation.key_states(of(place, NEXT, FIRST))
    assert (seen.changing, seen.agreed, seen.replicas, seen.droppable) == (True, False, 2, ())
    key_rotation.leave(of(place, FIRST, replica="two"))
    key_rotation.serve(of(place, NEXT, FIRST, replica="two"))
    assert key_rotation.key_states(of(place, NEXT, FIRST)).agreed
    assert attend(place, NEXT, FIRST) == 1
    assert attend(place, NEXT, FIRST) == 2
    assert place.state.sealed == {"a": NEXT, "b": NEXT}
    assert [one.name for one in key_rotation.key_states(of(place, NEXT, FIRST)).leaving] == [FIRST]
    assert place.logged() == [f"- (clock) secret_key.replaced secret_key:{FIRST} at - -> by={NEXT}"]


def test_a_key_already_replaced_is_not_replaced_again(place: Place) -> None:
    uow = of(place, NEXT, FIRST)
    uow.secret_keys.replace(uow.now)
    assert key_rotation._replace(uow) == 0


def test_a_key_is_forgotten_when_nothing_needs_it_and_an_hour_has_passed(place: Place) -> None:
    attend(place, NEXT, FIRST)
    place.clock.forward(KEPT - timedelta(seconds=1))
    assert attend(place, NEXT, FIRST) == 2
    assert attend(place, NEXT, FIRST) == 0
    place.clock.forward(timedelta(seconds=1))
    place.state.sealed["c"] = FIRST  # by a replica that has not heard of the next one yet
    assert attend(place, NEXT, FIRST) == 1
    assert attend(place, NEXT, FIRST) == 1
    assert attend(place, NEXT, FIRST) == 0
    seen = key_rotation.key_states(of(place, NEXT, FIRST))
    assert (seen.changing, seen.leaving, seen.droppable) == (False, (), (FIRST,))
    assert attend(place, NEXT) == 0


def test_a_replica_that_says_nothing_for_a_minute_is_not_waited_for(place: Place) -> None:
    key_rotation.serve(of(place, FIRST, replica="two"))
    place.clock.forward(LEASE - timedelta(seconds=1))
    assert attend(place, NEXT, FIRST) == 0
    place.clock.forward(timedelta(seconds=1))
    assert attend(place, NEXT, FIRST) == 1


def test_a_replica_says_again_that_it_serves_before_it_is_not_believed(place: Place) -> None:
    key_rotation.serve(of(place, FIRST, replica="two"))
    for _ in range(5):
        place.clock.forward(LEASE * 0.6)
        attend(place, FIRST, replica="two")
        assert attend(place, NEXT, FIRST) == 0


def test_a_key_that_is_lacking_is_named(place: Place) -> None:
    with pytest.raises(WrongKey, match="Restore the right key"):
        key_rotation.serve(of(place, NEXT))
    attend(place, NEXT, FIRST)
    with pytest.raises(WrongKey, match=rf"An older secret key \({FIRST}\) was removed too early"):
        key_rotation.serve(of(place, NEXT))


def test_what_is_put_off_is_left_alone_and_keeps_the_key(place: Place) -> None:
    attend(place, NEXT, FIRST)
    tracker = ItemTracker()

    class Broken(FakeSecretKeys):
        def reseal(self, thing: Sealed) -> None:
            raise ArithmeticError(thing.of)

    uow = of(place, NEXT, FIRST)
    uow.secret_keys = Broken(place.state, (NEXT, FIRST), "one")
    with pytest.raises(ArithmeticError):
        key_rotation.sweep(uow, tracker)
    assert str(tracker.item) == "sealed:a"
