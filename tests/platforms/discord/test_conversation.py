"""Every kind of interaction, with the real discord.py against a simulated Discord."""

import pytest

from tests.platforms.discord import specification
from tests.platforms.discord.conftest import Stage, answer, shown, texts

HOSTILE = [
    "@everyone and @here",
    "<@1> <@!1> <@&1> <#1> <!channel> <@U1> </join:1> <:x:1> <t:1:R>",
    "**bold** __under__ ~~gone~~ ||hidden|| `code` ```block```",
    "[click](https://evil.example) https://evil.example <https://evil.example>",
    "# title\n- item\n> quote\n1. one\n-# small",
    "<script>alert(1)</script><b>x</b>&amp;",
    "abc\u202edef\u2066ghi\u200b",
    "\\*not bold\\*",
]


def test_the_description_is_at_hand():
    specification.required()


async def test_a_slash_command_is_answered_in_the_channel(stage: Stage):
    said = await stage.alice.slash(stage.general, "desk say_it", text="Hello")
    assert not said.ephemeral
    assert texts(answer(said)) == "### Hello"


async def test_mentions_in_a_text_are_written_as_names(stage: Stage):
    staff = stage.guild.create_role("Staff *only*")
    said = await stage.alice.slash(
        stage.general,
        "desk say_it",
        text=f"Ask <@{stage.alice.id}>, <@!{stage.bob.id}> or <@&{staff.id}> <:wave:1> "
        f"in <#{stage.general.id}>, not <@1>",
    )
    assert texts(answer(said)) == r"### Ask @Alice, @bob or @Staff \*only\* :wave: in #general, not \<@1\>"


async def test_every_kind_of_option_arrives(stage: Stage):
    said = await stage.alice.slash(
        stage.general,
        "desk say_it",
        text="All",
        times=3,
        loud=True,
        colour="Blue",
        room="Gym",
        at="2026-09-02 10:00",
        channel=stage.general,
    )
    assert texts(answer(said)) == (
        "### All\n**times:** 3\n**loud:** True\n**colour:** Blue\n**room:** Gym\n"
        f"**at:** 2026-09-02 10\\:00:00+00:00\n**channel:** {stage.general.id}"
    ).replace("\\:", ":")


async def test_a_private_card_is_seen_by_its_owner_only(stage: Stage):
    said = await stage.alice.slash(stage.general, "desk whoami")
    assert said.ephemeral
    message = answer(said)
    with pytest.raises(Exception, match="not visible"):
        await stage.bob.click(message, label="x")


async def test_discord_vouches_for_who_acts(stage: Stage):
    of_alice = texts(answer(await stage.alice.slash(stage.general, "desk whoami")))
    assert f"**account:** discord:{stage.alice.id}" in of_alice
    assert "**name:** Alice" in of_alice
    assert f"**workspace:** {stage.guild.id}" in of_alice
    assert r"**workspace\_name:** Riverside \*School\*" in of_alice
    assert f"**channel:** {stage.general.id}" in of_alice
    assert "**administers:** False" in of_alice
    assert "**locale:** en-US" in of_alice
    for person in (stage.owner, stage.admin):
        assert "**administers:** True" in texts(answer(await person.slash(stage.general, "desk whoami")))


async def test_a_server_that_passes_to_another_owner(stage: Stage):
    stage.env.backend.edit_guild(stage.guild.id, {"owner_id": stage.alice.id})
    for person, administers in ((stage.alice, True), (stage.owner, False), (stage.admin, True)):
        told = texts(answer(await person.slash(stage.general, "desk whoami")))
        assert f"**administers:** {administers}" in told


async def test_help_and_join_work_in_a_direct_message_and_the_rest_in_servers_only(stage: Stage):
    commands = {one["name"]: one for one in stage.env.backend.commands[None].values()}
    assert sorted(commands["join"]["contexts"]) == [0, 1]
    assert commands["desk"]["contexts"] == [0]
    assert all(one["integration_types"] == [0] for one in commands.values())


async def test_hidden_commands_cannot_be_typed(stage: Stage):
    assert "desk say_it" in stage.alice.available_commands(stage.general)
    assert "desk ring" not in stage.alice.available_commands(stage.general)


async def test_suggestions_while_typing(stage: Stage):
    offered = await stage.alice.autocomplete(stage.general, "desk say_it", "room", "l", text="x")
    assert offered == [{"name": "Library", "value": "Library"}, {"name": "Hall", "value": "Hall"}]


async def test_a_suggestion_that_discord_could_not_take_is_left_out(stage: Stage):
    assert await stage.alice.autocomplete(stage.general, "desk say_it", "room", "xx") == []


async def test_a_button_redraws_its_card(stage: Stage):
    card = answer(await stage.alice.slash(stage.general, "desk show_bell"))
    pressed = await stage.bob.click(card, label="Ring")
    assert pressed.followups == []
    assert "Rung **1** times" in texts(card)


