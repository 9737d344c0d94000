"""Cards about members."""

from collections.abc import Collection, Mapping, Sequence

from bot.cards.common import fields, moment, optional, yes_no
from bot.cards.people.accounts import platforms
from bot.chat.actions import Action
from bot.chat.replies import Actions, Block, Button, Card, Confirm, Item, Style, Text, Tone
from bot.chat.text import Line, count, say, verbatim
from bot.core.people.lifecycle import TRANSITIONS, Verb, possible
from bot.core.people.members import Member, Profile, Standing, Visibility
from bot.core.people.people import PersonDetails
from bot.core.people.people_filter import Invited
from bot.core.rights.actors import Person
from bot.core.rights.permissions import Permission
from bot.core.rights.roles import SCHOOL_ADMIN
from bot.core.schools.schools import School
from bot.core.values import replace

_LABELS = {
    Verb.SUSPEND: say("Suspend"),
    Verb.REINSTATE: say("Reinstate"),
    Verb.DEACTIVATE: say("Deactivate"),
    Verb.REACTIVATE: say("Reactivate"),
    Verb.ARCHIVE: say("Archive"),
    Verb.RESTORE: say("Restore"),
}
_ASKED = {
    Verb.SUSPEND: say(
        "They can do nothing here until someone reinstates them. Their invitations end. They are told."
    ),
    Verb.DEACTIVATE: say(
        "They can do nothing here, and no code or import brings them back; you can reactivate them. They are "
        "told."
    ),
    Verb.ARCHIVE: say(
        "They leave the list and can do nothing here. Their history stays, and you can restore them. "
        "They are told."
    ),
}


INVITED = {
    Invited.NOT: say("Not invited"),
    Invited.PENDING: say("Waiting for approval"),
    Invited.ACCEPTED: say("Accepted"),
    Invited.NOT_SENT: say("Not sent"),
    Invited.SCHEDULED: say("Scheduled"),
    Invited.SENT: say("Sent"),
    Invited.NOT_DELIVERED: say("Could not be sent"),
    Invited.DECLINED: say("Declined"),
    Invited.REVOKED: say("Revoked"),
    Invited.CLEARED: say("Cleared"),
    Invited.EXPIRED: say("Expired"),
}
_REMOVED = say(
    "Their membership and roles here end, and their invitations are revoked. Other schools stay. They are "
    "told."
)
_UNINVITED = say("They are no longer invited here. What other schools offer them stays.")


def status(member: Member) -> Line:
    """Return the status of a member, in one or two words."""
    word = member.membership.status.capitalize()
    if member.membership.visibility is Visibility.ARCHIVED:
        return say("{word}, archived", word=word)
    return verbatim(word)


def items(found: Sequence[Member], issuers: Mapping[str, Sequence[str]]) -> tuple[Item, ...]:
    """Return the items of a menu of members; `issuers` are those of their accounts, by person id."""
    return tuple(
        Item(
            one.membership.id, verbatim(one.name), hint=_hint(one, issuers.get(one.membership.person_id, ()))
        )
        for one in found
    )


def _hint(member: Member, issuers: Sequence[str]) -> Line:
    """Return a hint that tells people with the same name apart: an address, or where their accounts are."""
    if not (apart := member.email or platforms(issuers)):
        return status(member)
    return say("{status}, {apart}", status=status(member), apart=apart)


def roles(member: Member) -> Line:
    """Return the names of a member's roles."""
    return verbatim(", ".join(member.roles)) if member.roles else say("None")


def shown(
    profile: Profile, may: Collection[Permission], elsewhere: Sequence[str] = (), request: str = ""
) -> Card:
    """Show a member, with the buttons that the reader may use; only the status if they may not read members.

    `elsewhere` names other schools of theirs; `request` is the id of their pending join request here.
    """
    member, school = profile.member, profile.school
    membership = member.membership
    stands, there = (say("Status"), status(member)), (say("School"), verbatim(school.name))
    known = fields(
        stands,
        (say("Roles"), roles(member)),
        there,
        (say("Also in"), optional(", ".join(elsewhere))),
        (say("Joined"), moment(membership.joined_at, say("Not yet"))),
        (say("E-mail"), optional(profile.details.email or member.email)),
        (say("Invitation"), INVITED[member.invited]),
        (say("Accounts"), _accounts(profile)),
        (say("Primary Admin"), say("Yes: also the billing contact") if profile.is_primary else None),
    )
    blocks: list[Block] = [known if Permission.MEMBER_READ in may else fields(stands, there)]
    blocks += _details(profile.details, may)
    buttons = _buttons(profile, may)
    if request:
        see = Action("request show", {"request": request})
        buttons.insert(0, Button(say("See the request"), see, Style.PRIMARY))
    if buttons:
        blocks.append(Actions(tuple(buttons)))
    tone = Tone.NEUTRAL if membership.active else Tone.WAITING
    return Card(verbatim(member.name), tuple(blocks), tone=tone)


def _accounts(profile: Profile) -> Line:
    named = platforms(account.issuer for account in profile.accounts)
    return verbatim(named) if named else say("None yet")


def _details(details: PersonDetails, may: Collection[Permission]) -> list[Block]:
    """Show the details of a person, to people who may edit them."""
    if Permission.MEMBER_EDIT not in may:
        return []
    shown = fields(
        (say("Middle initial"), optional(details.middle_initial)),
        (say("State educator id"), optional(details.educator_id)),
        (say("Content areas"), optional(details.content_areas)),
        (say("Grade levels"), optional(details.grade_levels)),
        (say("Time zone"), optional(details.zone or "")),
        (say("Auto-finalize"), yes_no(details.auto_finalize)),
        (say("Message notifications"), yes_no(details.message_notifications)),
    )
    return [shown]


