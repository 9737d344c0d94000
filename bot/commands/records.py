"""/member export and /member erase: what is held about a member."""

from typing import Annotated

from bot.cards import exports as cards
from bot.chat.actions import Action
from bot.chat.context import Context
from bot.chat.options import option
from bot.chat.replies import Card, Reply
from bot.commands.member import Who, member
from bot.commands.mentions import member_named, mentioned
from bot.core import erasure, exports
from bot.core.actors import Person
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
    if gone := _who_left(ctx, person):
        done = erasure.former(ctx.uow, ctx.actor, ctx.school, gone.id, sure=sure)
        values = {"person": gone.id}
    else:
        found = member_named(ctx, person)
        done = erasure.member(ctx.uow, ctx.actor, ctx.school, found.membership.person_id, sure=sure)
        values = {"person": found.membership.id}
    if sure:
        return Reply(redraw=cards.erased(done, own=False))
    again = Action("member erase", {**values, "sure": "yes", "school": ctx.school.id})
    return Reply(cards.erasing(done, again, own=False))


def _who_left(ctx: Context, typed: str) -> Person | None:
    """Find somebody who has left the school by a mention, their e-mail address or id: names are members'."""
    account, wanted = mentioned(ctx, typed), typed.strip()
    if account is not None:
        found = ctx.uow.people.by_account(account)
    else:
        found = ctx.uow.people.by_email(wanted) if "@" in wanted else ctx.uow.accounts.current(wanted.lower())
    left = found is not None and erasure.has_left(ctx.uow, ctx.actor, ctx.school, found.id)
    return found if left else None
