"""Forms as exact modals for Slack, and their answers."""

import json
from typing import Any

import pytest

from bot.chat.actions import Action, UnreadableAction
from bot.chat.options import Option, OptionKind
from bot.chat.replies import Field, Form, Item
from bot.chat.text import say, verbatim
from bot.core.values import replace
from bot.platforms.slack.forms import action_of, answers, menu, modal
from bot.platforms.slack.place import Place
from tests.platforms.slack.small import REGISTRY
from tests.servers.slack.rules import problems_of_view

PLACE = Place("U1", "T1", "C1", "1.2", ephemeral=True, response_url="https://hooks.slack.com/x")
RED, GREEN = Item("red", say("Red")), Item("green", say("Green"))


def view_of(*fields: Field, title: str = "Invite people", **more: Any) -> dict[str, Any]:
    view = modal(
        Form(say(title), Action("invite create", {"school": "s1"}), fields, say("Send"), **more), PLACE
    )
    assert problems_of_view(view) == []
    return view


def element_of(option: Option, value: str | None = None, items: tuple[Item, ...] = ()) -> dict[str, Any]:
    view = view_of(Field(option, items, value))
    element: dict[str, Any] = view["blocks"][-1]["element"]
    assert element.pop("action_id").startswith("homeroom:field:")
    return element


def test_a_modal_carries_all_that_is_needed_after_a_restart() -> None:
    view = view_of(
        Field(Option("How many may use it", "uses", OptionKind.WHOLE, required=True, minimum=1, maximum=9))
    )
    assert view["blocks"][0]["element"].pop("action_id").startswith("homeroom:field:")
    metadata = json.loads(view.pop("private_metadata"))
    assert metadata == {
        "action": "run:invite create?school=s1",
        "place": {
            "user": "U1",
            "channel": "C1",
            "message": "1.2",
            "ephemeral": True,
            "response_url": "https://hooks.slack.com/x",
        },
    }
    text = {"type": "plain_text", "emoji": False}
    assert view == {
        "type": "modal",
        "callback_id": "homeroom:form",
        "title": {**text, "text": "Invite people"},
        "submit": {**text, "text": "Send"},
        "close": {**text, "text": "Cancel"},
        "blocks": [
            {
                "type": "input",
                "block_id": "uses",
                "label": {**text, "text": "Uses"},
                "hint": {**text, "text": "How many may use it"},
                "optional": False,
                "element": {
                    "type": "number_input",
                    "is_decimal_allowed": False,
                    "min_value": "1",
                    "max_value": "9",
                },
            }
        ],
    }
    body = {"user": {"id": "U2"}}
    assert Place.unpack(body, metadata["place"]).user == "U2"
    assert Place.unpack(body, metadata["place"]).message == "1.2"


def test_a_long_title_stands_whole_at_the_top() -> None:
    view = view_of(title="Create an invite link and code", note=say("Be **kind**"))
    assert view["title"]["text"] == "Homeroom"
    assert view["blocks"][0]["text"]["text"] == "Create an invite link and code"
    assert view["blocks"][1]["elements"][0]["elements"][1] == {
        "type": "text",
        "text": "kind",
        "style": {"bold": True},
    }


def test_a_form_without_questions_still_has_something_in_it() -> None:
    assert view_of()["blocks"][0]["text"]["text"] == "Invite people"


@pytest.mark.parametrize(
    ("option", "value", "element"),
    [
        (
            Option("d", "name"),
            "Ann",
            {"type": "plain_text_input", "multiline": False, "max_length": 200, "initial_value": "Ann"},
        ),
        (
            Option("d", "name", lines=True, maximum=3_000),
            None,
            {"type": "plain_text_input", "multiline": True, "max_length": 3_000},
        ),
        (
            Option("d", "uses", OptionKind.WHOLE),
            "5",
            {"type": "number_input", "is_decimal_allowed": False, "initial_value": "5"},
        ),
        (
            Option("d", "uses", OptionKind.WHOLE),
            "many",
            {"type": "plain_text_input", "initial_value": "many"},
        ),
        (
            Option("d", "name", suggest=lambda _, __: ()),
            "Ann",
            {
                "type": "external_select",
                "min_query_length": 0,
                "initial_option": {
                    "text": {"type": "plain_text", "text": "Ann", "emoji": False},
                    "value": "Ann",
                },
            },
        ),
        (
            Option("d", "channel", OptionKind.CHANNEL),
            "C123",
            {
                "type": "conversations_select",
                "filter": {"include": ["public", "private"], "exclude_bot_users": True},
                "initial_conversation": "C123",
            },
        ),
        (
            Option("d", "channel", OptionKind.CHANNEL),
            "#general",
            {
                "type": "conversations_select",
                "filter": {"include": ["public", "private"], "exclude_bot_users": True},
            },
        ),
        (
            Option("d", "expires", OptionKind.WHEN),
            "7d",
            {
                "type": "plain_text_input",
                "initial_value": "7d",
                "placeholder": {
                    "type": "plain_text",
                    "text": "7d, Friday 17:00, 2027-01-31",
                    "emoji": False,
                },
            },
        ),
    ],
)
def test_each_kind_of_option_has_its_element(
    option: Option, value: str | None, element: dict[str, Any]
) -> None:
    assert element_of(option, value) == element


