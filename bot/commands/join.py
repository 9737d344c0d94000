"""/join: come in."""

from typing import Annotated

from bot.cards import invitations as cards
from bot.chat.commands import Group
from bot.chat.context import Context
from bot.chat.options import option
from bot.chat.replies import Card
from bot.commands.school import public_schools
from bot.core import join_requests, redeeming
from bot.core.errors import BadValue, NotFound

join = Group("join", "Come into a school")


@join.command(alone=True, asks=lambda _: {})
def _join(
    ctx: Context,
    code: Annotated[str, option("The code or link you were given", secret=True)] = "",
    school: Annotated[str, option("A public school, if you have no code", suggest=public_schools)] = "",
) -> Card:
    """Join a school with a code or link, or ask to join a public one."""
    if code:
        return cards.redeemed(redeeming.redeem(ctx.uow, ctx.actor, code))
    if not school:
        raise BadValue("code", "is missing: enter it, or choose a public school")
    wanted = school.casefold()
    found = ctx.uow.schools.by_id(wanted) or next(
        (one for one in ctx.uow.schools.find_public(school, 5) if one.name.casefold() == wanted), None
    )
    if found is None:
        raise NotFound("school", school)
    waiting = join_requests.submit(ctx.uow, ctx.actor, found)
    return cards.requested(found) if waiting else cards.welcome(found, found.default_role)
