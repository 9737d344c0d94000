"""Cards about invitations."""

from collections.abc import Callable, Sequence

from bot.cards.common import contact, fields, moment, next_page, optional
from bot.cards.invitations import invited
from bot.cards.invitations.addressed import STATES, link_and_code, reissue_button
from bot.cards.pictures import qr
from bot.chat.actions import Action
from bot.chat.context import Links
from bot.chat.replies import Actions, Block, Button, Card, Confirm, Item, Select, Style, Table, Text, Tone
from bot.chat.text import Code, Line, count, say, verbatim
from bot.core.ids import grouped
from bot.core.invitations.accepting import Accepted
from bot.core.invitations.invitations import Invitation, InvitationState, Redeemer
from bot.core.invitations.redeeming import Redeemed
from bot.core.invitations.views import FIRST, Details
from bot.core.schools.schools import School

# The states in which an invitation lets nobody in any more.
_OVER = {InvitationState.EXPIRED, InvitationState.EXHAUSTED, InvitationState.REVOKED}


def created(invitation: Invitation, school: School, links: Links, typed: Callable[[str], str]) -> Card:
    """Show a new invitation: its link, code and QR code, and how to use them."""
    return Card(
        title=say("Invitation to {school}", school=school.name),
        blocks=(
            fields(*link_and_code(invitation, links)),
            fields(
                (say("Role"), verbatim(invitation.role_for(school))),
                (say("Uses"), uses(invitation)),
                (say("Expires"), moment(invitation.expires_at, say("Never"))),
                (say("Note"), optional(invitation.note)),
                (say("Label"), optional(invitation.label)),
            ),
            Text(
                say("People can also type `{join}`.", join=typed(f"join {grouped(invitation.code)}")),
                quiet=True,
            ),
            *_picture(invitation, links),
            _buttons(invitation),
        ),
        tone=Tone.GOOD,
    )


def created_several(made: Sequence[Invitation], school: School, links: Links) -> Card:
    """Show several new invitations that differ only in their labels."""
    first = made[0]
    rows = tuple(
        (
            verbatim(one.label),
            say("{code}", code=Code(grouped(one.code))),
            verbatim(links.invitation(one.token) or ""),
        )
        for one in made
    )
    return Card(
        count(len(made), "{n} invitation to {school}", "{n} invitations to {school}", school=school.name),
        (
            Table((say("Label"), say("Code"), say("Link")), rows),
            fields(
                (say("Role"), verbatim(first.role_for(school))),
                (say("Uses"), uses(first)),
                (say("Expires"), moment(first.expires_at, say("Never"))),
                (say("Note"), optional(first.note)),
            ),
            Select(
                say("Open an invitation"),
                Action("invite show"),
                fills="invitation",
                items=tuple(Item(one.id, verbatim(one.label)) for one in made),
                each=say("Open"),
            ),
        ),
        tone=Tone.GOOD,
    )


def _picture(invitation: Invitation, links: Links) -> list[Block]:
    link = links.invitation(invitation.token)
    return [qr(link)] if link else []


def _buttons(invitation: Invitation, *, details: bool = True) -> Actions:
    show = Button(say("Details"), Action("invite show", {"invitation": invitation.id}))
    revoke = _revoke(invitation)
    return Actions((show, revoke) if details else (lock(invitation), revoke))


def _revoke(invitation: Invitation) -> Button:
    return Button(
        say("Revoke"),
        Action("invite revoke", {"invitation": invitation.id}),
        style=Style.DANGER,
        confirm=Confirm(
            say("Revoke this invitation?"),
            say("Its link and code stop working at once and for good. Members who came in stay."),
            say("Revoke"),
        ),
    )


def uses(invitation: Invitation) -> Line:
    """Return how many uses are taken, and of how many."""
    if invitation.uses_allowed is None:
        return count(invitation.uses_taken, "{n} so far, no limit", "{n} so far, no limit")
    return say("{taken} of {allowed}", taken=invitation.uses_taken, allowed=invitation.uses_allowed)


def uses_left(invitation: Invitation) -> Line | None:
    """Return how many uses are left, or None without a limit."""
    if invitation.uses_allowed is None:
        return None
    return say("{n}", n=invitation.uses_allowed - invitation.uses_taken)


def came_in(invitation: Invitation, found: Sequence[Redeemer]) -> list[Block]:
    """List who came in by an invitation, newest first, with a button for earlier ones."""
    shown = found[:FIRST]
    rows = tuple((verbatim(one.person.name), moment(one.redeemed_at, say("?"))) for one in shown)
    blocks: list[Block] = [Table((say("Who"), say("Redeemed")), rows)]
    if len(found) > FIRST:
        page = Action("invite came", {"invitation": invitation.id, "after": shown[-1].id})
        blocks.append(next_page(say("Who came before"), page))
    return blocks


def lock(invitation: Invitation) -> Button:
    """Return the button that locks an invitation."""
    text = say("Nobody can use its link and code until you unlock it. Members who came in stay.")
    return Button(
        say("Lock"),
        Action("invite lock", {"invitation": invitation.id}),
        Style.DANGER,
        Confirm(say("Lock this invitation?"), text, say("Lock")),
    )


