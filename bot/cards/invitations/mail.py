"""Messages about invitations for one person: the mail to the addressee, and what the inviter is told."""

from collections.abc import Sequence
from datetime import datetime

from bot.cards.common import contact, fields, optional
from bot.chat.actions import Action
from bot.chat.replies import (
    Actions,
    Block,
    Button,
    Card,
    Fields,
    Item,
    LinkButton,
    Select,
    Style,
    Table,
    Text,
    Tone,
)
from bot.chat.text import Line, count, say, verbatim
from bot.core.invitations.addressees import Way
from bot.core.invitations.invitations import InvitationState
from bot.core.invitations.sending import Letter, SendError
from bot.core.invitations.unreached import Unreached
from bot.core.schools.schools import School
from bot.core.values import replace


def invitation(letter: Letter, link: str) -> Card:
    """Return the mail to an invitation's addressee; its title is the subject, `link` is this mail's own."""
    expires_at = letter.invitation.expires_at
    return Card(
        title=subject(letter),
        blocks=(
            Text(say("Hello {name},", name=letter.to.name)),
            Text(
                say(
                    "{inviter} invited you to {place} in Homeroom, where people join their school.",
                    inviter=_inviter(letter),
                    place=_schools(letter),
                )
            ),
            terms(letter),
            Actions((LinkButton(say("Open the invitation"), link),)),
            Text(
                say("It can be accepted until {at}.", at=expires_at)
                if expires_at
                else say("It can be accepted until it is withdrawn.")
            ),
            Text(
                say(
                    "The link is only for you: please do not forward it. You sign in first, and nothing "
                    "happens until you accept. If you did not expect this e-mail, you do not need to do "
                    "anything."
                ),
                quiet=True,
            ),
            Text(contact(letter.home), quiet=True),
        ),
        private=True,
    )


def reminder(letter: Letter, link: str) -> Card:
    """Return the mail that reminds an invitation's addressee."""
    card = invitation(letter, link)
    still = Text(say("This invitation is still waiting for your answer."))
    first, *rest = card.blocks
    return replace(
        card, title=say("Reminder: {subject}", subject=subject(letter)), blocks=(first, still, *rest)
    )


def password(name: str, link: str, *, until: datetime, has_one: bool) -> Card:
    """Return the mail with the link, good for one use, by which a person chooses a password."""
    title = say("Choose a new password for Homeroom") if has_one else say("Choose your password for Homeroom")
    safe = say("If you did not ask for this, you do not need to do anything: nothing has changed.")
    return Card(
        title=title,
        blocks=(
            Text(say("Hello {name},", name=name)),
            Text(say("Here you choose the password with which you sign in to Homeroom.")),
            Actions((LinkButton(say("Choose a password"), link),)),
            Text(say("The link works once, until {at}. Only the newest of these e-mails counts.", at=until)),
            Text(say("The link is only for you: whoever has it can sign in as you.")),
            Text(safe, quiet=True),
        ),
        private=True,
    )


def subject(letter: Letter) -> Line:
    """Return a line that says who invites to what."""
    return say("{inviter} invited you to {place}", inviter=_inviter(letter), place=_place(letter))


def terms(letter: Letter) -> Fields:
    """Return fields with the roles that an invitation grants, and the inviter's note."""
    if len(letter.grants) == 1:
        ((school, roles),) = letter.grants
        given = [(say("School"), verbatim(school.name)), (say("As"), verbatim(", ".join(roles)))]
    else:
        given = [(verbatim(school.name), verbatim(", ".join(roles))) for school, roles in letter.grants]
    return fields(*given, (say("Note"), optional(letter.invitation.note)))


def _inviter(letter: Letter) -> Line:
    return verbatim(letter.inviter) if letter.inviter else say("Somebody")


def _place(letter: Letter) -> Line:
    return verbatim(letter.district.name) if letter.district else _schools(letter)


def _schools(letter: Letter) -> Line:
    """Name the schools of an invitation, beginning with the one that manages it."""
    others = [school for school, _ in letter.grants if school.id != letter.home.id]
    return _and_others(letter.home, others)


def _and_others(home: School, others: list[School]) -> Line:
    match others:
        case []:
            return verbatim(home.name)
        case [other]:
            return say("{school} and {other}", school=home.name, other=other.name)
        case _:
            return say("{school} and {n} other schools", school=home.name, n=len(others))


