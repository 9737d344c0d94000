"""/system: the settings of the whole system."""

from typing import Annotated

from bot.cards import roles as cards
from bot.chat.commands import Group
from bot.chat.context import Context
from bot.chat.options import option
from bot.chat.replies import Card
from bot.core import system as core
from bot.core.permissions import Permission
from bot.core.system import WhoMayInvite

system = Group("system", "Settings of the whole system")


@system.command(needs=Permission.SYSTEM_MANAGE, at_school=False, reads=True)
def show(ctx: Context) -> Card:
    """Show the settings of the whole system."""
    return cards.system(ctx.uow.system.settings())


def _as_they_are(ctx: Context) -> dict[str, str]:
    return {"who_may_invite": ctx.uow.system.settings().who_may_invite.value}


@system.command(needs=Permission.SYSTEM_MANAGE, at_school=False, asks=_as_they_are)
def edit(
    ctx: Context,
    who_may_invite: Annotated[WhoMayInvite | None, option("Whose right to invite counts")] = None,
) -> Card:
    """Change the settings of the whole system."""
    return cards.system(core.edit(ctx.uow, ctx.actor, who_may_invite=who_may_invite), saved=True)
