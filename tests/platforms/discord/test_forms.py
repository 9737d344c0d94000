"""Forms as exact payloads for Discord."""

import pytest

from bot.chat.actions import Action
from bot.chat.options import Option, OptionKind
from bot.chat.replies import (
    Field,
    Form,
    Item,
)
from bot.chat.text import say, verbatim
from bot.platforms.discord import limits
from bot.platforms.discord.forms import modals

ACT = Action("request approve", {"request": "R1"})


def test_a_form():
    choice = Option("In which colour", "colour", OptionKind.CHOICE, choices=(("Red", "Red"),))
    form = Form(
        say("Reject"),
        Action("request reject", {"request": "R1"}),
        (
            Field(Option("What they read", "reason", lines=True, maximum=500), value="Hm"),
            Field(Option("How often", "times", OptionKind.WHOLE, required=True)),
            Field(choice, (Item("Red", say("Red")), Item("Blue", say("Blue"))), "Blue"),
            Field(Option("Where", "channel", OptionKind.CHANNEL, required=True)),
        ),
        say("Send"),
        say("They *will* read it."),
    )
    assert modals.modal(form).to_dict() == {
        "custom_id": "run:request reject?request=R1",
        "title": "Reject",
        "components": [
            {"type": 10, "content": "They \\*will\\* read it."},
            {
                "type": 18,
                "label": "Reason",
                "description": "What they read",
                "component": {
                    "type": 4,
                    "style": 2,
                    "label": None,
                    "custom_id": "reason",
                    "required": False,
                    "value": "Hm",
                    "max_length": 500,
                },
            },
            {
                "type": 18,
                "label": "Times",
                "description": "How often",
                "component": {
                    "type": 4,
                    "style": 1,
                    "label": None,
                    "custom_id": "times",
                    "required": True,
                    "max_length": 24,
                },
            },
            {
                "type": 18,
                "label": "Colour",
                "description": "In which colour",
                "component": {
                    "type": 3,
                    "custom_id": "colour",
                    "min_values": 0,
                    "max_values": 1,
                    "required": False,
                    "disabled": False,
                    "options": [
                        {"label": "Red", "value": "Red", "default": False},
                        {"label": "Blue", "value": "Blue", "default": True},
                    ],
                },
            },
            {
                "type": 18,
                "label": "Channel",
                "description": "Where",
                "component": {
                    "type": 8,
                    "custom_id": "channel",
                    "channel_types": [0, 5],
                    "min_values": 1,
                    "max_values": 1,
                    "required": True,
                    "disabled": False,
                },
            },
        ],
    }


def test_a_title_that_is_too_long_for_a_modal_stands_in_it():
    title = "Change a school's settings; what you leave out stays"
    shown = modals.modal(Form(verbatim(title), ACT, (), say("Send"))).to_dict()
    assert len(shown["title"]) <= limits.MODAL_TITLE
    assert shown["components"] == [{"type": 10, "content": title}]


@pytest.mark.parametrize(
    ("title", "number", "shown"),
    [
        ("Short", 5, ["Short"]),
        ("Short", 7, ["Short (1/2)", "Short (2/2)"]),
        ("t" * 39, 6, ["t" * 39 + " (1/2)", "t" * 39 + " (2/2)"]),
        ("t" * 40, 6, ["t" * 40] * 2),
        ("t" * 46, 5, ["t" * 38 + "… (1/2)", "t" * 38 + "… (2/2)"]),
    ],
)
def test_steps_are_numbered(title: str, number: int, shown: list[str]):
    form = Form(say(title), ACT, tuple(Field(Option("x", f"o{n}")) for n in range(number)), say("Send"))
    assert [modals.modal(form, step).title for step in range(len(modals.steps(form)))] == shown
