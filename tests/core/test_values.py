"""Values are compared by their fields, never change, and do not show their secrets."""

import pytest
from rich.pretty import pretty_repr

from bot.core.values import asdict, dataclass, field, field_names, replace


@dataclass(frozen=True, slots=True)
class Key:
    """A key, with a secret."""

    door: str
    secret: str = field(repr=False)
    uses: tuple[int, ...] = ()
    notes: dict[str, str] = field(default_factory=dict)

    @property
    def used(self) -> int:
        """Return how often it was used."""
        return sum(self.uses)


@dataclass(frozen=True, slots=True)
class Ring:
    """Keys."""

    keys: tuple[Key, ...]
    spare: Key | None = None


def test_two_that_hold_the_same_are_equal_and_one_in_a_set() -> None:
    assert Ring((), Key("hall", "abc")) == Ring((), Key("hall", "abc"))
    assert Ring(()) != Ring((), Key("hall", "abc"))
    assert len({Ring(()), Ring(())}) == 1


def test_what_holds_the_same_but_is_something_else_is_not_equal() -> None:
    @dataclass(frozen=True, slots=True)
    class Chain:
        keys: tuple[Key, ...]
        spare: Key | None = None

    chain: object = Chain(())
    assert chain != Ring(())


def test_a_value_does_not_change() -> None:
    key = Key("hall", "abc")
    with pytest.raises(AttributeError):
        key.door = "gym"  # type: ignore[misc]
    with pytest.raises(AttributeError):
        key.other = "gym"  # type: ignore[attr-defined]


def test_another_is_made_with_what_differs() -> None:
    key = Key("hall", "abc", (1, 2))
    assert replace(key, door="gym") == Key("gym", "abc", (1, 2))
    assert key.door == "hall"
    with pytest.raises(TypeError):
        replace(key, colour="red")  # type: ignore[call-arg]


def test_a_field_that_is_missing_or_unknown_is_an_error() -> None:
    with pytest.raises(TypeError):
        Key("hall")  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        Key("hall", "abc", colour="red")  # type: ignore[call-arg]


def test_what_is_made_by_default_is_made_for_each() -> None:
    assert Key("hall", "abc").notes is not Key("hall", "abc").notes


def test_secrets_are_not_shown() -> None:
    assert repr(Key("hall", "abc", (1, 2))) == "Key(door='hall', uses=(1, 2), notes={})"
    assert "abc" not in repr(Ring((Key("hall", "abc"),)))
    assert "abc" not in pretty_repr(Ring((Key("hall", "abc"),)))


def test_its_own_properties_stay() -> None:
    assert Key("hall", "abc", (1, 2)).used == 3


def test_its_fields_are_told_in_their_order() -> None:
    assert field_names(Key) == field_names(Key("hall", "abc")) == ("door", "secret", "uses", "notes")


def test_values_in_a_value_become_dictionaries_too() -> None:
    inner = {"door": "hall", "secret": "abc", "uses": (1,), "notes": {}}
    assert asdict(Ring((Key("hall", "abc", (1,)),))) == {"keys": (inner,), "spare": None}


def test_what_may_change_is_a_dataclass_of_the_standard_library() -> None:
    @dataclass
    class Count:
        of: list[int] = field(default_factory=list)
        step: int = 1

    count = Count()
    count.step = 2
    assert replace(count, of=[1]) == Count([1], 2)
    assert asdict(count) == {"of": [], "step": 2}
    assert field_names(Count) == ("of", "step")


def test_a_field_that_is_not_asked_for_is_made_afterwards() -> None:
    @dataclass(frozen=True, slots=True)
    class Doubled:
        of: int
        twice: int = field(init=False)

        def __post_init__(self) -> None:
            object.__setattr__(self, "twice", self.of * 2)

    assert Doubled(2).twice == 4


def test_a_field_that_is_only_named_is_no_field_by_place() -> None:
    @dataclass(frozen=True, slots=True)
    class Named:
        of: int
        twice: int = field(kw_only=True)

    assert Named(1, twice=2).twice == 2
    with pytest.raises(TypeError):
        Named(1, 2)  # type: ignore[call-arg]


def test_some_are_in_order() -> None:
    @dataclass(frozen=True, slots=True, order=True)
    class Grade:
        year: int
        room: str

    assert sorted([Grade(2, "a"), Grade(1, "b"), Grade(1, "a")]) == [
        Grade(1, "a"),
        Grade(1, "b"),
        Grade(2, "a"),
    ]
