"""Renders a card as the plain text and the HTML of a mail, with its pictures and files."""

from collections.abc import Iterable
from datetime import datetime
from functools import cache
from typing import assert_never
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup, escape

from bot.cards import mailed as words
from bot.chat.replies import (
    Actions,
    Block,
    Button,
    Card,
    Fields,
    File,
    Image,
    Item,
    LinkButton,
    Progress,
    Select,
    Table,
    Text,
)
from bot.chat.text import Channel, Code, Line, Link, Plain, Span, Strong, Time, clean, spans, text_of
from bot.core.values import dataclass, field
from bot.platforms.mail.headers import one_line


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture embedded in the HTML, which refers to it by `id`."""

    id: str
    image: Image


@dataclass(frozen=True, slots=True)
class Body:
    """The content of a mail, as text and as HTML, with its pictures and files.

    A POST to `unsubscribe_url` unsubscribes the reader; it is empty where there is nothing to unsubscribe
    from.
    """

    subject: str
    text: str
    html: str
    pictures: tuple[Picture, ...] = ()
    files: tuple[File, ...] = ()
    unsubscribe_url: str = ""


@dataclass(frozen=True, slots=True)
class _Part:
    text: str
    html: Markup


def render(card: Card, *, zone: str | None = None, base_url: str = "") -> Body:
    """Render a card as a mail body.

    Times are shown in `zone` (UTC without one). `base_url` is the address of the web pages; empty if nobody
    can sign in there.
    """
    drawing = _Drawing(_zone(zone), base_url)
    title = drawing.text(card.title)
    parts = [drawing.block(block) for block in card.blocks]
    html = _template().render(
        title=title,
        heading=drawing.html(card.title),
        tone=card.tone.value,
        parts=[part.html for part in parts],
    )
    text = "\n\n".join([title, *(part.text for part in parts if part.text)])
    pictures, files = tuple(drawing.pictures), tuple(drawing.files)
    return Body(one_line(title), f"{text}\n", html, pictures, files, _unsubscribe_url(card))


def _unsubscribe_url(card: Card) -> str:
    rows = (block.buttons for block in card.blocks if isinstance(block, Actions))
    links = (one for row in rows for one in row if isinstance(one, LinkButton))
    return next((one.url for one in links if one.unsubscribes and _is_web(one.url)), "")


@dataclass
class _Drawing:
    """The state of rendering one card: the pictures and files collected so far."""

    zone: ZoneInfo
    base_url: str
    pictures: list[Picture] = field(default_factory=list)
    files: list[File] = field(default_factory=list)

    def block(self, block: Block) -> _Part:  # noqa: PLR0911 - one a kind of block
        match block:
            case Text(line, quiet):
                return _Part(self.text(line), _paragraph(self.html(line), "quiet" if quiet else ""))
            case Fields(pairs):
                return self._fields(pairs)
            case Table(headings, rows):
                return self._table(headings, rows)
            case Image():
                return self._image(block)
            case File(name, _, alt):
                self.files.append(block)
                return self._line(words.attached(name, alt), "quiet")
            case Progress(done, total, label):
                return self._line(words.progress(label, done, total))
            case Actions(buttons):
                return self._actions(buttons)
            case Select(placeholder, _, _, items):
                return self._select(placeholder, items)
            case _:
                assert_never(block)

    def _line(self, line: Line, style: str = "") -> _Part:
        return _Part(self.text(line), _paragraph(self.html(line), style))

    def _fields(self, pairs: Iterable[tuple[Line, Line]]) -> _Part:
        row = Markup('<tr><th scope="row">{}</th><td dir="auto">{}</td></tr>')
        text = [f"{self.text(name)}: {self.text(value)}" for name, value in pairs]
        html = [row.format(self.html(name), self.html(value)) for name, value in pairs]
        return _Part("\n".join(text), Markup('<table class="fields">{}</table>').format(_join(html)))

    def _table(self, headings: tuple[Line, ...], rows: tuple[tuple[Line, ...], ...]) -> _Part:
        names = [self.text(one) for one in headings]
        text = [
            ", ".join(f"{name}: {self.text(cell)}" for name, cell in zip(names, row, strict=True))
            for row in rows
        ]
        head = _join(Markup('<th scope="col">{}</th>').format(self.html(one)) for one in headings)
        body = (
            _join(Markup('<td dir="auto">{}</td>').format(self.html(cell)) for cell in row) for row in rows
        )
        lines = _join(Markup("<tr>{}</tr>").format(one) for one in (head, *body))
        return _Part("\n".join(text), Markup('<table class="rows">{}</table>').format(lines))

    def _image(self, image: Image) -> _Part:
        picture = Picture(f"picture-{len(self.pictures) + 1}", image)
        self.pictures.append(picture)
        alt = self.text(image.alt)
        html = Markup('<p><img src="cid:{}" alt="{}"></p>').format(picture.id, alt)
        return _Part(self.text(words.picture(image.alt)), html)

    def _actions(self, buttons: Iterable[Button | LinkButton]) -> _Part:
        text, html, acts = [], [], []
        for button in buttons:
            match button:
                case LinkButton(label, url, True) if _is_web(url):  # small, against mistaken clicks
                    text.append(f"{self.text(label)}:\n{clean(url)}")
                    html.append(_paragraph(_link(self.text(label), clean(url)), "quiet"))
                case LinkButton(label, url) if _is_web(url):
                    text.append(f"{self.text(label)}:\n{clean(url)}")
                    html.append(_button(self.html(label), clean(url)))
                case LinkButton(label, url):
                    text.append(f"{self.text(label)}: {clean(url)}")
                    html.append(_paragraph(Markup("{}: {}").format(self.html(label), clean(url))))
                case Button():
                    acts.append(button)
                case _:
                    assert_never(button)
        if acts:
            # A mail has no buttons that act: opening it does not prove who the reader is.
            found = self._line(words.acts(acts, self.base_url), "quiet")
            text.append(found.text)
            html.append(found.html)
        return _Part("\n\n".join(text), _join(html))

    def _select(self, placeholder: Line, items: Iterable[Item]) -> _Part:
        said = [words.item(item) for item in items]
        head = self._line(words.choice(placeholder), "quiet")
        text = "\n".join([head.text, *(f"- {self.text(one)}" for one in said)])
        listed = _join(Markup('<li dir="auto">{}</li>').format(self.html(one)) for one in said)
        return _Part(text, Markup("{}<ul>{}</ul>").format(head.html, listed))

    def text(self, line: Line) -> str:
        """Return a line as plain text."""
        return "".join(self._moment(one.at) if isinstance(one, Time) else text_of(one) for one in spans(line))

    def html(self, line: Line) -> Markup:
        """Return a line as HTML; what people typed is escaped."""
        return _join(self._span(one) for one in spans(line))

    def _span(self, span: Span) -> Markup:  # noqa: PLR0911 - one a kind of span
        match span:
            case Plain(text):
                return Markup("<br>").join(escape(one) for one in text.split("\n"))
            case Strong(text):
                return Markup("<strong>{}</strong>").format(text)
            case Code(text) if _is_web(text):
                return _link(text, text)
            case Code(text):
                return Markup("<code>{}</code>").format(text)
            case Link(label, url) if _is_web(url):
                return _link(label, url)
            case Link() | Channel():
                return escape(text_of(span))
            case Time(at):
                return escape(self._moment(at))
            case _:
                assert_never(span)

    def _moment(self, at: datetime) -> str:
        """Format a moment with the name of its time zone, so that it is unambiguous."""
        zone = self.zone.key.replace("_", " ")
        return at.astimezone(self.zone).strftime(f"%A, %-d %B %Y, %H:%M ({zone})")


def _zone(name: str | None) -> ZoneInfo:
    try:
        return ZoneInfo(name or "UTC")
    except (LookupError, ValueError, OSError):
        return ZoneInfo("UTC")


def _is_web(url: str) -> bool:
    try:
        return urlsplit(url).scheme in {"http", "https"}
    except ValueError:
        return False


def _link(label: str, url: str) -> Markup:
    return Markup('<a href="{}" target="_blank" rel="noopener noreferrer">{}</a>').format(url, label)


def _button(label: Markup, url: str) -> Markup:
    link = Markup('<p><a class="button" href="{0}" target="_blank" rel="noopener noreferrer">{1}</a></p>')
    below = Markup('<p class="quiet address">{}</p>').format(_link(url, url))
    return link.format(url, label) + below


def _paragraph(html: Markup, style: str = "") -> Markup:
    opening = Markup('<p class="{}" dir="auto">').format(style) if style else Markup('<p dir="auto">')
    return opening + html + Markup("</p>")


def _join(parts: Iterable[Markup]) -> Markup:
    return Markup("").join(parts)


@cache
def _template() -> Template:
    loader = PackageLoader("bot.platforms.mail")
    environment = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.get_template("mail.html")
