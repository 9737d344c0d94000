"""The files that are begun first."""

from types import SimpleNamespace
from typing import Any

from tests.longest import LONGEST, ROOT, in_order


def test_they_are_there() -> None:
    assert [file for file in LONGEST if not (ROOT / file).exists()] == []


def test_they_come_first_then_those_with_the_most_tests() -> None:
    def item(file: str, number: int) -> Any:
        return SimpleNamespace(path=ROOT / file, number=number)

    items = [
        item(file, number) for number, file in enumerate(["a.py", "b.py", "b.py", LONGEST[1], LONGEST[0]])
    ]
    assert [one.number for one in in_order(items)] == [4, 3, 1, 2, 0]
