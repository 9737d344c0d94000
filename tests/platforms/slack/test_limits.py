"""Our table of limits, compared with Slack's own library and with the limits of commands."""

import pytest
from slack_sdk.models.blocks import block_elements, blocks
from slack_sdk.models.blocks.basic_components import ConfirmObject, Option

from bot.chat import actions
from bot.chat import limits as declared
from bot.chat.actions import Action
from bot.platforms.slack import ids, limits
from bot.platforms.slack.rendering import pictures
from bot.platforms.slack.rendering.spans import escape_short


def test_the_table_is_what_slacks_library_checks() -> None:
    assert blocks.HeaderBlock.text_max_length == limits.HEADER
    assert blocks.SectionBlock.text_max_length == limits.TEXT
    assert blocks.ActionsBlock.elements_max_length == limits.ELEMENTS
    assert blocks.ImageBlock.alt_text_max_length == limits.ALT
    assert blocks.InputBlock.label_max_length == limits.LABEL
    assert blocks.InputBlock.hint_max_length == limits.HINT
    assert blocks.Block.block_id_max_length == limits.ID
    assert block_elements.InteractiveElement.action_id_max_length == limits.ID
    assert block_elements.ButtonElement.text_max_length == limits.BUTTON_LABEL
    assert block_elements.ButtonElement.value_max_length == limits.BUTTON_VALUE
    assert block_elements.ButtonElement.url_max_length == limits.URL
    assert block_elements.InputInteractiveElement.placeholder_max_length == limits.PLACEHOLDER
    assert block_elements.StaticSelectElement.options_max_length == limits.SELECT_OPTIONS
    assert Option.label_max_length == limits.OPTION_TEXT
    assert Option.value_max_length == limits.OPTION_VALUE
    assert ConfirmObject.title_max_length == limits.CONFIRM_TITLE
    assert ConfirmObject.text_max_length == limits.CONFIRM_TEXT
    assert ConfirmObject.confirm_max_length == limits.CONFIRM_YES


def test_whatever_may_be_declared_fits() -> None:
    assert declared.DESCRIPTION <= limits.HINT
    assert declared.CHOICES <= limits.SELECT_OPTIONS
    assert declared.SUGGESTIONS < limits.SELECT_OPTIONS
    assert declared.OPTIONS < limits.VIEW_BLOCKS
    assert declared.GROUPS <= limits.OPTION_GROUPS
    assert declared.COMMANDS_IN_GROUP <= limits.SELECT_OPTIONS
    assert max(declared.SHORT_TEXT, declared.LONG_TEXT) <= limits.INPUT
    assert actions.LONGEST <= limits.BUTTON_VALUE


def test_a_message_with_pictures_fits_a_response_url_with_its_retries() -> None:
    with_pictures, without = len(pictures._PAUSES), 1
    assert with_pictures + without <= limits.RESPONSES


def test_the_longest_action_fits_a_select() -> None:
    action = Action("x" * 32 + " " + "y" * 32, {"request": "z" * 20})
    longest = ids.select_block(9_999, action, "n" * 32)
    assert len(longest) <= limits.ID
    assert ids.chosen_action(longest, "v").values == {"request": "z" * 20, "n" * 32: "v"}


@pytest.mark.parametrize(
    ("text", "limit", "shown"), [("abc&defg", 6, "abc…"), ("abc&d", 9, "abc&amp;d"), ("abcdef", 4, "abc…")]
)
def test_what_is_shortened_is_not_cut_in_the_middle_of_an_escape(text: str, limit: int, shown: str) -> None:
    assert escape_short(text, limit) == shown
