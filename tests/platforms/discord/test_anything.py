"""Any card and any form fits Discord's limits and loses nothing."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.chat.actions import Action
from bot.chat.options import Option
from bot.chat.replies import (
    Actions,
    Block,
    Button,
    Card,
    Confirm,
    Field,
    Fields,
    File,
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
from bot.chat.text import Line, say, verbatim
from bot.platforms.discord import limits
from bot.platforms.discord.forms import modals
from bot.platforms.discord.rendering.render import render
from bot.platforms.discord.rendering.text import escape, markdown, pieces, unescape
from tests.platforms.discord import specification
from tests.platforms.discord.small import PIXEL

ACT = Action("request approve", {"request": "R1"})

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
_rows = st.lists(st.tuples(_line, _line), min_size=1, max_size=12)


@st.composite
def _listed(draw: st.DrawFn) -> list[Block]:
    rows = draw(_rows)
    items = draw(st.lists(_item, min_size=len(rows), max_size=len(rows), unique_by=lambda item: item.value))
    select = Select(draw(_line), ACT, "role", tuple(items), each=draw(st.none() | _line))
    return [Table((say("A"), say("B")), tuple(rows)), select]


_blocks: st.SearchStrategy[Block] = st.one_of(
    st.builds(Text, _line, st.booleans()),
    st.builds(Fields, st.lists(st.tuples(_line, _line), max_size=6).map(tuple)),
    st.builds(Table, st.just((say("A"), say("B"))), st.lists(st.tuples(_line, _line), max_size=6).map(tuple)),
    st.builds(Progress, st.integers(-1, 10), st.integers(-1, 10), _line),
    st.builds(Image, st.just(PIXEL), _line),
    st.builds(File, st.sampled_from(["a.json", "rows.csv"]), st.just(b"{}"), _line),
    st.builds(Actions, st.lists(_button | _link, min_size=1, max_size=12).map(tuple)),
    st.builds(
        Select,
        _line,
        st.just(ACT),
        st.just("role"),
        st.lists(_item, max_size=60, unique_by=lambda item: item.value).map(tuple),
    ),
)


_some = st.lists(_blocks.map(lambda block: [block]) | _listed(), max_size=8).map(
    lambda parts: tuple(block for part in parts for block in part)
)


@settings(max_examples=60, deadline=None)
@given(st.builds(Card, _line, _some, st.booleans(), st.sampled_from(Tone)))
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
    inner = [
        [*one.get("components", []), *([one["accessory"]] if "accessory" in one else [])]
        for one in components
    ]
    return [
        one
        for component, within in zip(components, inner, strict=True)
        for one in (component, *_flat(within))
    ]


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


@settings(max_examples=60, deadline=None)
@given(_line, st.integers(0, 12), st.none() | _line)
def test_any_form_fits(title: Line, number: int, note: Line | None):
    fields = tuple(
        Field(Option("What it is " * 9, f"option_{n}", lines=n % 2 == 0, required=n % 3 == 0))
        for n in range(number)
    )
    form = Form(title, ACT, fields, say("Send"), note)
    asked: list[str] = []
    for step in range(len(modals.steps(form))):
        shown = modals.modal(form, step).to_dict()
        assert 1 <= len(shown["components"]) <= limits.MODAL_COMPONENTS
        asked += [one["component"]["custom_id"] for one in shown["components"] if one["type"] == 18]
        if specification.SPECIFICATION.exists():
            callback = {"type": 9, "data": shown}
            assert specification.problem("POST", "/interactions/1/token/callback", callback) is None
    assert asked == [field.option.name for field in fields]
