"""The welcome of somebody who comes into another school."""

from bot.cards.invitations.invitations import welcome
from bot.chat.replies import Text
from bot.chat.text import plain
from bot.core.schools.schools import School
from tests.world import START


def _schools(number: int) -> list[School]:
    return [School(f"s{one}", f"School {one}", START) for one in range(number)]


def _said(before: list[School]) -> list[str]:
    card = welcome(School("new", "Maple Grove", START), "Staff", before)
    return [plain(one.line) for one in card.blocks if isinstance(one, Text)]


def test_it_names_the_other_schools_but_not_all_of_very_many() -> None:
    assert not any("also in" in line for line in _said([]))
    assert "You are also in School 0, School 1." in _said(_schools(2))
    assert not any("more" in line for line in _said(_schools(10)))
    assert any(line.endswith("School 9 and 2 more.") for line in _said(_schools(12)))


def test_it_does_not_name_the_same_school_twice() -> None:
    assert not any("also in" in line for line in _said([School("new", "Maple Grove", START)]))
