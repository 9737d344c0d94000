"""A form that is refused after it was closed can be opened again, filled with what was typed."""

import json

import pytest

from bot.chat.actions import Action, UnreadableAction
from bot.chat.replies import Field, Form
from bot.chat.text import say
from bot.commands import REGISTRY
from bot.platforms.slack import ids
from bot.platforms.slack.reopening import FilledForm, unpack_filled
from tests.platforms.slack.conftest import Stage

REFUSED = "must be between 1 and 9"


@pytest.fixture
async def late(stage: Stage) -> Stage:
    """A stage where Ann has opened the form of an order, and every answer comes late."""
    await stage.type(stage.ann, "show order")
    stage.patience = 0.02
    await stage.restart()
    return stage


async def _refused(stage: Stage, **answers: str) -> None:
    stage.database.gate.clear()
    await stage.hand.submit(stage.ann, **answers)
    assert stage.hand.opened(stage.ann) is None, "it has closed"
    stage.database.gate.set()
    await stage.front.idle()


async def _open_again(stage: Stage) -> dict[str, str]:
    """Click the button; return what the form is filled with."""
    await stage.click(stage.ann, "Open the form")
    opened = stage.hand.opened(stage.ann)
    assert opened is not None
    filled = {}
    for block in opened.view["blocks"]:
        element = block.get("element", {})
        option = element.get("initial_option", {}).get("value")
        if value := element.get("initial_value") or option:
            filled[block["block_id"]] = value
    return filled


async def test_what_was_typed_is_there_again_also_after_a_restart(late: Stage) -> None:
    await _refused(late, colour="Green", amount="99", note="by train\nplease", name="Ada")
    assert "amount" in late.seen(late.ann)[-1]
    assert late.seen(late.admin) == [], "what somebody typed is theirs alone"
    late.patience = 5
    await late.restart()
    filled = await _open_again(late)
    assert filled == {"colour": "Green", "amount": "99", "note": "by train\nplease", "name": "Ada"}
    await late.submit(late.ann, amount="9")
    assert "Green | 9 | Ada | by train" in "".join(late.seen(late.ann))


async def test_what_is_too_long_for_a_button_is_shown_to_be_copied(late: Stage) -> None:
    note = '"' * 1_000  # twice as long where it is packed
    await _refused(late, colour="Red", amount="99", note=note)
    said = late.seen(late.ann)[-1]
    assert "is too long to keep" in said
    assert note in said
    late.patience = 5
    await late.restart()
    filled = await _open_again(late)
    assert filled["amount"] == "99"
    assert "note" not in filled


async def test_what_was_taken_or_holds_nothing_has_no_such_button(late: Stage) -> None:
    await _refused(late, colour="Green", amount="5")
    assert "[Open the form]" not in "".join(late.seen(late.ann))


def test_a_code_that_somebody_typed_is_not_kept() -> None:
    join = REGISTRY.get("join")
    assert join is not None
    assert join.guessable
    filled = FilledForm.of_answers(join, Action("join"), dict.fromkeys(join.guessable, "ABCDE-FGHJK-MNP"))
    assert not filled.worth_keeping
    assert "ABCDE" not in json.dumps(filled.blocks())
    fields = tuple(Field(option, value="ABCDE-FGHJK-MNP") for option in join.options if option.secret)
    filled = FilledForm.of_form(Form(say("Join"), Action("join"), fields, say("Send")))
    assert not filled.worth_keeping
    assert "ABCDE" not in json.dumps(filled.blocks())


@pytest.mark.parametrize(
    "value",
    [
        "",
        "[]",
        "7",
        '{"action":"ask:show order"}',
        '{"action":"nonsense","typed":{}}',
        '{"action":1,"typed":[]}',
    ],
)
def test_a_button_of_nobodys_making_is_not_understood(value: str) -> None:
    with pytest.raises(UnreadableAction):
        unpack_filled(value)


async def test_a_button_that_is_not_understood_is_answered(stage: Stage) -> None:
    await stage.type(stage.ann, "show board")
    message = stage.server.workspace.seen_by(stage.ann.id)[-1]
    button = {"type": "button", "action_id": ids.REOPEN, "value": json.dumps({"action": "?", "typed": {}})}
    await stage.hand.act(stage.ann, message, {"block_id": "b", "elements": [button]}, button)
    await stage.front.idle()
    assert "no longer works" in stage.seen(stage.ann)[-1]


async def test_a_typed_command_with_a_wrong_value_can_be_put_right_in_its_form(stage: Stage) -> None:
    await stage.type(stage.ann, 'show order colour:Green amount:99 name:Ada note:"by train"')
    refused = stage.seen(stage.ann)[-1]
    assert "amount must be at most 9" in refused
    assert "[Open the form]" in refused
    assert stage.seen(stage.admin) == [], "what somebody typed is theirs alone"
    await stage.restart()
    assert await _open_again(stage) == {"colour": "Green", "amount": "99", "note": "by train", "name": "Ada"}
    await stage.submit(stage.ann, amount="9")
    assert "Green | 9 | Ada | by train" in "".join(stage.seen(stage.ann))


async def test_a_typed_command_that_is_refused_for_another_reason_has_no_form(stage: Stage) -> None:
    await stage.type(stage.ann, "show ordr colour:Green")
    assert "[Open the form]" not in "".join(stage.seen(stage.ann))
