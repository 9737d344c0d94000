"""The test files that are started first."""

from types import SimpleNamespace
from typing import Any

from tests.longest import LONGEST, ROOT, in_order


def test_the_listed_files_exist() -> None:
    assert [file for file in LONGEST if not (ROOT / file).exists()] == []


def test_they_come_first_then_those_with_the_most_tests() -> None:
    files = ["a.py", "b.py", "b.py", LONGEST[1], LONGEST[0]]
    items: list[Any] = [SimpleNamespace(path=ROOT / file) for file in files]
    turn = [item.path.relative_to(ROOT).as_posix() for item in in_order(items)]
    assert turn == [LONGEST[0], LONGEST[1], "b.py", "b.py", "a.py"]
