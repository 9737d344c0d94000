"""Refusals behave like other exceptions, and name options as commands do."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import get_args

import pytest

from bot.commands import REGISTRY
from bot.core.errors import BadValue, NotFound, OptionName


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


def test_what_rules_call_an_option_is_what_a_command_calls_it() -> None:
    declared = {option.name for command in REGISTRY for option in command.options}
    assert set(get_args(OptionName)) - declared == {"emails", "members"}, "these two are SCIM's"
