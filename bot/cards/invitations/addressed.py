"""Cards about invitations for one person, as the people who manage them see them."""

from bot.cards.common import fields, moment
from bot.cards.invitations import mail
from bot.chat.actions import Action
from bot.chat.context import Links
from bot.chat.replies import Actions, Block, Button, Card, Confirm, Style, Text, Tone
from bot.chat.text import Code, Line, say, verbatim
from bot.core.ids import grouped
from bot.core.invitations.addressees import Way
from bot.core.invitations.invitations import Invitation, InvitationState
from bot.core.invitations.sending import Letter

STATES = {
    InvitationState.OPEN: say("Open"),
    InvitationState.EXPIRED: say("Expired"),
    InvitationState.EXHAUSTED: say("Used up"),
    InvitationState.REVOKED: say("Revoked"),
    InvitationState.NOT_SENT: say("Not sent"),
    InvitationState.SCHEDULED: say("Scheduled"),
    InvitationState.SENT: say("Sent"),
    InvitationState.NOT_DELIVERED: say("Could not be sent"),
    InvitationState.ACCEPTED: say("Accepted"),
    InvitationState.DECLINED: say("Declined"),
    InvitationState.CLEARED: say("Cleared"),
    InvitationState.LOCKED: say("Locked"),
}
_NOT_YET = say("Not yet")
_WAYS = {
    Way.DM: say("Direct message"),
    Way.EMAIL: say("E-mail"),
    Way.HAND: say("You pass on the link or code"),
}


def addressee(letter: Letter) -> Line:
    """Return the name and, if known, the e-mail address of an invitation's addressee."""
    if letter.to.email:
        return say("{name}, {email}", name=letter.to.name, email=letter.to.email)
    return verbatim(letter.to.name)


def draft(letter: Letter, *, mails: bool) -> Card:
    """Preview an unsent invitation; if it goes by e-mail and this installation sends none, say so."""
    goes = mails or letter.to.way is not Way.EMAIL
    return Card(
        title=say("Preview: {subject}", subject=mail.subject(letter)),
        blocks=(
            mail.terms(letter),
            fields(
                (say("To"), addressee(letter)),
                (say("By"), _WAYS[letter.to.way]),
                (say("Expires"), moment(letter.invitation.expires_at, say("Never"))),
            ),
            Text(say("It has not been sent yet."), quiet=True) if goes else Text(mail.NO_MAIL),
            Actions(_of_draft(letter) if goes else (_details(letter.invitation), _clear(letter.invitation))),
        ),
        tone=Tone.WAITING,
    )


def _of_draft(letter: Letter) -> tuple[Button, ...]:
    values = {"invitation": letter.invitation.id}
    clear = _clear(letter.invitation)
    if letter.to.way is Way.HAND:
        return (Button(say("Show link and code"), Action("invite send", values), Style.PRIMARY), clear)
    return (
        Button(say("Send now"), Action("invite send", values), Style.PRIMARY),
        Button(say("Send later"), Action("invite send", values, ask=True)),
        clear,
    )


def _clear(invitation: Invitation) -> Button:
    return Button(
        say("Clear"),
        Action("invite clear", {"invitation": invitation.id}),
        style=Style.DANGER,
        confirm=Confirm(
            say("Clear this invitation?"),
            say("Its link and code stop working at once. To invite them after all, make a new one."),
            say("Clear"),
        ),
    )


def sent(letter: Letter, links: Links, *, secret: bool) -> Card:
    """Confirm to whom an invitation goes and when; one to pass on shows link and code only with `secret`."""
    name, ways = letter.to.name, (_details(letter.invitation), _clear(letter.invitation))
    if letter.to.way is Way.HAND:
        shown = link_and_code(letter.invitation, links) if secret else []
        told = say(
            "The first person to use the link or code becomes {name}: give it to nobody else.", name=name
        )
        return Card(
            say("Invitation for {name}", name=name),
            (fields((say("To"), addressee(letter)), *shown), Text(told), Actions(ways)),
            tone=Tone.GOOD,
        )
    going = fields(
        (say("To"), addressee(letter)),
        (say("By"), _WAYS[letter.to.way]),
        (say("Goes out"), moment(letter.to.send_at, say("Now"))),
    )
    if letter.to.send_error:
        title, why = say("The invitation for {name} could not be sent", name=name), mail.why_not_sent(letter)
        return Card(title, (going, Text(why), Actions(ways)), tone=Tone.BAD)
    return Card(say("The invitation for {name} goes out", name=name), (going, Actions(ways)), tone=Tone.GOOD)


