"""Whatever people write or call themselves stays plain text: the local Slack refuses every mention."""

import pytest

from tests.platforms.slack.conftest import Stage

HOSTILE = [
    "<!channel> <!here> <!everyone>",
    "<!subteam^S0000001|@staff>",
    "<@U0000004> <#C0000001|general>",
    "@everyone @channel @here",
    "<b>bold</b> <script>alert(1)</script> &amp; &lt;",
    "*bold* _italic_ ~struck~ `code` > quote",
    ":our_mascot: :no_such_emoji:",
    "<https://evil.example|https://good.example>",
    "{text} {0} %s **strong**",
]


@pytest.mark.parametrize("text", HOSTILE)
async def test_hostile_text_is_shown_as_it_is(stage: Stage, text: str) -> None:
    await stage.hand.type(stage.ann, f'show echo text:"{text.replace("<", "&lt;").replace(">", "&gt;")}"')
    await stage.front.idle()
    (told,) = stage.seen(stage.ann)
    assert told.startswith("You said\n")


@pytest.mark.parametrize("text", HOSTILE)
async def test_hostile_text_survives_a_modal_letter_by_letter(stage: Stage, text: str) -> None:
    await stage.type(stage.ann, "show echo")
    await stage.submit(stage.ann, text=text)
    assert stage.seen(stage.ann)[-1] == f"You said\n{text}\n{text}"


async def test_marks_of_slack_itself_become_plain_words(stage: Stage) -> None:
    marks = (
        f"<!channel> <!subteam^S1|@staff> <@{stage.ann.id}|ann> <#C1|general> <https://x.example|x.example>"
    )
    await stage.hand.type(stage.ann, f'show echo text:"{marks}"', escaped=True)
    await stage.front.idle()
    words = "@channel @staff @ann #general x.example"
    assert stage.seen(stage.ann)[-1] == f"You said\n{words}\n{words}"


async def test_what_would_reorder_its_neighbours_is_left_out(stage: Stage) -> None:
    await stage.type(stage.ann, "show echo text:abc\u202edef")
    assert stage.seen(stage.ann)[-1] == "You said\nabcdef\nabcdef"


async def test_a_hostile_name_is_only_a_name(stage: Stage) -> None:
    stage.ann.display_name = "<!channel> *Ann* \u202e@here"
    await stage.type(stage.ann, "show shout hi")
    assert stage.seen(stage.admin) == ["<!channel> *Ann* @here says\nhi"]


async def test_ten_thousand_characters_are_refused_when_typed(stage: Stage) -> None:
    await stage.type(stage.ann, "show echo text:" + "x" * 10_000)
    assert "4,000 is the most" in stage.seen(stage.ann)[-1]


async def test_much_text_from_a_modal_is_shown_whole(stage: Stage) -> None:
    text = " ".join(f"word{number}" for number in range(350))
    await stage.type(stage.ann, "show echo")
    await stage.submit(stage.ann, text=text)
    assert "".join(stage.seen(stage.ann)).count("word349") == 2


async def test_what_is_too_long_for_a_field_is_named_not_dropped_in_silence(stage: Stage) -> None:
    await stage.type(stage.ann, f'show order name:"{"n" * 160}"')
    opened = stage.hand.opened(stage.ann)
    assert opened is not None
    assert "What you typed for Name is too long" in str(opened.view["blocks"])
