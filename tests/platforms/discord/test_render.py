"""Cards as exact payloads for Discord."""

from datetime import UTC, datetime
from typing import Any

import pytest
from discord import ui
from hypothesis import given
from hypothesis import strategies as st

from bot.chat.actions import Action
from bot.chat.replies import (
    Actions,
    Block,
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
from bot.platforms.discord import limits
from bot.platforms.discord.rendering.render import render
from bot.platforms.discord.rendering.text import escape, markdown
from tests.platforms.discord.small import PIXEL

ACT = Action("request approve", {"request": "R1"})


def drawn(*blocks: Block, tone: Tone = Tone.NEUTRAL) -> list[dict[str, Any]]:
    """Return the components below the title of a card with one page."""
    (page,) = render(Card(say("Title"), blocks, tone=tone))
    (container,) = page.view.to_components()
    assert container["components"][0] == {"type": 10, "content": "### Title"}
    return list(container["components"][1:])


def test_a_card_is_one_container():
    (page,) = render(Card(say("Hello"), (Text(say("World")),), tone=Tone.GOOD))
    assert page.view.to_components() == [
        {
            "type": 17,
            "accent_color": 0x2E8B57,
            "spoiler": False,
            "components": [{"type": 10, "content": "### ✅ Hello"}, {"type": 10, "content": "World"}],
        }
    ]
    assert page.files == []
    assert page.words == ("✅ Hello\nWorld",)


def test_spans():
    at = datetime(2027, 1, 31, 17, 0, tzinfo=UTC)
    line = say(
        "**Bold {n}** and `code {n}`, {code}, {link}, {at}, {who}",
        n=5,
        code=Code("AB`C"),
        link=Link("Go [here]", "https://a.example/x(y) z"),
        at=at,
        who="*Al*",
    )
    assert markdown(line) == (
        "**Bold 5** and `code 5`, `` AB`C ``, [Go \\[here\\]](https://a.example/x%28y%29%20z), "
        f"<t:{int(at.timestamp())}:f>, \\*Al\\*"
    )


def test_a_channel_is_named_by_discord_and_never_a_ping():
    assert markdown(say("{it}", it=Channel("112233"))) == "<#112233>"
    assert markdown(say("{it}", it=Channel("@everyone"))) == "\\#@\u200beveryone"


def test_a_link_that_is_no_web_address_is_words():
    line = say("{link}", link=Link("Go", "javascript:alert(1)"))
    assert markdown(line) == "Go (javascript:alert(1))"


def test_quiet_text():
    assert drawn(Text(verbatim("One\n\nTwo"), quiet=True)) == [{"type": 10, "content": "-# One\n-# Two"}]


def test_fields():
    pairs = ((say("Role"), say("Staff")), (say("Uses"), say("**{n}** of 5", n=1)))
    assert drawn(Fields(pairs)) == [{"type": 10, "content": "**Role:** Staff\n**Uses:** **1** of 5"}]


def test_a_field_that_is_a_time_says_how_far_it_is_from_now():
    at = datetime(2027, 1, 31, 17, 0, tzinfo=UTC)
    seconds = int(at.timestamp())
    pairs = ((say("Expires"), say("{at}", at=at)), (say("Created"), say("{at} by {who}", at=at, who="Al")))
    assert drawn(Fields(pairs)) == [
        {
            "type": 10,
            "content": f"**Expires:** <t:{seconds}:f> (<t:{seconds}:R>)\n**Created:** <t:{seconds}:f> by Al",
        }
    ]


def test_a_table_is_a_paragraph_a_row():
    table = Table((say("Code"), say("Uses"), say("Role")), ((say("AB"), say("1"), say("Viewer")),))
    assert drawn(table) == [{"type": 10, "content": "▸ AB\nUses: 1 · Role: Viewer"}]
    nothing = Table((say("School"), say("Status")), ((say("Maple"), say("")),))
    assert drawn(nothing) == [{"type": 10, "content": "▸ Maple"}]


@pytest.mark.parametrize(
    ("done", "total", "bar"),
    [
        (0, 4, "`░░░░░░░░░░` 0 / 4 (0%)"),
        (1, 4, "`██░░░░░░░░` 1 / 4 (25%)"),
        (4, 4, "`██████████` 4 / 4 (100%)"),
        (0, 0, "`██████████` 0 / 0 (100%)"),
        (9, 4, "`██████████` 9 / 4 (100%)"),
    ],
)
def test_progress(done: int, total: int, bar: str):
    assert drawn(Progress(done, total, say("Sending"))) == [{"type": 10, "content": f"Sending\n{bar}"}]


def test_an_image_has_its_words():
    (page,) = render(Card(say("QR"), (Image(PIXEL, say("The code")), Image(PIXEL, say("Again")))))
    first, second = page.view.to_components()[0]["components"][1:]
    assert first == {
        "type": 12,
        "items": [
            {"media": {"url": "attachment://picture.png"}, "description": "The code", "spoiler": False}
        ],
    }
    assert second["items"][0]["media"]["url"] == "attachment://picture-2.png"
    assert [(file.filename, file.description) for file in page.files] == [
        ("picture.png", "The code"),
        ("picture-2.png", "Again"),
    ]
    assert page.words == ("QR\nThe code\nAgain",)


def test_a_file_is_attached_and_has_its_words():
    (page,) = render(
        Card(say("Export"), (File("a.json", b"{}", say("All")), File("a.json", b"[]", say("More"))))
    )
    first, alt, second, _ = page.view.to_components()[0]["components"][1:]
    assert first == {"type": 13, "file": {"url": "attachment://a.json"}, "spoiler": False}
    assert alt == {"type": 10, "content": "-# All"}
    assert second["file"]["url"] == "attachment://a-2.json"
    assert [file.fp.read() for file in page.files] == [b"{}", b"[]"]
    assert page.words == ("Export\na.json: All\n-# All\na.json: More\n-# More",)


def test_a_file_that_discord_would_not_take_is_named():
    (page,) = render(Card(say("Export"), (File("a.json", b" " * (limits.FILE + 1), say("All")),)))
    assert page.files == []
    assert "a.json: All (too large for Discord)" in page.words[0]


def test_buttons():
    buttons = (
        Button(say("Approve"), ACT, Style.PRIMARY),
        Button(say("Ask"), Action("request reject", {"request": "R1"}, ask=True), Style.DANGER),
        Button(say("Twice"), ACT),
        LinkButton(say("Open"), "https://door.example.org/i/x"),
    )
    assert drawn(Actions(buttons)) == [
        {
            "type": 1,
            "components": [
                {
                    "type": 2,
                    "style": 1,
                    "label": "Approve",
                    "disabled": False,
                    "custom_id": "run:request approve?request=R1",
                },
                {
                    "type": 2,
                    "style": 4,
                    "label": "Ask",
                    "disabled": False,
                    "custom_id": "ask:request reject?request=R1",
                },
                {
                    "type": 2,
                    "style": 2,
                    "label": "Twice",
                    "disabled": False,
                    "custom_id": "run:request approve?request=R1#2",
                },
                {
                    "type": 2,
                    "style": 5,
                    "label": "Open",
                    "disabled": False,
                    "url": "https://door.example.org/i/x",
                },
            ],
        }
    ]


def test_a_button_that_asks_says_beneath_what():
    confirm = Confirm(say("Revoke it?"), say("It stops at once."), say("Yes"))
    row, note = drawn(Actions((Button(say("Revoke"), ACT, confirm=confirm),)))
    assert row["components"][0]["custom_id"] == "run:request approve?request=R1#!"
    assert note == {
        "type": 10,
        "content": "-# **Revoke it?** It stops at once.",
        "id": row["components"][0]["id"] + 1,
    }


@pytest.mark.parametrize(
    "far", ["https://a.example/" + "x" * limits.BUTTON_URL, "http://localhost:8080/i/x", "https://door/i/x"]
)
def test_a_link_that_no_button_can_hold_is_words(far: str):
    shown = far.replace("://", r"\://")
    assert drawn(Actions((LinkButton(say("Open"), far),))) == [{"type": 10, "content": f"Open: {shown}"}]


def test_a_select():
    items = (Item("v", say("Viewer"), say("Reads")), Item("s", say("Staff")))
    (row,) = drawn(Select(say("Role"), ACT, "role", items))
    (menu,) = row["components"]
    assert menu["custom_id"] == "run:request approve?request=R1#role"
    assert menu["placeholder"] == "Role"
    assert menu["options"] == [
        {"label": "Viewer", "value": "v", "description": "Reads", "default": False},
        {"label": "Staff", "value": "s", "default": False},
    ]


def test_a_select_with_too_many_items_becomes_several():
    items = tuple(Item(str(n), say("{n}", n=n)) for n in range(60))
    rows = drawn(Select(say("Who"), ACT, "who", items))
    menus = [row["components"][0] for row in rows]
    assert [menu["placeholder"] for menu in menus] == ["Who (1/3)", "Who (2/3)", "Who (3/3)"]
    assert [one["value"] for menu in menus for one in menu["options"]] == [str(n) for n in range(60)]
    assert len({menu["custom_id"] for menu in menus}) == 3


def test_a_select_with_nothing_in_it_is_words():
    assert drawn(Select(say("Nobody waits"), ACT, "who", ())) == [{"type": 10, "content": "-# Nobody waits"}]


def listed(number: int, **of: Any) -> tuple[Table, Select]:
    table = Table((say("Who"), say("Role")), tuple((verbatim(f"P{n}"), say("Staff")) for n in range(number)))
    items = tuple(Item(f"M{n}", verbatim(f"P{n}")) for n in range(number))
    return table, Select(say("Open a member"), of.pop("action", ACT), "who", items, **of)


def test_rows_have_a_button_beside_them():
    first, second = drawn(*listed(2, each=say("Open")))
    assert first == {
        "type": 9,
        "components": [{"type": 10, "content": "▸ P0\nRole: Staff"}],
        "accessory": {
            "type": 2,
            "style": 2,
            "label": "Open",
            "disabled": False,
            "custom_id": "run:request approve?request=R1&who=M0",
        },
    }
    assert second["accessory"]["custom_id"] == "run:request approve?request=R1&who=M1"
    (page,) = render(Card(say("All"), listed(2, each=say("Open"))))
    assert page.words == ("All\n▸ P0\nRole: Staff [Open]\n▸ P1\nRole: Staff [Open]",)


def test_a_page_of_a_list_with_all_its_buttons_is_one_message():
    around = (
        Text(say("10 people"), quiet=True),
        *listed(10, each=say("Open")),
        Actions((Button(say("More"), ACT),)),
        Actions((Button(say("Invite people"), ACT), Button(say("Add a person"), ACT))),
    )
    (page,) = render(Card(say("Members"), around))
    assert page.view.total_children_count == 38


def test_two_lists_go_on_in_the_next_message():
    lists = (*listed(10, each=say("Open")), *listed(10, each=say("Open"), action=Action("member open")))
    pages = render(Card(say("Both"), lists))
    assert [page.view.total_children_count for page in pages] == [38, 26]  # 12 rows, and 8


@pytest.mark.parametrize(
    ("blocks", "why"),
    [
        (listed(2), "the card says of no button"),
        (listed(11, each=say("Open")), "too many rows"),
        ((listed(2)[0], listed(3, each=say("Open"))[1]), "other rows than items"),
        (listed(2, each=say("Open"), action=Action("x", {"y": "z" * 87})), "no button can carry it"),
        (listed(2, each=say("Open"), action=Action("x", {"y": "z" * 85})), "with a number it could not"),
        ((Table((say("Who"),), ((say(""),), (say("P"),))), listed(2, each=say("Open"))[1]), "a nameless row"),
    ],
)
def test_else_rows_are_chosen_from_a_select(blocks: tuple[Block, ...], why: str):
    kinds = [one["type"] for one in drawn(*blocks)]
    assert kinds == [10, 1], why


def test_the_first_part_of_a_long_row_has_the_button():
    table = Table((say("Who"), say("Note")), ((say("P"), verbatim("word " * 500)),))
    section, rest = drawn(table, listed(1, each=say("Open"))[1])
    assert section["components"] == [{"type": 10, "content": "▸ P"}]
    assert rest["content"].count("word") == 500


def test_what_does_not_fit_goes_on_in_the_next_message():
    blocks = [Text(verbatim(f"{n} " + "word " * 300)) for n in range(8)]
    pages = render(Card(say("Long"), (*blocks, Actions((Button(say("Go"), ACT),)))))
    titles = [page.view.to_components()[0]["components"][0]["content"] for page in pages]
    assert titles == [f"### Long ({n}/{len(pages)})" for n in range(1, len(pages) + 1)]
    assert len(pages) > 2
    assert sum(_words(page.view).count("word") for page in pages) == 2400
    assert pages[-1].view.to_components()[0]["components"][-1]["components"][0]["label"] == "Go"


def test_an_id_that_does_not_fit_is_our_own_mistake():
    with pytest.raises(ValueError, match="must fit 100"):
        drawn(Select(say("Who"), Action("x", {"y": "z" * 90}), "long_name", (Item("1", say("1")),)))


def _words(view: ui.LayoutView) -> str:
    return "\n".join(item.content for item in view.walk_children() if isinstance(item, ui.TextDisplay))


@given(st.text(alphabet="ab1. )-+#@:/\\*_~`|<>[]\n\u200b", max_size=12) | st.text(max_size=12))
def test_a_text_that_needs_no_escape_is_seen_at_once(text: str):
    # With a backslash behind it, every text is escaped step by step.
    assert escape(text) == escape(f"{text}\\").removesuffix("\\\\")


@pytest.mark.parametrize(
    "text", ["@everyone", "hey @HERE", "# a", " 1. a", "2) a", "- a", "+ a", "a\n- b", "http://a", "a|b"]
)
def test_nothing_is_overlooked(text: str):
    assert escape(text) != text
