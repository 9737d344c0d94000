"""The real Bolt app against the local Slack, by signed HTTP and over Socket Mode."""

import pytest

from bot.chat.call_reference import current
from bot.chat.replies import Card, Text
from bot.chat.text import say
from bot.core.notices.notices import Destination
from bot.core.rights.actors import AccountKey
from bot.core.values import replace
from tests.platforms.slack import small
from tests.platforms.slack.conftest import Stage
from tests.platforms.slack.small import board_card
from tests.servers.slack.server import Trouble
from tests.servers.slack.workspace import TEAM


async def test_a_command_is_answered_to_whoever_typed_it_alone(stage: Stage) -> None:
    await stage.type(stage.ann, 'show echo text:"hello there"')
    assert stage.seen(stage.ann) == ["You said\nhello there\nhello there"]
    assert stage.seen(stage.admin) == []


async def test_a_public_card_is_seen_by_everybody(stage: Stage) -> None:
    await stage.type(stage.ann, "show shout hello")
    assert stage.seen(stage.admin) == ["Ann says\nhello"]


async def test_a_mistyped_command_comes_back_corrected(stage: Stage) -> None:
    await stage.type(stage.ann, "show ecco text:hello")
    assert "/homeroom show echo text:hello" in stage.seen(stage.ann)[-1]


async def test_the_core_learns_what_slack_vouches_for(stage: Stage) -> None:
    await stage.type(stage.admin, "about")
    general = stage.server.workspace.named("general").id
    told = stage.seen(stage.admin)[-1]
    assert f"slack:T0000001/{stage.admin.id} | Admin | " in told
    assert f"| northfield | {general} | Europe/Amsterdam | True" in told
    await stage.type(stage.ann, "about")
    assert stage.seen(stage.ann)[-1].endswith("| False")


async def test_a_click_redraws_the_message_for_everybody(stage: Stage) -> None:
    await stage.type(stage.ann, "show board")
    await stage.click(stage.admin, "Count")
    await stage.click(stage.ann, "Count")
    (board,) = stage.seen(stage.ann)
    assert "Number: 2" in board
    assert stage.seen(stage.admin) == [board]


def long_board(number: int) -> Card:
    board = board_card(number)
    return replace(board, blocks=(*(Text(say("Line {n}.", n=line)) for line in range(50)), *board.blocks))


