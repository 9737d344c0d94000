"""Renders a card as Slack messages: Block Kit with a text fallback, paged where one message is too small."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from typing import assert_never

from bot.cards.slack import CANCEL, page_of
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
)
from bot.chat.text import Line, plain, spans
from bot.core.values import dataclass, field, replace
from bot.platforms.slack import ids, limits
from bot.platforms.slack.rendering.fitting import group_lines, paged
from bot.platforms.slack.rendering.spans import Element, escape_short, plain_text, quiet, rich, short

_BAR_LENGTH = 10
_SEPARATOR: Element = {"type": "text", "text": " · "}
_NEW_LINE: Element = {"type": "text", "text": "\n"}


@dataclass(frozen=True, slots=True)
class Message:
    """One Slack message: its blocks, the text that stands for them, and the short text for notifications."""

    text: str
    blocks: list[Element]
    glance: str


def render(card: Card, pictures: Mapping[Image, str] | None = None) -> tuple[Message, ...]:
    """Return a card as messages; `pictures` has the file ids of images that are uploaded already."""
    title = _heading(card)
    glance = ICONS[card.tone] + plain(card.glance) if card.glance else title
    drawing = _Drawing(pictures or {})
    blocks = [*_title(card, title), *(one for block in card.blocks for one in drawing.blocks(block))]
    pages = paged(blocks)
    texts = [
        _said(title, card),
        *(f"{title} {page_of(number + 2, len(pages))}" for number in range(len(pages) - 1)),
    ]
    messages = []
    for number, (text, page) in enumerate(zip(texts, pages, strict=True)):
        head = [_small(text)] if number else []
        said, short_said = (escape_short(one, limits.FALLBACK) for one in (text, glance))
        messages.append(Message(said, [*head, *page], short_said))
    return tuple(messages)


def mark_sent(messages: Sequence[Message]) -> tuple[Message, ...]:
    """Mark the messages of a card that the notifier sends, so that a click says which page it is on."""
    marked = []
    for page, one in enumerate(messages, 1):
        first, *rest = one.blocks
        marked.append(replace(one, blocks=[{"block_id": ids.sent_block(page), **first}, *rest]))
    return tuple(marked)


def words(card: Card) -> str:
    """Return a card as plain text."""
    return _said(_heading(card), card)


def _heading(card: Card) -> str:
    return ICONS[card.tone] + plain(card.title)


def _said(heading: str, card: Card) -> str:
    lines = [heading]
    for block in card.blocks:
        lines += _words(block)
    return "\n".join(line for line in lines if line.strip())


def _words(block: Block) -> list[str]:  # noqa: PLR0911 - one a kind of block
    match block:
        case Text(line):
            return [plain(line)]
        case Fields(pairs):
            return [f"{plain(name)}: {plain(value)}" for name, value in pairs]
        case Table(headings, rows):
            names = [plain(heading) for heading in headings]
            return [
                " · ".join(f"{n}: {plain(cell)}" for n, cell in zip(names, row, strict=True)) for row in rows
            ]
        case Image(_, alt):
            return [plain(alt)]
        case File(name, _, alt):
            return [f"{name}: {plain(alt)}"]
        case Progress():
            return [progress(block)]
        case Actions() | Select():
            return []
        case _:
            assert_never(block)


def progress(block: Progress) -> str:
    """Return a progress bar drawn with characters."""
    done, total = block.done, block.total
    full = _BAR_LENGTH if total <= 0 else max(0, min(_BAR_LENGTH, _BAR_LENGTH * done // total))
    bar = "▰" * full + "▱" * (_BAR_LENGTH - full)
    return f"{plain(block.label)} {bar} {done:,} / {total:,}".lstrip()


def _title(card: Card, text: str) -> Iterator[Element]:
    icon = ICONS[card.tone]
    if 0 < len(text) <= limits.HEADER:
        yield {"type": "header", "text": plain_text(text, limits.HEADER)}
    elif text:
        heading: list[Element] = [{"type": "text", "text": icon}] if icon else []
        yield from _rich_text([[*heading, *rich(spans(card.title), bold=True)]])


@dataclass(slots=True)
class _Drawing:
    """Draws the blocks of one card, and numbers its elements, because Slack requires unique ids."""

    pictures: Mapping[Image, str]
    numbers: Iterator[int] = field(default_factory=count)

    def blocks(self, block: Block) -> Iterator[Element]:
        match block:
            case Text(line, small):
                drawn = quiet(line) if small else None
                yield from [drawn] if drawn else _rich_text([rich(spans(line))])
            case Fields(pairs):
                yield from _rich_text([_pair(name, value) for name, value in pairs])
            case Table(headings, rows):
                yield from _table(headings, rows)
            case Image(_, alt) if block in self.pictures:
                text = short(plain(alt), limits.ALT)
                yield {"type": "image", "slack_file": {"id": self.pictures[block]}, "alt_text": text}
            case Image(_, alt):
                yield _small(plain(alt))
            case File(name, _, alt):
                # The file itself is shared as a message of its own; see `files`.
                yield _small(f"📎 {name}: {plain(alt)}")
            case Progress():
                yield from _rich_text([[{"type": "text", "text": progress(block)}]])
            case Actions(buttons):
                yield from self._actions(buttons)
            case Select():
                yield from self._selects(block)
            case _:
                assert_never(block)

    def _actions(self, buttons: Sequence[Button | LinkButton]) -> Iterator[Element]:
        # A label that is too long is shown in full above its button.
        cut = [button.label for button in buttons if len(plain(button.label)) > limits.BUTTON_LABEL]
        yield from _rich_text([rich(spans(label)) for label in cut])
        for start in range(0, len(buttons), limits.ELEMENTS):
            row = buttons[start : start + limits.ELEMENTS]
            yield {"type": "actions", "elements": [self._button(button) for button in row]}

    def _button(self, button: Button | LinkButton) -> Element:
        drawn: Element = {
            "type": "button",
            "action_id": ids.element_id(next(self.numbers)),
            "text": plain_text(plain(button.label), limits.BUTTON_LABEL),
        }
        match button:
            case LinkButton(_, url):
                return {**drawn, "url": url}
            case Button(_, action, style, confirm):
                drawn["value"] = action.pack()
                if style is not Style.PLAIN:
                    drawn["style"] = style.value
                if confirm is not None:
                    drawn["confirm"] = _confirm(confirm, style)
                return drawn
            case _:
                assert_never(button)

    def _selects(self, select: Select) -> Iterator[Element]:
        placeholder = plain(select.placeholder)
        if not select.items:
            yield _small(placeholder)
        starts = range(0, len(select.items), limits.SELECT_OPTIONS)
        for page, start in enumerate(starts, 1):
            items = select.items[start : start + limits.SELECT_OPTIONS]
            number = next(self.numbers)
            label = f"{placeholder} {page_of(page, len(starts))}" if len(starts) > 1 else placeholder
            drawn = {
                "type": "static_select",
                "action_id": ids.element_id(number),
                "placeholder": plain_text(label, limits.PLACEHOLDER),
                "options": [option_object(item) for item in items],
            }
            block_id = ids.select_block(number, select.action, select.fills)
            yield {"type": "actions", "block_id": block_id, "elements": [drawn]}


def option_object(item: Item) -> Element:
    """Return an item as an option of a select."""
    if len(item.value) > limits.OPTION_VALUE:
        raise ValueError(f"A value must fit {limits.OPTION_VALUE} characters: {item.value[:40]}…")
    drawn: Element = {"text": plain_text(plain(item.label), limits.OPTION_TEXT), "value": item.value}
    if item.hint:
        drawn["description"] = plain_text(plain(item.hint), limits.OPTION_HINT)
    return drawn


def _confirm(confirm: Confirm, style: Style) -> Element:
    drawn: Element = {
        "title": plain_text(plain(confirm.title), limits.CONFIRM_TITLE),
        "text": plain_text(plain(confirm.text), limits.CONFIRM_TEXT),
        "confirm": plain_text(plain(confirm.yes), limits.CONFIRM_YES),
        "deny": plain_text(plain(CANCEL), limits.CONFIRM_YES),
    }
    return {**drawn, "style": "danger"} if style is Style.DANGER else drawn


def _pair(name: Line, value: Line) -> list[Element]:
    return [*rich(spans(name), bold=True), {"type": "text", "text": ": "}, *rich(spans(value))]


def _table(headings: Sequence[Line], rows: Sequence[Sequence[Line]]) -> Iterator[Element]:
    """Return rows as items of a list: columns would break on a phone."""
    items = []
    for first, *others in rows:
        item = rich(spans(first), bold=True)
        for heading, cell in zip(headings[1:], others, strict=True):
            if plain(cell).strip():
                item += [_SEPARATOR, {"type": "text", "text": f"{plain(heading)}: "}, *rich(spans(cell))]
        items.append(item)
    for group in group_lines(items):
        sections = [{"type": "rich_text_section", "elements": item} for item in group if item]
        yield {
            "type": "rich_text",
            "elements": [{"type": "rich_text_list", "style": "bullet", "elements": sections}],
        }


def _rich_text(lines: Sequence[list[Element]]) -> Iterator[Element]:
    """Return lines as rich text, in as many blocks as they need."""
    for group in group_lines([line for line in lines if line]):
        elements = [element for line in group for element in (*line, _NEW_LINE)][:-1]
        yield {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": elements}]}


def alt_instead(block: Element) -> Element:
    """Return a picture's alt text as a block; other blocks are returned unchanged."""
    return _small(block["alt_text"]) if block["type"] == "image" else block


def _small(text: str) -> Element:
    return {"type": "context", "elements": [plain_text(text, limits.TEXT)]}