def _buttons(profile: Profile, may: Collection[Permission]) -> list[Button]:
    membership = profile.member.membership
    values = {"person": membership.id, "school": profile.school.id}
    buttons = []
    if Permission.MEMBER_EDIT in may:
        buttons.append(Button(say("Edit"), Action("member edit", values, ask=True)))
    if Permission.ROLE_GRANT in may and membership.standing is Standing.ACTIVE:
        buttons.append(Button(say("Change roles"), Action("member roles", values, ask=True), Style.PRIMARY))
    if profile.is_primary:
        return buttons
    if Permission.PRIMARY_TRANSFER in may and membership.active and SCHOOL_ADMIN.name in profile.member.roles:
        buttons.append(_primary_button(profile, values))
    verbs = [verb for verb in possible(membership) if TRANSITIONS[verb].needs in may]
    buttons += [_verb_button(verb, values) for verb in verbs]
    invited = membership.standing is Standing.PENDING
    if Permission.MEMBER_REMOVE in may and not (invited and profile.member.invited is Invited.PENDING):
        confirm = Confirm(
            say("Remove {name} from {school}?", name=profile.member.name, school=profile.school.name),
            _UNINVITED if invited else _REMOVED,
            say("Remove"),
        )
        buttons.append(Button(say("Remove"), Action("member remove", values), Style.DANGER, confirm))
    return buttons


def _primary_button(profile: Profile, values: dict[str, str]) -> Button:
    confirm = Confirm(
        say("Make {name} the Primary Admin?", name=profile.member.name),
        say("They become the billing contact too. Only they, or an admin, can pass it on."),
        say("Make Primary"),
    )
    return Button(say("Make Primary"), Action("member primary", {**values, "sure": "yes"}), confirm=confirm)


def _verb_button(verb: Verb, values: dict[str, str]) -> Button:
    action = Action(f"member {verb.value}", values, ask=verb is Verb.RESTORE)  # its form asks for the role
    if verb not in _ASKED:
        return Button(_LABELS[verb], action)
    confirm = Confirm(say("{verb} this member?", verb=_LABELS[verb]), _ASKED[verb], _LABELS[verb])
    return Button(_LABELS[verb], action, Style.DANGER, confirm)


def ending(card: Card, ended: int) -> Card:
    """Add to a member's card how many of their invitations ended with the change."""
    if not ended:
        return card
    told = count(ended, "{n} of their invitations has ended too.", "{n} of their invitations have ended too.")
    return replace(card, blocks=(Text(told), *card.blocks))


def unsent(card: Card, invitation: str) -> Card:
    """Add to a member's card that their invitation has not been sent to their corrected address."""
    told = Text(say("Their invitation has not been sent to the new address yet."))
    see = Button(say("See the invitation"), Action("invite show", {"invitation": invitation}))
    return replace(card, blocks=(told, Actions((see,)), *card.blocks))


def removed(member: Member, school: School, *, left: bool = False, moved_to: Sequence[str] = ()) -> Card:
    """Confirm that a membership has ended; if the person has `left` for good, offer to erase their data."""
    title = say("{name} is no longer a member of {school}", name=member.name, school=school.name)
    if moved_to:
        there = say("They are in {schools} now.", schools=", ".join(moved_to))
        return Card(title, (Text(there), Text(say("The record of it stays in the audit log."), quiet=True)))
    blocks: list[Block] = [
        Text(say("The record of it stays in the audit log.")),
        Text(
            say(
                "They can come back with any code or link that works. To keep them out, suspend them instead."
            ),
            quiet=True,
        ),
    ]
    if left:
        erase = Action("member erase", {"person": member.membership.person_id, "school": school.id})
        known = say(
            "They are not in any school now. What is held about them is kept until somebody erases it."
        )
        blocks += [Text(known, quiet=True), Actions((Button(say("Erase"), erase, Style.DANGER),))]
    return Card(title, tuple(blocks))


def gone(school: School) -> Card:
    """Return what replaces the card of a person who is no longer a member."""
    people = Button(say("People"), Action("member list", {"school": school.id}))
    title = say("They are no longer a member of {school}", school=school.name)
    return Card(title, (Actions((people,)),))


def primary_asked(member: Member, school: School, before: Person | None) -> Card:
    """Ask for confirmation before a member becomes the Primary Admin in place of the present one."""
    sure = {"person": member.membership.id, "school": school.id, "sure": "yes"}
    if before is None:
        told = say("They become the billing contact too.")
    else:
        told = say("They become the billing contact too, instead of {name}.", name=before.name)
    return Card(
        say("Make {name} the Primary Admin of {school}?", name=member.name, school=school.name),
        (
            Text(told),
            Text(say("Nobody can suspend, demote or remove them until it is passed on.")),
            Actions((Button(say("Make Primary"), Action("member primary", sure), Style.PRIMARY),)),
        ),
        tone=Tone.WAITING,
    )


def primary_made(member: Member, school: School) -> Card:
    """Confirm who is the Primary Admin now."""
    return Card(
        say("{name} is now the Primary Admin of {school}", name=member.name, school=school.name),
        (Text(say("They are its billing contact, and nobody can suspend, demote or remove them.")),),
        tone=Tone.GOOD,
    )
