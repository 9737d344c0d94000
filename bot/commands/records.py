"""/member export and /member erase: what is held about a member."""

from typing import Annotated

from bot.cards import exports as cards
from bot.chat.actions import Action
from bot.chat.context import Context
from bot.chat.options import option
from bot.chat.replies import Card, Reply
from bot.commands.member import Who, member
from bot.commands.mentions import left_named, member_named
from bot.core import erasure, exports
from bot.core.errors import NameUnclear, NotFound
from bot.core.permissions import Permission


@member.command(needs=Permission.MEMBER_EDIT)
def export(ctx: Context, person: Who) -> Card:
    """Hand over what this school holds about a member, as a file."""
    found = member_named(ctx, person)
    held = exports.of_member(ctx.uow, ctx.actor, ctx.school, found.membership.person_id)
    return cards.exported(found.name, held)


@member.command(needs=Permission.MEMBER_REMOVE)
def erase(
    ctx: Context,
    person: Who,
    sure: Annotated[bool, option("Yes to do it; you are asked first, if empty")] = False,
) -> Reply:
    """Erase what is known of a member, everywhere; the audit log stays whole."""
    try:
        found = member_named(ctx, person)
    except NotFound:
        person_id = key = _who_left(ctx, person)
        if not person_id:
            raise
        done = erasure.former(ctx.uow, ctx.actor, ctx.school, person_id, sure=sure)
    else:
        key = found.membership.id
        done = erasure.member(ctx.uow, ctx.actor, ctx.school, found.membership.person_id, sure=sure)
    if sure:
        return Reply(redraw=cards.erased(done, own=False))
    again = Action("member erase", {"person": key, "sure": "yes", "school": ctx.school.id})
    return Reply(cards.erasing(done, again, own=False))


def _who_left(ctx: Context, typed: str) -> str:
    """Find the one person who is meant and has left the school; nothing where nobody is."""
    left = [one for one in left_named(ctx, typed) if erasure.has_left(ctx.uow, ctx.actor, ctx.school, one)]
    if len(left) > 1:
        raise NameUnclear(typed)
    return left[0] if left else ""
