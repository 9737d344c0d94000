"""/invite person and its follow-ups: invitations for one person are previewed, sent, answered, cleared."""

from typing import Annotated

from bot.cards.invitations import addressed as cards
from bot.cards.invitations import invitations as invitation_cards
from bot.cards.invitations import invited
from bot.chat.context import Context
from bot.chat.options import NO_END, When, option
from bot.chat.replies import Card, Reply
from bot.commands.common import SendAt, roles_to_give
from bot.commands.invite import NOTE, Which, invite, school_of_invitation, secret
from bot.commands.join import accept_invitation
from bot.commands.member import people
from bot.commands.recipients import LONGEST_NAME, recipient
from bot.core.email_addresses import LONGEST_EMAIL
from bot.core.errors import BadValue, Refusal
from bot.core.invitations import accepting, addressed, answering, reissuing, sending
from bot.core.invitations import views as invitation_views
from bot.core.invitations.addressed import Offer
from bot.core.invitations.invitations import Invitation
from bot.core.invitations.sending import Letter
from bot.core.joining_errors import InvitationUnusable
from bot.core.rights.permissions import Permission
from bot.core.schools import schools as places
from bot.core.schools import which_school
from bot.core.typed_lists import listed

_LIST = 200
_LINK = 200

Answered = Annotated[str, option("The link or code that you were sent", maximum=_LINK, secret=True)]


@invite.command(needs=Permission.INVITATION_CREATE, asks=lambda _: {}, submit="Invite", on_person="Invite…")
def person(
    ctx: Context,
    to: Annotated[
        str,
        option(
            "E-mail, @mention, or someone on your list; empty to pass it on yourself",
            maximum=LONGEST_EMAIL,
            suggest=people,
            anyone=True,
        ),
    ] = "",
    name: Annotated[str, option("What to call them", maximum=LONGEST_NAME)] = "",
    roles: Annotated[
        str,
        option(
            "Their roles, separated by commas; if empty, those they have, or the usual one",
            maximum=_LIST,
            suggest=roles_to_give,
        ),
    ] = "",
    schools: Annotated[
        str, option("More schools, separated by commas: the same roles there", maximum=_LIST)
    ] = "",
    expires: Annotated[
        When | None,
        option("When it stops working: 7d, Friday 17:00, 2027-01-31; never, if empty", empty_words=NO_END),
    ] = None,
    note: Annotated[str, option("What they read in the invitation", maximum=NOTE)] = "",
) -> Card:
    """Invite one person by e-mail or direct message; you see it before it is sent."""
    wanted = recipient(ctx, to, " ".join(name.split()))
    answering.refuse_unanswerable(ctx.uow, wanted.way, ctx.ways)
    offer = Offer(_given(ctx, wanted, roles, schools), expires, note)
    return draft_card(ctx, addressed.create(ctx.uow, ctx.actor, wanted, offer))


def _given(
    ctx: Context, to: addressed.Invitee, typed_roles: str, typed_schools: str
) -> tuple[tuple[places.School, str], ...]:
    """Pair every school with every typed role; without one, with those they have there, or the usual one."""
    named = [ctx.school, *which_school.all_meant(ctx.uow, ctx.actor, typed_schools)]
    unique = {one.id: one for one in named}.values()
    names = listed(typed_roles)
    return tuple(
        (school, role) for school in unique for role in names or addressed.default_roles(ctx.uow, to, school)
    )


def letter_of(ctx: Context, invitation: Invitation) -> Letter:
    """Return what cards show about an invitation for one person."""
    letter = sending.letter(ctx.uow, invitation)
    assert letter is not None  # noqa: S101 - it is for one person
    return letter


def _for_one(ctx: Context, typed: str) -> tuple[Invitation, places.School]:
    """Find an invitation and its school; raise a refusal if it is not for one person."""
    found, school = ctx.found(invitation_views.find, typed)
    addressed.refuse_open(found)
    return found, school


@invite.command(needs=Permission.INVITATION_CREATE, about=school_of_invitation)
def send(
    ctx: Context,
    invitation: Which,
    at: SendAt = None,
) -> Reply:
    """Send an invitation that is for one person, now or later."""
    found, school = _for_one(ctx, invitation)
    sent = addressed.send(ctx.uow, ctx.actor, found, school, at)
    return Reply(redraw=sent_card(ctx, sent, school))


@invite.command(needs=Permission.INVITATION_CREATE, about=school_of_invitation)
def resend(
    ctx: Context,
    invitation: Which,
    at: SendAt = None,
) -> Reply:
    """Send an invitation again, with a new link; older links stop working."""
    found, school = _for_one(ctx, invitation)
    sent = addressed.resend(ctx.uow, ctx.actor, found, school, at)
    return Reply(redraw=sent_card(ctx, sent, school))


def draft_card(ctx: Context, invitation: Invitation) -> Card:
    """Return the preview of an unsent invitation for one person."""
    return cards.draft(letter_of(ctx, invitation), mails=ctx.ways.mails)


def sent_card(ctx: Context, invitation: Invitation, school: places.School) -> Card:
    """Return the card that confirms the sending of an invitation for one person."""
    return cards.sent(letter_of(ctx, invitation), ctx.links, secret=secret(ctx, invitation, school))


@invite.command(needs=Permission.INVITATION_REVOKE, about=school_of_invitation)
def clear(ctx: Context, invitation: Which) -> Reply:
    """Take back an invitation for one person before they answer; its link stops working."""
    found, school = _for_one(ctx, invitation)
    return Reply(redraw=cards.cleared(letter_of(ctx, addressed.clear(ctx.uow, ctx.actor, found, school))))


@invite.command(needs=Permission.INVITATION_REVOKE, about=school_of_invitation)
def reissue(ctx: Context, invitation: Which) -> Card:
    """Revoke an invitation and make the same one again, with a new link and code."""
    found, school = ctx.found(invitation_views.find, invitation)
    fresh = reissuing.reissue(ctx.uow, ctx.actor, found, school)
    if fresh.to is None:
        return invitation_cards.created(fresh, school, ctx.links, ctx.typed)
    return draft_card(ctx, fresh)


@invite.command()
def accept(ctx: Context, invitation: Answered) -> Reply:
    """Accept an invitation that is for you."""
    return Reply(accept_invitation(ctx, invitation.strip()))


@invite.command()
def decline(ctx: Context, invitation: Answered) -> Reply:
    """Decline an invitation that is for you."""
    found = addressed.find_to_answer(ctx.uow, invitation.strip())
    if found is None:
        raise _not_theirs(ctx, invitation)
    over = accepting.decline(ctx.uow, ctx.actor, found[0], holds_link=found[1])
    return Reply(invited.declined(letter_of(ctx, over)))


def _not_theirs(ctx: Context, typed: str) -> Refusal:
    """Return the refusal to decline; it does not tell a dead invitation from one that never existed."""
    found = invitation_views.by_typed(ctx.uow, typed)
    if found is None or not found.state(ctx.uow.now).alive:
        return InvitationUnusable()
    return BadValue("invitation", "is not for one person alone: if you do not want it, you need do nothing")
