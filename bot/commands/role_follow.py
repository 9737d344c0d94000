"""/role follow and its companions: native roles and groups of the platform that follow a school's roles."""

from collections.abc import Sequence
from typing import Annotated

from bot.cards import following as cards
from bot.chat.context import Context
from bot.chat.options import option
from bot.chat.replies import Card, Item, Reply
from bot.chat.text import verbatim
from bot.commands.common import administers, linked_here, roles_here
from bot.commands.role import role as group
from bot.core.errors import NotFound
from bot.core.following import drift as following_drift
from bot.core.following import following
from bot.core.following.ports import EVERYONE, DriftPolicy, Follower, Native
from bot.core.rights.permissions import Permission
from bot.core.schools import which_school
from bot.core.schools.schools import School

_NAME = 100


def _roles(ctx: Context, typed: str) -> Sequence[Item]:
    """Suggest the roles of the school, and everybody who is a member."""
    return [Item("*", cards.ALL), *roles_here(ctx, typed)]


def _things(ctx: Context, typed: str) -> Sequence[Item]:
    """Suggest the platforms' roles and groups that follow the school's roles."""
    wanted = typed.casefold()
    found = ctx.uow.followings.of_school(ctx.school.id)
    return [Item(one.id, verbatim(cards.label(one))) for one in found if wanted in one.name.casefold()]


def _followed(ctx: Context, typed: str) -> Sequence[Item]:
    """Suggest the roles that the chosen thing follows; those that anything follows, if none is chosen yet."""
    of = ctx.value("thing")
    things = [_of(ctx, of)] if of else ctx.uow.followings.of_school(ctx.school.id)
    names = {name for one in things for name in ctx.uow.followings.roles(one.id)}
    return [one for one in _roles(ctx, typed) if (EVERYONE if one.value == "*" else one.value) in names]


def _school_of(ctx: Context) -> School:
    """Find the school of the role or group that a button names by its id, if the actor may see it."""
    found = ctx.uow.followings.by_id(ctx.value("thing"))
    if found is None:
        raise NotFound(following.THING)
    return which_school.known(ctx.uow, ctx.actor, found.school_id, following.THING)


def _of(ctx: Context, thing: str) -> Follower:
    return following.find(ctx.uow, ctx.actor, ctx.school, thing)


def _card(ctx: Context, follower: Follower) -> Card:
    current = ctx.uow.followings.by_id(follower.id) or follower
    return cards.about(following.shown(ctx.uow, current, ctx.school))


@group.command(needs=Permission.ROLE_MANAGE, may=administers, suits=linked_here)
def follow(
    ctx: Context,
    role: Annotated[
        str, option("Which role of your school; * for everybody who is a member", suggest=_roles)
    ],
    into: Annotated[Native, option("Which role or group here its people should have")],
    drift: Annotated[DriftPolicy | None, option("What to do when somebody changes it by hand")] = None,
) -> Card:
    """Let a role or group of this server or workspace follow a role of your school."""
    return _card(ctx, following.follow(ctx.uow, ctx.actor, ctx.school, role, into, drift))


@group.command(name="following", needs=Permission.ROLE_MANAGE, reads=True)
def _following(ctx: Context) -> Card:
    """List what follows your school's roles on the platforms, and its state."""
    return cards.listed(ctx.school, following.listed(ctx.uow, ctx.school))


@group.command(needs=Permission.ROLE_MANAGE)
def unfollow(
    ctx: Context,
    thing: Annotated[str, option("What follows a role", suggest=_things, maximum=_NAME)],
    role: Annotated[
        str, option("Which role it should no longer follow; if empty, none", suggest=_followed)
    ] = "",
    take_away: Annotated[bool, option("Yes to take it from those who got it through Homeroom")] = False,
) -> Card:
    """Stop a role or group of the platform from following a role of your school."""
    ended = following.unfollow(ctx.uow, ctx.actor, ctx.school, thing, role, take_away=take_away)
    left = ctx.uow.followings.roles(ended.id)
    return cards.ended(ended, ctx.school, left, taken=take_away)


@group.command(needs=Permission.ROLE_MANAGE, about=_school_of, hidden=True, reads=True)
def followed(ctx: Context, thing: Annotated[str, option("Which one")]) -> Card:
    """Show what follows a role."""
    return _card(ctx, _of(ctx, thing))


@group.command(needs=Permission.ROLE_MANAGE, about=_school_of, hidden=True)
def mend(
    ctx: Context,
    thing: Annotated[str, option("Which one")],
    strangers: Annotated[bool, option("Also people Homeroom does not know")] = False,
) -> Reply:
    """Put right what somebody has changed by hand."""
    found = _of(ctx, thing)
    following_drift.mend(ctx.uow, ctx.actor, ctx.school, found, strangers=strangers)
    return Reply(redraw=_card(ctx, found))


@group.command(needs=Permission.ROLE_MANAGE, about=_school_of, hidden=True)
def leave(ctx: Context, thing: Annotated[str, option("Which one")]) -> Reply:
    """Leave what somebody has changed by hand as it is."""
    found = _of(ctx, thing)
    following_drift.leave(ctx.uow, ctx.actor, ctx.school, found)
    return Reply(redraw=_card(ctx, found))


@group.command(needs=Permission.ROLE_MANAGE, about=_school_of, hidden=True)
def look(ctx: Context, thing: Annotated[str, option("Which one")]) -> Card:
    """Check now who has what follows a role."""
    return cards.looking(following_drift.look_now(ctx.uow, ctx.actor, ctx.school, _of(ctx, thing)))