async def test_a_button_answers_in_private_beside_its_card(stage: Stage):
    card = answer(await stage.alice.slash(stage.general, "desk show_bell"))
    before = texts(card)
    pressed = await stage.bob.click(card, label="Tell")
    assert pressed.ephemeral
    assert texts(answer(pressed)) == "### ✅ It rang 0 times"
    assert texts(card) == before


async def test_a_select_fills_its_argument(stage: Stage):
    card = answer(await stage.alice.slash(stage.general, "desk show_bell"))
    chosen = await stage.bob.select(card, ["1"])
    assert texts(answer(chosen)) == "### ✅ It rang 1 times"


async def test_buttons_and_selects_outlive_a_restart(stage: Stage):
    card = answer(await stage.alice.slash(stage.general, "desk show_bell"))
    await stage.restart()
    await stage.bob.click(card, label="Ring")
    assert "Rung **1** times" in texts(card)
    assert texts(answer(await stage.bob.select(card, ["2"]))) == "### ✅ It rang 2 times"


async def test_nothing_is_kept_for_a_card(stage: Stage):
    await stage.alice.slash(stage.general, "desk show_bell")
    await stage.alice.slash(stage.general, "desk compose")
    store = stage.env.bot._connection._view_store
    assert (store._views, store._synced_message_views, store._modals) == ({}, {}, {})


async def test_a_button_opens_a_form_and_its_card_is_redrawn(stage: Stage):
    card = answer(await stage.alice.slash(stage.general, "desk show_bell"))
    opened = await stage.bob.click(card, label="Write")
    assert opened.modal is not None
    labels = [one["label"] for one in opened.modal["components"]]
    assert labels == ["Words", "Colour", "Channel"]
    await stage.restart()
    sent = await stage.bob.submit_modal(
        opened, {"words": "Hi", "colour": ["Red"], "channel": [stage.general]}
    )
    assert sent.followups[0].ephemeral
    assert texts(sent.followups[0]) == f"### To Bo: Hi, Red, {stage.general.id}"
    assert "Rung **7** times" in texts(card)


async def test_what_is_left_empty_in_a_form_is_not_answered(stage: Stage):
    opened = await stage.alice.slash(stage.general, "desk compose")
    sent = await stage.alice.submit_modal(opened, {"to": "Cy", "words": "Hi"})
    assert texts(answer(sent)) == "### To Cy: Hi, None, None"


async def test_a_refusal_is_private(stage: Stage):
    said = await stage.alice.slash(stage.general, "desk say_it", text="x", at="the day before")
    assert said.ephemeral
    assert "⚠️" in texts(answer(said))


async def test_silence_is_acknowledged(stage: Stage):
    said = await stage.alice.slash(stage.general, "desk nothing")
    assert said.acknowledged
    assert said.response is None
    assert said.followups == []


async def test_a_failure_says_so(stage: Stage):
    said = await stage.alice.slash(stage.general, "desk fails")
    assert texts(answer(said)) == "### ⚠️ Something broke"


async def test_a_button_asks_before_it_acts(stage: Stage):
    card = answer(await stage.alice.slash(stage.general, "desk show_bell"))
    assert r"-# **Smash \*it\*?** It cannot be mended." in texts(card)
    await stage.restart()
    asked = await stage.bob.click(card, label="Smash")
    assert asked.modal is not None
    assert asked.modal["title"] == "Smash *it*?"
    assert asked.modal["components"][0]["content"] == "It cannot be mended."
    done = await stage.bob.submit_modal(asked, {})
    assert texts(answer(done)) == "### ✅ It rang 99 times"


async def test_if_discord_refuses_a_modal_a_card_asks(stage: Stage):
    card = answer(await stage.alice.slash(stage.general, "desk show_bell"))
    stage.env.inject_error("POST", "/interactions/*/callback", status=400, code=50035)
    asked = answer(await stage.bob.click(card, label="Smash"))
    assert texts(asked) == "### Smash \\*it\\*?\nIt cannot be mended.\n[Smash]"
    done = await stage.bob.click(asked, label="Smash")
    assert texts(answer(done)) == "### ✅ It rang 99 times"


async def test_a_code_can_be_redeemed_in_a_direct_message(stage: Stage):
    said = await stage.alice.user.slash("join", code="AB")
    assert texts(answer(said)) == "### Welcome, `AB`"


