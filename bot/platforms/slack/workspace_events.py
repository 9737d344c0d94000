"""Events of a workspace, possibly repeated: people who join, leave or come back, and channels that close."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from bot.chat import call_reference
from bot.chat.runner import Runner
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import AccountKey, Platform, WorkspaceKey
from bot.core.values import dataclass
from bot.core.workspaces import events as workspace_events
from bot.core.workspaces import unlinking
from bot.platforms.slack.people.facts import Facts
from bot.platforms.slack.people.people import People

_Handler = Callable[[UnitOfWork, WorkspaceKey, AccountKey], None]


@dataclass(frozen=True, slots=True)
class WorkspaceEvents:
    """Passes a workspace's events on to the core; those that change nothing cost one read and no write."""

    runner: Runner
    people: People

    async def joined(self, team: str, user: Mapping[str, Any]) -> None:
        """Welcome a user who has joined a workspace, unless it is an app."""
        self.people.forget(user)
        if not user.get("is_bot"):
            await self._change(workspace_events.joined, team, user)

    async def changed(self, teams: Iterable[str], user: Mapping[str, Any]) -> None:
        """Check whether a user was deactivated or reactivated; a new profile picture sends this event too."""
        self.people.forget(user)
        if user.get("is_bot"):
            return
        for team in teams:
            await self._change(
                workspace_events.left if user.get("deleted") else workspace_events.returned, team, user
            )

    @call_reference.per_run
    async def channel_closed(self, team: str, channel: str) -> None:
        """Handle a channel that was archived or deleted, if approval cards went there."""
        where = WorkspaceKey(Platform.SLACK, team)
        if await self.runner.database.read(lambda uow: unlinking.has_approvals(uow, where, channel)):
            await self.runner.database.run(lambda uow: unlinking.channel_closed(uow, where, channel))

    @call_reference.per_run
    async def removed(self, team: str) -> None:
        """Suspend the links of a workspace that has removed the app."""
        where = WorkspaceKey(Platform.SLACK, team)
        await self.runner.database.run(lambda uow: unlinking.bot_removed(uow, where))

    @call_reference.per_run
    async def _change(self, handler: _Handler, team: str, user: Mapping[str, Any]) -> None:
        home = Facts.of(user, team).home(user.get("team_id") or "", team)
        where = WorkspaceKey(Platform.SLACK, team)
        who = AccountKey(Platform.SLACK.value, f"{home}/{user['id']}")
        concerns = workspace_events.matters if handler is workspace_events.joined else workspace_events.waits
        if await self.runner.database.read(lambda uow: concerns(uow, where, who)):
            await self.runner.database.run(lambda uow: handler(uow, where, who))
