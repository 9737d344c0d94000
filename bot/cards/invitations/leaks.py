"""Cards about leaked codes: a rush on an invitation, who came in, and posting a link in a channel."""

from collections.abc import Callable, Sequence

from bot.cards.common import fields, moment, optional, people
from bot.cards.invitations.invitations import came_in, lock, unlock, uses, uses_left
from bot.chat.actions import Action
from bot.chat.context import Links
from bot.chat.replies import Actions, Button, Card, LinkButton, Style, Text, Tone
from bot.chat.text import Code, Line, say, verbatim
from bot.core.ids import grouped
from bot.core.invitations.invitations import Invitation, InvitationState, Redeemer
from bot.core.invitations.leaks import WITHIN, Rush
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


def posted(invitation: Invitation, school: School, links: Links, typed: Callable[[str], str]) -> Card:
    """Return the card that posts an invitation in a channel."""
    join = typed(f"join {grouped(invitation.code)}")
    link = links.invitation(invitation.token)
    return Card(
        say("You are invited to {school}", school=school.name),
        (
            *([Text(verbatim(invitation.note))] if invitation.note else []),
            fields(
                (say("Link"), say("{link}", link=Code(link)) if link else None),
                (say("Or type"), say("`{join}`", join=join)),
                (say("Expires"), moment(invitation.expires_at, say("Never"))),
            ),
            *([Actions((LinkButton(say("Open the invitation"), link),))] if link else []),
        ),
        private=False,
        tone=Tone.GOOD,
    )