async def test_a_click_on_a_sent_card_of_several_messages_changes_the_one_that_was_clicked(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(small, "board_card", long_board)
    to = Destination.direct(AccountKey("slack", f"{TEAM}/{stage.ann.id}"))
    place, messages = await stage.front.notifier.post(to, long_board(0))
    for number in ("1", "2"):
        await stage.click(stage.ann, "Count")
        first, second = stage.seen(stage.ann)
        assert "(2 of 2)" in second
        assert f"Number: {number}" in second
        assert "(2 of 2)" not in first
    await stage.front.notifier.redraw(to, place, messages, board_card(2))
    assert len(stage.seen(stage.ann)) == 1
    # What makes a card grow leaves its further messages to the redraw.
    await stage.click(stage.ann, "Count")
    assert len(stage.seen(stage.ann)) == 1


async def test_a_choice_redraws_and_answers_privately(stage: Stage) -> None:
    await stage.type(stage.ann, "show board")
    await stage.choose(stage.admin, "Pick a colour", "A green one")
    assert stage.seen(stage.admin)[-1] == "Painted Green"
    assert len(stage.seen(stage.ann)) == 1


async def test_a_public_answer_to_a_click_is_a_new_message(stage: Stage) -> None:
    await stage.type(stage.ann, "show board")
    await stage.click(stage.ann, "Announce")
    assert stage.seen(stage.admin)[-1] == "Ann says\nHere it is"


async def test_a_private_answer_to_a_click_leaves_the_message_alone(stage: Stage) -> None:
    await stage.type(stage.ann, "show board")
    before = stage.seen(stage.admin)
    await stage.click(stage.ann, "Whisper")
    assert stage.seen(stage.ann)[-1] == "You said\npsst\npsst"
    assert stage.seen(stage.admin) == before


async def test_an_empty_reply_and_a_link_are_acknowledged_silently(stage: Stage) -> None:
    await stage.type(stage.ann, "show board")
    before = stage.seen(stage.ann)
    await stage.click(stage.ann, "Stop")
    await stage.click(stage.ann, "Website")
    assert stage.seen(stage.ann) == before


async def test_a_form_from_a_card_keeps_what_the_card_knows(stage: Stage) -> None:
    await stage.type(stage.ann, "show board")
    await stage.click(stage.ann, "Ask me")
    await stage.submit(stage.ann, amount="3", name="Bob", channel="approvals", due="7d", wrapped="Yes")
    approvals = stage.server.workspace.named("approvals").id
    assert (
        f"Red | 3 | Bob | None | 2030-01-08T12:00:00+00:00 | True | {approvals}" in stage.seen(stage.ann)[-1]
    )
    assert "Number: 3" in stage.seen(stage.admin)[0]
    assert stage.hand.opened(stage.ann) is None


async def test_a_command_without_its_needed_options_opens_its_form_filled(stage: Stage) -> None:
    await stage.type(stage.ann, 'show order colour:green note:"by train" due:"Friday 17:00"')
    await stage.submit(stage.ann, amount="2")
    assert "Green | 2 | None | by train | 2030-01-04T16:00" in stage.seen(stage.ann)[-1]


async def test_a_refused_answer_is_explained_under_its_field(stage: Stage) -> None:
    await stage.type(stage.ann, "show order colour:green")
    await stage.submit(stage.ann, amount="2", due="yesterday")
    opened = stage.hand.opened(stage.ann)
    assert opened is not None
    assert list(opened.errors) == ["due"]
    assert "due lies in the past: “yesterday”" in opened.errors["due"]
    assert stage.seen(stage.ann) == []
    await stage.submit(stage.ann, amount="2", due="tomorrow")
    assert "Green | 2" in stage.seen(stage.ann)[-1]


async def test_suggestions_follow_what_is_typed_and_anything_may_be_kept(stage: Stage) -> None:
    await stage.type(stage.ann, "show order")
    opened = stage.hand.opened(stage.ann)
    assert opened is not None
    block = next(one for one in opened.view["blocks"] if one.get("block_id") == "name")
    offered = await stage.hand.suggest(stage.ann, opened, block, "")
    assert [option["value"] for option in offered] == ["Ann", "Bob", "Ann"]
    offered = await stage.hand.suggest(stage.ann, opened, block, "Bo")
    assert [option["text"]["text"] for option in offered] == ["Bob", "Use “Bo”"]
    assert await stage.hand.suggest(stage.ann, opened, block, "x" * 151) == []


async def test_the_command_alone_opens_a_menu_then_the_form(stage: Stage) -> None:
    await stage.type(stage.ann, "")
    opened = stage.hand.opened(stage.ann)
    assert opened is not None
    offered = opened.view["blocks"][0]["element"]["option_groups"]
    assert "show count" not in {option["value"] for group in offered for option in group["options"]}
    await stage.submit(stage.ann, command="show order")
    await stage.submit(stage.ann, colour="Green", amount="4")
    assert "Green | 4" in stage.seen(stage.ann)[-1]


async def test_the_menu_runs_a_command_that_asks_nothing(stage: Stage) -> None:
    await stage.type(stage.ann, "")
    await stage.submit(stage.ann, command="about")
    assert stage.seen(stage.ann)[-1].startswith("A small bot")


async def test_a_channel_by_its_name_is_refused_since_it_would_never_be_found(stage: Stage) -> None:
    await stage.type(stage.ann, "show order green channel:nonsense")
    assert "channel cannot be found by its name: “nonsense”. Type #" in stage.seen(stage.ann)[-1]
    await stage.type(stage.ann, "show order green amount:2 channel:#general")
    assert stage.seen(stage.ann)[-1].startswith("Ordered")


async def test_a_failing_command_is_told_with_the_reference_that_is_logged(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    logged: list[str] = []
    caplog.handler.addFilter(lambda _: not logged.extend([current()]))  # type: ignore[func-returns-value]
    for _ in range(2):
        await stage.type(stage.ann, "show broken")
    told = [one.removeprefix("⚠️ Something broke\nReference ") for one in stage.seen(stage.ann)]
    assert len(set(told)) == 2
    assert [one for one in logged if one] == told


async def test_an_answer_that_cannot_be_drawn_is_told_too(stage: Stage) -> None:
    await stage.type(stage.ann, "show unpackable")
    assert "It may have been done anyway" in stage.seen(stage.ann)[-1]


async def test_a_picture_is_uploaded_and_shown(stage: Stage) -> None:
    await stage.type(stage.ann, "show picture")
    assert stage.seen(stage.ann) == ["Look\n(picture: A red square)"]
    assert list(stage.server.workspace.files.values()) != []


async def test_a_file_is_uploaded_and_shared_where_only_the_person_sees_it(stage: Stage) -> None:
    await stage.type(stage.ann, "show file")
    assert stage.seen(stage.ann) == ["Keep\n📎 rows.csv: The rows", "(file: The rows)"]
    assert list(stage.server.workspace.files.values()) == [b"a,b"]
    assert stage.seen(stage.admin) == []


async def test_a_file_that_slack_does_not_take_is_told(stage: Stage) -> None:
    stage.server.fail("files.completeUploadExternal", Trouble("file_uploads_disabled"))
    await stage.type(stage.ann, "show file")
    assert "did not accept the file rows.csv" in stage.seen(stage.ann)[-1]


async def test_a_long_answer_goes_on_in_further_messages(stage: Stage) -> None:
    await stage.type(stage.ann, "show long lines:300")
    seen = stage.seen(stage.ann)
    assert len(seen) == 7
    for number in range(300):
        assert sum(f"Line {number}.\n" in page + "\n" for page in seen) == 1
    assert stage.seen(stage.admin) == []
