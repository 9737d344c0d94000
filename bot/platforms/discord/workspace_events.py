"""Who comes into a server and who leaves it, as the gateway tells: maybe several times."""

from collections.abc import Callable
from functools import partial

import discord

from bot.chat import call_reference
from bot.chat.runner import Runner
from bot.core import bans, unlinking, workspace_events
from bot.core.actors import AccountKey, Platform, WorkspaceKey
from bot.core.ports import UnitOfWork

_Unit = Callable[[UnitOfWork], None]


class WorkspaceEvents:
    """Tells the core; most servers' comings and goings are nobody's affair and only read."""

    def __init__(self, runner: Runner) -> None:
        """Take the way to the database."""
        self._runner = runner

    async def came(self, member: discord.Member) -> None:
        """Welcome whoever comes, unless it is a bot."""
        if not member.bot:
            await self.is_here(member.guild.id, member.id, member.guild.system_channel)

    async def is_here(self, guild: int, user: int, greeted_in: discord.TextChannel | None) -> None:
        """Welcome somebody who came into a server, and may have been welcomed before."""
        where = str(greeted_in.id) if greeted_in else ""
        workspace, account = _of(guild, user)
        unit = partial(workspace_events.came, workspace=workspace, account=account, channel=where)
        await self._change(unit, workspace, account)

    async def left(self, guild: int, user: int) -> None:
        """Mark what waits for whoever left, was kicked or was banned."""
        workspace, account = _of(guild, user)
        await self._change(
            partial(workspace_events.left, workspace=workspace, account=account), workspace, account
        )

    async def banned(self, guild: int, user: int) -> None:
        """Note that somebody was banned."""
        workspace, account = _of(guild, user)
        await self._change(partial(bans.banned, workspace=workspace, account=account), workspace, account)

    async def unbanned(self, guild: int, user: int) -> None:
        """Note that a ban was lifted."""
        workspace, account = _of(guild, user)
        await self._change(partial(bans.unbanned, workspace=workspace, account=account), workspace, account)

    async def removed(self, guild: int) -> None:
        """Let a server's links rest: we are not in it any more."""
        workspace, nobody = _of(guild, 0)
        await self._change(partial(unlinking.removed, workspace=workspace), workspace, nobody)

    @call_reference.per_run
    async def closed(self, guild: int, channel: int) -> None:
        """See whether approval cards went to a channel or a thread that was deleted."""
        workspace, _ = _of(guild, 0)
        if await self._runner.database.read(
            lambda uow: unlinking.has_approvals(uow, workspace, str(channel))
        ):
            await self._runner.database.run(
                lambda uow: unlinking.channel_closed(uow, workspace, str(channel))
            )

    @call_reference.per_run
    async def _change(self, unit: _Unit, workspace: WorkspaceKey, account: AccountKey) -> None:
        concerned = partial(workspace_events.concern, workspace=workspace, account=account)
        if await self._runner.database.read(concerned):
            await self._runner.database.run(unit)


def _of(guild: int, user: int) -> tuple[WorkspaceKey, AccountKey]:
    return WorkspaceKey(Platform.DISCORD, str(guild)), AccountKey(Platform.DISCORD, str(user))