def _details(invitation: Invitation) -> Button:
    return Button(say("Details"), Action("invite show", {"invitation": invitation.id}))


def link_and_code(invitation: Invitation, links: Links) -> list[tuple[Line, Line | None]]:
    """Return fields with an invitation's link and code."""
    link = links.invitation(invitation.token)
    return [
        (say("Link"), say("{link}", link=Code(link)) if link else None),
        (say("Code"), say("{code}", code=Code(grouped(invitation.code)))),
    ]


def shown(
    letter: Letter,
    state: InvitationState,
    links: Links,
    made: Line,
    *,
    secret: bool,
    may: bool,
    void: Line | None = None,
) -> Card:
    """Show the details of an invitation for one person; its link and code only with `secret`.

    `made` says when and by whom it was created. `may` is whether the reader may manage it. `void` says why an
    open invitation lets nobody in.
    """
    blocks: list[Block] = [
        fields(
            (say("Status"), void or STATES[state]),
            (say("To"), addressee(letter)),
            (say("By"), _WAYS[letter.to.way]),
            _sent(letter, state),
            (say("Expires"), moment(letter.invitation.expires_at, say("Never"))),
            (say("Created"), made),
            *(link_and_code(letter.invitation, links) if secret and state.alive else []),
        ),
        mail.terms(letter),
    ]
    if mail.not_sent(letter, state):
        blocks.append(Text(mail.why_not_sent(letter)))
    if may and (offered := buttons(letter, state)):
        blocks.append(Actions(offered))
    title = say("Invitation for {name}", name=letter.to.name)
    return Card(title, tuple(blocks), tone=Tone.NEUTRAL if state.alive and not void else Tone.BAD)


def _sent(letter: Letter, state: InvitationState) -> tuple[Line, Line | None]:
    """Say when an invitation was or will be sent; nothing if it ended unsent."""
    if letter.to.sent_at is not None:
        return say("Sent"), say("{at}", at=letter.to.sent_at)
    return say("Goes out"), moment(letter.to.send_at, _NOT_YET) if state.alive else None


def reissue_button(invitation: Invitation) -> Button:
    """Return the button that issues the invitation again, with a new link and code."""
    return Button(say("Make a new one"), Action("invite reissue", {"invitation": invitation.id}))


def cleared(letter: Letter) -> Card:
    """Confirm that an invitation was cleared."""
    return Card(
        title=say("Invitation for {name} cleared", name=letter.to.name),
        blocks=(
            Text(say("Its link and code no longer work.")),
            Actions((reissue_button(letter.invitation),)),
        ),
    )


def buttons(letter: Letter, state: InvitationState) -> tuple[Button, ...]:
    """Return the buttons for what can be done with an invitation in its state."""
    values = {"invitation": letter.invitation.id}
    match state:
        case InvitationState.NOT_SENT:
            return _of_draft(letter)
        case InvitationState.SCHEDULED:
            return (
                Button(say("Send now"), Action("invite send", values)),
                Button(say("Send later"), Action("invite send", values, ask=True)),
                _clear(letter.invitation),
            )
        case InvitationState.SENT | InvitationState.NOT_DELIVERED | InvitationState.EXPIRED:
            return (Button(say("Send again"), Action("invite resend", values)), _clear(letter.invitation))
        case InvitationState.DECLINED | InvitationState.CLEARED | InvitationState.REVOKED:
            return (reissue_button(letter.invitation),)
        case _:
            return ()