NO_MAIL = say(
    "This installation sends no e-mail. Give them the link or code yourself: both are in the details."
)
_WHY = {
    (Way.DM, SendError.REFUSED): say(
        "They do not accept direct messages from me, or are no longer here. Ask for another way to reach "
        "them."
    ),
    (Way.EMAIL, SendError.REFUSED): say(
        "The mail server of {email} refused it. Check the address; if it is right, ask them about their "
        "mailbox."
    ),
    (Way.DM, SendError.NOWHERE): say("They have no account that I can write to."),
    (Way.EMAIL, SendError.NO_MAIL): NO_MAIL,
    (Way.EMAIL, SendError.NOWHERE): say("There is no e-mail address to send it to."),
}
_VOID = say(
    "Nobody could have used it at that time: its school is archived, whoever made it may no longer give "
    "that role, or the person it is for is kept out."
)
_NOTHING_NEW = say("They came in another way in the meantime, and already have all that it gives.")
_LATE = say("It expired before I could send it. Send it again, and it lasts as long as intended.")
_UNREACHABLE = say("I tried for hours, and nobody answered at the other end.")


def outcome(letter: Letter, state: InvitationState) -> Card:
    """Tell the inviter that an invitation could not be sent; if that has changed since, show its status."""
    name = letter.to.name
    again = {"invitation": letter.invitation.id}
    if not not_sent(letter, state):
        return Card(
            title=say("Your invitation for {name}", name=name),
            blocks=(fields((say("School"), verbatim(letter.home.name)), (say("Status"), say(state.value))),),
            glance=say("An invitation of yours"),
        )
    buttons = [Button(say("Details"), Action("invite show", again))]
    if letter.to.send_error != SendError.NOTHING_NEW.value:
        buttons.insert(0, Button(say("Send again"), Action("invite resend", again), Style.PRIMARY))
    return Card(
        title=say("Your invitation for {name} could not be sent", name=name),
        blocks=(
            Text(why_not_sent(letter)),
            fields((say("School"), verbatim(letter.home.name)), (say("E-mail"), optional(letter.to.email))),
            Actions(tuple(buttons)),
        ),
        tone=Tone.BAD,
        glance=say("An invitation of yours could not be sent"),
    )


def several_not_sent(found: Unreached, letters: Sequence[Letter]) -> Card:
    """Tell the inviter of several invitations that could not be sent; `letters` are the latest of them."""
    title = say("Your invitations to {school}", school=found.school.name)
    if not letters:
        return Card(title, (Text(say("All that could not be sent are on their way again, or over.")),))
    rows = tuple((verbatim(one.to.name), verbatim(one.to.email), why_not_sent(one)) for one in letters)
    items = tuple(Item(one.invitation.id, verbatim(one.to.name)) for one in letters)
    blocks: list[Block] = [
        Table((say("For"), say("E-mail"), say("Why not")), rows),
        Select(say("Open an invitation"), Action("invite show"), "invitation", items, each=say("Open")),
    ]
    if found.number > len(letters):
        state = {"school": found.school.id, "state": InvitationState.NOT_DELIVERED.value}
        blocks.append(Actions((Button(say("Show all"), Action("invite list", state)),)))
    return Card(
        count(
            found.number,
            "{n} invitation to {school} could not be sent",
            "{n} invitations to {school} could not be sent",
            school=found.school.name,
        ),
        tuple(blocks),
        tone=Tone.BAD,
        glance=say("Invitations of yours could not be sent"),
    )


def not_sent(letter: Letter, state: InvitationState) -> bool:
    """Tell whether an invitation has not reached its addressee, and could be sent again."""
    late = state is InvitationState.EXPIRED and letter.to.send_error == SendError.LATE.value
    return late or state is InvitationState.NOT_DELIVERED


def why_not_sent(letter: Letter) -> Line:
    """Return why an invitation could not be sent."""
    if letter.to.send_error == SendError.LATE.value:
        return _LATE
    if letter.to.send_error == SendError.VOID.value:
        return _VOID
    if letter.to.send_error == SendError.NOTHING_NEW.value:
        return _NOTHING_NEW
    try:
        line = _WHY[letter.to.way, SendError(letter.to.send_error)]
    except (KeyError, ValueError):
        return _UNREACHABLE
    return Line(line.template, (("email", letter.to.email),))