async def test_a_long_form_goes_by_steps_and_forgets_nothing(stage: Stage):
    survey = answer(await stage.alice.slash(stage.general, "survey start"))
    first = await stage.alice.click(survey, label="Begin")
    assert first.modal is not None
    assert [one["label"] for one in first.modal["components"]] == ["Name", "Street", "Town", "Colour", "Shoe"]
    between = await stage.alice.submit_modal(
        first, {"name": "*Al* <@1>\\", "street": "1. High\\_Street", "colour": ["Red"]}
    )
    waiting = answer(between)
    assert waiting.ephemeral
    assert "[Continue (2/2)]" in texts(waiting)
    await stage.restart()
    second = await stage.alice.click(waiting, label="Continue (2/2)")
    assert second.modal is not None
    assert [one["label"] for one in second.modal["components"]] == ["Hobby", "Pet"]
    await stage.restart()
    done = await stage.alice.submit_modal(second, {"hobby": "Chess\nGo"})
    assert done.followups == []
    assert shown(waiting.components)[1] == (
        "\\*Al\\* \\<@1\\>\\\\ / 1. High\\\\\\_Street / None / Red / None / Chess\nGo / None"
    )


@pytest.mark.parametrize(
    "custom_id", ["", "x", "run:", "run:desk ring?rung", "old:desk ring", "run:desk ring#a#b", "run:x?a=1&&b"]
)
async def test_an_unreadable_id_is_answered_kindly(stage: Stage, custom_id: str):
    card = answer(await stage.alice.slash(stage.general, "desk show_bell"))
    stored = stage.env.backend.get_message(card.channel_id, card.id)
    button = stored.components[0]["components"][2]["components"][0]
    button["custom_id"] = custom_id or "?"
    pressed = await stage.bob.click(card, custom_id=button["custom_id"])
    assert pressed.ephemeral
    assert texts(answer(pressed)).startswith("### ⚠️ This no longer works")


async def test_a_control_for_a_command_that_is_gone_is_refused(stage: Stage):
    card = answer(await stage.alice.slash(stage.general, "desk show_bell"))
    stored = stage.env.backend.get_message(card.channel_id, card.id)
    stored.components[0]["components"][2]["components"][0]["custom_id"] = "run:desk vanish"
    pressed = await stage.bob.click(card, custom_id="run:desk vanish")
    assert texts(answer(pressed)) == "### ⚠️ no command"


@pytest.mark.parametrize("hostile", HOSTILE)
async def test_hostile_text_is_shown_and_does_nothing(stage: Stage, hostile: str):
    said = await stage.alice.slash(stage.general, "desk say_it", text=hostile)
    message = answer(said).message
    assert not message.mention_everyone
    assert message.mentions == message.role_mentions == message.channel_mentions == []
    content = texts(answer(said)).removeprefix("### ")
    for harmful in ("@everyone", "@here", "\u202e", "\u2066"):
        assert harmful not in content
    assert "https://" not in content
    for mark in "*_~`|<>[]":
        assert f"\\{mark}" in content or mark not in content


async def test_text_that_is_too_long_is_refused(stage: Stage):
    # Discord's own client stops at the option's length; another client may not.
    opened = await stage.alice.slash(stage.general, "desk compose")
    modal = stage.env.backend.interactions[opened._interaction.id].modal
    modal["components"][1]["component"]["max_length"] = 4000
    sent = await stage.alice.submit_modal(opened, {"to": "x", "words": "y" * 4000})
    assert sent.response is not None
    assert texts(sent.response) == "### ⚠️ words is 4,000 characters long; 1,000 is the most"


async def test_a_picture_has_words_for_those_who_do_not_see_it(stage: Stage):
    said = await stage.alice.slash(stage.general, "desk picture")
    gallery = answer(said).components[0]["components"][1]
    assert gallery["items"][0]["description"] == "One grey dot"
    assert answer(said).attachments[0].description == "One grey dot"


async def test_a_card_that_discord_refuses_is_said_in_words(stage: Stage):
    stage.env.inject_error("POST", "/interactions/*/callback", status=400, code=50035)
    said = await stage.alice.slash(stage.general, "desk show_bell")
    assert said.response is not None
    assert "[Ring] [Tell]" in said.response.content
    assert not said.ephemeral


async def test_an_interaction_that_is_too_late_changes_nothing_for_the_others(stage: Stage):
    stage.env.inject_error("POST", "/interactions/*/callback", status=404, code=10062)
    said = await stage.alice.slash(stage.general, "desk show_bell")
    assert not said.acknowledged
    assert "The bell" in texts(answer(await stage.alice.slash(stage.general, "desk show_bell")))


async def test_nothing_the_bot_sends_may_ping(stage: Stage):
    card = answer(await stage.alice.slash(stage.general, "desk show_bell"))
    await stage.bob.click(card, label="Ring")
    await stage.bob.click(card, label="Tell")
    await stage.bob.click(card, label="Smash")
    messages = [body["data"] for body in stage.callbacks() if body["type"] in {4, 7}]
    assert len(messages) == 3
    assert all(message["allowed_mentions"] == {"parse": []} for message in messages)
