"""/scim: connect an identity provider that creates, changes and deactivates a district's people."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated

from bot.cards import scim as cards
from bot.cards.common import PAGE
from bot.chat.commands import Group
from bot.chat.context import Context
from bot.chat.limits import SUGGESTIONS
from bot.chat.options import option
from bot.chat.replies import Card, Item, Reply
from bot.chat.text import verbatim
from bot.commands.common import matching
from bot.commands.district import Which, chosen_district, find_district, its_schools, managed, over
from bot.core.errors import NotFound, Refusal
from bot.core.rights import access
from bot.core.rights.permissions import Permission
from bot.core.schools import which_school
from bot.core.schools.districts import District
from bot.core.schools.schools import School
from bot.core.scim import groups, tokens
from bot.core.scim.queries import EVERYTHING, Compare, Field, Op

scim = Group("scim", "Let an identity provider look after a district's people")

_NAME = 200
_MANAGES = Permission.DISTRICT_MANAGE


def _groups(ctx: Context, typed: str) -> Sequence[Item]:
    """Suggest the groups that the district's identity provider has sent."""
    called = Compare(Field.DISPLAY_NAME, Op.CO, typed) if typed else EVERYTHING
    _, found = ctx.uow.scim_groups.search(managed(ctx).id, called, start=0, limit=SUGGESTIONS)
    return [Item(one.id, verbatim(one.name)) for one in found]


def _roles(ctx: Context, typed: str) -> Sequence[Item]:
    """Suggest the roles that the actor may give in the chosen school."""
    try:
        offered = access.grantable(ctx.uow, ctx.actor, ctx.meant_school())
    except Refusal:
        return []
    return matching((one.name for one in offered), typed)


Its = Annotated[str, option("Which group: a name, or choose from the list", maximum=_NAME, suggest=_groups)]
At = Annotated[str, option("A school of the district", suggest=its_schools)]


@scim.command(needs=_MANAGES, over=over)
def connect(ctx: Context, district: Which = "") -> Card:
    """Make the token that an identity provider signs in with; it is shown once."""
    found = find_district(ctx, district)
    return cards.token(found, tokens.connect(ctx.uow, ctx.actor, found), ctx.links.base)


@scim.command(needs=_MANAGES, over=over)
def rotate(
    ctx: Context,
    hours: Annotated[
        int, option("How many hours the previous token keeps working", minimum=0, maximum=168)
    ] = 24,
    district: Which = "",
) -> Card:
    """Make another token; the previous one keeps working for a while."""
    found = find_district(ctx, district)
    fresh = tokens.rotate(ctx.uow, ctx.actor, found, timedelta(hours=hours))
    return cards.token(found, fresh, ctx.links.base, overlap=hours)


@scim.command(needs=_MANAGES, over=over)
def revoke(ctx: Context, district: Which = "") -> Card:
    """End all tokens of a district at once."""
    found = find_district(ctx, district)
    tokens.revoke(ctx.uow, ctx.actor, found)
    return cards.revoked(found)


@scim.command(needs=_MANAGES, over=over, reads=True)
def show(ctx: Context, district: Which = "") -> Card:
    """Show whether an identity provider is connected, when it last came, and where new people go."""
    return _shown(ctx, find_district(ctx, district))


def _shown(ctx: Context, found: District) -> Card:
    school_id = ctx.uow.scim_tokens.default_school(found.id)
    number, _ = ctx.uow.scim_groups.search(found.id, EVERYTHING, start=0, limit=0)
    return cards.shown(
        found,
        ctx.uow.scim_tokens.of(found.id, ctx.uow.now),
        ctx.uow.schools.by_id(school_id) if school_id else None,
        number,
        ctx.links.base,
    )


def _as_it_is(ctx: Context) -> dict[str, str]:
    return {"school": ctx.uow.scim_tokens.default_school(chosen_district(ctx).id) or ""}


@scim.command(needs=_MANAGES, over=over, asks=_as_it_is)
def school(
    ctx: Context,
    school: Annotated[
        str | None,
        option("Which school new people join; none: they wait for a group", suggest=its_schools, clears=True),
    ] = None,
    district: Which = "",
) -> Reply:
    """Set which school new people join."""
    found = find_district(ctx, district)
    if school is not None:
        joined = _school(ctx, found, school) if school else None
        tokens.set_default_school(ctx.uow, ctx.actor, found, joined)
    return Reply(redraw=_shown(ctx, found))


def _school(ctx: Context, district: District, typed: str) -> School:
    found = which_school.meant(ctx.uow, ctx.actor, typed)
    if found.district_id != district.id:
        raise NotFound("school")
    return found


@scim.command(name="groups", needs=_MANAGES, over=over, reads=True)
def _list(ctx: Context, district: Which = "") -> Card:
    """List the groups of the identity provider, and the roles that they give."""
    return _page(ctx, find_district(ctx, district), start=0)


@scim.command(needs=_MANAGES, over=over, reads=True, hidden=True)
def more(
    ctx: Context,
    start: Annotated[int, option("How many come before", minimum=0, maximum=1_000_000)],
    district: Which = "",
) -> Reply:
    """Show the next page of groups."""
    return Reply(redraw=_page(ctx, find_district(ctx, district), start=start))


def _page(ctx: Context, found: District, *, start: int) -> Card:
    total, some = ctx.uow.scim_groups.search(found.id, EVERYTHING, start=start, limit=PAGE)
    at = {one.school_id: ctx.uow.schools.by_id(one.school_id) for one in some if one.school_id}
    names = {school_id: school.name for school_id, school in at.items() if school}
    return cards.listed(found, some, names, start=start, total=total)


@scim.command(needs=_MANAGES, over=over)
def link(
    ctx: Context,
    group: Its,
    school: At,
    role: Annotated[str, option("The role that its members have there", suggest=_roles)],
    district: Which = "",
) -> Card:
    """Give everyone in a group a role at a school."""
    found = find_district(ctx, district)
    there = _school(ctx, found, school)
    linked = groups.link(ctx.uow, ctx.actor, found, groups.named(ctx.uow, found, group), there, role)
    return cards.linked(linked, there)


@scim.command(needs=_MANAGES, over=over)
def unlink(ctx: Context, group: Its, district: Which = "") -> Card:
    """Stop a group from giving a role; its members keep what they have."""
    found = find_district(ctx, district)
    free = groups.unlink(ctx.uow, ctx.actor, found, groups.named(ctx.uow, found, group))
    return cards.unlinked(free)
