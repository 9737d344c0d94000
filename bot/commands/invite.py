"""/invite: bring people into a school."""

import re
from collections.abc import Sequence
from typing import Annotated

from bot.cards.common import PAGE
from bot.cards.invitations import addressed
from bot.cards.invitations import invitations as cards
from bot.cards.invitations import lists as invitation_lists
from bot.chat.commands import Group
from bot.chat.context import Context
from bot.chat.options import NO_END, When, option
from bot.chat.replies import Card, Item, Reply
from bot.chat.text import Line, say, verbatim
from bot.commands.common import roles_to_give, schools_meant
from bot.core.errors import BadValue
from bot.core.ids import grouped
from bot.core.invitations import invitations, sending
from bot.core.invitations import views as invitation_views
from bot.core.invitations.invitations import Invitation, InvitationFilter, InvitationState
from bot.core.joining_errors import InvitationDead
from bot.core.rights import access
from bot.core.rights.permissions import Permission
from bot.core.schools.schools import School
from bot.core.typed_lists import listed
from bot.core.values import replace

invite = Group("invite", "Bring people into your school")

NOTE = 300
LABEL = 60
# A whole link, as people paste it.
_SEARCH = 200
# How many invitations of other schools are shown below a list.
_FEW = 5


@invite.command(needs=Permission.INVITATION_CREATE)
def create(
    ctx: Context,
    role: Annotated[
        str | None,
        option("The role that people get; the school's usual one, if empty", suggest=roles_to_give),
    ] = None,
    uses: Annotated[
        int | None,
        option(
            "How many people can use it; no limit, if empty",
            minimum=1,
            maximum=invitations.MOST_USES,
            empty_words=NO_END,
        ),
    ] = None,
    expires: Annotated[
        When | None,
        option("When it stops working: 7d, Friday 17:00, 2027-01-31; never, if empty", empty_words=NO_END),
    ] = None,
    note: Annotated[str, option("What people read on the invitation's page", maximum=NOTE)] = "",
    label: Annotated[
        str, option("A name only admins see, such as the channel it is for", maximum=LABEL)
    ] = "",
    channels: Annotated[str, option("One invitation for each of these channels: #class, #parents")] = "",
) -> Card:
    """Create an invitation: a link and a code; or several at once, one for each channel."""
    made = [
        invitations.create(
            ctx.uow,
            ctx.actor,
            ctx.school,
            role=role or None,
            uses_allowed=uses,
            expires_at=expires,
            note=note,
            label=one,
        )
        for one in _labels(label, channels)
    ]
    if channels:
        return cards.created_several(made, ctx.school, ctx.links)
    return cards.created(made[0], ctx.school, ctx.links, ctx.typed)


def _labels(label: str, channels: str) -> list[str]:
    """Return the label of each invitation to create: one per channel, or else the one label."""
    if not channels:
        return [label]
    words = re.split(r"[\s,;|]+", channels.strip(",; "))
    # Names of channels have no spaces, so they need no commas.
    names = list(dict.fromkeys(words) if all(one.startswith("#") for one in words) else listed(channels))
    if label or not names:
        raise BadValue(
            "channels", "cannot have a label beside them" if label else "names none", "#class, #staff"
        )
    if len(names) > PAGE or any(len(one) > LABEL for one in names):
        raise BadValue("channels", f"can be {PAGE} at most, of {LABEL} characters each", "#class, #staff")
    return names


@invite.command(name="list", needs=Permission.INVITATION_READ, reads=True)
def _list(
    ctx: Context,
    search: Annotated[
        str, option("Creator, code, link, label or note, or a part of it", maximum=_SEARCH)
    ] = "",
    state: Annotated[InvitationState | None, option("Only those in this state")] = None,
) -> Card:
    """List and search invitations."""
    return _page(ctx, search, state, after=None)


def _school_of_page(ctx: Context) -> School:
    _, school = invitation_views.find(ctx.uow, ctx.actor, ctx.value("after"))
    return school


@invite.command(needs=Permission.INVITATION_READ, about=_school_of_page, reads=True, hidden=True)
def older(
    ctx: Context,
    after: Annotated[str, option("The last invitation of the page before")],
    search: Annotated[str, option("What was searched", maximum=_SEARCH)] = "",
    state: Annotated[InvitationState | None, option("Which state was asked for")] = None,
) -> Reply:
    """Show the next page of invitations."""
    return Reply(redraw=_page(ctx, search, state, after=after))


def _page(ctx: Context, search: str, state: InvitationState | None, *, after: str | None) -> Card:
    whole = invitation_views.may_see_all_codes(ctx.uow, ctx.actor, ctx.school)
    wanted = InvitationFilter(search, state, ctx.uow.now, after, whole)
    found = invitation_views.search(ctx.uow, ctx.school.id, wanted, limit=PAGE + 1)
    visible_codes = invitation_views.with_visible_code(ctx.uow, ctx.actor, ctx.school, found)
    batches = ctx.uow.batches.listed(ctx.school.id, after=None, limit=1)
    shown = invitation_views.listed(ctx.uow, ctx.school, found[:PAGE])
    card = invitation_lists.listed(
        shown, ctx.school, wanted, now=ctx.uow.now, visible_codes=visible_codes, more=len(found) > PAGE
    )
    if batches:
        card = invitation_lists.with_batches(card, ctx.school)
    others = (
        invitation_views.managed_elsewhere(ctx.uow, ctx.school.id, wanted, limit=_FEW + 1)
        if not after
        else ()
    )
    if not others:
        return card
    more = len(others) > _FEW
    return invitation_lists.with_elsewhere(card, others[:_FEW], ctx.school, wanted, more=more)


