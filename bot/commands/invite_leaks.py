"""/invite lock, unlock, leaked, post: what to do when a code leaks, and posting one in a channel."""

from typing import Annotated

from bot.cards import bulk as bulk_cards
from bot.cards.invitations import leaks as cards
from bot.chat.context import Context
from bot.chat.options import option
from bot.chat.replies import Card, Reply
from bot.commands.invite import Which, details_card, invite, school_of_invitation
from bot.core.bulk import planning as bulk
from bot.core.bulk import views as bulk_views
from bot.core.bulk.planning import Plan
from bot.core.errors import NotFound
from bot.core.invitations import leaks, posting
from bot.core.invitations import views as invitation_views
from bot.core.invitations.invitations import Invitation
from bot.core.invitations.views import FIRST
from bot.core.rights.permissions import Permission
from bot.core.schools.schools import School


@invite.command(needs=Permission.INVITATION_REVOKE, about=school_of_invitation)
def lock(ctx: Context, invitation: Which) -> Reply:
    """Lock an invitation whose code has leaked: nobody can use it until you unlock it."""
    found, school = ctx.found(invitation_views.find, invitation)
    leaks.lock(ctx.uow, ctx.actor, found, school)
    return _changed(ctx, found, school)


@invite.command(needs=Permission.INVITATION_REVOKE, about=school_of_invitation)
def unlock(ctx: Context, invitation: Which) -> Reply:
    """Unlock an invitation, so that people can use it again."""
    found, school = ctx.found(invitation_views.find, invitation)
    leaks.unlock(ctx.uow, ctx.actor, found, school)
    return _changed(ctx, found, school)


def _changed(ctx: Context, before: Invitation, school: School) -> Reply:
    """Show an invitation after a change; the admins' copies of its card are redrawn separately."""
    return Reply(details_card(ctx, ctx.uow.invitations.by_id(before.id) or before, school))


@invite.command(needs=Permission.INVITATION_READ, about=school_of_invitation, submit="Show", reads=True)
def leaked(ctx: Context, invitation: Which) -> Card:
    """See who came in with a leaked code, and suspend all of them in one plan."""
    found, school = ctx.found(invitation_views.find, invitation)
    came = ctx.uow.leaks.redeemers(found.id, after=None, limit=FIRST + 1)
    return cards.who_came_in(found, school, came, found.state(ctx.uow.now))


@invite.command(needs=Permission.INVITATION_READ, about=school_of_invitation, reads=True, hidden=True)
def came(
    ctx: Context,
    invitation: Annotated[str, option("Which one")],
    after: Annotated[str, option("The last one of the page before")],
) -> Card:
    """Show the next page of who came in."""
    found, school = ctx.found(invitation_views.find, invitation)
    if not ctx.uow.leaks.has(found.id, after):
        raise NotFound("entry")
    return cards.who_came_in_earlier(
        found, school, ctx.uow.leaks.redeemers(found.id, after=after, limit=FIRST + 1)
    )


def _worked_out(ctx: Context, invitation: str) -> Plan:
    found, school = ctx.found(invitation_views.find, invitation)
    return bulk.make_plan(ctx.uow, ctx.actor, school, leaks.suspension(found, school))


@invite.command(needs=Permission.MEMBER_SUSPEND, about=school_of_invitation, looks=_worked_out, hidden=True)
def suspend(ctx: Context, invitation: Annotated[str, option("Which one")]) -> Card:
    """See whom it would affect to suspend everyone who came in with an invitation."""
    school = ctx.found(invitation_views.find, invitation)[1]
    planned = bulk.store_plan(ctx.uow, ctx.actor, school, ctx.seen)
    first = bulk_views.names(ctx.uow, planned.plan.affected[: bulk_cards.FIRST])
    return bulk_cards.planned(planned, school, first)


@invite.command(needs=Permission.INVITATION_VIEW_SECRET, about=school_of_invitation)
def post(
    ctx: Context,
    invitation: Which,
    sure: Annotated[bool, option("Yes to show it even though the school is private")] = False,
) -> Reply:
    """Show an invitation's link and code to everyone in this channel."""
    found, school = ctx.found(invitation_views.find, invitation)
    invitation_views.require_visible_code(ctx.uow, ctx.actor, school, found)
    if not posting.may_post(ctx.uow, found, school, confirmed=sure):
        return Reply(cards.about_to_be_public(found, school))
    if posting.post(ctx.uow, ctx.actor, found, school):
        return Reply(redraw=cards.being_posted(found, school))
    return Reply(cards.posted(posting.posted(ctx.uow, found), ctx.links, ctx.actor.caller.platform))
