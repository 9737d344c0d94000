"""A refused form can be opened again with what was typed, even after a restart."""

from typing import Any

import pytest
from simcord.results import InteractionResult

from bot.chat.actions import Action
from bot.chat.options import Option
from bot.chat.replies import Card, Field, Form, Item, Text
from bot.chat.text import say, verbatim
from bot.platforms.discord import limits
from bot.platforms.discord.forms import reopening
from bot.platforms.discord.forms.reopening import FormToReopen
from tests.platforms.discord.conftest import Stage, answer, texts
from tests.platforms.discord.test_slow import slowed

HOSTILE = "*Al* <@1>\\ @everyone\n**Street**\nhttps://evil.example"


async def survey(stage: Stage) -> InteractionResult:
    begin = answer(await stage.alice.slash(stage.general, "survey start"))
    return await stage.alice.click(begin, label="Begin")


def there(opened: InteractionResult) -> dict[str, Any]:
    """Return the values in an open form, by option."""
    assert opened.modal is not None
    controls = [one["component"] for one in opened.modal["components"] if one["type"] == 18]
    return {one["custom_id"]: _value(one) for one in controls}


def _value(control: dict[str, Any]) -> Any:
    if "options" in control:
        return [one["value"] for one in control["options"] if one["default"]]
    if "default_values" in control:
        return [str(one["id"]) for one in control["default_values"]]
    return control.get("value")


async def test_a_refused_form_is_opened_again_as_it_was(stage: Stage):
    first = await stage.alice.slash(stage.general, "desk compose")
    assert first.modal is not None
    modal = stage.env.backend.interactions[first._interaction.id].modal
    modal["components"][1]["component"]["max_length"] = 4000
    long = "line\n" * 201 + HOSTILE
    refused = answer(
        await stage.alice.submit_modal(
            first, {"to": HOSTILE[:20], "words": long, "colour": ["Blue"], "channel": [stage.general]}
        )
    )
    assert refused.ephemeral
    assert "⚠️ words is" in texts(refused)
    assert texts(refused).endswith("[Open the form]")
    await stage.restart()
    again = await stage.alice.click(refused, label="Open the form")
    assert there(again) == {
        "to": HOSTILE[:20],
        "words": long,
        "colour": ["Blue"],
        "channel": [str(stage.general.id)],
    }
    await stage.restart()
    done = await stage.alice.submit_modal(again, {"to": "Bo", "words": "Hi", "colour": ["Blue"]})
    assert texts(done.followups[0]) == "### To Bo: Hi, Blue, None"
    assert "The bell" in texts(refused)  # what was refused makes room


async def test_it_can_be_refused_again_and_again(stage: Stage):
    opened = await survey(stage)
    waiting = answer(await stage.alice.submit_modal(opened, {"name": "Al", "street": "Main", "shoe": "big"}))
    last = await stage.alice.click(waiting, label="Continue (2/2)")
    for shoe in ("large", "huge", "43"):
        sent = await stage.alice.submit_modal(last, {"hobby": "Chess", "pet": "Cat"})
        assert sent.followups == []
        assert "⚠️ shoe wants a whole number" in texts(waiting)
        first = await stage.alice.click(waiting, label="Open the form")  # the step with what was wrong
        assert there(first)["name"] == "Al"
        await stage.alice.submit_modal(first, {"name": "Al", "street": "Main", "shoe": shoe})
        await stage.restart()
        last = await stage.alice.click(waiting, label="Continue (2/2)")
        assert there(last) == {"hobby": "Chess", "pet": "Cat"}
    await stage.alice.submit_modal(last, {"hobby": "Chess", "pet": "Cat"})
    assert "Al / Main / None / None / 43 / Chess / Cat" in texts(waiting)


async def test_back_keeps_what_was_typed(stage: Stage):
    opened = await survey(stage)
    waiting = answer(
        await stage.alice.submit_modal(opened, {"name": HOSTILE[:30], "street": "Main", "colour": ["Red"]})
    )
    await stage.restart()
    back = await stage.alice.click(waiting, label="Back (1/2)")
    assert there(back) == {
        "name": HOSTILE[:30], "street": "Main", "town": None, "colour": ["Red"], "shoe": None,
    }  # fmt: skip
    await stage.alice.submit_modal(back, {"name": "Bo", "street": "Main"})
    last = await stage.alice.click(waiting, label="Continue (2/2)")
    await stage.alice.submit_modal(last, {"pet": "Cat"})
    assert "Bo / Main / None / None / None / None / Cat" in texts(waiting)


async def test_secrets_are_not_kept(stage: Stage):
    drawer = answer(await stage.alice.slash(stage.general, "desk drawer"))
    opened = await stage.alice.click(drawer, label="Lock")
    refused = answer(
        await stage.alice.submit_modal(
            opened, {"key": "OPEN-SESAME", "times": "often", "room": "Gym", "channel": [stage.general]}
        )
    )
    assert "**Times**\noften" in texts(refused)
    assert f"**Channel**\n<#{stage.general.id}>" in texts(refused)
    assert "SESAME" not in str(refused.components)
    again = await stage.alice.click(refused, label="Open the form")
    assert there(again) == {
        "key": None,
        "times": "often",
        "channel": [str(stage.general.id)],
        "room": "Gym",
    }


