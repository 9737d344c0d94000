"""Refusals are exceptions that go wherever exceptions go."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from bot.core.errors import BadValue, NotFound


@contextmanager
def _around() -> Iterator[None]:
    yield


def test_a_refusal_passes_a_context_manager_as_it_is() -> None:
    refusal = NotFound("school")
    with pytest.raises(NotFound) as caught, _around():
        raise refusal
    assert caught.value is refusal
    assert {refusal: 1}[refusal] == 1


def test_a_refusal_can_be_taken_apart() -> None:
    match BadValue("uses", "is missing"):
        case BadValue(option, problem, example):
            assert (option, problem, example) == ("uses", "is missing", "")
