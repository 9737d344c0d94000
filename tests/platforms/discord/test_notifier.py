"""Cards that the bot sends by itself, and what Discord's refusals mean for them."""

from typing import Any

import discord
import pytest
from simcord.results import ResponseMessage

from bot.chat.notifier import Breadth, DeliveryFailed
from bot.chat.replies import Card, Text
from bot.chat.text import say, verbatim
from bot.core.notices.notices import Destination
from bot.core.rights.actors import AccountKey, Platform, WorkspaceKey
from bot.core.values import replace
from bot.platforms.discord.notifier import DiscordNotifier
from tests.platforms.discord import small
from tests.platforms.discord.conftest import Stage, shown, texts
from tests.platforms.discord.small import bell

SHORT = Card(say("Hello"), (Text(verbatim("@everyone <@1>")),))
LONG = Card(say("Long"), tuple(Text(verbatim(f"{n} " + "word " * 500)) for n in range(3)))


@pytest.fixture
def notifier(stage: Stage) -> DiscordNotifier:
    return DiscordNotifier(lambda: stage.env.bot)


def channel(stage: Stage) -> Destination:
    return Destination.in_channel(WorkspaceKey(Platform.DISCORD, str(stage.guild.id)), str(stage.general.id))


def person(stage: Stage) -> Destination:
    return Destination.direct(AccountKey("discord", str(stage.alice.id)))


def stored(stage: Stage, ids: tuple[str, str]) -> list[Any]:
    return [stage.env.backend.get_message(int(ids[0]), int(one)) for one in ids[1].split(",")]


async def test_to_a_channel(stage: Stage, notifier: DiscordNotifier):
    (message,) = stored(stage, await notifier.post(channel(stage), SHORT))
    assert message.channel_id == stage.general.id
    assert shown(message.components) == ["### Hello", "@\u200beveryone \\<@1\\>"]
    body = stage.requests[-1][2]
    assert body["allowed_mentions"] == {"parse": []}


async def test_to_a_person(stage: Stage, notifier: DiscordNotifier):
    sent = await notifier.post(person(stage), SHORT)
    assert int(sent[0]) == stage.alice.user.dm_channel.id
    assert len(stored(stage, sent)) == 1


async def test_a_sent_card_is_redrawn_in_its_place(stage: Stage, notifier: DiscordNotifier):
    sent = await notifier.post(channel(stage), SHORT)
    await stage.restart()
    await notifier.redraw(channel(stage), *sent, bell(3))
    (message,) = stored(stage, sent)
    assert shown(message.components)[:2] == ["### ⏳ The bell", "Rung **3** times"]


async def test_a_long_card_is_several_messages_and_is_redrawn_as_one(stage: Stage, notifier: DiscordNotifier):
    sent = await notifier.post(person(stage), LONG)
    messages = stored(stage, sent)
    assert [shown(one.components)[0] for one in messages] == [f"### Long ({n}/3)" for n in (1, 2, 3)]
    await notifier.redraw(person(stage), *sent, SHORT)
    left = stage.env.backend.messages[int(sent[0])]
    assert [shown(one.components)[0] for one in left.values()] == ["### Hello"]


def titles(stage: Stage, channel_id: str) -> list[str]:
    messages = sorted(stage.env.backend.messages[int(channel_id)].items())
    return [shown(one.components)[0] for _, one in messages]


async def test_a_card_that_grows_and_shrinks_is_there_once(stage: Stage, notifier: DiscordNotifier):
    place, messages = await notifier.post(channel(stage), SHORT)
    for card in (LONG, LONG, SHORT, LONG):
        messages = await notifier.redraw(channel(stage), place, messages, card)
    assert titles(stage, place) == [f"### Long ({n}/3)" for n in (1, 2, 3)]


def long_bell(rung: int) -> Card:
    return replace(bell(rung), blocks=(*LONG.blocks[:2], *bell(rung).blocks))


async def test_a_click_on_a_card_of_several_messages_changes_the_one_that_was_clicked(
    stage: Stage, notifier: DiscordNotifier, monkeypatch: pytest.MonkeyPatch
):
    place, messages = await notifier.post(channel(stage), long_bell(0))
    monkeypatch.setattr(small, "bell", long_bell)
    _, second = stored(stage, (place, messages))
    for rung in (1, 2):
        await stage.bob.click(ResponseMessage(stage.env, second), label="Ring")
        assert titles(stage, place) == ["### ⏳ The bell (1/2)", "### ⏳ The bell (2/2)"]
        assert f"Rung **{rung}** times" in texts(second)
    # It is one message now, until the whole card is redrawn.
    monkeypatch.setattr(small, "bell", bell)
    await stage.bob.click(ResponseMessage(stage.env, second), label="Ring")
    assert titles(stage, place) == ["### ⏳ The bell (1/2)", "### ⏳ The bell"]
    await notifier.redraw(channel(stage), place, messages, bell(3))
    assert titles(stage, place) == ["### ⏳ The bell"]


async def test_a_click_that_makes_a_card_grow_leaves_its_further_messages_to_the_redraw(
    stage: Stage, notifier: DiscordNotifier, monkeypatch: pytest.MonkeyPatch
):
    place, messages = await notifier.post(channel(stage), bell(0))
    (message,) = stored(stage, (place, messages))
    monkeypatch.setattr(small, "bell", long_bell)
    await stage.bob.click(ResponseMessage(stage.env, message), label="Ring")
    await notifier.redraw(channel(stage), place, messages, long_bell(1))
    assert titles(stage, place) == ["### ⏳ The bell (1/2)", "### ⏳ The bell (2/2)"]


