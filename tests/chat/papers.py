"""A few commands that take files, whatever the real ones become."""

from typing import Annotated

from bot.chat.actions import Action
from bot.chat.commands import Group, Registry
from bot.chat.context import Context
from bot.chat.files import as_sheet
from bot.chat.options import option
from bot.chat.replies import Actions, Button, Card, Text
from bot.chat.text import say, verbatim
from bot.core.rosters.sheet import Sheet

papers = Group("papers", "Papers")


@papers.command(prepares=as_sheet)
def take(
    ctx: Context,
    file: Annotated[Sheet, option("The people, one a row", formats=("csv", "xlsx"))],
    note: Annotated[str, option("A note")] = "",
    second: Annotated[str, option("A second note")] = "",
    third: Annotated[str, option("A third note")] = "",
    fourth: Annotated[str, option("A fourth note")] = "",
    fifth: Annotated[str, option("A fifth note")] = "",
) -> Card:
    """Take a table of people."""
    rows = [f"row {number}: {' / '.join(row)}" for number, row in file.numbered()]
    told = say("{name}, {note}{fifth}", name=file.name, note=note, fifth=fifth)
    return Card(told, tuple(Text(verbatim(row)) for row in rows))


@papers.command(reads=True)
def show(ctx: Context) -> Card:
    """Show what can be done."""
    button = Button(say("Hand it over"), Action("papers few", {}, ask=True))
    return Card(say("Papers"), (Actions((button,)),))


@papers.command(prepares=as_sheet, hidden=True)
def few(ctx: Context, file: Annotated[Sheet, option("The people", formats=("csv",))]) -> Card:
    """Take a table."""
    return Card(say("{rows} rows", rows=len(file.rows)))


PAPERS = Registry([papers])
