"""/member: who is in."""

from typing import Annotated

from bot.cards import members as cards
from bot.cards.common import PAGE
from bot.chat.commands import Group
from bot.chat.context import Context
from bot.chat.options import option
from bot.chat.replies import Card, Reply
from bot.core.permissions import Permission

member = Group("member", "See who is in your school")

_SEARCH = 20


@member.command(name="list", needs=Permission.MEMBER_READ, reads=True)
def _list(
    ctx: Context, search: Annotated[str, option("A name, or a part of it", maximum=_SEARCH)] = ""
) -> Card:
    """List and search members."""
    return _page(ctx, search, after=None)


@member.command(needs=Permission.MEMBER_READ, reads=True, hidden=True)
def more(
    ctx: Context,
    after: Annotated[str, option("The last member of the page before")],
    search: Annotated[str, option("What was searched", maximum=_SEARCH)] = "",
) -> Reply:
    """Show the next page of members."""
    return Reply(redraw=_page(ctx, search, after=after))


def _page(ctx: Context, search: str, *, after: str | None) -> Card:
    found = ctx.uow.members.listed(ctx.school.id, text=search, after=after, limit=PAGE + 1)
    return cards.listed(found[:PAGE], ctx.school, search, more=len(found) > PAGE)
