"""/role: the roles of a school, built-in ones and those that it makes itself."""

from collections.abc import Sequence
from typing import Annotated

from bot.cards import roles as cards
from bot.chat.commands import Group
from bot.chat.context import Context
from bot.chat.options import option
from bot.chat.replies import Card, Item, Reply
from bot.chat.text import verbatim
from bot.commands.common import roles_here
from bot.core.rights import access, custom_roles
from bot.core.rights.custom_roles import CustomRole
from bot.core.rights.permissions import Permission
from bot.core.rights.roles import AT_SCHOOL, BUILT_IN, ScopeKind

role = Group("role", "See the roles of your school and make your own")

_NAME = 40
_LIST = 1000


def _own(ctx: Context, typed: str) -> Sequence[Item]:
    """Suggest the roles that the school made itself."""
    wanted = typed.casefold()
    own = ctx.uow.roles.of_school(ctx.school.id)
    return [Item(one.id, verbatim(one.name)) for one in own if wanted in one.name.casefold()]


@role.command(name="list", needs=Permission.MEMBER_READ, reads=True)
def _list(ctx: Context) -> Card:
    """List the roles of a school and what they may do."""
    rights = access.rights_of(ctx.uow, ctx.actor, ctx.school)
    usable = rights.reach & AT_SCHOOL if Permission.ROLE_MANAGE in rights.holds else frozenset()
    built_in = [one for one in BUILT_IN if one.level is ScopeKind.SCHOOL]
    return cards.listed(built_in, ctx.uow.roles.of_school(ctx.school.id), ctx.school, usable)


@role.command(needs=Permission.MEMBER_READ, reads=True)
def show(ctx: Context, role: Annotated[str, option("Its name", suggest=roles_here)]) -> Card:
    """Show a role: what it may do, and how many people have it."""
    found = custom_roles.find(ctx.uow, ctx.school, role)
    if isinstance(found, CustomRole):
        return _card(ctx, found)
    return cards.shown(found, ctx.school, ctx.uow.roles.count_holders(ctx.school.id, found.name))


def _card(ctx: Context, found: CustomRole) -> Card:
    may_edit = access.holds(ctx.uow, ctx.actor, Permission.ROLE_MANAGE, ctx.school)
    held_by = ctx.uow.roles.count_holders(ctx.school.id, found.name)
    return cards.shown_own(found, ctx.school, held_by, may_edit=may_edit)


@role.command(needs=Permission.ROLE_MANAGE)
def create(
    ctx: Context,
    name: Annotated[str, option("Its name", minimum=2, maximum=_NAME)],
    permissions: Annotated[
        str, option("What it may do, with commas: member.read, request.*, Reporter", maximum=_LIST)
    ],
    grants: Annotated[
        str, option("What its holder may give to others without having it", maximum=_LIST)
    ] = "",
) -> Card:
    """Make your school's own role."""
    made = custom_roles.create(
        ctx.uow,
        ctx.actor,
        ctx.school,
        name,
        holds=custom_roles.read_permissions(permissions),
        may_grant=custom_roles.read_permissions(grants),
    )
    return _card(ctx, made)


def _as_it_is(ctx: Context) -> dict[str, str]:
    typed = ctx.value("role")
    if not typed:
        return {}
    found = custom_roles.find_custom(ctx.uow, ctx.school, typed)
    return {
        "name": found.name,
        "permissions": ", ".join(sorted(found.holds)),
        "grants": ", ".join(sorted(found.may_grant)),
    }


@role.command(needs=Permission.ROLE_MANAGE, asks=_as_it_is)
def edit(
    ctx: Context,
    role: Annotated[str, option("Which of the school's own roles", suggest=_own)],
    name: Annotated[str | None, option("A new name", minimum=2, maximum=_NAME)] = None,
    permissions: Annotated[
        str | None, option("All that it may do, with commas: member.read, request.*", maximum=_LIST)
    ] = None,
    grants: Annotated[
        str | None,
        option("All that its holder may give without having it; “none” for nothing", maximum=_LIST),
    ] = None,
) -> Reply:
    """Change one of your school's own roles, for everyone who has it."""
    found = custom_roles.find_custom(ctx.uow, ctx.school, role)
    edited = custom_roles.edit(
        ctx.uow,
        ctx.actor,
        ctx.school,
        found,
        name=name,
        holds=custom_roles.read_permissions(permissions) if permissions else None,
        may_grant=custom_roles.read_permissions(grants) if grants else None,
    )
    return Reply(redraw=_card(ctx, edited))


@role.command(needs=Permission.ROLE_MANAGE)
def delete(
    ctx: Context, role: Annotated[str, option("Which of the school's own roles", suggest=_own)]
) -> Reply:
    """Delete a role that nobody has and nothing gives."""
    found = custom_roles.find_custom(ctx.uow, ctx.school, role)
    custom_roles.delete(ctx.uow, ctx.actor, ctx.school, found)
    return Reply(redraw=cards.deleted(found, ctx.school))
