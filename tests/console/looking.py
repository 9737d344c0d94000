"""Runs the checks of an installation, and returns what they find."""

from collections.abc import Callable
from typing import Any

from bot.app import SystemClock, open_application
from bot.console.checks import look
from bot.console.checks.findings import Finding, State
from bot.core.ports import Clock, UnitOfWork
from bot.core.rights.actors import WorkspaceKey
from bot.core.schools.schools import ApprovalsChannel
from bot.settings import Settings, load
from tests.storage import build
from tests.storage.build import tick


async def done(settings: Settings, unit: Callable[[UnitOfWork], Any]) -> Any:
    """Open the installation as the bot does, and run a unit of work in it."""
    async with open_application(settings) as application:
        return await application.database.run(unit)


def linked(key: WorkspaceKey, channel: str, school: str = "Maple Grove") -> Callable[[UnitOfWork], None]:
    """Return a unit that makes a school, linked to a workspace, with an approvals channel."""

    def unit(uow: UnitOfWork) -> None:
        if uow.workspaces.by_key(key) is None:
            build.workspace(uow, key)
        made = build.school(uow, school)
        uow.workspaces.link(made.id, key, tick())
        uow.workspaces.set_approvals_channel(ApprovalsChannel(made.id, key, channel))

    return unit


async def found(area: str, clock: Clock | None = None, within: float = 10.0, **given: Any) -> list[Finding]:
    """Run all checks; return the findings of one area."""
    seen = await look(load(**given), clock or SystemClock(), within=within)
    return [one for one in seen if one.area == area]


async def wrong(area: str, clock: Clock | None = None, **given: Any) -> Finding:
    """Run all checks; return the only finding of an area that is wrong."""
    (one,) = [one for one in await found(area, clock, **given) if one.state is State.WRONG]
    assert one.mend, "whoever reads it is told what to do"
    return one
