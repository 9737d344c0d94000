"""What the bot answers with: cards and forms, as frozen values that know no platform."""

import asyncio
from collections.abc import Callable
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

from bot.chat.actions import Action
from bot.chat.text import Line
from bot.core.values import dataclass, replace

if TYPE_CHECKING:
    from bot.chat.options import Option


class Tone(StrEnum):
    """How a card feels; fronts turn it into a colour and an icon."""

    NEUTRAL = "neutral"
    GOOD = "good"
    WAITING = "waiting"
    BAD = "bad"


class Style(StrEnum):
    """How a button looks."""

    PLAIN = "plain"
    PRIMARY = "primary"
    DANGER = "danger"


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph; `quiet` is for what can be skipped."""

    line: Line
    quiet: bool = False


@dataclass(frozen=True, slots=True)
class Fields:
    """Names and values, in order."""

    pairs: tuple[tuple[Line, Line], ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under headings; every row has as many cells as there are headings."""

    headings: tuple[Line, ...]
    rows: tuple[tuple[Line, ...], ...]


@dataclass(frozen=True, slots=True)
class Image:
    """A PNG picture with the words that stand for it."""

    png: bytes
    alt: Line
    filename: str = "picture.png"


@dataclass(frozen=True, slots=True)
class File:
    """A file to keep, with the words that stand for it."""

    name: str
    content: bytes
    alt: Line


@dataclass(frozen=True, slots=True)
class Progress:
    """How far long work has come."""

    done: int
    total: int
    label: Line


@dataclass(frozen=True, slots=True)
class Confirm:
    """A question asked before a button acts."""

    title: Line
    text: Line
    yes: Line


@dataclass(frozen=True, slots=True)
class Button:
    """A button that acts."""

    label: Line
    action: Action
    style: Style = Style.PLAIN
    confirm: Confirm | None = None


@dataclass(frozen=True, slots=True)
class LinkButton:
    """A button that opens a web address; one that `stops` does away with more such messages.

    A mail program may offer that itself, by a POST to the address (RFC 8058).
    """

    label: Line
    url: str
    stops: bool = False


@dataclass(frozen=True, slots=True)
class Actions:
    """Buttons in a row; fronts break rows as their limits ask."""

    buttons: tuple[Button | LinkButton, ...]


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to choose: the value that is sent, and what is shown."""

    value: str
    label: Line
    hint: Line | None = None


@dataclass(frozen=True, slots=True)
class Select:
    """Choose one item: `action` runs with the item's value as its argument `fills`.

    Right after a table that has a row for each item, in that order, `each` names the button that does it
    for one row, for fronts that have room beside it; the others show the select.
    """

    placeholder: Line
    action: Action
    fills: str
    items: tuple[Item, ...]
    chosen: str | None = None
    each: Line | None = None


Block: TypeAlias = Text | Fields | Table | Image | File | Progress | Actions | Select


@dataclass(frozen=True, slots=True)
class Card:
    """A message of the bot; `private` means that only the person who asked sees it.

    A locked phone shows the title of what is sent to it, or `glance` where the title says whom it is about.
    """

    title: Line
    blocks: tuple[Block, ...] = ()
    private: bool = True
    tone: Tone = Tone.NEUTRAL
    glance: Line | None = None


@dataclass(frozen=True, slots=True)
class Field:
    """One question of a form: the option it fills, what may be chosen, what stands there already."""

    option: "Option"
    items: tuple[Item, ...] = ()
    value: str | None = None


@dataclass(frozen=True, slots=True)
class Form:
    """Questions whose answers complete an action; submitting runs `action` with them."""

    title: Line
    action: Action
    fields: tuple[Field, ...]
    submit: Line
    note: Line | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to whoever acted, and what takes the place of the card that was clicked.

    Where nothing was clicked (a typed command), `redraw` is shown as the answer if there is none.
    `refused` says that nothing was done; `option` names the option that a refusal is about, so that
    a form can show it under that field. `drawn` makes the answer where that takes long: it is called
    after the unit, on a thread of its own, so that nobody waits for it but whoever asked.
    `repeated` says that a platform told us again what is done, and answered, elsewhere.
    """

    answer: Card | Form | None = None
    redraw: Card | None = None
    refused: bool = False
    option: str | None = None
    drawn: Callable[[], Card] | None = None
    repeated: bool = False


async def finished(reply: Reply) -> Reply:
    """Make an answer that takes long, away from the database and from the others' loop."""
    if reply.drawn is None:
        return reply
    return replace(reply, answer=await asyncio.to_thread(reply.drawn), drawn=None)
