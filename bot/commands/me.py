"""/me and /why: a person's own schools and rights, and why a member has a permission or not."""

from collections.abc import Sequence
from typing import Annotated

from bot.cards.invitations import invited
from bot.cards.people import account as cards
from bot.chat.commands import Group
from bot.chat.context import Context
from bot.chat.options import option
from bot.chat.replies import Card, Item
from bot.chat.text import say, verbatim
from bot.commands.member import Who
from bot.commands.mentions import member_named
from bot.core.errors import BadValue, Declared, NotFound, Refusal
from bot.core.invitations import addressed
from bot.core.rights import access, explain
from bot.core.rights.permissions import Permission
from bot.core.rights.roles import SYSTEM_ADMINISTRATOR, ScopeKind
from bot.core.schools.districts import District

me = Group("me", "You")
why = Group("why", "Why somebody may do something")

# How many permissions are named if a word may mean several.
_SOME = 5


@me.command(alone=True, reads=True)
def _me(ctx: Context) -> Card:
    """Show your schools, roles and rights."""
    person_id = ctx.actor.person_id
    waiting = invited.waiting(addressed.letters_for(ctx.uow, ctx.actor))
    found = []
    for membership in ctx.uow.members.of_person(person_id) if person_id else ():
        school = ctx.uow.schools.by_id(membership.school_id)
        if school is not None:
            found.append((school, membership, ctx.uow.members.roles(school.id, membership.person_id)))
    wider = _wider(ctx)
    try:
        here = ctx.meant_school()
    except Refusal:
        return cards.me(found, wider, [], "", waiting)
    rights = access.rights_of(ctx.uow, ctx.actor, here).holds
    return cards.me(found, wider, [one for one in Permission if one in rights], here.name, waiting)


def _wider(ctx: Context) -> list[tuple[str, District | None]]:
    """Return the actor's roles over districts, and over the whole system (those have no district)."""
    person_id = ctx.actor.person_id
    given = ctx.uow.holdings.roles(person_id) if person_id else ()
    own = {
        (one.role, one.scope_id): ctx.uow.districts.by_id(one.scope_id)
        for one in given
        if one.scope_kind != ScopeKind.SCHOOL.value
    }
    if ctx.actor.is_system_administrator:
        own[SYSTEM_ADMINISTRATOR.name, ""] = None
    return [(role, district) for (role, _), district in own.items()]


def _permissions(_: Context, typed: str) -> Sequence[Item]:
    wanted = typed.casefold()
    return [
        Item(one.value, verbatim(one.value), hint=say(one.phrase))
        for one in Permission
        if wanted in one.value or wanted in one.phrase.casefold()
    ]


def _permission(typed: str) -> Permission:
    """Find a permission by its name or phrase, or by words that only one of them contains."""
    wanted = " ".join(typed.split()).casefold()
    names = {one: (one.value, one.phrase.casefold()) for one in Permission}
    found = [one for one in names if wanted in names[one]]
    found = found or [
        one for one, said in names.items() if all(part in " ".join(said) for part in wanted.split())
    ]
    if not found:
        raise NotFound("permission")
    if len(found) > 1:
        phrases = ", ".join(f"“{one.phrase}”" for one in found[:_SOME])
        raise BadValue(Declared("can"), f"could mean several things: {phrases}", found[0].phrase)
    return found[0]


@why.command(alone=True, needs=Permission.MEMBER_READ, reads=True, submit="Explain")
def _why(
    ctx: Context,
    person: Who,
    can: Annotated[str, option("What they may do, such as invite people", suggest=_permissions)],
) -> Card:
    """Explain why somebody may do something, or may not."""
    permission = _permission(can)
    found = member_named(ctx, person)
    answer = explain.why(ctx.uow, ctx.school, found.membership.person_id, permission)
    return cards.why(found.name, ctx.school, answer)
