"""Removals of the app from workspaces: their links are suspended, and dead tokens are deleted."""

from collections.abc import Mapping
from typing import Any

from bot.chat import call_reference
from bot.chat.runner import Runner
from bot.core.ports import UnitOfWork
from bot.core.values import dataclass
from bot.core.workspaces import installing
from bot.platforms.slack.installing.clients import Clients
from bot.platforms.slack.installing.workspaces import enterprise_of, organization_of, team_of
from bot.platforms.slack.workspace_events import WorkspaceEvents


@dataclass(frozen=True, slots=True)
class Uninstalls:
    """Handles the removal from one workspace, or from all workspaces of an organisation."""

    runner: Runner
    workspace_events: WorkspaceEvents
    clients: Clients

    async def uninstalled(self, body: Mapping[str, Any]) -> None:
        """Suspend the links of the workspaces concerned, and delete the installation."""
        place = _place(body)
        several = await self.runner.database.read(lambda uow: uow.installations.workspaces(place))
        for team in several or [place]:
            await self.workspace_events.removed(team)
        await self.clients.revoked(place)

    async def revoked(self, body: Mapping[str, Any]) -> None:
        """Delete an installation whose token has been revoked; the links stay."""
        await self.clients.revoked(_place(body))

    @call_reference.per_run
    async def access(self, body: Mapping[str, Any]) -> None:
        """Record the workspaces that an organisation has added the app to, or removed it from."""
        event, organization = body["event"], enterprise_of(body)
        given = event["type"] == "team_access_granted"

        def unit(uow: UnitOfWork) -> None:
            known = uow.installations.by_place(organization) is not None
            for team in map(str, event["team_ids"]):
                if not given:
                    installing.workspace_removed(uow, organization, team)
                elif known:
                    installing.workspace_added(uow, organization, team)

        await self.runner.database.run(unit)


def _place(body: Mapping[str, Any]) -> str:
    """Return the id of the installation: the organisation's, or the workspace's own."""
    return organization_of(body) or team_of(body) or enterprise_of(body)