@invite.command(needs=Permission.INVITATION_READ, reads=True, hidden=True)
def elsewhere(
    ctx: Context,
    after: Annotated[str, option("The last invitation of the page before")] = "",
    search: Annotated[str, option("What was searched", maximum=_SEARCH)] = "",
    state: Annotated[InvitationState | None, option("Which state was asked for")] = None,
) -> Reply:
    """Show the invitations of other schools that let people in here too."""
    wanted = InvitationFilter(search, state, ctx.uow.now, after or None)
    found = invitation_views.managed_elsewhere(ctx.uow, ctx.school.id, wanted, limit=PAGE + 1)
    more = len(found) > PAGE
    return Reply(redraw=invitation_lists.elsewhere(found[:PAGE], ctx.school, wanted, more=more))


def secret(ctx: Context, of: Invitation, school: School) -> bool:
    """Tell whether the actor may see an invitation's link and code."""
    return of.id in invitation_views.with_visible_code(ctx.uow, ctx.actor, school, [of])


def school_of_invitation(ctx: Context) -> School:
    """Find the school that manages the invitation."""
    typed = ctx.value("invitation")
    return ctx.found(invitation_views.find, typed)[1] if typed else _schools(ctx)[0]


def _schools(ctx: Context) -> Sequence[School]:
    return schools_meant(ctx, Permission.INVITATION_READ)


def invitations_here(ctx: Context, typed: str) -> Sequence[Item]:
    """Suggest the newest invitations that match by code, label or note."""
    places = _schools(ctx)
    return [item for school in places for item in _invitations_of(ctx, school, typed, named=len(places) > 1)]


def _invitations_of(ctx: Context, school: School, typed: str, *, named: bool) -> Sequence[Item]:
    if not access.holds(ctx.uow, ctx.actor, Permission.INVITATION_READ, school):
        return []
    whole = invitation_views.may_see_all_codes(ctx.uow, ctx.actor, school)
    found = invitation_views.search(ctx.uow, school.id, InvitationFilter(typed, secrets=whole), limit=PAGE)
    visible_codes = invitation_views.with_visible_code(ctx.uow, ctx.actor, school, found)
    hint = verbatim(school.name) if named else None
    return [Item(one.id, _suggested(one, secret=one.id in visible_codes), hint) for one in found]


Which = Annotated[str, option("Its code or link", suggest=invitations_here)]


def _suggested(invitation: Invitation, *, secret: bool) -> Line:
    code = grouped(invitation.code) if secret else f"{invitation.code[:2]}…"
    name = invitation.label or invitation.note[:40]
    return say("{code} · {name}", code=code, name=name) if name else verbatim(code)


@invite.command(needs=Permission.INVITATION_READ, about=school_of_invitation, reads=True)
def show(
    ctx: Context,
    invitation: Which,
) -> Card:
    """Show everything about an invitation: uses left, who came in, why it stopped working."""
    return details_card(ctx, *ctx.found(invitation_views.find, invitation))


def details_card(ctx: Context, found: Invitation, school: School) -> Card:
    """Show the details of an invitation; who came in, only to those who may see invitations."""
    may_revoke = access.holds(ctx.uow, ctx.actor, Permission.INVITATION_REVOKE, school)
    details = invitation_views.details(ctx.uow, found, school)
    if not access.holds(ctx.uow, ctx.actor, Permission.INVITATION_READ, school):
        details = replace(details, redeemed_by=())
    letter = sending.letter(ctx.uow, found)
    if letter is not None:
        made, void = cards.created_by(details), cards.why_void(details)
        may = secret(ctx, found, school)
        return addressed.shown(letter, details.state, ctx.links, made, secret=may, may=may_revoke, void=void)
    return cards.shown(details, ctx.links, secret=secret(ctx, found, school), may_revoke=may_revoke)


@invite.command(needs=Permission.INVITATION_REVOKE, about=school_of_invitation)
def revoke(
    ctx: Context,
    invitation: Which,
) -> Reply:
    """Revoke an invitation at once and for good; members stay."""
    found, school = ctx.found(invitation_views.find, invitation)
    now_revoked = invitations.revoke(ctx.uow, ctx.actor, found, school)
    current = ctx.uow.invitations.by_id(found.id) or found
    if current.revoked_at is None:
        raise InvitationDead(current)  # the addressee answered it first
    return Reply(
        redraw=cards.revoked(invitation_views.details(ctx.uow, current, school), now_revoked=now_revoked)
    )
