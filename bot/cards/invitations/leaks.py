"""Cards about leaked codes: a rush on an invitation, who came in, and posting a link in a channel."""

from collections.abc import Sequence

from bot.cards.common import contact, fields, moment, optional, people
from bot.cards.invitations.invitations import came_in, lock, unlock, uses, uses_left
from bot.chat.actions import Action
from bot.chat.context import Links
from bot.chat.replies import Actions, Button, Card, LinkButton, Style, Text, Tone
from bot.chat.text import Code, Line, say, verbatim
from bot.core.ids import grouped
from bot.core.invitations.invitations import Invitation, InvitationState, Redeemer
from bot.core.invitations.leaks import WITHIN, Rush
from bot.core.invitations.posting import Posted
from bot.core.rights.actors import Platform
from bot.core.schools.schools import School

_MINUTES = int(WITHIN.total_seconds()) // 60


def rush(seen: Rush) -> Card:
    """Tell admins that an invitation is redeemed unusually fast; the code is not shown."""
    invitation, state = seen.invitation, seen.state
    buttons = [Button(say("Who came in"), Action("invite leaked", {"invitation": invitation.id}))]
    if state is InvitationState.OPEN:
        buttons.insert(0, lock(invitation))
    if state is InvitationState.LOCKED:
        buttons.append(unlock(invitation))
    return Card(
        say("An invitation to {school} is used unusually fast", school=seen.school.name),
        (
            fields(
                (say("Came in"), _speed(seen)),
                (say("Uses"), uses(invitation)),
                (say("Status"), _state(state)),
                (say("Label"), optional(invitation.label)),
                (say("Note"), optional(invitation.note)),
            ),
            Text(
                say("If you did not expect that, its code may have leaked: lock it, and see who came in."),
                quiet=True,
            ),
            Actions(tuple(buttons)),
        ),
        private=False,
        tone=Tone.BAD if state is InvitationState.OPEN else Tone.NEUTRAL,
    )


def _speed(seen: Rush) -> Line | None:
    if seen.noticed_at is None:
        return None
    many = people(seen.number)
    return say(
        "{people} in the {minutes} minutes before {at}", people=many, minutes=_MINUTES, at=seen.noticed_at
    )


def _state(state: InvitationState) -> Line:
    if state is InvitationState.OPEN:
        return say("Open: more people can come in")
    if state is InvitationState.LOCKED:
        return say("Locked: nobody can come in")
    return say("Over: nobody can come in")


def who_came_in(
    invitation: Invitation, school: School, found: Sequence[Redeemer], state: InvitationState
) -> Card:
    """List who came in by an invitation, and offer to stop it and to suspend them."""
    title = say("Who came into {school} with this invitation", school=school.name)
    values = {"invitation": invitation.id}
    buttons = [lock(invitation)] if state is InvitationState.OPEN else []
    if found:
        buttons.append(Button(say("Suspend all of them"), Action("invite suspend", values), Style.DANGER))
    if state is InvitationState.LOCKED:
        buttons.append(unlock(invitation))
    buttons.append(Button(say("Details"), Action("invite show", values)))
    status = fields((say("Status"), _state(state)), (say("Label"), optional(invitation.label)))
    came = came_in(invitation, found) if found else [Text(say("Nobody came in with it."))]
    return Card(title, (status, *came, Actions(tuple(buttons))))


def who_came_in_earlier(invitation: Invitation, school: School, found: Sequence[Redeemer]) -> Card:
    """Show a further page of the people who came in."""
    title = say("Who came into {school} with this invitation", school=school.name)
    return Card(title, tuple(came_in(invitation, found)))


def about_to_be_public(invitation: Invitation, school: School) -> Card:
    """Warn before the link of a private school is posted in a channel."""
    title = say("{school} is private. Show this invitation to everyone here?", school=school.name)
    sure = Action("invite post", {"invitation": invitation.id, "sure": "yes"})
    text = say(
        "Anybody who reads this channel, now or later, can use it and pass it on. It is safer to invite "
        "people one by one, or to make single-use codes."
    )
    terms = fields(
        (say("Role"), verbatim(invitation.role_for(school))),
        (say("Uses left"), uses_left(invitation) or say("No limit")),
        (say("Expires"), moment(invitation.expires_at, say("Never"))),
    )
    buttons = Actions((Button(say("Show it to everyone"), sure, Style.DANGER), lock(invitation)))
    return Card(title, (Text(text), terms, buttons), tone=Tone.BAD)


def being_posted(invitation: Invitation, school: School) -> Card:
    """Confirm that an invitation is posted in the actor's channel."""
    return Card(
        say("The invitation to {school} is being posted here", school=school.name),
        (
            Text(
                say("When it ends, its card in this channel says so, and no longer shows the link and code.")
            ),
            Actions((Button(say("Details"), Action("invite show", {"invitation": invitation.id})),)),
        ),
        tone=Tone.GOOD,
    )


def posted(shown: Posted, links: Links, platform: Platform) -> Card:
    """Return the card of an invitation that is posted in a channel; one of no use loses its link and code."""
    invitation, school = shown.invitation, shown.school
    if shown.state is InvitationState.OPEN and not school.archived:
        title, open_it = say("You are invited to {school}", school=school.name), say("Open the invitation")
        expires = moment(invitation.expires_at, say("Never"))
        says = [Text(verbatim(invitation.note))] if invitation.note else []
    elif shown.late and not school.archived:
        title, open_it, expires = say("Ask to join {school}", school=school.name), say("Ask to join"), None
        over = say("This invitation is over, but with it you can still ask to join: an admin decides.")
        says = [Text(over)]
    else:
        return _ended(shown)
    join = links.typed(platform, f"join {grouped(invitation.code)}")
    link = links.invitation(invitation.token)
    return Card(
        title,
        (
            *says,
            fields(
                (say("Link"), say("{link}", link=Code(link)) if link else None),
                (say("Or type"), say("`{join}`", join=join)),
                (say("Expires"), expires),
            ),
            *([Actions((LinkButton(open_it, link),))] if link else []),
        ),
        private=False,
        tone=Tone.NEUTRAL if shown.late else Tone.GOOD,
    )


def _ended(shown: Posted) -> Card:
    """Return the card of a posted invitation that is of no use now; it does not say who ended it, or why."""
    locked = shown.state is InvitationState.LOCKED and not shown.school.archived
    text = say("It cannot be used at the moment.") if locked else say("This invitation has ended.")
    return Card(
        say("Invitation to {school}", school=shown.school.name),
        (Text(text), Text(contact(shown.school), quiet=True)),
        private=False,
    )


def not_posted(invitation: Invitation, school: School) -> Card:
    """Tell whoever posted an invitation that their channel did not take it."""
    why = say(
        "I may not write there. Add me to the channel, or let me see it and write in it; then try again."
    )
    return Card(
        say("The invitation to {school} could not be posted", school=school.name),
        (
            Text(why),
            fields((say("Label"), optional(invitation.label)), (say("Note"), optional(invitation.note))),
            Actions((Button(say("Details"), Action("invite show", {"invitation": invitation.id})),)),
        ),
        private=False,
        tone=Tone.BAD,
        glance=say("An invitation could not be posted"),
    )
