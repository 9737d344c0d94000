"""What a call is about is looked up only once: first to find its school, then for its handler."""

from bot.chat.commands import Registry
from bot.chat.context import Context, Links
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import Actor
from tests.core.place import Place


def _context(place: Place, **values: str) -> Context:
    return Context(place.uow, place.admin, None, Registry([]), Links(), values=values)


def test_a_thing_is_found_once_as_far_as_the_actor_may_know_of_it() -> None:
    place, asked = Place(), []

    def find(_: UnitOfWork, actor: Actor, typed: str) -> str:
        asked.append(typed)
        return f"{typed} of {actor.known_person.name}"

    ctx = _context(place)
    assert [ctx.found(find, "red"), ctx.found(find, "blue"), ctx.found(find, "red")] == [
        "red of Ada",
        "blue of Ada",
        "red of Ada",
    ]
    assert asked == ["red", "blue"]


def test_two_ways_to_find_do_not_get_each_others_things() -> None:
    ctx = _context(Place())
    assert ctx.once(lambda _, typed: typed, "red") == "red"
    assert ctx.found(lambda _, __, typed: typed.upper(), "red") == "RED"


def test_what_was_not_typed_is_empty() -> None:
    ctx = _context(Place(), name="Maple", note="")
    assert [ctx.value(name) for name in ("name", "note", "other")] == ["Maple", "", ""]
