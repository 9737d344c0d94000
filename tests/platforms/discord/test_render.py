"""Cards and forms as exact payloads, and within Discord's limits whatever they hold."""

from datetime import UTC, datetime
from typing import Any

import pytest
from discord import ui
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.chat.actions import Action
from bot.chat.options import Kind, Option
from bot.chat.replies import (
    Actions,
    Block,
    Button,
    Card,
    Confirm,
    Field,
    Fields,
    Form,
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
from bot.chat.text import Code, Line, Link, say, verbatim
from bot.platforms.discord import forms, limits
from bot.platforms.discord.render import render
from bot.platforms.discord.text import escape, markdown, pieces, unescape
from tests.platforms.discord import specification
from tests.platforms.discord.small import PIXEL

ACT = Action("request approve", {"request": "R1"})


def drawn(*blocks: Block, tone: Tone = Tone.NEUTRAL) -> list[dict[str, Any]]:
    """The components under the title, of a card of one page."""
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


def test_a_link_that_is_no_web_address_is_words():
    line = say("{link}", link=Link("Go", "javascript:alert(1)"))
    assert markdown(line) == "Go (javascript:alert(1))"


def test_quiet_text():
    assert drawn(Text(verbatim("One\n\nTwo"), quiet=True)) == [{"type": 10, "content": "-# One\n-# Two"}]


def test_fields():
    pairs = ((say("Role"), say("Staff")), (say("Uses"), say("**{n}** of 5", n=1)))
    assert drawn(Fields(pairs)) == [{"type": 10, "content": "**Role:** Staff\n**Uses:** **1** of 5"}]


def test_a_table_is_a_paragraph_a_row():
    table = Table((say("Code"), say("Uses"), say("Role")), ((say("AB"), say("1"), say("Viewer")),))
    assert drawn(table) == [{"type": 10, "content": "▸ AB\nUses: 1 · Role: Viewer"}]


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


def test_a_link_that_no_button_can_hold_is_words():
    far = "https://a.example/" + "x" * limits.BUTTON_URL
    assert drawn(Actions((LinkButton(say("Open"), far),))) == [
        {"type": 10, "content": f"Open: https\\://a.example/{'x' * limits.BUTTON_URL}"}
    ]


def test_a_select():
    items = (Item("v", say("Viewer"), say("Reads")), Item("s", say("Staff")))
    (row,) = drawn(Select(say("Role"), ACT, "role", items, chosen="s"))
    (menu,) = row["components"]
    assert menu["custom_id"] == "run:request approve?request=R1#role"
    assert menu["placeholder"] == "Role"
    assert menu["options"] == [
        {"label": "Viewer", "value": "v", "description": "Reads", "default": False},
        {"label": "Staff", "value": "s", "default": True},
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


# Any text at all, and texts made of what Discord reads as markup.
_any = st.one_of(
    st.text(max_size=120),
    st.lists(st.sampled_from([*"\\*_~`|<>[]()#-+@:. \n1a", "everyone", "://", "```"])).map("".join),
)
_words_of = st.integers(0, 5000).map(lambda n: "wörd " * (n // 5))
_line = st.one_of(_any, _words_of).map(verbatim) | _any.map(lambda text: say("**{x}** `y`", x=text))
_values = st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1, max_size=20)
_button = st.builds(
    Button,
    _line,
    _values.map(lambda value: Action("do it", {"x": value})),
    st.sampled_from(Style),
    st.none() | st.builds(Confirm, _line, _line, _line),
)
_link = st.builds(LinkButton, _line, st.sampled_from(["https://a.example/b", "http://x", "file:///etc", "?"]))
_item = st.builds(Item, _values, _line, st.none() | _line)
_blocks: st.SearchStrategy[Block] = st.one_of(
    st.builds(Text, _line, st.booleans()),
    st.builds(Fields, st.lists(st.tuples(_line, _line), max_size=6).map(tuple)),
    st.builds(Table, st.just((say("A"), say("B"))), st.lists(st.tuples(_line, _line), max_size=6).map(tuple)),
    st.builds(Progress, st.integers(-1, 10), st.integers(-1, 10), _line),
    st.builds(Image, st.just(PIXEL), _line),
    st.builds(Actions, st.lists(_button | _link, min_size=1, max_size=12).map(tuple)),
    st.builds(
        Select,
        _line,
        st.just(ACT),
        st.just("role"),
        st.lists(_item, max_size=60, unique_by=lambda item: item.value).map(tuple),
    ),
)


@settings(max_examples=60, deadline=None)
@given(st.builds(Card, _line, st.lists(_blocks, max_size=8).map(tuple), st.booleans(), st.sampled_from(Tone)))
def test_any_card_fits(card: Card):
    for page in render(card):
        components = page.view.to_components()
        assert page.view.total_children_count <= limits.MESSAGE_COMPONENTS
        assert page.view.content_length() <= limits.MESSAGE_TEXT
        assert len(page.files) <= limits.FILES
        assert all(0 < len(words) <= limits.CONTENT for words in page.words)
        ids = [one["custom_id"] for one in _flat(components) if "custom_id" in one]
        assert len(ids) == len(set(ids))
        numbers = [one["id"] for one in _flat(components) if one.get("id")]
        assert len(numbers) == len(set(numbers))
        if specification.SPECIFICATION.exists():
            message = {"components": components, "flags": 1 << 15}
            assert specification.problem("POST", "/channels/1/messages", message) is None


def _flat(components: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [one for component in components for one in (component, *_flat(component.get("components", [])))]


@given(_any)
def test_escaping_can_be_undone(text: str):
    cleaned = unescape(escape(text))
    assert unescape(escape(cleaned)) == cleaned


@given(_any, st.integers(50, 400))
def test_pieces_are_the_whole_text(text: str, longest: int):
    line = say("{a} **{b}** {c}", a=text, b="strong " * 40, c=text)
    whole = unescape(markdown(line)).replace("*", "").split()
    parts = unescape("".join(pieces(line, longest))).replace("*", "").split()
    assert "".join(whole) == "".join(parts)


def test_a_form():
    choice = Option("In which colour", "colour", Kind.CHOICE, choices=(("Red", "Red"),))
    form = Form(
        say("Reject"),
        Action("request reject", {"request": "R1"}),
        (
            Field(Option("What they read", "reason", lines=True, maximum=500), value="Hm"),
            Field(Option("How often", "times", Kind.WHOLE, required=True)),
            Field(choice, (Item("Red", say("Red")), Item("Blue", say("Blue"))), "Blue"),
            Field(Option("Where", "channel", Kind.CHANNEL, required=True)),
        ),
        say("Send"),
        say("They *will* read it."),
    )
    assert forms.modal(form).to_dict() == {
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
    shown = forms.modal(Form(verbatim(title), ACT, (), say("Send"))).to_dict()
    assert len(shown["title"]) <= limits.MODAL_TITLE
    assert shown["components"] == [{"type": 10, "content": title}]


@settings(max_examples=60, deadline=None)
@given(_line, st.integers(0, 12), st.none() | _line)
def test_any_form_fits(title: Line, number: int, note: Line | None):
    fields = tuple(
        Field(Option("What it is " * 9, f"option_{n}", lines=n % 2 == 0, required=n % 3 == 0))
        for n in range(number)
    )
    form = Form(title, ACT, fields, say("Send"), note)
    asked: list[str] = []
    for step in range(len(forms.steps(form))):
        shown = forms.modal(form, step).to_dict()
        assert 1 <= len(shown["components"]) <= limits.MODAL_COMPONENTS
        asked += [one["component"]["custom_id"] for one in shown["components"] if one["type"] == 18]
        if specification.SPECIFICATION.exists():
            callback = {"type": 9, "data": shown}
            assert specification.problem("POST", "/interactions/1/token/callback", callback) is None
    assert asked == [field.option.name for field in fields]
