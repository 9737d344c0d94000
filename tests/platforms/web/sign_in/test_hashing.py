"""How hard a password is to guess is estimated with little work, whatever is typed."""

import sys
from typing import Any

import pytest

from bot.platforms.web.sign_in import hashing
from bot.platforms.web.sign_in.hashing import Hasher

# Every sign that people write for a letter.
SIGNS = "4@8({[<369!1|70$5+%2"


@pytest.fixture(scope="module")
def hasher() -> Hasher:
    return Hasher()


@pytest.mark.parametrize("typed", [(SIGNS * 4)[:72], f"{SIGNS[:7]}aebinorst" * 4, SIGNS[::-1] + "e" * 52])
def test_what_takes_long_to_guess_is_not_long_looked_at(typed: str) -> None:
    hashing._score("the word lists are read by the first", [])
    calls = 0

    def count(_frame: Any, event: str, _argument: Any) -> None:
        nonlocal calls
        calls += event in {"call", "c_call"}

    sys.setprofile(count)
    try:
        score = hashing._score(typed, ["nia", "example"])
    finally:
        sys.setprofile(None)
    assert calls < 120_000
    assert score >= hashing._SAFE


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ("Tr0ub4dor&3Tr0", None),
        ("kT7$m!2Qz@9w#4Lp%8xV{3}n(5)", None),
        ("correct horse battery staple", None),
        ("P@$$w0rd1234", "easy"),
        ("1234567890!@$%", "easy"),
        ("aaaaaaaaaaaaaaaaaaaaaaaa", "easy"),
    ],
)
async def test_what_is_easy_to_guess_is_told_from_what_is_not(
    hasher: Hasher, typed: str, problem: str | None
) -> None:
    assert await hasher.problem(typed, "Nia Okafor", "nia@example.org") == problem
