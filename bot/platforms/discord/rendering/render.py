"""Renders a card as one or more Discord messages, made of Components V2."""

import io
import re
from collections.abc import Iterator
from typing import TypeAlias, assert_never

import discord
from discord import ui

from bot.cards.fronts import too_large
from bot.chat.replies import (
    ICONS,
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
from bot.chat.text import Line, plain, say
from bot.platforms.discord import limits
from bot.platforms.discord.ids import Control
from bot.platforms.discord.rendering.paging import Page, Pager
from bot.platforms.discord.rendering.text import escape, from_now, is_public, pieces, shortened

ACCENTS = {
    Tone.NEUTRAL: discord.Colour(0x5865F2),
    Tone.GOOD: discord.Colour(0x2E8B57),
    Tone.WAITING: discord.Colour(0xE0A100),
    Tone.BAD: discord.Colour(0xC0392B),
}
_STYLES = {
    Style.PLAIN: discord.ButtonStyle.secondary,
    Style.PRIMARY: discord.ButtonStyle.primary,
    Style.DANGER: discord.ButtonStyle.danger,
}
_BAR_LENGTH = 10
_NAMELESS = "…"  # for an empty label, which Discord does not accept
QUESTION = re.compile(r"-# \*\*(?P<title>.*?)(?<!\\)\*\* ?(?P<text>.*)", re.DOTALL)
_DUPLICATE_MARK = len("#99")  # room for the mark that makes a duplicate custom id unique
# Component ids from here on belong to buttons that ask before they act (n) and to their questions (n + 1).
_FIRST_QUESTION = 1000
_AnyButton: TypeAlias = ui.Button[ui.LayoutView]


def render(card: Card) -> list[Page]:
    """Return a card as pages; what does not fit one message continues in the next."""
    title, *rest = pieces(card.title, limits.HEADING)
    pager = Pager(f"{ICONS[card.tone]}{' '.join(title.split())}", ACCENTS[card.tone])
    if rest:
        pager.words(rest)
    drawing = _Drawing(pager)
    blocks = list(card.blocks)
    while blocks:
        block = blocks.pop(0)
        if isinstance(block, Table) and blocks and drawing.rows(block, blocks[0]):
            blocks.pop(0)
        else:
            drawing.block(block)
    return pager.pages()


class _Drawing:
    """Draws the blocks of one card onto pages, with custom ids that are unique within the card."""

    def __init__(self, pager: Pager) -> None:
        self._pager = pager
        self._taken: set[str] = set()
        self._next_question = _FIRST_QUESTION

    def block(self, block: Block) -> None:
        """Draw one block."""
        match block:
            case Text(line, quiet):
                self._pager.words(_quiet(line) if quiet else pieces(line, limits.MESSAGE_TEXT // 2))
            case Fields(pairs):
                self._pager.words([piece for pair in pairs for piece in _field(*pair)])
            case Table(headings, rows):
                self._pager.words([piece for row in rows for piece in _row(headings, row)])
            case Progress(done, total, label):
                self._pager.words([*pieces(label, limits.MESSAGE_TEXT // 2), _bar(done, total)])
            case Image():
                self._picture(block)
            case File():
                self._file(block)
            case Actions(buttons):
                self._actions(buttons)
            case Select():
                self._select(block)
            case _:
                assert_never(block)

    def rows(self, table: Table, following: Block) -> bool:
        """Draw a table with a button beside each row, if the select that follows it acts on its rows."""
        if not (isinstance(following, Select) and following.each and _rows_fit(table, following)):
            return False
        label = shortened(plain(following.each), limits.BUTTON_LABEL)
        for row, item in zip(table.rows, following.items, strict=True):
            action = following.action.filled(**{following.fills: item.value})
            button: _AnyButton = ui.Button(label=label, custom_id=Control(action).pack(self._taken))
            first, *more = _row(table.headings, row)
            self._pager.section(first, button)
            self._pager.words(more)
        return True

    def _picture(self, image: Image) -> None:
        alt = plain(image.alt)
        described = shortened(alt, limits.ALT_TEXT)
        self._pager.picture(discord.File(io.BytesIO(image.png), image.filename, description=described), alt)
        if described != alt:
            self._pager.words(_quiet(image.alt))

    def _file(self, file: File) -> None:
        words = say("{name}: {alt}", name=file.name, alt=file.alt)
        if len(file.content) > limits.FILE:
            self._pager.words(_quiet(too_large(words)))
            return
        self._pager.file(discord.File(io.BytesIO(file.content), file.name), plain(words))
        self._pager.words(_quiet(file.alt))

    def _actions(self, buttons: tuple[Button | LinkButton, ...]) -> None:
        fitting = [one for one in buttons if not _must_be_words(one)]
        for first in range(0, len(fitting), limits.ROW_BUTTONS):
            row: ui.ActionRow[ui.LayoutView] = ui.ActionRow()
            notes: list[tuple[int, list[str]]] = []
            for button in fitting[first : first + limits.ROW_BUTTONS]:
                row.add_item(self._button(button, notes))
            self._pager.row(row, " ".join(f"[{plain(one.label)}]" for one in fitting))
            for number, note in notes:
                self._pager.words(note, number=number)
        for one in buttons:
            if isinstance(one, LinkButton) and _must_be_words(one):
                words = say("{label}: {url}", label=one.label, url=one.url)
                self._pager.words(pieces(words, limits.MESSAGE_TEXT // 2))

    def _button(self, button: Button | LinkButton, notes: list[tuple[int, list[str]]]) -> _AnyButton:
        label = plain(button.label).strip() or _NAMELESS
        if isinstance(button, LinkButton):
            return ui.Button(label=label, url=button.url)
        number = None
        if button.confirm is not None:
            number, self._next_question = self._next_question, self._next_question + 2
            notes.append((number + 1, [_question(button.confirm)]))
        elif len(label) > limits.BUTTON_LABEL:
            notes.append((0, _quiet(button.label)))
        return ui.Button(
            label=shortened(label, limits.BUTTON_LABEL),
            style=_STYLES[button.style],
            custom_id=Control(button.action, "ask" if button.confirm else "act").pack(self._taken),
            id=number,
        )

    def _select(self, select: Select) -> None:
        placeholder = plain(select.placeholder)
        if len(placeholder) > limits.PLACEHOLDER - 10 or not select.items:
            self._pager.words(_quiet(select.placeholder))
        parts = list(_chunks(select.items, limits.SELECT_ITEMS))
        for number, items in enumerate(parts, 1):
            which = f" ({number}/{len(parts)})" if len(parts) > 1 else ""
            menu: ui.Select[ui.LayoutView] = ui.Select(
                placeholder=shortened(placeholder, limits.PLACEHOLDER - 10) + which,
                custom_id=Control(select.action, "choose", select.fills).pack(self._taken),
                options=[option(item) for item in items],
            )
            self._pager.row(ui.ActionRow(menu), f"[{placeholder}{which}]")


def option(item: Item, *, chosen: bool = False) -> discord.SelectOption:
    """Return an item of a select; a label that is too long continues in the description."""
    label = plain(item.label).strip() or _NAMELESS
    hint = plain(item.hint) if item.hint else ""
    if len(label) > limits.ITEM_LABEL:
        hint = f"…{label[limits.ITEM_LABEL - 1 :]} {hint}".strip()
    return discord.SelectOption(
        label=shortened(label, limits.ITEM_LABEL),
        value=item.value,
        description=shortened(hint, limits.ITEM_HINT) or None,
        default=chosen,
    )


def _chunks(items: tuple[Item, ...], size: int) -> Iterator[tuple[Item, ...]]:
    for first in range(0, len(items), size):
        yield items[first : first + size]


def _rows_fit(table: Table, select: Select) -> bool:
    """Tell whether each row can have a button that does what the select does for that row."""
    longest = limits.CUSTOM_ID - _DUPLICATE_MARK
    return (
        0 < len(table.rows) == len(select.items) <= limits.ROWS_WITH_BUTTONS
        and all(row and plain(row[0]).strip() for row in table.rows)
        and all(_custom_id_length(select, item) <= longest for item in select.items)
    )


def _custom_id_length(select: Select, item: Item) -> int:
    """Return the length of the custom id of a button that does what a select does for an item."""
    try:
        return len(select.action.filled(**{select.fills: item.value}).pack())
    except ValueError:
        return limits.CUSTOM_ID + 1


def _quiet(line: Line) -> list[str]:
    small = pieces(line, limits.MESSAGE_TEXT // 2)
    return ["\n".join(f"-# {row}" for row in piece.split("\n") if row.strip()) for piece in small]


def _field(name: Line, value: Line) -> list[str]:
    first, *rest = pieces(value, limits.MESSAGE_TEXT // 2)
    if far := from_now(value):
        first = f"{first} ({far})"
    return [f"**{' '.join(escape(plain(name)).split())}:** {first}", *rest]


def _row(headings: tuple[Line, ...], row: tuple[Line, ...]) -> list[str]:
    """Return a table row as paragraphs: Discord has no tables, and a phone has no room for one."""
    if not row:
        return []
    lead = [f"▸ {piece}" if number == 0 else piece for number, piece in enumerate(_cell(row[0]))]
    cells = []
    for heading, cell in zip(headings[1:], row[1:], strict=False):
        first, *more = _cell(cell)
        if first:
            cells.append([f"{escape(shortened(plain(heading), limits.HEADING))}: {first}", *more])
    others = [" · ".join("\n".join(cell) for cell in cells)] if cells else []
    paragraph = "\n".join([*lead, *others])
    if len(paragraph) <= limits.MESSAGE_TEXT // 2:
        return [paragraph]
    return [*lead, *(piece for cell in cells for piece in cell)]


def _cell(line: Line) -> list[str]:
    return pieces(line, limits.MESSAGE_TEXT // 4)


def _bar(done: int, total: int) -> str:
    share = min(max(done / total, 0.0), 1.0) if total > 0 else 1.0
    full = round(share * _BAR_LENGTH)
    return f"`{'█' * full}{'░' * (_BAR_LENGTH - full)}` {done:,} / {total:,} ({share:.0%})"


def _must_be_words(button: Button | LinkButton) -> bool:
    return isinstance(button, LinkButton) and not (
        is_public(button.url)
        and len(button.url) <= limits.BUTTON_URL
        and len(plain(button.label)) <= limits.BUTTON_LABEL
    )


def _question(confirm: Confirm) -> str:
    title, text = (
        escape(shortened(" ".join(plain(line).split()), limits.QUESTION))
        for line in (confirm.title, confirm.text)
    )
    return f"-# **{title}** {text}"
