"""Cards that the bot sends by itself, and what Slack's refusals mean for them."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.chat.notifier import Breadth, DeliveryFailed
from bot.chat.replies import Card, File, Image, Text, Tone
from bot.chat.text import say
from bot.core.notices.notices import Destination
from bot.core.rights.actors import AccountKey, Platform, WorkspaceKey
from bot.core.values import replace
from bot.platforms.slack.front import SlackFront
from bot.platforms.slack.notifier import SlackNotifier
from bot.platforms.slack.rendering.render import render
from tests.platforms.slack.small import PNG, SmallDatabase, board_card, small_runner
from tests.servers.slack.groups import SlackRefuses
from tests.servers.slack.reading import text_of
from tests.servers.slack.running import front_for
from tests.servers.slack.server import APP_TOKEN, BOT_TOKEN, SlackServer, Trouble
from tests.servers.slack.workspace import BOT, TEAM


@pytest.fixture
async def front(server: SlackServer) -> AsyncIterator[SlackFront]:
    made = front_for(small_runner(SmallDatabase()), server)
    await made.check()
    yield made
    await made.close()
    assert server.problems == []


@pytest.fixture
def notifier(front: SlackFront) -> SlackNotifier:
    return front.notifier


def channel(server: SlackServer) -> Destination:
    return Destination.in_channel(WorkspaceKey(Platform.SLACK, TEAM), server.workspace.named("approvals").id)


def direct(user: str) -> Destination:
    return Destination.direct(AccountKey("slack", f"{TEAM}/{user}"))


def much(lines: int) -> Card:
    return Card(say("Much"), tuple(Text(say("Line {n}.", n=number)) for number in range(lines)))


async def test_a_card_goes_to_a_channel_and_is_redrawn_there(
    server: SlackServer, notifier: SlackNotifier
) -> None:
    to = channel(server)
    where, message = await notifier.post(to, board_card(1))
    assert where == to.channel
    await notifier.redraw(to, where, message, board_card(2))
    (shown,) = server.workspace.messages
    assert "Number: 2" in text_of(shown)
    (posted,) = server.called("chat.postMessage")
    assert posted["unfurl_links"] is False
    assert posted["unfurl_media"] is False


async def test_a_locked_phone_shows_one_line_that_names_nobody(
    server: SlackServer, notifier: SlackNotifier
) -> None:
    card = replace(much(120), title=say("Nia asks to join"), tone=Tone.WAITING)
    where, sent = await notifier.post(channel(server), replace(card, glance=say("Somebody asks to join")))
    assert {one["text"] for one in server.called("chat.postMessage")} == {"⏳ Somebody asks to join"}
    await notifier.redraw(channel(server), where, sent, much(1))
    assert server.called("chat.update")[0]["text"] == "Much\nLine 0.", "of a change nobody is notified"
    await notifier.post(channel(server), much(2))
    assert server.called("chat.postMessage")[-1]["text"] == "Much"


async def test_a_card_goes_to_one_person_directly(server: SlackServer, notifier: SlackNotifier) -> None:
    ann, bob = server.workspace.person("ann"), server.workspace.person("bob")
    where, message = await notifier.post(direct(ann.id), board_card(1))
    assert len(server.workspace.seen_by(ann.id)) == 1
    assert server.workspace.seen_by(bob.id) == []
    await notifier.redraw(direct(ann.id), where, message, board_card(2))
    assert "Number: 2" in text_of(server.workspace.messages[0])


async def test_a_card_of_several_messages_is_redrawn_as_a_whole(
    server: SlackServer, notifier: SlackNotifier
) -> None:
    to = channel(server)
    where, message = await notifier.post(to, much(120))
    assert len(server.workspace.messages) == 3
    await notifier.redraw(to, where, message, much(60))
    assert len(server.workspace.messages) == 2
    told = "".join(text_of(shown) for shown in server.workspace.messages)
    assert "Line 59." in told
    assert "Line 60." not in told
    for lines in (58, 2, 1, 60):
        await notifier.redraw(to, where, message, much(lines))
    assert "Line 47." in "".join(text_of(shown) for shown in server.workspace.messages)


async def test_messages_that_somebody_deleted_are_not_sent_again(
    server: SlackServer, notifier: SlackNotifier
) -> None:
    to = channel(server)
    where, message = await notifier.post(to, much(60))
    del server.workspace.messages[0]
    assert await notifier.redraw(to, where, message, much(59)) == message
    (left,) = server.workspace.messages
    assert "Line 58." in text_of(left)
    server.workspace.messages.clear()
    await notifier.redraw(to, where, message, much(60))
    assert server.workspace.messages == []


async def test_a_card_that_grows_gets_a_further_message(server: SlackServer, notifier: SlackNotifier) -> None:
    to = channel(server)
    where, message = await notifier.post(to, much(3))
    message = await notifier.redraw(to, where, message, much(60))
    assert "Line 59." in text_of(server.workspace.messages[1])
    for lines in (61, 3, 62):
        message = await notifier.redraw(to, where, message, much(lines))
    assert len(server.workspace.messages) == 2
    assert "Line 61." in text_of(server.workspace.messages[1])


def _fail_after_two(server: SlackServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse one post after two messages have been posted."""
    post = server._chat_postMessage

    def once(body: dict[str, Any]) -> dict[str, Any]:
        if len(server.workspace.messages) == 2:
            monkeypatch.undo()
            raise SlackRefuses("internal_error")
        return post(body)

    monkeypatch.setattr(server, "_chat_postMessage", once)


