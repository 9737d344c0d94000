"""Cards for the addressee of an invitation: to answer it, and what came of the answer."""

from collections.abc import Sequence

from bot.cards.common import PAGE, contact, fields, moment
from bot.cards.invitations import mail
from bot.chat.actions import Action
from bot.chat.replies import Actions, Block, Button, Card, Confirm, Style, Table, Text, Tone
from bot.chat.text import Line, say, verbatim
from bot.core.invitations.accepting import Accepted, Entered, LeftOut, LeftOutReason
from bot.core.invitations.invitations import Invitation, InvitationState
from bot.core.invitations.sending import Letter
from bot.core.schools.schools import School
from bot.core.values import replace

_OVER = {
    InvitationState.ACCEPTED: say("You have accepted it."),
    InvitationState.DECLINED: say("You have declined it. If that was a mistake, ask for a new one."),
    InvitationState.EXPIRED: say("It has expired. Ask for a new one."),
}


_TAKEN_BACK = say("It was taken back. If you expected it, ask for a new one.")


def invitation(letter: Letter, state: InvitationState) -> Card | None:
    """Show an invitation to its addressee: with buttons to answer, or why it can no longer be answered.

    Return None for an invitation that ended before it was sent.
    """
    if not state.alive:
        if letter.to.sent_at is None:
            return None
        text = Text(_OVER.get(state, _TAKEN_BACK))
        return Card(mail.subject(letter), (mail.terms(letter), text))
    return Card(
        title=mail.subject(letter),
        blocks=(
            mail.terms(letter),
            fields((say("Until"), moment(letter.invitation.expires_at, say("No end date")))),
            Actions(answers(letter.invitation)),
            Text(contact(letter.home), quiet=True),
        ),
        tone=Tone.WAITING,
    )


def reminder(letter: Letter, state: InvitationState) -> Card | None:
    """Remind the addressee of an invitation; if it has ended meanwhile, show that."""
    card = invitation(letter, state)
    if card is None or not state.alive:
        return card
    return replace(
        card, blocks=(Text(say("This invitation is still waiting for your answer.")), *card.blocks)
    )


def answers(invitation: Invitation) -> tuple[Button, Button]:
    """Return the buttons that accept and decline an invitation."""
    values = {"invitation": invitation.id}
    return (
        Button(say("Accept"), Action("invite accept", values), Style.PRIMARY),
        Button(
            say("Decline"),
            Action("invite decline", values),
            confirm=Confirm(
                say("Decline this invitation?"),
                say("You cannot accept it after that, but you can ask for a new one."),
                say("Decline"),
            ),
        ),
    )


_LEFT = {
    LeftOutReason.GONE: say("It no longer exists"),
    LeftOutReason.NOT_ALLOWED: say("Whoever invited you may no longer give it"),
    LeftOutReason.BARRED: say("Your membership there is suspended, rejected, deactivated or archived"),
}


def accepted(outcome: Accepted, before: Sequence[School] = ()) -> Card:
    """Welcome a person who accepted: where they are a member, where they wait, and what was left out.

    `before` are the schools that they were in before.
    """
    entered = outcome.entered
    blocks: list[Block] = [
        Table(
            (say("School"), say("Roles"), say("Status")),
            tuple((verbatim(one.school.name), verbatim(", ".join(one.roles)), _came(one)) for one in entered),
        )
    ]
    if any(one.request for one in entered):
        blocks.append(
            Text(
                say(
                    "An admin decides about those that are waiting. I will tell you; you do not need to "
                    "do anything."
                )
            )
        )
    blocks += [Text(_left(one), quiet=True) for one in outcome.left_out]
    blocks += also_in(before, [one.school for one in entered])
    blocks.append(Text(contact(entered[0].school), quiet=True))
    tone = Tone.WAITING if all(one.request for one in entered) else Tone.GOOD
    return Card(title=_welcome(entered), blocks=tuple(blocks), tone=tone)


def also_in(before: Sequence[School], entered: Sequence[School]) -> list[Text]:
    """Name the schools that a person was in before, other than those that they have just entered."""
    others = [one.name for one in before if one.id not in {each.id for each in entered}]
    if not others:
        return []
    named = ", ".join(others[:PAGE])
    if (more := len(others) - PAGE) > 0:
        return [Text(say("You are also in {others} and {more} more.", others=named, more=more))]
    return [Text(say("You are also in {others}.", others=named))]


def _welcome(entered: Sequence[Entered]) -> Line:
    """Name the schools that the person is now a member of; the table has those where a request is pending."""
    came_into = [one.school.name for one in entered if one.request is None]
    first, *others = came_into or [one.school.name for one in entered]
    if not came_into and others:
        named = ", ".join(others)
        return say("Your requests to join {school} and {others} are waiting", school=first, others=named)
    if not came_into:
        return say("Your request to join {school} is waiting", school=first)
    if not others:
        return say("Welcome to {school}", school=first)
    return say("Welcome to {school} and {others}", school=first, others=", ".join(others))


def _came(one: Entered) -> Line:
    return say("You are in") if one.request is None else say("Waits for an admin")


def _left(one: LeftOut) -> Line:
    return say("Not {role} in {school}: {why}.", role=one.role, school=one.school.name, why=_LEFT[one.why])


def declined(letter: Letter) -> Card:
    """Confirm that an invitation was declined."""
    return Card(
        title=say("You have declined"),
        blocks=(Text(say("The invitation of {inviter} is over.", inviter=letter.inviter or "?")),),
    )


def waiting(found: Sequence[Letter]) -> list[Block]:
    """List the invitations that wait for a person's answer."""
    blocks: list[Block] = []
    for letter in found:
        blocks += [Text(mail.subject(letter)), Actions(answers(letter.invitation))]
    return blocks
