"""`homeroom outbox`: lists, shows and sends again undelivered messages."""

from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from bot.console.database import moment, opened_database
from bot.console.grids import grid
from bot.core.notices import dead_letters
from bot.core.notices.dead_letters import Undelivered
from bot.core.ports import UnitOfWork
from bot.settings import Settings

_ALL = "all"
_UNKNOWN = "There is no undelivered message with this id."
# How many messages are listed at most.
_MOST = 100


async def outbox(settings: Settings, what: str, which: str, console: Console) -> int:
    """List, show or send again undelivered messages; return the exit status."""
    async with opened_database(settings) as database:
        if what == "list":
            found = await database.read(lambda uow: dead_letters.listed(uow, None, limit=_MOST + 1))
            _list(console, found)
            return 0
        if what == "retry":
            number = await database.run(lambda uow: _retry(uow, which))
            known = bool(number) or which == _ALL
            console.print(f"{number} will be sent again." if known else _UNKNOWN)
            return 0 if known else 1
        one = await database.read(lambda uow: _find(uow, which))
        if one is None:
            console.print(_UNKNOWN)
            return 1
        _show(console, one)
        return 0


def _find(uow: UnitOfWork, which: str) -> Undelivered | None:
    letter = uow.outbox.dead_letter(which.strip().casefold())
    return dead_letters.with_names(uow, letter) if letter else None


def _retry(uow: UnitOfWork, which: str) -> int:
    if which == _ALL:
        everything = uow.outbox.dead(school_id=None, before=None, limit=dead_letters.MOST_RETRIED)
        return dead_letters.retry_by_operator(uow, everything)
    one = _find(uow, which)
    return dead_letters.retry_by_operator(uow, [one.letter] if one else [])


def _list(console: Console, found: list[Undelivered]) -> None:
    if not found:
        console.print("There are no undelivered messages.")
        return
    headings = ("Id", "Undelivered since", "School", "For", "What", "Why")
    table = grid(*headings, title="Undelivered messages", unbroken="Id")
    for one in found[:_MOST]:
        notice = one.letter.notice
        school = one.school.name if one.school else "-"
        row = (
            notice.id,
            moment(one.letter.failed_at),
            school,
            _whom(one),
            notice.audience,
            one.letter.error,
        )
        table.add_row(*(escape(cell) for cell in row))
    console.print(table)
    if len(found) > _MOST:
        console.print(f"There are more than {_MOST} in all.")


def _show(console: Console, one: Undelivered) -> None:
    notice = one.letter.notice
    table = Table(Column(), Column(overflow="fold"), show_header=False)
    rows = {
        "Id": notice.id,
        "About": notice.subject,
        "What": notice.audience.value,
        "For": _whom(one),
        "By": notice.to.platform.value,
        "School": one.school.name if one.school else "-",
        "Due": moment(notice.due_at),
        "Undelivered since": moment(one.letter.failed_at),
        "Tries": str(notice.attempts),
        "Why": one.letter.error,
    }
    for name, value in rows.items():
        table.add_row(name, escape(value))
    console.print(table)


def _whom(one: Undelivered) -> str:
    to = one.letter.notice.to
    if to.channel is not None:
        return f"channel {to.channel}"
    return one.recipient or "a former member"