def unlock(invitation: Invitation) -> Button:
    """Return the button that unlocks an invitation."""
    return Button(say("Unlock"), Action("invite unlock", {"invitation": invitation.id}))


def shown(details: Details, links: Links, *, secret: bool, may_revoke: bool) -> Card:
    """Show the details of an invitation; its link and code only with `secret`."""
    invitation = details.invitation
    is_open = details.state is InvitationState.OPEN and not details.void
    blocks: list[Block] = [
        fields(
            (say("Status"), why_void(details) or _why(details)),
            *(link_and_code(invitation, links) if secret else []),
            (say("Role"), verbatim(invitation.role_for(details.school))),
            (say("Uses"), uses(invitation)),
            (say("Uses left"), uses_left(invitation)),
            (say("Expires"), moment(invitation.expires_at, say("Never"))),
            (say("Created"), created_by(details)),
            (say("Note"), optional(invitation.note)),
            (say("Label"), optional(invitation.label)),
        )
    ]
    if details.redeemed_by:
        blocks += came_in(invitation, details.redeemed_by)
    if is_open and secret:
        blocks += _picture(invitation, links)
    if is_open and may_revoke:
        blocks.append(_buttons(invitation, details=False))
    if may_revoke and details.void:
        blocks.append(Actions((reissue_button(invitation), _revoke(invitation))))
    if may_revoke and details.state in _OVER:
        blocks.append(Actions((reissue_button(invitation),)))
    if may_revoke and details.state is InvitationState.LOCKED:
        blocks.append(Actions((unlock(invitation), _revoke(invitation))))
    return Card(
        title=say("Invitation to {school}", school=details.school.name),
        blocks=tuple(blocks),
        tone=Tone.NEUTRAL if is_open else Tone.BAD,
    )


def why_void(details: Details) -> Line | None:
    """Return why an open invitation lets nobody in, or None if it does let people in."""
    if not details.void:
        return None
    if details.school.archived:
        return say("Lets nobody in: the school is archived")
    if details.kept_out and details.invitation.to is not None:
        return say("Lets nobody in: {name} is kept out of the school", name=details.invitation.to.name)
    name = details.creator.name if details.creator else "?"
    return say("Lets nobody in: {name} may no longer give what it gives", name=name)


def created_by(details: Details) -> Line:
    """Return when an invitation was created, and by whom."""
    name = details.creator.name if details.creator else "?"
    return say("{at} by {name}", at=details.invitation.created_at, name=name)


def _why(details: Details) -> Line:
    invitation = details.invitation
    if details.state is InvitationState.REVOKED and invitation.revoked_at is not None:
        who = details.revoker.name if details.revoker else "?"
        return say("Revoked {at} by {name}", at=invitation.revoked_at, name=who)
    if details.state is InvitationState.EXPIRED and invitation.expires_at is not None:
        return say("Expired {at}", at=invitation.expires_at)
    if details.state is InvitationState.LOCKED and invitation.locked_at is not None:
        return say("Locked {at}", at=invitation.locked_at)
    return STATES[details.state]


def revoked(details: Details, *, now_revoked: bool) -> Card:
    """Confirm that an invitation is revoked, just now or before."""
    if now_revoked:
        text, tone = say("Its link and code no longer work. Members who came in stay."), Tone.GOOD
    else:
        text, tone = say("It was already revoked. Nothing has changed."), Tone.NEUTRAL
    return Card(
        title=say("Invitation revoked"),
        blocks=(
            Text(text),
            fields(
                (say("School"), verbatim(details.school.name)),
                (say("Status"), _why(details)),
                (say("Uses"), uses(details.invitation)),
            ),
        ),
        tone=tone,
    )


def redeemed(outcome: Redeemed | Accepted, before: Sequence[School] = ()) -> Card:
    """Welcome a new member, or say that their join request is pending; `before` are schools they were in."""
    if isinstance(outcome, Accepted):
        return invited.accepted(outcome, before)
    if outcome.request is None:
        return welcome(outcome.school, outcome.role, before)
    return requested(outcome.school)


def welcome(school: School, role: str, before: Sequence[School] = ()) -> Card:
    """Welcome a new member; `before` are the schools that they were in before."""
    return Card(
        title=say("Welcome to {school}", school=school.name),
        blocks=(
            Text(say("You are now a member, as **{role}**.", role=role)),
            *invited.also_in(before, [school]),
            Text(contact(school), quiet=True),
        ),
        tone=Tone.GOOD,
    )


def requested(school: School) -> Card:
    """Say that a join request is pending, and where its answer will arrive."""
    return Card(
        title=say("Your request to join {school} is waiting", school=school.name),
        blocks=(
            Text(
                say(
                    "An admin decides. I will tell you in our direct messages; you do not need to do "
                    "anything."
                )
            ),
            Text(contact(school), quiet=True),
        ),
        tone=Tone.WAITING,
    )
