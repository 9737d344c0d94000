"""Each trouble with a file has a sentence and a next step in the cards."""

import re

import pytest

from bot.cards.refusals.files import words
from bot.chat.text import Line, plain
from bot.core.files import BadFile, FileTrouble


@pytest.mark.parametrize("trouble", FileTrouble)
@pytest.mark.parametrize("row", [0, 7])
def test_each_trouble_is_said_with_the_next_step(trouble: FileTrouble, row: int) -> None:
    said = words(BadFile("**people**.csv", trouble, row=row, most=5 * 1024 * 1024))
    sentence, then = said["problem"], said["remedy"]
    assert isinstance(sentence, Line)
    assert isinstance(then, Line)
    assert not re.search(r"[{}]", plain(sentence) + plain(then))
    assert "**people**.csv" in plain(sentence)
    assert plain(then)[:1].isupper()
    assert plain(then).endswith(".")


def test_a_bad_file_is_told_with_its_limit_and_row() -> None:
    large = words(BadFile("a.csv", FileTrouble.TOO_LARGE, most=5 * 1024 * 1024))
    assert plain(large["problem"]) == "a.csv is larger than 5 MB."  # type: ignore[arg-type]
    many = words(BadFile("a.csv", FileTrouble.TOO_MANY_ROWS, most=50_000))
    assert plain(many["problem"]) == "a.csv has more than 50,000 rows."  # type: ignore[arg-type]
    quote = words(BadFile("a.csv", FileTrouble.QUOTES, row=12))
    assert "row 12" in plain(quote["remedy"])  # type: ignore[arg-type]
