"""/school mirror: a school decides the requests that people make on Discord's own form to join its server."""

from typing import Annotated

from bot.cards.requests import mirrors as cards
from bot.chat.context import Context
from bot.chat.options import option
from bot.chat.replies import Card
from bot.commands.common import administers, linked_here
from bot.commands.school import school
from bot.core.requests import mirroring
from bot.core.rights.permissions import Permission


# Mirroring also decides who gets into the server, so its administrators must agree.
@school.command(needs=Permission.SCHOOL_EDIT, may=administers, suits=linked_here)
def mirror(
    ctx: Context,
    on: Annotated[
        bool | None, option("Yes to decide here who applies to join this Discord server; no to stop")
    ] = None,
) -> Card:
    """Decide here who asks to join this server on Discord's own form."""
    if on is not None:
        mirroring.switch(ctx.uow, ctx.actor, ctx.school, on=on)
    return cards.shown(mirroring.shown(ctx.uow, ctx.actor, ctx.school))
