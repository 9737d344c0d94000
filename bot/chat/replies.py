"""What the bot replies with: cards and forms, as frozen values independent of any platform."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

from bot.chat.actions import Action
from bot.chat.text import Line
from bot.core.values import dataclass, replace

if TYPE_CHECKING:
    from bot.chat.options import Option
    from bot.core.ports import UnitOfWork


class Tone(StrEnum):
    """The tone of a card; fronts show it as a colour and an icon."""

    NEUTRAL = "neutral"
    GOOD = "good"
    WAITING = "waiting"
    BAD = "bad"


# Stands before a card's title in chats, since colour alone says nothing to people who cannot see it.
ICONS = {Tone.NEUTRAL: "", Tone.GOOD: "✅ ", Tone.WAITING: "⏳ ", Tone.BAD: "⚠️ "}


class Style(StrEnum):
    """How a button looks."""

    PLAIN = "plain"
    PRIMARY = "primary"
    DANGER = "danger"


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph; `quiet` marks what readers can skip."""

    line: Line
    quiet: bool = False


@dataclass(frozen=True, slots=True)
class Fields:
    """Pairs of a name and a value, in order."""

    pairs: tuple[tuple[Line, Line], ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under headings; every row has as many cells as there are headings."""

    headings: tuple[Line, ...]
    rows: tuple[tuple[Line, ...], ...]


@dataclass(frozen=True, slots=True)
class Image:
    """A PNG picture with its alternative text."""

    png: bytes
    alt: Line
    filename: str = "picture.png"


@dataclass(frozen=True, slots=True)
class File:
    """A file to download, with its alternative text."""

    name: str
    content: bytes
    alt: Line


@dataclass(frozen=True, slots=True)
class Progress:
    """The progress of work that takes long."""

    done: int
    total: int
    label: Line


@dataclass(frozen=True, slots=True)
class Confirm:
    """A question that must be answered before a button acts."""

    title: Line
    text: Line
    yes: Line


@dataclass(frozen=True, slots=True)
class Button:
    """A button that runs an action."""

    label: Line
    action: Action
    style: Style = Style.PLAIN
    confirm: Confirm | None = None


@dataclass(frozen=True, slots=True)
class LinkButton:
    """A button that opens a web address; with `unsubscribes`, it unsubscribes from such messages.

    A mail program may offer to unsubscribe itself, by a POST to the address (RFC 8058).
    """

    label: Line
    url: str
    unsubscribes: bool = False


@dataclass(frozen=True, slots=True)
class Actions:
    """Buttons in a row; fronts break the row where their limits require it."""

    buttons: tuple[Button | LinkButton, ...]


@dataclass(frozen=True, slots=True)
class Item:
    """One choice of a menu: the value that is sent, and what is shown."""

    value: str
    label: Line
    hint: Line | None = None


@dataclass(frozen=True, slots=True)
class Select:
    """A menu: choosing an item runs `action` with the item's value as its argument `fills`.

    With `each`, the menu follows a table with one row per item, in the same order: fronts with room for it
    show a button labelled `each` beside each row, and the other fronts show the menu.
    """

    placeholder: Line
    action: Action
    fills: str
    items: tuple[Item, ...]
    each: Line | None = None


Block: TypeAlias = Text | Fields | Table | Image | File | Progress | Actions | Select


@dataclass(frozen=True, slots=True)
class Card:
    """A message of the bot; a `private` one is seen only by the person who asked.

    A notification on a locked phone shows `glance`, or the title if there is none: a title that names a
    person therefore has a `glance` that does not.
    """

    title: Line
    blocks: tuple[Block, ...] = ()
    private: bool = True
    tone: Tone = Tone.NEUTRAL
    glance: Line | None = None


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a form: the option it fills, the choices, and the value it begins with."""

    option: "Option"
    items: tuple[Item, ...] = ()
    value: str | None = None


@dataclass(frozen=True, slots=True)
class Form:
    """A form: submitting it runs `action` with the values of its fields added."""

    title: Line
    action: Action
    fields: tuple[Field, ...]
    submit: Line
    note: Line | None = None


@dataclass(frozen=True, slots=True)
class Correction:
    """The form in which a typed command can be put right, and what was typed."""

    form: Form
    typed: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to the person who acted, and the card that replaces the one they clicked.

    - `redraw`: the replacing card; where no card was clicked, see `alone`.
    - `refused`: nothing was done.
    - `option`: the option that a refusal is about, so that a form can show the refusal at its field.
    - `correction`: the form in which a typed command can be put right, if one of its values is wrong.
    - `deferred`: a function that makes an answer that takes long. It is called after the unit, on a thread,
      so that only the person who asked waits for it.
    - `note`: a unit that is run before the answer leaves, for a command that only reads: it notes that a list
      was taken away.
    - `repeated`: the platform delivered the same thing again; it is handled and answered elsewhere.
    """

    answer: Card | Form | None = None
    redraw: Card | None = None
    refused: bool = False
    option: str | None = None
    correction: Correction | None = None
    deferred: Callable[[], Card] | None = None
    note: Callable[["UnitOfWork"], None] | None = None
    repeated: bool = False

    @property
    def alone(self) -> Card | Form | None:
        """The answer where no card was clicked: if there is no other, the redrawn card, to that person only.

        A card for the approvals channel would otherwise appear wherever somebody typed the command.
        """
        return self.answer or (replace(self.redraw, private=True) if self.redraw else None)
