"""`homeroom sync`: plans what a district's OneRoster folder would change, and applies it if told to."""

from rich.console import Console

from bot.cards.rosters import oneroster as oneroster_cards
from bot.console import cards
from bot.console.database import opened_application
from bot.core.oneroster import runs
from bot.core.oneroster.model import Run, RunState
from bot.core.ports import UnitOfWork
from bot.core.schools.districts import District
from bot.settings import Settings

REFUSED = 1


async def sync(
    settings: Settings, which: str, console: Console, *, yes: bool = False, leaving: int | None = None
) -> int:
    """Plan the changes that a folder asks for, show them, and apply them if `yes`; return the exit status.

    A plan in which very many people lose access is only applied if `leaving` is exactly their number.
    """
    async with opened_application(settings) as application:
        district = await application.database.read(lambda uow: _district(uow, which))
        if district is None:
            console.print("There is no district with this name or id.")
            return REFUSED
        run = await application.database.run(lambda uow: runs.ask_as_operator(uow, district))
        if run is None:
            console.print("That district has no OneRoster folder. Connect one with /oneroster connect.")
            return REFUSED
        planned = await application.oneroster.do(run.id)
        status = _shown(console, district, planned)
        waits = planned is not None and planned.state in {RunState.PLANNED, RunState.GUARDED}
        if planned is None or not waits or not planned.outcome.changes:
            return status
        if not yes or (planned.state is RunState.GUARDED and leaving != planned.outcome.losing_access):
            console.print(
                "Nothing was changed. To apply the plan, add --yes, and --leaving N if it asks for a number."
            )
            return REFUSED
        await application.database.run(lambda uow: runs.agree_as_operator(uow, planned, leaving))
        return _shown(console, district, await application.oneroster.do(run.id))


def _shown(console: Console, district: District, run: Run | None) -> int:
    if run is None:
        console.print("A running Homeroom is doing this already: see /oneroster show.")
        return 0
    cards.show(console, oneroster_cards.run(district, run))
    nothing = run.state is RunState.PLANNED and not run.outcome.changes
    return 0 if run.state is RunState.DONE or nothing else REFUSED


def _district(uow: UnitOfWork, which: str) -> District | None:
    found = uow.districts.by_name(which) or uow.districts.by_id(which)
    return found if found is not None and found.archived_at is None else None