async def test_a_form_with_only_a_secret_cannot_be_opened_again(stage: Stage):
    drawer = answer(await stage.alice.slash(stage.general, "desk drawer"))
    opened = await stage.alice.click(drawer, label="Lock")
    modal = stage.env.backend.interactions[opened._interaction.id].modal
    modal["components"][1]["component"]["required"] = False
    refused = answer(await stage.alice.submit_modal(opened, {"key": "OPEN-SESAME"}))
    assert texts(refused) == "### ⚠️ times is missing"


async def test_what_a_late_form_was_filled_with_is_not_lost(stage: Stage):
    opened = await survey(stage)
    waiting = answer(await stage.alice.submit_modal(opened, {"name": "Al", "street": "Main"}))
    stage.env.inject_error("POST", "/interactions/*/callback", status=400, code=50035)
    late = answer(await stage.alice.click(waiting, label="Back (1/2)"))
    assert "press the button above again" in texts(late)
    (page,) = reopening.pages(reopening.from_late_form(form("Hi", "")))
    assert page.words == ("⏳ Write\nA few questions are left.", "**Option 0**\nHi")


async def test_a_form_that_cannot_be_opened_now_takes_nothing_away(stage: Stage):
    opened = await survey(stage)
    waiting = answer(await stage.alice.submit_modal(opened, {"name": "Al", "street": "Main"}))
    before = texts(waiting)

    async def broken() -> None:
        raise OSError

    stage.database.slow = broken
    failed = await stage.alice.click(waiting, label="Continue (2/2)")
    assert texts(answer(failed)) == "### ⚠️ Something broke"
    assert texts(waiting) == before


async def test_a_typed_command_with_a_wrong_value_can_be_put_right_in_its_form(stage: Stage):
    said = {"text": HOSTILE, "at": "when pigs fly", "times": 3, "loud": True, "channel": stage.general}
    refused = answer(await stage.alice.slash(stage.general, "desk say_it", **said))
    assert refused.ephemeral
    assert "⚠️ at" in texts(refused)
    await stage.restart()
    opened = await stage.alice.click(refused, label="Open the form")  # the step with what was wrong
    assert there(opened)["at"] == "when pigs fly"
    done = await stage.alice.submit_modal(opened, {"at": "7d", "channel": [stage.general]})
    shown = texts(answer(done))
    assert "**times:** 3\n**loud:** True" in shown


async def test_what_was_typed_is_not_offered_again_for_other_refusals(stage: Stage):
    unknown = answer(await stage.alice.slash(stage.general, "desk fails"))
    assert "Open the form" not in texts(unknown)


async def test_others_do_not_see_what_was_typed(stage: Stage):
    opened = await survey(stage)
    waiting = answer(await stage.alice.submit_modal(opened, {"name": "Al", "street": "Main"}))
    assert waiting.ephemeral
    with pytest.raises(Exception, match="not visible"):
        await stage.bob.click(waiting, label="Back (1/2)")


def form(*values: str) -> Form:
    fields = tuple(
        Field(Option("x", f"option_{n}", lines=True), value=value) for n, value in enumerate(values)
    )
    return Form(say("Write"), Action("desk write"), fields, say("Send"))


@pytest.mark.parametrize("why", ["short", "long " * 790])
def test_what_is_too_long_to_be_kept_can_be_copied(why: str):
    typed = {"option_0": "a" * 3000, "option_1": "b*" * 600, "option_2": "c"}
    pages = reopening.pages(
        FormToReopen(form(*typed.values()), typed, Card(say("No"), (Text(verbatim(why)),)))
    )
    assert all(page.view.content_length() <= limits.MESSAGE_TEXT for page in pages)
    shown = ["\n".join(page.words) for page in pages]
    assert any("What you typed for Option 0 is too long to keep" in one for one in shown)
    assert sum(one.count("a" * 100) for one in shown) == 30
    assert "c" in shown[-1]
    assert "b\\*" in shown[-1]
    assert "aaa" not in shown[-1]


def test_an_item_is_kept_by_its_name_and_read_back_by_its_value():
    items = (Item("01", say("Ann")), Item("02", say("Ben")), Item("03", say("Ben")))
    asked = Form(
        say("Choose"),
        Action("desk write"),
        (Field(Option("x", "who"), items), Field(Option("x", "whom"), items)),
        say("Send"),
    )
    shown = reopening.pages(FormToReopen(asked, {"who": "01", "whom": "02"}, Card(say("No"))))[0].words
    assert shown[1:] == ("**Who**\nAnn", "**Whom**\n02")  # two have the other's name


def test_a_button_that_could_not_carry_it_is_not_offered():
    asked = form("x")
    assert reopening.can_reopen(asked, {"option_0": "y"})
    long = Form(asked.title, Action("desk write", {"a": "b" * 80}), asked.fields, asked.submit)
    assert not reopening.can_reopen(long, {"option_0": "y"})


async def test_a_slow_refusal_keeps_it_too(stage: Stage):
    drawer = answer(await stage.alice.slash(stage.general, "desk drawer"))
    opened = await stage.alice.click(drawer, label="Lock")
    slow = await slowed(stage)
    sent = await stage.alice.submit_modal(opened, {"key": "x", "times": "often"})
    assert slow.acknowledged() == 6
    await slow.answers()
    (refused,) = sent.followups
    assert refused.ephemeral
    assert "**Times**\noften" in texts(refused)
