"""`/request digest`, and the buttons of the digest of pending join requests."""

from typing import Annotated

from bot.cards.requests import digests as cards
from bot.chat.context import Context
from bot.chat.options import option
from bot.chat.replies import Card, Reply
from bot.commands.request import OnCard, Reason, on_card, rejection_note, request, school_of_card
from bot.core.requests import approving, digests, join_requests
from bot.core.rights.permissions import Permission
from bot.core.schools import settings as school_settings


@request.command(needs=Permission.REQUEST_READ, reads=True)
def digest(ctx: Context) -> Card:
    """See now what the next digest will say: who waits, longest first, with buttons."""
    settings = ctx.uow.settings.of(ctx.school.id)
    next_at = school_settings.next_digest(ctx.school, settings, ctx.uow.now)
    return cards.digest(digests.page(ctx.uow, ctx.school), private=True, next_at=next_at)


@request.command(needs=Permission.REQUEST_READ, about=school_of_card, reads=True, hidden=True)
def further(ctx: Context, after: Annotated[str, option("The last request of the page before")]) -> Card:
    """Show who else is waiting; the digest itself stays for everybody."""
    return cards.digest(digests.page(ctx.uow, ctx.school, after=after), private=True)


@request.command(needs=Permission.REQUEST_DECIDE, about=school_of_card, hidden=True)
def admit(ctx: Context, request: OnCard) -> Reply:
    """Approve a request to join."""
    found, school = on_card(ctx, request)
    join_requests.approve(ctx.uow, ctx.actor, found, school, None)
    return _redrawn(ctx)


@request.command(needs=Permission.REQUEST_DECIDE, about=school_of_card, tells=rejection_note, hidden=True)
def refuse(ctx: Context, request: OnCard, reason: Reason = "") -> Reply:
    """Reject a request to join."""
    found, school = on_card(ctx, request)
    join_requests.reject(ctx.uow, ctx.actor, found, school, reason)
    return _redrawn(ctx)


@request.command(needs=Permission.REQUEST_DECIDE, hidden=True)
def admit_all(ctx: Context, shown: Annotated[str, option("All who are shown")]) -> Reply:
    """Approve all who are shown on a card."""
    outcomes = approving.approve_shown(ctx.uow, ctx.actor, ctx.school, shown)
    return Reply(cards.approved(outcomes, ctx.school), redraw=_redrawn(ctx).redraw)


def _redrawn(ctx: Context) -> Reply:
    return Reply(redraw=cards.digest(digests.page(ctx.uow, ctx.school), private=not ctx.clicked))
