"""Cards as exact Block Kit, and nothing is lost at Slack's limits."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.chat.actions import Action
from bot.chat.replies import (
    Actions,
    Button,
    Card,
    Confirm,
    Fields,
    File,
    Image,
    Item,
    LinkButton,
    Progress,
    Select,
    Style,
    Table,
    Text,
    Tone,
)
from bot.chat.text import Channel, Code, Link, say, verbatim
from bot.core.values import replace
from bot.platforms.slack import ids
from bot.platforms.slack.rendering.render import Message, render
from tests.servers.slack.rules import problems_of_message

AT = datetime(2030, 1, 1, 12, 0, tzinfo=UTC)
DATE = {
    "type": "date",
    "timestamp": 1893499200,
    "format": "{date_short_pretty} at {time}",
    "fallback": "01 Jan 2030, 12:00 UTC",
}


def drawn(*blocks: Any, **more: Any) -> list[dict[str, Any]]:
    """Draw a card with these blocks; return its blocks without the title."""
    (message,) = render(Card(say("Title"), blocks, **more))
    assert problems_of_message({"text": message.text, "blocks": message.blocks}) == []
    assert message.blocks[0]["type"] == "header"
    return message.blocks[1:]


def plain_text(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text, "emoji": False}


def section(*elements: dict[str, Any]) -> dict[str, Any]:
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": list(elements)}]}


def words(text: str, **style: bool) -> dict[str, Any]:
    return {"type": "text", "text": text, **({"style": style} if style else {})}


@pytest.mark.parametrize(
    ("tone", "title"),
    [(Tone.NEUTRAL, "Title"), (Tone.GOOD, "✅ Title"), (Tone.WAITING, "⏳ Title"), (Tone.BAD, "⚠️ Title")],
)
def test_a_title_wears_its_tone(tone: Tone, title: str) -> None:
    (message,) = render(Card(say("Title"), tone=tone))
    assert message == Message(title, [{"type": "header", "text": plain_text(title)}], title)


def test_text_is_rich_text_with_a_persons_words_as_they_are() -> None:
    line = say("**Hi {who}**, type `{code}` before {at}: {link}", who="*A* <!here>", code="X_1", at=AT,
               link=Link("the <page>", "https://example.org/a?b=1&c"))  # fmt: skip
    assert drawn(Text(line)) == [
        section(
            words("Hi *A* <!here>", bold=True),
            words(", type "),
            words("X_1", code=True),
            words(" before "),
            DATE,
            words(": "),
            {"type": "link", "url": "https://example.org/a?b=1&c", "text": "the <page>"},
        )
    ]


def test_a_channel_is_named_by_slack_and_never_a_ping() -> None:
    assert drawn(Text(say("{it}", it=Channel("C123")))) == [
        section({"type": "channel", "channel_id": "C123"})
    ]
    assert drawn(Text(say("{it}", it=Channel("!channel>")))) == [section(words("#!channel>"))]
    (quiet,) = drawn(Text(say("{it}", it=Channel("C123")), quiet=True))
    assert quiet["elements"][0]["text"] == "<#C123>"


def test_quiet_text_is_small() -> None:
    assert drawn(Text(say("by {who}", who="<!channel> *A*"), quiet=True)) == [
        {"type": "context", "elements": [plain_text("by <!channel> *A*")]}
    ]


def test_quiet_text_with_a_time_is_escaped_mrkdwn() -> None:
    line = say("by {who} at {at}, **soon**, see {link}", who="<!channel> & co", at=AT,
               link=Link("a|b<", "https://x.example/|&"))  # fmt: skip
    text = (
        "by &lt;!channel&gt; &amp; co at "
        "<!date^1893499200^{date_short_pretty} at {time}|01 Jan 2030, 12:00 UTC>, *soon*, "
        "see <https://x.example/%7C&amp;|a¦b&lt;>"
    )
    assert drawn(Text(line, quiet=True)) == [
        {"type": "context", "elements": [{"type": "mrkdwn", "text": text, "verbatim": True}]}
    ]


@pytest.mark.parametrize("who", ["*A*", "a_b_c", "~x~", "`y`", ":skull:"])
def test_quiet_text_that_mrkdwn_would_change_becomes_rich_text(who: str) -> None:
    assert drawn(Text(say("{who} at {at}", who=who, at=AT), quiet=True)) == [
        section(words(who), words(" at "), DATE)
    ]


def test_fields_are_lines_with_bold_names() -> None:
    fields = Fields(((say("Code"), say("{c}", c=Code("ABC"))), (say("Until"), say("{at}", at=AT))))
    assert drawn(fields) == [
        section(
            words("Code", bold=True), words(": "), words("ABC", code=True), words("\n"),
            words("Until", bold=True), words(": "), DATE,
        )
    ]  # fmt: skip


def test_a_table_is_a_list_that_no_narrow_screen_breaks() -> None:
    table = Table(
        (say("Role"), say("Uses"), say("Note")),
        ((say("Staff"), say("1 of 5"), say("")), (say("Viewer"), say("2"), verbatim("<!here>"))),
    )
    items = [
        [words("Staff", bold=True), words(" · "), words("Uses: "), words("1 of 5")],
        [words("Viewer", bold=True), words(" · "), words("Uses: "), words("2"),
         words(" · "), words("Note: "), words("<!here>")],
    ]  # fmt: skip
    sections = [{"type": "rich_text_section", "elements": item} for item in items]
    lines = {"type": "rich_text_list", "style": "bullet", "elements": sections}
    assert drawn(table) == [{"type": "rich_text", "elements": [lines]}]


def test_a_picture_is_a_slack_file_and_words_where_there_is_none() -> None:
    image = Image(b"png", say("A QR code"))
    card = Card(say("Title"), (image,))
    (shown,) = render(card, {image: "F012345678"})
    assert shown.blocks[1] == {"type": "image", "slack_file": {"id": "F012345678"}, "alt_text": "A QR code"}
    assert problems_of_message({"text": shown.text, "blocks": shown.blocks}) == []
    assert drawn(image) == [{"type": "context", "elements": [plain_text("A QR code")]}]


def test_a_file_is_named_in_the_card() -> None:
    assert drawn(File("a.json", b"{}", say("All"))) == [
        {"type": "context", "elements": [plain_text("📎 a.json: All")]}
    ]


@pytest.mark.parametrize(
    ("done", "total", "bar"),
    [
        (0, 3, "▱▱▱▱▱▱▱▱▱▱ 0 / 3"),
        (1, 2, "▰▰▰▰▰▱▱▱▱▱ 1 / 2"),
        (9, 3, "▰▰▰▰▰▰▰▰▰▰ 9 / 3"),
        (0, 0, "▰▰▰▰▰▰▰▰▰▰ 0 / 0"),
    ],
)
def test_progress_is_a_bar(done: int, total: int, bar: str) -> None:
    assert drawn(Progress(done, total, say("Importing"))) == [section(words(f"Importing {bar}"))]


def test_buttons_carry_their_action_and_confirmation() -> None:
    sure = Confirm(say("Revoke?"), say("It stops at once."), say("Revoke"))
    go = Button(say("Approve"), Action("request approve", {"request": "r1"}), Style.PRIMARY)
    stop = Button(say("Revoke"), Action("invite revoke", {"invitation": "i1"}, ask=True), Style.DANGER, sure)
    assert drawn(Actions((go, stop, LinkButton(say("Open"), "https://example.org/i/x")))) == [
        {
            "type": "actions",
            "elements": [
                {
                    "type": "button",
                    "action_id": "homeroom:0",
                    "text": plain_text("Approve"),
                    "value": "run:request approve?request=r1",
                    "style": "primary",
                },
                {
                    "type": "button",
                    "action_id": "homeroom:1",
                    "text": plain_text("Revoke"),
                    "value": "ask:invite revoke?invitation=i1",
                    "style": "danger",
                    "confirm": {
                        "title": plain_text("Revoke?"),
                        "text": plain_text("It stops at once."),
                        "confirm": plain_text("Revoke"),
                        "deny": plain_text("Cancel"),
                        "style": "danger",
                    },
                },
                {
                    "type": "button",
                    "action_id": "homeroom:2",
                    "text": plain_text("Open"),
                    "url": "https://example.org/i/x",
                },
            ],
        }
    ]


def test_a_select_carries_its_action_in_its_block() -> None:
    items = (Item("Staff", say("Staff"), say("can see members")), Item("Viewer", say("Viewer")))
    select = Select(say("Approve as…"), Action("request approve", {"request": "r1"}), "role", items)
    staff = {"text": plain_text("Staff"), "value": "Staff", "description": plain_text("can see members")}
    viewer = {"text": plain_text("Viewer"), "value": "Viewer"}
    (block,) = drawn(select)
    assert block == {
        "type": "actions",
        "block_id": "homeroom:select:0:role:run:request approve?request=r1",
        "elements": [
            {
                "type": "static_select",
                "action_id": "homeroom:0",
                "placeholder": plain_text("Approve as…"),
                "options": [staff, viewer],
            }
        ],
    }
    chosen = ids.chosen_action(block["block_id"], "Staff")
    assert chosen == Action("request approve", {"request": "r1", "role": "Staff"})


def test_a_select_with_nothing_to_choose_is_said() -> None:
    assert drawn(Select(say("No roles"), Action("x"), "role", ())) == [
        {"type": "context", "elements": [plain_text("No roles")]}
    ]


def test_many_choices_go_on_in_a_second_select() -> None:
    items = tuple(Item(str(number), say("{n}", n=number)) for number in range(150))
    first, second = drawn(Select(say("Pick"), Action("x"), "y", items))
    assert [len(one["elements"][0]["options"]) for one in (first, second)] == [100, 50]
    assert first["elements"][0]["placeholder"]["text"] == "Pick (1 of 2)"


def test_many_buttons_go_on_in_a_second_row() -> None:
    buttons = tuple(Button(say("{n}", n=number), Action("x")) for number in range(30))
    assert [len(block["elements"]) for block in drawn(Actions(buttons))] == [25, 5]


def test_a_label_that_is_too_long_is_spelled_out_above_its_button() -> None:
    label = "Approve as " + "very " * 20 + "special guest"
    spelled, row = drawn(Actions((Button(verbatim(label), Action("x")),)))
    assert spelled == section(words(label))
    assert len(row["elements"][0]["text"]["text"]) <= 75
    assert row["elements"][0]["text"]["text"].endswith("…")


def test_a_title_that_is_too_long_for_a_header_is_bold_text() -> None:
    title = "A long title " * 20
    (message,) = render(Card(verbatim(title), tone=Tone.GOOD))
    assert message.blocks == [section(words("✅ "), words(title, bold=True))]


def _texts(value: Any) -> str:
    if isinstance(value, dict):
        return "".join(_texts(part) for name, part in value.items() if name in {"text", "elements"})
    return "".join(map(_texts, value)) if isinstance(value, list) else str(value)


@pytest.mark.parametrize("letter", ["ж", "字", "🎓"])
def test_letters_that_take_more_room_fill_a_message_sooner(letter: str) -> None:
    lines = [Text(verbatim(letter * 1_500)) for _ in range(8)]
    shown = render(Card(say("Title"), tuple(lines)))
    for one in shown:
        assert problems_of_message({"text": one.text, "blocks": one.blocks}) == []
    assert sum(_texts(one.blocks).count(letter) for one in shown) == 8 * 1_500


def test_a_long_paragraph_goes_on_in_further_blocks_and_messages() -> None:
    text = "".join(f"<{number}>" for number in range(5_000))
    messages = render(Card(say("Title"), (Text(verbatim(text)),)))
    assert len(messages) > 1
    for message in messages:
        assert problems_of_message({"text": message.text, "blocks": message.blocks}) == []
    assert re.fullmatch(r"(&(lt|gt|amp);|[^&<>])*…", messages[0].text)
    rich = [block for message in messages for block in message.blocks if block["type"] == "rich_text"]
    assert "".join(_texts(block) for block in rich) == text


def test_many_blocks_go_on_in_further_messages_with_a_heading() -> None:
    buttons = [Actions((Button(say("{n}", n=number), Action("x")),)) for number in range(120)]
    messages = render(Card(say("Title"), tuple(buttons)))
    assert [len(message.blocks) for message in messages] == [49, 50, 24]
    assert messages[1].blocks[0] == {"type": "context", "elements": [plain_text("Title (2 of 3)")]}
    assert messages[2].text == "Title (3 of 3)"
    rows = [block for message in messages for block in message.blocks if block["type"] == "actions"]
    shown = [element["text"]["text"] for row in rows for element in row["elements"]]
    assert shown == [str(number) for number in range(120)]


def test_the_fallback_says_everything_but_the_buttons_and_mentions_nobody() -> None:
    card = Card(
        say("Title"),
        (
            Text(verbatim("<!channel> & co")),
            Fields(((say("Code"), say("ABC")),)),
            Table((say("A"), say("B")), ((say("1"), say("2")),)),
            Image(b"png", say("A QR code")),
            File("a.json", b"{}", say("All")),
            Progress(1, 2, say("Half")),
            Actions((Button(say("Go"), Action("x")),)),
        ),
    )
    (message,) = render(card)
    assert message.text.split("\n") == [
        "Title", "&lt;!channel&gt; &amp; co", "Code: ABC", "A: 1 · B: 2", "A QR code",
        "a.json: All", "Half ▰▰▰▰▰▱▱▱▱▱ 1 / 2"
    ]  # fmt: skip
    assert message.glance == "Title"
    (message,) = render(replace(card, glance=verbatim("<!here>"), tone=Tone.BAD))
    assert message.glance == "⚠️ &lt;!here&gt;"


def test_a_value_that_fits_no_option_is_an_error_not_a_cut() -> None:
    with pytest.raises(ValueError, match="150"):
        render(Card(say("Title"), (Select(say("Pick"), Action("x"), "y", (Item("v" * 151, say("V")),)),)))


def test_what_has_no_name_does_not_hide_the_others() -> None:
    items = (Item("1", verbatim("\u200b")), Item("2", verbatim("Nia")))
    (block,) = drawn(Select(say("Choose"), Action("x", {}), "y", items))
    assert [one["text"]["text"] for one in block["elements"][0]["options"]] == ["-", "Nia"]
