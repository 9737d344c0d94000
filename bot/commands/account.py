"""/account: one's own account."""

from typing import Annotated

from bot.cards import account as cards
from bot.chat.commands import Group
from bot.chat.context import Context
from bot.chat.options import option
from bot.chat.replies import Card
from bot.core import claims

account = Group("account", "Your own account")


@account.command()
def claim(
    ctx: Context, code: Annotated[str, option("The one-time code that the operator was shown")]
) -> Card:
    """Become System Administrator with the operator's one-time code."""
    claims.become_system_administrator(ctx.uow, ctx.actor, code)
    return cards.claimed(ctx.typed)
