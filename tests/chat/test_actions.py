"""Buttons carry their whole action, and text that is no action is refused."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.chat.actions import LONGEST, Action, UnreadableAction, unpack
from bot.commands import REGISTRY
from bot.core.ids import new_id
from bot.platforms.discord import limits as discord
from bot.platforms.slack import limits as slack
from tests.world import START

_NAMES = st.sampled_from(["request", "role", "invitation", "search", "after"])
_VALUES = st.dictionaries(_NAMES, st.text(st.characters(exclude_categories=["Cs"]), max_size=30), max_size=5)


@given(st.sampled_from([command.path for command in REGISTRY]), _VALUES, st.booleans())
def test_an_action_is_read_back_as_it_was_packed(path: str, values: dict[str, str], ask: bool) -> None:
    action = Action(path, values, ask)
    try:
        packed = action.pack()
    except ValueError:
        assert values, "without values every command fits"
        return
    assert len(packed) <= LONGEST
    assert packed.isascii()
    assert unpack(packed) == action


@given(
    st.one_of(st.text(), st.builds("{}:{}?{}".format, st.sampled_from(["run", "ask"]), st.text(), st.text()))
)
@example("run:a?" + "&".join(f"k{number}=v" for number in range(100)))
@example("run:a?%ff=%ff")
@example("run:a?=")
@example("run:a?;;")
def test_whatever_a_button_says_is_an_action_or_unreadable(packed: str) -> None:
    try:
        action = unpack(packed)
    except UnreadableAction:
        return
    assert action.command


@pytest.mark.parametrize(
    "packed", ["", "run", "run:", "run:?a=b", "do:invite list", "RUN:invite list", ":x", "run:a?b"]
)
def test_what_no_version_can_have_made(packed: str) -> None:
    with pytest.raises(UnreadableAction):
        unpack(packed)


def test_an_action_that_does_not_fit_is_refused_when_it_is_packed() -> None:
    with pytest.raises(ValueError, match="must fit 100"):
        Action("x", {"search": "é" * 20}).pack()


def test_filling_keeps_the_rest() -> None:
    action = Action("request reject", {"request": "1"}, ask=True)
    assert action.filled(reason="no") == Action("request reject", {"request": "1", "reason": "no"}, ask=True)
    assert action.values == {"request": "1"}


def test_every_command_fits_with_an_id_and_a_role() -> None:
    longest = max((command.path for command in REGISTRY), key=len)
    Action(longest, {"invitation": new_id(START), "role": "System Administrator"}, ask=True).pack()


def test_an_action_fits_every_platform() -> None:
    assert LONGEST <= discord.CUSTOM_ID
    assert LONGEST <= slack.BUTTON_VALUE
    assert LONGEST <= slack.ID