@pytest.mark.parametrize("typed", ["green", "Green", "GREEN"])
def test_a_choice_is_a_select_with_what_was_typed_chosen(typed: str) -> None:
    element = element_of(Option("d", "colour", OptionKind.CHOICE), typed, (RED, GREEN))
    assert element["type"] == "static_select"
    assert [option["value"] for option in element["options"]] == ["red", "green"]
    assert element["initial_option"]["value"] == "green"


def test_a_field_for_anyone_has_a_menu_of_the_workspace_beside_it() -> None:
    option = Option("An address or a mention", "to", OptionKind.TEXT, suggest=lambda *_: (), anyone=True)
    for value, elsewhere, here in (("<@U7>", None, "U7"), ("a@example.org", "a@example.org", None)):
        asked, beside = view_of(Field(option, (), value))["blocks"][-2:]
        assert asked["element"].get("initial_option", {}).get("value") == elsewhere
        assert (beside["block_id"], beside["element"].get("initial_user")) == ("to_here", here)
        assert beside["element"]["type"] == "users_select"
    picked = {"to_here": {"x": {"type": "users_select", "selected_user": "U7"}}}
    typed = {"to": {"x": {"type": "external_select", "selected_option": {"value": "a@example.org"}}}}
    nothing = {"to": {"x": {"type": "external_select", "selected_option": None}}}
    assert answers({"state": {"values": {**nothing, **picked}}}) == {"to": "<@U7>"}
    assert answers({"state": {"values": {**typed, **picked}}}) == {"to": "a@example.org"}


def test_a_choice_that_is_none_chooses_nothing() -> None:
    assert "initial_option" not in element_of(Option("d", "colour", OptionKind.CHOICE), "blue", (RED, GREEN))


@pytest.mark.parametrize("option", [Option("d", "a_name"), Option("d", "a_name", suggest=lambda _, __: ())])
def test_what_does_not_fit_a_field_is_named(option: Option) -> None:
    view = view_of(Field(option, (), "x" * 201))
    assert view["blocks"][0]["text"]["text"] == "What you typed for A name is too long to show here."
    assert "initial_value" not in view["blocks"][1]["element"]


def test_a_place_that_is_too_long_is_shortened_not_the_action() -> None:
    place = Place("U1", "T1", "C1", "1.2", response_url="https://hooks.slack.com/" + "x" * 4_000)
    view = modal(Form(say("Title"), Action("invite create"), (), say("Send")), place)
    assert json.loads(view["private_metadata"]) == {
        "action": "run:invite create",
        "place": {"user": "U1", "channel": "C1"},
    }


def test_answers_are_read_by_option_and_empty_ones_are_answers_too() -> None:
    values = {
        "name": {"homeroom:field": {"type": "plain_text_input", "value": "Ann"}},
        "note": {"homeroom:field": {"type": "plain_text_input", "value": None}},
        "text": {"homeroom:field": {"type": "plain_text_input", "value": "Well done :+1:\nAt 10:30"}},
        "colour": {"homeroom:field": {"type": "static_select", "selected_option": {"value": "red"}}},
        "size": {"homeroom:field": {"type": "static_select", "selected_option": None}},
        "channel": {"homeroom:field": {"type": "conversations_select", "selected_conversation": "C1"}},
    }
    assert answers({"state": {"values": values}}) == {
        "name": "Ann",
        "note": "",
        "text": "Well done 👍\nAt 10:30",
        "colour": "red",
        "size": "",
        "channel": "C1",
    }
    assert answers({}) == {}


def test_a_form_that_is_not_ours_is_unreadable() -> None:
    with pytest.raises(UnreadableAction):
        action_of({"private_metadata": "[1]", "callback_id": "homeroom:form"})


def test_the_menu_offers_what_can_be_typed_by_group() -> None:
    view = menu(REGISTRY, REGISTRY.typed(), PLACE)
    assert problems_of_view(view) == []
    groups = view["blocks"][0]["element"]["option_groups"]
    assert [group["label"]["text"] for group in groups] == ["Show what a front can do", "Say what this is"]
    offered = [option["value"] for group in groups for option in group["options"]]
    assert offered == [command.path for command in REGISTRY.typed()]
    assert groups[1]["options"][0]["text"]["text"] == "about · Say what this is"


def test_items_show_their_hints() -> None:
    hinted = Item("red", verbatim("<!here> red"), say("warm"))
    option = element_of(Option("d", "colour", OptionKind.CHOICE), None, (hinted,))["options"][0]
    assert option["text"] == {"type": "plain_text", "text": "<!here> red", "emoji": False}
    assert option["description"]["text"] == "warm"


def test_a_field_has_the_same_name_only_where_it_asks_the_same_and_the_same_stands_there() -> None:
    option = Option("The answer", "answer", OptionKind.TEXT, title="Which class?")
    same, filled, other = (
        view_of(Field(one, (), value))["blocks"][0]["element"]["action_id"]
        for one, value in ((option, None), (option, "4b"), (replace(option, title="Who sent you?"), None))
    )
    assert view_of(Field(option))["blocks"][0]["element"]["action_id"] == same
    assert len({same, filled, other}) == 3
