"""Prints cards on a terminal, with the same words as in chats; commands ask in place of buttons."""

from typing import assert_never

from rich.console import Console
from rich.table import Table as Grid
from rich.text import Text as Shown

from bot.chat.replies import (
    Actions,
    Block,
    Button,
    Card,
    Fields,
    File,
    Image,
    Progress,
    Reply,
    Select,
    Table,
    Text,
)
from bot.chat.text import plain
from bot.console.grids import grid


def show(console: Console, card: Card) -> None:
    """Print a card."""
    console.print(Shown(plain(card.title), style="bold"))
    for block in card.blocks:
        if (drawn := _drawn(block)) is not None:
            console.print(drawn)


def _drawn(block: Block) -> Shown | Grid | None:
    match block:
        case Text(line, quiet):
            return Shown(plain(line), style="dim" if quiet else "")
        case Fields(pairs):
            fields = Grid.grid(padding=(0, 2))
            for name, value in pairs:
                fields.add_row(Shown(plain(name), style="bold"), Shown(plain(value)))
            return fields
        case Table(headings, rows):
            table = grid(*(plain(one) for one in headings))
            for row in rows:
                table.add_row(*(Shown(plain(cell)) for cell in row))
            return table
        case Progress(done, total, label):
            return Shown(f"{plain(label)}: {done:,} / {total:,}")
        case Image(_, alt):
            return Shown(plain(alt))
        case File() | Actions() | Select():
            return None
        case _:
            assert_never(block)


def card_of(reply: Reply) -> Card:
    """Return the card of a reply; commands of the console are never answered with a form."""
    found = reply.answer if isinstance(reply.answer, Card) else reply.redraw
    assert found is not None  # noqa: S101 - the commands that the console runs answer with cards
    return found


def button(card: Card, *commands: str) -> Button | None:
    """Return the card's first button that runs one of these commands; None if it has none."""
    rows = (block.buttons for block in card.blocks if isinstance(block, Actions))
    buttons = (one for row in rows for one in row if isinstance(one, Button))
    return next((one for one in buttons if one.action.command in commands), None)


def file(card: Card) -> File | None:
    """Return the file of a card; None if it has none."""
    return next((block for block in card.blocks if isinstance(block, File)), None)
