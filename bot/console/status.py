"""`homeroom status`: shows the fronts, the sweeps, the delivery of messages, and work that keeps failing."""

from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from bot.console.database import moment, opened_database
from bot.console.grids import grid
from bot.core import condition
from bot.core.stuck import Stuck
from bot.settings import Settings

# How many things that keep failing are listed at most.
_MOST = 20


async def status(settings: Settings, console: Console) -> int:
    """Print the state of the installation; return 1 if a sweep fails or something keeps failing, else 0."""
    async with opened_database(settings) as database:
        now = await database.read(condition.current_condition)
        broken = await database.read(lambda uow: uow.stuck.listed(_MOST))
    fronts = grid("Front", "Set up", title="Fronts")
    for name, there in _fronts(settings).items():
        fronts.add_row(name, "yes" if there else "no")
    sweeps = grid("Sweep", "Last run", "Last success", "Took", "Failures", title="Sweeps")
    for job in now.jobs:
        well = moment(job.succeeded_at) if job.succeeded_at else "never"
        failures = f"{job.failures} ({job.error})" if job.failures else "-"
        sweeps.add_row(escape(job.name), moment(job.ran_at), well, f"{job.seconds:.2f} s", escape(failures))
    waiting = grid("Waiting", "Due", "Oldest due for", "Undelivered", title="Messages")
    numbers = now.outbox
    behind = f"{now.behind.total_seconds():.0f} s"
    waiting.add_row(str(numbers.waiting), str(numbers.due), behind, str(numbers.dead))
    for table in (fronts, sweeps, waiting, *([_stuck(broken)] if broken else [])):
        console.print(table)
    return int(any(job.failures for job in now.jobs) or bool(broken))


def _stuck(found: Sequence[Stuck]) -> Table:
    """Return a table of the things that keep failing, those that have failed longest first."""
    headings = ("What", "Error", "Since", "Tries", "Next try")
    table = grid(*headings, title="Keeps failing", unbroken="What")
    for one in found:
        at = (moment(one.since), str(one.tries), moment(one.try_at))
        table.add_row(escape(str(one.item)), escape(one.error), *at)
    return table


def _fronts(settings: Settings) -> dict[str, bool]:
    return {
        "Discord": bool(settings.discord.token.get_secret_value()),
        "Slack": bool(settings.slack.bot_token.get_secret_value() or settings.slack.client_id),
        "Web pages": True,
        "Playground": settings.web.playground,
        "E-mail": bool(settings.mail.host),
    }
