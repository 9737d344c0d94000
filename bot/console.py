"""What operators ask on the command line: how it gets on, and which messages did not arrive."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from bot.app import SystemClock
from bot.core import condition, dead_letters
from bot.core.dead_letters import Undelivered
from bot.core.ports import UnitOfWork
from bot.settings import Settings
from bot.storage.database import PostgresDatabase, SqliteDatabase, open_database
from bot.storage.vault import Vault

_ALL = "all"
# So many are listed at once.
_MOST = 100


@asynccontextmanager
async def _opened(settings: Settings) -> AsyncIterator[SqliteDatabase | PostgresDatabase]:
    database = await open_database(settings.database_url, SystemClock(), Vault(settings.key()))
    try:
        yield database
    finally:
        await database.close()


async def outbox(settings: Settings, what: str, which: str, console: Console | None = None) -> int:
    """List, show or send again what was given up; return the exit status."""
    shown = console or Console()
    async with _opened(settings) as database:
        if what == "list":
            found = await database.read(lambda uow: dead_letters.listed(uow, None, limit=_MOST + 1))
            _list(shown, found)
            return 0
        if what == "retry":
            number = await database.run(lambda uow: _retry(uow, which))
            shown.print(f"{number} sent again.")
            return 0 if number or which == _ALL else 1
        one = await database.read(lambda uow: _find(uow, which))
        if one is None:
            shown.print("No such message was given up.")
            return 1
        _show(shown, one)
        return 0


def _find(uow: UnitOfWork, which: str) -> Undelivered | None:
    letter = uow.outbox.dead_letter(which.strip().casefold())
    return dead_letters.shown(uow, letter) if letter else None


def _retry(uow: UnitOfWork, which: str) -> int:
    if which == _ALL:
        everything = uow.outbox.dead(school_id=None, before=None, limit=dead_letters.MOST)
        return dead_letters.retry_by_operator(uow, everything)
    one = _find(uow, which)
    return dead_letters.retry_by_operator(uow, [one.letter] if one else [])


def _list(console: Console, found: list[Undelivered]) -> None:
    if not found:
        console.print("Everything has arrived, or is on its way.")
        return
    table = Table("Id", "Given up", "School", "For", "What", "Why", title="Messages that did not arrive")
    for one in found[:_MOST]:
        notice = one.letter.notice
        school = one.school.name if one.school else "-"
        row = (
            notice.id,
            _moment(one.letter.failed_at),
            school,
            _whom(one),
            notice.audience,
            one.letter.error,
        )
        table.add_row(*(escape(cell) for cell in row))
    console.print(table)
    if len(found) > _MOST:
        console.print(f"There are more than {_MOST}.")


def _show(console: Console, one: Undelivered) -> None:
    notice = one.letter.notice
    table = Table(show_header=False)
    rows = {
        "Id": notice.id,
        "About": notice.subject,
        "What": notice.audience.value,
        "For": _whom(one),
        "By": notice.to.platform.value,
        "School": one.school.name if one.school else "-",
        "Due": _moment(notice.due_at),
        "Given up": _moment(one.letter.failed_at),
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
    return one.whom or "somebody who has left"


async def status(settings: Settings, console: Console | None = None) -> int:
    """Tell how it gets on; 1 where a sweep fails."""
    shown = console or Console()
    async with _opened(settings) as database:
        now = await database.read(condition.look)
    fronts = Table("Front", "Set up", title="Fronts")
    for name, there in _fronts(settings).items():
        fronts.add_row(name, "yes" if there else "no")
    sweeps = Table("Sweep", "Last run", "Last success", "Took", "Failures", title="Sweeps")
    for job in now.jobs:
        well = _moment(job.succeeded_at) if job.succeeded_at else "never"
        failures = f"{job.failures} ({job.error})" if job.failures else "-"
        sweeps.add_row(escape(job.name), _moment(job.ran_at), well, f"{job.seconds:.2f} s", escape(failures))
    waiting = Table("Waiting", "Due", "Oldest due for", "Given up", title="Messages")
    numbers = now.outbox
    behind = f"{now.behind.total_seconds():.0f} s"
    waiting.add_row(str(numbers.waiting), str(numbers.due), behind, str(numbers.dead))
    for table in (fronts, sweeps, waiting):
        shown.print(table)
    return int(any(job.failures for job in now.jobs))


def _fronts(settings: Settings) -> dict[str, bool]:
    return {
        "Discord": bool(settings.discord.token.get_secret_value()),
        "Slack": bool(settings.slack.bot_token.get_secret_value()),
        "Web pages": True,
        "Playground": settings.web.playground,
        "E-mail": bool(settings.mail.host),
    }


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"
