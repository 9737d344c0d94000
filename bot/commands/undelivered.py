"""/school undelivered, /system outbox: undelivered messages, and sending them again."""

from typing import Annotated

from bot.cards.common import PAGE
from bot.cards.notices import undelivered as cards
from bot.chat.context import Context
from bot.chat.options import option
from bot.chat.replies import Card, Reply
from bot.commands.school import school
from bot.commands.system import system
from bot.core.errors import NotFound
from bot.core.notices import dead_letters
from bot.core.rights.permissions import Permission
from bot.core.schools.schools import School

Which = Annotated[str, option("Which message")]
After = Annotated[str, option("The last message of the page before")]


def _school_of(ctx: Context, name: str) -> School:
    return ctx.found(dead_letters.find, ctx.value(name))[1]


@school.command(needs=Permission.SCHOOL_EDIT, reads=True)
def undelivered(ctx: Context) -> Card:
    """See the undelivered messages of your school, and why; send them again."""
    return cards.of_school(ctx.school, dead_letters.listed(ctx.uow, ctx.school, limit=PAGE + 1))


@school.command(
    needs=Permission.SCHOOL_EDIT, about=lambda ctx: _school_of(ctx, "after"), reads=True, hidden=True
)
def unsent(ctx: Context, after: After) -> Reply:
    """Show the next page of undelivered messages."""
    found = dead_letters.listed(ctx.uow, ctx.school, before=after, limit=PAGE + 1)
    return Reply(redraw=cards.of_school(ctx.school, found))


@school.command(needs=Permission.SCHOOL_EDIT, about=lambda ctx: _school_of(ctx, "notice"), hidden=True)
def resend(ctx: Context, notice: Which) -> Card:
    """Send an undelivered message again."""
    letter, of = ctx.found(dead_letters.find, notice)
    dead_letters.retry(ctx.uow, ctx.actor, letter, of)
    return cards.resent(dead_letters.with_names(ctx.uow, letter))


@system.command(needs=Permission.SYSTEM_MANAGE, at_school=False, reads=True)
def outbox(ctx: Context) -> Card:
    """See the undelivered messages of all schools, and why; send them again."""
    return cards.of_system(dead_letters.listed(ctx.uow, None, limit=PAGE + 1))


@system.command(name="unsent", needs=Permission.SYSTEM_MANAGE, at_school=False, reads=True, hidden=True)
def system_unsent(ctx: Context, after: After) -> Reply:
    """Show the next page of undelivered messages."""
    found = dead_letters.listed(ctx.uow, None, before=after, limit=PAGE + 1)
    return Reply(redraw=cards.of_system(found))


@system.command(name="resend", needs=Permission.SYSTEM_MANAGE, at_school=False, hidden=True)
def system_resend(ctx: Context, notice: Which) -> Card:
    """Send an undelivered message again."""
    letter = ctx.uow.outbox.dead_letter(notice)
    if letter is None:
        raise NotFound("message")
    dead_letters.retry(ctx.uow, ctx.actor, letter, None)
    return cards.resent(dead_letters.with_names(ctx.uow, letter))
