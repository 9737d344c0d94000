"""Members that join or leave a server, as the gateway reports it, possibly several times."""

from collections.abc import Callable
from functools import partial

import discord

from bot.chat import call_reference
from bot.chat.runner import Runner
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import AccountKey, Platform, WorkspaceKey
from bot.core.workspaces import events as workspace_events
from bot.core.workspaces import unlinking

_Unit = Callable[[UnitOfWork], None]


class WorkspaceEvents:
    """Passes a server's events on to the core; those that change nothing here cost one read and no write."""

    def __init__(self, runner: Runner) -> None:
        """Take the Runner, by whose database the core is reached."""
        self._runner = runner

    async def member_joined(self, member: discord.Member) -> None:
        """Welcome a member who has joined a server, unless it is a bot."""
        if not member.bot:
            await self.user_joined(member.guild.id, member.id, member.guild.system_channel)

    async def user_joined(self, guild: int, user: int, greeted_in: discord.TextChannel | None) -> None:
        """Welcome a user who has joined a server; one who was welcomed before is not welcomed again."""
        where = str(greeted_in.id) if greeted_in else ""
        workspace, account = _of(guild, user)
        unit = partial(workspace_events.joined, workspace=workspace, account=account, channel=where)
        await self._change(unit, workspace, account)

    async def left(self, guild: int, user: int) -> None:
        """Mark what waits for a user who has left the server, was kicked or was banned."""
        workspace, account = _of(guild, user)
        await self._change(
            partial(workspace_events.left, workspace=workspace, account=account), workspace, account
        )

    async def banned(self, guild: int, user: int) -> None:
        """Record that a user was banned."""
        workspace, account = _of(guild, user)
        await self._change(
            partial(workspace_events.banned, workspace=workspace, account=account), workspace, account
        )

    async def unbanned(self, guild: int, user: int) -> None:
        """Record that a user's ban was lifted."""
        workspace, account = _of(guild, user)
        await self._change(
            partial(workspace_events.unbanned, workspace=workspace, account=account), workspace, account
        )

    async def removed(self, guild: int) -> None:
        """Suspend a server's links to schools because the bot is no longer in it."""
        workspace, nobody = _of(guild, 0)
        await self._change(partial(unlinking.bot_removed, workspace=workspace), workspace, nobody)

    @call_reference.per_run
    async def channel_closed(self, guild: int, channel: int) -> None:
        """Handle the deletion of a channel or thread, if approval cards went there."""
        workspace, _ = _of(guild, 0)
        if await self._runner.database.read(
            lambda uow: unlinking.has_approvals(uow, workspace, str(channel))
        ):
            await self._runner.database.run(
                lambda uow: unlinking.channel_closed(uow, workspace, str(channel))
            )

    @call_reference.per_run
    async def _change(self, unit: _Unit, workspace: WorkspaceKey, account: AccountKey) -> None:
        concerned = partial(workspace_events.matters, workspace=workspace, account=account)
        if await self._runner.database.read(concerned):
            await self._runner.database.run(unit)


def _of(guild: int, user: int) -> tuple[WorkspaceKey, AccountKey]:
    return WorkspaceKey(Platform.DISCORD, str(guild)), AccountKey(Platform.DISCORD, str(user))