async def test_a_card_that_did_not_grow_whole_grows_once_at_the_next_try(
    server: SlackServer, notifier: SlackNotifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    to = channel(server)
    where, message = await notifier.post(to, much(3))
    _fail_after_two(server, monkeypatch)
    with pytest.raises(DeliveryFailed):
        await notifier.redraw(to, where, message, much(120))
    await notifier.redraw(to, where, message, much(120))
    assert len(server.workspace.messages) == 3


async def test_what_did_not_arrive_whole_is_taken_back_before_it_is_tried_again(
    server: SlackServer, notifier: SlackNotifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    to = channel(server)
    _fail_after_two(server, monkeypatch)
    with pytest.raises(DeliveryFailed) as failed:
        await notifier.post(to, much(120))
    assert not failed.value.final
    assert server.workspace.messages == []
    await notifier.post(to, much(120))
    assert len(server.workspace.messages) == 3


async def test_a_file_that_is_not_taken_now_is_sent_once_with_its_card(
    server: SlackServer, notifier: SlackNotifier
) -> None:
    card = replace(much(1), blocks=(File("people.csv", b"a,b", say("The people")),))
    server.fail("files.getUploadURLExternal", Trouble("internal_error"))
    with pytest.raises(DeliveryFailed) as failed:
        await notifier.post(channel(server), card)
    assert not failed.value.final
    await notifier.post(channel(server), card)
    assert [text_of(one).splitlines()[0] for one in server.workspace.messages] == [
        "Much",
        "(file: The people)",
    ]


async def test_a_file_that_is_never_taken_does_not_keep_its_card_back(
    server: SlackServer, notifier: SlackNotifier
) -> None:
    card = replace(much(1), blocks=(File("people.csv", b"a,b", say("The people")),))
    server.fail("files.getUploadURLExternal", Trouble("missing_scope"))
    await notifier.post(channel(server), card)
    told = [text_of(one) for one in server.workspace.messages]
    assert len(told) == 2
    assert "Slack did not accept the file people.csv" in told[1]


async def test_a_picture_is_uploaded_once(server: SlackServer, notifier: SlackNotifier) -> None:
    card = replace(much(1), blocks=(Image(PNG, say("A picture")),))
    to = channel(server)
    where, message = await notifier.post(to, card)
    await notifier.redraw(to, where, message, card)
    assert len(server.workspace.files) == 1
    assert "(picture: A picture)" in text_of(server.workspace.messages[0])


@pytest.mark.parametrize("error", ["invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long"])
async def test_a_card_that_slack_does_not_take_is_sent_as_words(
    server: SlackServer, notifier: SlackNotifier, error: str
) -> None:
    server.fail("chat.postMessage", Trouble(error))
    where, message = await notifier.post(channel(server), much(1))
    (sent,) = server.workspace.messages
    assert (sent.channel, sent.ts, sent.blocks) == (where, message, [])
    assert sent.text == render(much(1))[0].text
    await notifier.redraw(channel(server), where, message, much(1))
    assert server.workspace.messages[0].blocks


@pytest.mark.parametrize(
    ("trouble", "final", "retry_after"),
    [
        (Trouble("channel_not_found"), True, None),
        (Trouble("is_archived"), True, None),
        (Trouble("missing_scope"), True, None),
        (Trouble("not_in_channel"), True, None),
        (Trouble("ratelimited", 429, {"Retry-After": "17"}), False, 17.0),
        (Trouble("ratelimited", 200), False, None),
        (Trouble("internal_error"), False, None),
        (Trouble("org_login_required"), False, None),
        (Trouble("message_limit_exceeded"), False, None),
        (Trouble("anything", 503), False, None),
        # No message would get through, so the whole workspace waits a minute.
        (Trouble("token_revoked"), False, 60.0),
        (Trouble("account_inactive"), False, 60.0),
    ],
)
async def test_a_refusal_is_final_or_worth_another_try(
    server: SlackServer, notifier: SlackNotifier, trouble: Trouble, *, final: bool, retry_after: float | None
) -> None:
    server.fail("chat.postMessage", trouble)
    with pytest.raises(DeliveryFailed) as failed:
        await notifier.post(channel(server), much(1))
    assert (failed.value.final, failed.value.retry_after) == (final, retry_after)
    assert failed.value.breadth is (Breadth.TENANT if retry_after else Breadth.PLACE)
    ours = {
        "account_inactive",
        "ratelimited",
        "token_revoked",
        "org_login_required",
        "message_limit_exceeded",
    }
    assert failed.value.ours is (trouble.error in ours)


@pytest.mark.parametrize("user", [BOT, "U9999999"])
async def test_a_message_to_somebody_whom_slack_does_not_let_write_is_given_up(
    notifier: SlackNotifier, user: str
) -> None:
    with pytest.raises(DeliveryFailed) as failed:
        await notifier.post(direct(user), much(1))
    assert failed.value.final


@pytest.mark.parametrize(
    ("error", "gone"), [("user_disabled", True), ("user_not_found", True), ("missing_scope", False)]
)
async def test_who_has_left_is_told_from_other_faults(
    server: SlackServer, notifier: SlackNotifier, error: str, *, gone: bool
) -> None:
    server.fail("conversations.open", Trouble(error))
    with pytest.raises(DeliveryFailed) as failed:
        await notifier.post(direct("U9999999"), much(1))
    assert (failed.value.final, failed.value.gone) == (True, gone)


async def test_an_archived_channel_is_given_up(server: SlackServer, notifier: SlackNotifier) -> None:
    server.workspace.named("approvals").archived = True
    with pytest.raises(DeliveryFailed) as failed:
        await notifier.post(channel(server), much(1))
    assert failed.value.final


async def test_slack_being_away_is_worth_another_try() -> None:
    away = SlackFront(small_runner(SmallDatabase()), bot_token="x", api_base="http://127.0.0.1:1/")
    with pytest.raises(DeliveryFailed) as failed:
        await away.notifier.post(direct("U1"), much(1))
    assert not failed.value.final


async def test_a_public_channel_takes_cards_without_an_invitation(
    server: SlackServer, notifier: SlackNotifier
) -> None:
    server.workspace.named("approvals").bot_is_in = False
    to = channel(server)
    where, message = await notifier.post(to, much(1))
    await notifier.redraw(to, where, message, much(2))
    assert len(server.workspace.messages) == 1


async def test_what_keeps_us_from_slack_is_told() -> None:
    front = SlackFront(
        small_runner(SmallDatabase()),
        bot_token=BOT_TOKEN,
        app_token=APP_TOKEN,
        api_base="http://no-such-host.invalid/",
    )
    with pytest.raises(DeliveryFailed) as failed:
        await front.notifier.post(direct("U1"), much(1))
    await front.close()
    assert (failed.value.ours, failed.value.final) == (True, False)
    assert str(failed.value).endswith("the name no-such-host.invalid cannot be resolved")
