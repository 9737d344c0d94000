"""`homeroom check`: prints the findings of all checks as a table or as JSON."""

import json

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from bot.app import SystemClock
from bot.console.checks import WITHIN, look
from bot.console.checks.findings import Finding, State
from bot.console.grids import grid
from bot.settings import Settings

_LOOKS = {State.FINE: "green", State.NOTE: "yellow", State.WRONG: "bold red", State.SKIPPED: "dim"}


async def check(
    settings: Settings,
    console: Console,
    *,
    as_json: bool,
    within: float = WITHIN,
) -> int:
    """Run all checks and print their findings; return 1 if anything is wrong, else 0."""
    found = await look(settings, SystemClock(), within=within)
    wrong = sum(one.state is State.WRONG for one in found)
    if as_json:
        told = {"ok": not wrong, "findings": [one.plain() for one in found]}
        console.print_json(json.dumps(told, ensure_ascii=False))
    else:
        console.print(_table(found))
        for one in (one for one in found if one.mend):
            # Soft-wrapped lines, so that commands and addresses can be copied whole from a narrow terminal.
            console.print(f"{_marked(one.state)} {escape(f'{one.area}: {one.mend}')}", soft_wrap=True)
        console.print(_sum(wrong))
    return int(wrong > 0)


def _table(found: list[Finding]) -> Table:
    table = grid("Area", "", "What", title="Homeroom's check")
    for one in found:
        table.add_row(escape(one.area), _marked(one.state), escape(one.told))
    return table


def _marked(state: State) -> str:
    return f"[{_LOOKS[state]}]{state}[/]"


def _sum(wrong: int) -> str:
    if not wrong:
        return "Nothing is wrong."
    return "One thing is wrong." if wrong == 1 else f"{wrong} things are wrong."
