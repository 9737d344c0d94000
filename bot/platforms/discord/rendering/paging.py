"""Pages: divides a card among Discord messages."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import discord
from discord import ui

from bot.platforms.discord import limits
from bot.platforms.discord.rendering.reading import texts

_CONTAINER_AND_TITLE = 2
_SECTION = 3  # components: the section, its text and its button
_COUNTER = 12  # room for " (2/3)" after the title
_SENT = 3000  # component ids from here on mark headings of cards sent by the notifier: this plus the page


@dataclass(frozen=True)
class Page:
    """One message: its components and files, and the same as plain text in case Discord refuses them."""

    view: ui.LayoutView
    files: list[discord.File]
    words: tuple[str, ...]


@dataclass
class _Draft:
    room: int
    components: int = _CONTAINER_AND_TITLE
    children: list[ui.Item[ui.LayoutView]] = field(default_factory=list)
    files: list[discord.File] = field(default_factory=list)
    words: list[str] = field(default_factory=list)


class Pager:
    """Fills one page after the other; each begins with the card's title."""

    def __init__(self, title: str, accent: discord.Colour) -> None:
        """Start the first page."""
        self._title = title
        self._accent = accent
        self._room = limits.MESSAGE_TEXT - len(title) - len("### ") - _COUNTER
        self._drafts = [_Draft(self._room)]

    def words(self, pieces: list[str], *, number: int = 0) -> None:
        """Add paragraphs as one text, which continues on the next page where one is full."""
        shown = [part for piece in pieces for part in _broken(piece, self._room) if part.strip()]
        while shown:
            page = self._page(components=1, text=len(shown[0]))
            text = shown.pop(0)
            while shown and len(text) + len(shown[0]) + 1 <= page.room:
                text += f"\n{shown.pop(0)}"
            page.children.append(ui.TextDisplay(text, id=number or None))
            page.room -= len(text)
            page.components += 1
            page.words.append(text)

    def row(self, row: ui.ActionRow[ui.LayoutView], words: str) -> None:
        """Add a row of buttons or a select."""
        size = 1 + len(row.children)
        page = self._page(components=size)
        page.children.append(row)
        page.components += size
        page.words.append(words)

    def section(self, text: str, button: ui.Button[ui.LayoutView]) -> None:
        """Add a paragraph with a button beside it."""
        page = self._page(components=_SECTION, text=len(text))
        page.children.append(ui.Section(ui.TextDisplay(text), accessory=button))
        page.room -= len(text)
        page.components += _SECTION
        page.words.append(f"{text} [{button.label}]")

    def picture(self, file: discord.File, alt: str) -> None:
        """Add a picture."""
        page = self._attached(file, alt)
        page.children.append(
            ui.MediaGallery(discord.MediaGalleryItem(file.uri, description=file.description))
        )

    def file(self, file: discord.File, words: str) -> None:
        """Add a file to download."""
        page = self._attached(file, words)
        page.children.append(ui.File(file))

    def _attached(self, file: discord.File, words: str) -> _Draft:
        page = self._page(components=1, files=1)
        stem, dot, ending = file.filename.rpartition(".")
        if any(file.filename == other.filename for other in page.files):
            file.filename = f"{stem}-{len(page.files) + 1}{dot}{ending}"
        page.files.append(file)
        page.components += 1
        page.words.append(words)
        return page

    def _page(self, *, components: int, text: int = 0, files: int = 0) -> _Draft:
        page = self._drafts[-1]
        fits = (
            page.components + components <= limits.MESSAGE_COMPONENTS
            and text <= page.room
            and len(page.files) + files <= limits.FILES
        )
        if not fits:
            self._drafts.append(_Draft(self._room))
        return self._drafts[-1]

    def pages(self) -> list[Page]:
        """Return all pages; if there are several, their titles are numbered."""
        total = len(self._drafts)
        return [
            self._finish(draft, f" ({number}/{total})" if total > 1 else "")
            for number, draft in enumerate(self._drafts, 1)
        ]

    def _finish(self, draft: _Draft, counter: str) -> Page:
        heading: ui.TextDisplay[ui.LayoutView] = ui.TextDisplay(f"### {self._title}{counter}")
        view = ui.LayoutView(timeout=None)
        view.add_item(ui.Container(heading, *draft.children, accent_colour=self._accent))
        # Clicks are routed by custom id (see `client`), so discord.py need not remember the view.
        view.stop()
        return Page(view, draft.files, _in_words([f"{self._title}{counter}", *draft.words]))


def mark_sent(pages: Sequence[Page]) -> Sequence[Page]:
    """Mark the pages of a card that the notifier sends and later redraws by itself."""
    for number, page in enumerate(pages):
        _heading(page).id = _SENT + number
    return pages


def _heading(page: Page) -> ui.Item[ui.LayoutView]:
    container = page.view.children[0]
    if not isinstance(container, ui.Container):
        raise TypeError("A card is drawn as one container")
    return container.children[0]


def sent_page_index(message: discord.Message | None) -> int | None:
    """Return which page of a card sent by the notifier a message is, from 0; None for other messages."""
    marks = (one - _SENT for one in texts(message) if one >= _SENT)
    return next(marks, None)


def _broken(piece: str, room: int) -> list[str]:
    """Break a paragraph that is longer than a page, between words and never inside an escape."""
    parts = []
    while len(piece) > room:
        end = piece.rfind(" ", 1, room)
        end = end if end > 0 else len(piece[:room].rstrip("\\")) or room
        parts.append(piece[:end])
        piece = piece[end:]
    return [*parts, piece]


def _in_words(paragraphs: list[str]) -> tuple[str, ...]:
    """Return paragraphs as plain messages without components."""
    messages = [""]
    for line in "\n".join(paragraphs).split("\n"):
        rest = line
        while rest:
            part, rest = rest[: limits.CONTENT // 2], rest[limits.CONTENT // 2 :]
            if len(messages[-1]) + len(part) + 1 > limits.CONTENT:
                messages.append("")
            messages[-1] += f"{part}\n"
    return tuple(message.strip() for message in messages if message.strip())