async def test_a_card_that_did_not_grow_whole_grows_once_at_the_next_try(
    stage: Stage, notifier: DiscordNotifier, monkeypatch: pytest.MonkeyPatch
):
    place, messages = await notifier.post(channel(stage), SHORT)
    send = discord.PartialMessageable.send

    async def sent(*args: Any, **more: Any) -> Any:
        stage.env.inject_error("POST", "/channels/*/messages", status=500)  # the next one
        return await send(*args, **more)

    async def first(*args: Any, **more: Any) -> Any:
        monkeypatch.setattr(discord.PartialMessageable, "send", sent)
        return await send(*args, **more)

    monkeypatch.setattr(discord.PartialMessageable, "send", first)
    with pytest.raises(DeliveryFailed):
        await notifier.redraw(channel(stage), place, messages, LONG)
    monkeypatch.setattr(discord.PartialMessageable, "send", send)
    await notifier.redraw(channel(stage), place, messages, LONG)
    assert titles(stage, place) == [f"### Long ({n}/3)" for n in (1, 2, 3)]


async def test_a_card_that_somebody_has_deleted_needs_no_change(stage: Stage, notifier: DiscordNotifier):
    channel_id, messages = await notifier.post(channel(stage), LONG)
    first, *_ = messages.split(",")
    await notifier.redraw(channel(stage), channel_id, messages, SHORT)
    await notifier.redraw(channel(stage), channel_id, messages, SHORT)  # what was too much is gone already
    stage.env.backend.messages[int(channel_id)].pop(int(first))
    await notifier.redraw(channel(stage), channel_id, messages, SHORT)
    assert not stage.env.backend.messages[int(channel_id)]
    stage.env.inject_error("PATCH", "/channels/*/messages/*", status=404, code=10003)
    with pytest.raises(DeliveryFailed):
        await notifier.redraw(channel(stage), channel_id, messages, SHORT)


async def test_a_card_that_discord_refuses_is_said_in_words(stage: Stage, notifier: DiscordNotifier):
    stage.env.inject_error("POST", "/channels/*/messages", status=400, code=50035)
    (message,) = stored(stage, await notifier.post(channel(stage), bell(1)))
    assert message.content.startswith("⏳ The bell\nRung **1** times")


@pytest.mark.parametrize(
    ("status", "code", "final"),
    [
        (403, 50007, True),  # closed direct messages
        (403, 50001, True),  # no access to the channel
        (404, 10003, True),  # the channel is gone
        (429, 0, False),
        (500, 0, False),
        (503, 0, False),
        (401, 0, False),  # a new token mends it
    ],
)
async def test_what_a_refusal_means(
    stage: Stage, notifier: DiscordNotifier, status: int, code: int, *, final: bool
):
    stage.env.inject_error("POST", "/channels/*/messages", status=status, code=code)
    with pytest.raises(DeliveryFailed) as failed:
        await notifier.post(person(stage), SHORT)
    assert failed.value.final is final
    assert str(status) in str(failed.value)


@pytest.mark.parametrize(("code", "gone"), [(50278, True), (10013, True), (50007, False), (50013, False)])
async def test_a_person_who_left_differs_from_one_who_takes_no_messages(
    stage: Stage, notifier: DiscordNotifier, code: int, *, gone: bool
):
    stage.env.inject_error("POST", "/channels/*/messages", status=403, code=code)
    with pytest.raises(DeliveryFailed) as failed:
        await notifier.post(person(stage), SHORT)
    assert (failed.value.final, failed.value.gone) == (True, gone)


@pytest.mark.parametrize(
    ("code", "wait", "breadth"),
    [
        (40003, 600, Breadth.TENANT),  # direct messages were opened too fast
        (20026, 3600, Breadth.PLACE),  # an anti-spam system keeps us from writing to anybody new
        (40004, 300, Breadth.PLACE),  # sending is switched off for a while
        (130000, 300, Breadth.PLACE),  # overloaded
    ],
)
async def test_a_refusal_that_says_nothing_of_the_message_is_no_try(
    stage: Stage, notifier: DiscordNotifier, code: int, wait: float, breadth: Breadth
):
    """Discord sends these with a permanent status, mostly 403: see discord-api-docs, "JSON Error Codes"."""
    stage.env.inject_error("POST", "/users/@me/channels", status=403, code=code)
    with pytest.raises(DeliveryFailed) as failed:
        await notifier.post(person(stage), SHORT)
    assert (failed.value.final, failed.value.ours) == (False, True)
    assert (failed.value.retry_after, failed.value.breadth) == (wait, breadth)


async def test_a_bot_that_is_taken_for_spam_says_so_once(
    stage: Stage, notifier: DiscordNotifier, caplog: pytest.LogCaptureFixture
):
    for _ in range(2):
        stage.env.inject_error("POST", "/users/@me/channels", status=403, code=20026)
        with pytest.raises(DeliveryFailed):
            await notifier.post(person(stage), SHORT)
    assert [one for one in caplog.messages if "appealed" in one] == [caplog.messages[-1]]


async def test_a_channel_that_is_gone(stage: Stage, notifier: DiscordNotifier):
    nowhere = Destination(Platform.DISCORD, str(stage.guild.id), "1")
    with pytest.raises(DeliveryFailed) as failed:
        await notifier.post(nowhere, SHORT)
    assert failed.value.final


async def test_a_place_that_is_no_place(notifier: DiscordNotifier):
    with pytest.raises(DeliveryFailed) as failed:
        await notifier.post(Destination(Platform.DISCORD, "1", "#general"), SHORT)
    assert failed.value.final


async def test_before_anyone_is_logged_in():
    with pytest.raises(DeliveryFailed) as failed:
        await DiscordNotifier(lambda: None).post(Destination(Platform.DISCORD, "1", "2"), SHORT)
    assert not failed.value.final
    assert failed.value.retry_after is not None
