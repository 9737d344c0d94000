"""/system people: people who are in no school any more, whom only System Administrators can find."""

from typing import Annotated

from bot.cards.common import PAGE
from bot.cards.people import exports as export_cards
from bot.cards.people import system_people as cards
from bot.chat.actions import Action
from bot.chat.context import Context
from bot.chat.options import option
from bot.chat.replies import Card, Reply
from bot.commands.common import Part, Sure
from bot.commands.system import system
from bot.core.people import erasure, exports, former_members
from bot.core.rights.permissions import Permission

_SEARCH = 40
Human = Annotated[str, option("Their name, e-mail address or number")]


@system.command(needs=Permission.SYSTEM_MANAGE, at_school=False, reads=True)
def people(
    ctx: Context, search: Annotated[str, option("Parts of their name or e-mail", maximum=_SEARCH)] = ""
) -> Card:
    """List people who are in no school, to hand over or erase what is held about them."""
    return _page(ctx, search, after=None)


@system.command(needs=Permission.SYSTEM_MANAGE, at_school=False, reads=True, hidden=True)
def others(
    ctx: Context,
    after: Annotated[str, option("The last person of the page before")],
    search: Annotated[str, option("What was searched", maximum=_SEARCH)] = "",
) -> Reply:
    """Show the next page of those who are in no school."""
    return Reply(redraw=_page(ctx, search, after=after))


@system.command(needs=Permission.SYSTEM_MANAGE, at_school=False, reads=True, hidden=True)
def person(ctx: Context, person: Human) -> Card:
    """Show somebody who is in no school."""
    found = former_members.seen(ctx.uow, ctx.actor, former_members.named(ctx.uow, ctx.actor, person))
    return cards.shown(found)


@system.command(needs=Permission.SYSTEM_MANAGE, at_school=False)
def copy(ctx: Context, person: Human, part: Part = 1) -> Card:
    """Hand over what is held about somebody who is in no school, as a file."""
    person_id = former_members.named(ctx.uow, ctx.actor, person)
    held = exports.by_system(ctx.uow, ctx.actor, person_id, part)
    return export_cards.exported(held["person"]["name"], held, Action("system copy", {"person": person_id}))


@system.command(needs=Permission.SYSTEM_MANAGE, at_school=False)
def erase(
    ctx: Context,
    person: Human,
    sure: Sure = False,
) -> Reply:
    """Erase what is held about somebody who is in no school; the audit log stays complete."""
    person_id = former_members.named(ctx.uow, ctx.actor, person)
    done = erasure.by_system(ctx.uow, ctx.actor, person_id, confirmed=sure)
    if sure:
        return Reply(redraw=export_cards.erased(done, own=False))
    again = Action("system erase", {"person": person_id, "sure": "yes"})
    return Reply(export_cards.erasing(done, again, own=False))


def _page(ctx: Context, search: str, *, after: str | None) -> Card:
    found = former_members.listed(ctx.uow, ctx.actor, search, after=after, limit=PAGE + 1)
    return cards.listed(found[:PAGE], search, more=len(found) > PAGE)
