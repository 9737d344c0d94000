"""/member export and /member erase: the stored data of members, and of people who have left."""

from bot.cards.people import exports as cards
from bot.chat.actions import Action
from bot.chat.context import Context
from bot.chat.replies import Card, Reply
from bot.commands.common import Part, Sure
from bot.commands.member import Who, member
from bot.commands.mentions import member_or_left
from bot.core.people import erasure, exports, former_members
from bot.core.people.members import Member
from bot.core.rights.permissions import Permission


@member.command(needs=Permission.MEMBER_EDIT)
def export(ctx: Context, person: Who, part: Part = 1) -> Card:
    """Get what this school holds about a member, as a file; for people who have left, everything."""
    found = _meant(ctx, person)
    if isinstance(found, str):
        held, key = exports.of_former(ctx.uow, ctx.actor, ctx.school, found, part), found
    else:
        of = found.membership
        held, key = exports.of_member(ctx.uow, ctx.actor, ctx.school, of.person_id, part), of.id
    again = Action("member export", {"person": key, "school": ctx.school.id})
    return cards.exported(held["person"]["name"], held, again)


@member.command(needs=Permission.MEMBER_REMOVE)
def erase(
    ctx: Context,
    person: Who,
    sure: Sure = False,
) -> Reply:
    """Erase what is held about a member, everywhere; the audit log stays complete."""
    found = _meant(ctx, person)
    if isinstance(found, str):
        done, key = erasure.former(ctx.uow, ctx.actor, ctx.school, found, confirmed=sure), found
    else:
        of = found.membership
        done, key = erasure.member(ctx.uow, ctx.actor, ctx.school, of.person_id, confirmed=sure), of.id
    if sure:
        return Reply(redraw=cards.erased(done, own=False))
    again = Action("member erase", {"person": key, "sure": "yes", "school": ctx.school.id})
    return Reply(cards.erasing(done, again, own=False))


def _meant(ctx: Context, typed: str) -> Member | str:
    return member_or_left(
        ctx, typed, lambda one: former_members.has_left(ctx.uow, ctx.actor, ctx.school, one)
    )
