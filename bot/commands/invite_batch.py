"""/invite batch, batches: many single-use codes from one template."""

from collections.abc import Sequence
from typing import Annotated

from bot.cards.common import PAGE
from bot.cards.invitations import batches as cards
from bot.chat.context import Context
from bot.chat.options import NO_END, When, option
from bot.chat.replies import Card, Reply
from bot.commands.common import roles_to_give
from bot.commands.invite import LABEL, NOTE, invite, secret
from bot.core.errors import BadValue
from bot.core.invitations import batches
from bot.core.invitations import views as invitation_views
from bot.core.invitations.batches import CODES_PER_SHEET, MOST_CODES, BatchView, Secret
from bot.core.invitations.invitations import Invitation
from bot.core.rights import access
from bot.core.rights.permissions import Permission
from bot.core.schools.schools import School

Which = Annotated[str, option("Which batch")]


def _secrets(ctx: Context, count: int, **_: object) -> Sequence[Secret]:
    return batches.secrets(ctx.uow, count)


@invite.command(needs=Permission.INVITATION_CREATE, looks=_secrets)
def batch(
    ctx: Context,
    count: Annotated[int, option("How many codes", minimum=1, maximum=MOST_CODES)],
    role: Annotated[
        str | None,
        option("The role that people get; the school's usual one, if empty", suggest=roles_to_give),
    ] = None,
    expires: Annotated[
        When | None, option("When they stop working: 7d, Friday 17:00; never, if empty", empty_words=NO_END)
    ] = None,
    note: Annotated[str, option("What people read with the code", maximum=NOTE)] = "",
    label: Annotated[str, option("A name only admins see, such as the class", maximum=LABEL)] = "",
) -> Reply:
    """Make many codes that work once each, as a file and as sheets to print."""
    made, codes = batches.create(
        ctx.uow,
        ctx.actor,
        ctx.school,
        ctx.seen[:count],
        role=role or None,
        expires_at=expires,
        note=note,
        label=label,
    )
    view = BatchView(made, ctx.school, codes[0], used=0, revoked=0)
    may_see, may_revoke = secret(ctx, codes[0], ctx.school), _may_revoke(ctx)
    now, links = ctx.uow.now, ctx.links

    def make_card() -> Card:
        files = [cards.codes(codes, links, now)] if may_see else []
        return cards.shown(view, secret=may_see, may_revoke=may_revoke, files=files)

    return Reply(deferred=make_card)


def _may_revoke(ctx: Context) -> bool:
    return access.holds(ctx.uow, ctx.actor, Permission.INVITATION_REVOKE, ctx.school)


@invite.command(name="batches", needs=Permission.INVITATION_READ, reads=True)
def _batches(ctx: Context) -> Card:
    """List the batches of single-use codes."""
    return _page(ctx, after=None)


def _school_of_page(ctx: Context) -> School:
    return ctx.found(batches.find, ctx.value("after"))[1]


def _school_of_batch(ctx: Context) -> School:
    return ctx.found(batches.find, ctx.value("batch"))[1]


@invite.command(needs=Permission.INVITATION_READ, about=_school_of_page, reads=True, hidden=True)
def packs(ctx: Context, after: Annotated[str, option("The last batch of the page before")]) -> Reply:
    """Show the next page of batches."""
    return Reply(redraw=_page(ctx, after=after))


def _page(ctx: Context, *, after: str | None) -> Card:
    found = ctx.uow.batches.listed(ctx.school.id, after=after, limit=PAGE + 1)
    views = [batches.view(ctx.uow, one, ctx.school) for one in found[:PAGE]]
    return cards.listing(views, ctx.school, more=len(found) > PAGE)


@invite.command(needs=Permission.INVITATION_READ, about=_school_of_batch, reads=True, hidden=True)
def pack(ctx: Context, batch: Which) -> Card:
    """Show a batch and what happened to its codes."""
    found, school = ctx.found(batches.find, batch)
    view = batches.view(ctx.uow, found, school)
    return cards.shown(view, secret=secret(ctx, view.template, school), may_revoke=_may_revoke(ctx))


@invite.command(needs=Permission.INVITATION_VIEW_SECRET, about=_school_of_batch, reads=True, hidden=True)
def codes(ctx: Context, batch: Which) -> Reply:
    """Get the codes and links of a batch as a file."""
    found, school = ctx.found(batches.find, batch)
    all_of_it, now, links = ctx.uow.batches.invitations(found.id), ctx.uow.now, ctx.links
    view = batches.view(ctx.uow, found, school)
    invitation_views.require_visible_code(ctx.uow, ctx.actor, school, view.template)

    def make_card() -> Card:
        return cards.shown(view, secret=False, may_revoke=False, files=[cards.codes(all_of_it, links, now)])

    return Reply(deferred=make_card)


@invite.command(needs=Permission.INVITATION_VIEW_SECRET, about=_school_of_batch, reads=True, hidden=True)
def sheet(
    ctx: Context,
    batch: Which,
    part: Annotated[int, option("Which sheet", minimum=1, maximum=MOST_CODES // CODES_PER_SHEET)] = 1,
) -> Reply:
    """Get a sheet to print with the codes of a batch that still work."""
    found, school = ctx.found(batches.find, batch)
    on_it = _part(ctx.uow.batches.invitations(found.id), part)
    for one in on_it[:1]:
        invitation_views.require_visible_code(ctx.uow, ctx.actor, school, one)
    alive = [one for one in on_it if one.state(ctx.uow.now).alive]
    if not alive:
        raise BadValue("part", "has no code that works")
    return Reply(deferred=cards.sheet(school, alive, ctx.links, ctx.typed("join"), part))


def _part(found: Sequence[Invitation], part: int) -> Sequence[Invitation]:
    """Return the codes of one sheet: always the same ones, even if others were used meanwhile."""
    return found[(part - 1) * CODES_PER_SHEET : part * CODES_PER_SHEET]


@invite.command(needs=Permission.INVITATION_REVOKE, about=_school_of_batch, hidden=True)
def recall(ctx: Context, batch: Which) -> Reply:
    """Revoke all codes of a batch that nobody has used."""
    found, school = ctx.found(batches.find, batch)
    number = batches.revoke(ctx.uow, ctx.actor, found, school)
    return Reply(redraw=cards.revoked(batches.view(ctx.uow, found, school), number))
