"""Every refusal in words: one clear sentence, then the next step."""

from dataclasses import dataclass
from datetime import datetime

from bot.cards import digests as digest_cards
from bot.cards import files as file_cards
from bot.cards import following as following_cards
from bot.cards import join_requests as request_cards
from bot.cards.common import contact
from bot.chat.actions import Action
from bot.chat.context import Context
from bot.chat.replies import Actions, Button, Card, Reply, Style, Text, Tone
from bot.chat.text import Line, Value, say
from bot.core import digests, errors, join_requests
from bot.core.errors import Quota, Refusal
from bot.core.files import BadFile
from bot.core.invitations import Invitation, InvitationState
from bot.core.join_requests import JoinRequest
from bot.core.members import Membership
from bot.core.permissions import Permission
from bot.core.schools import School


@dataclass(frozen=True, slots=True)
class _Words:
    """What is said of a refusal; `{name}` is one of its values, or a command as people type it."""

    sentence: str
    then: str = ""
    button: Button | None = None


_COMMANDS = (
    "account erase",
    "account link",
    "account show",
    "help",
    "join",
    "school create",
    "school show",
    "invite create",
    "member primary",
    "member remove",
    "member roles",
    "member edit",
    "member list",
    "district show",
)
_NOTHING_TO_DO = "You need not do anything. No use of the invitation was taken."
_LOOK = "Look for it with `{list}`."
# Where the things that are not found are listed; other things are explained by `help`.
_LISTS = {
    "invitation": "invite list",
    "message to many": "message list",
    "template": "message templates",
    "member": "member list",
    "request": "request list",
    "role or group": "role following",
    "school": "school find",
}

WORDS: dict[type[Refusal], _Words] = {
    errors.NotPermitted: _Words(
        "You may not {permission} here.", "These roles may: {holders}. The permission is called `{atom}`."
    ),
    errors.WorkspaceAdminNeeded: _Words(
        "Only an owner or administrator of this workspace can do that.",
        "Ask one of them, or join with a code: `{join}`.",
    ),
    errors.NoSchoolHere: _Words(
        "No school lives here yet.", "An administrator makes one with `{school_create}`."
    ),
    errors.SchoolUnclear: _Words("Which school do you mean?", "Add `school:` with one of these: {names}."),
    errors.CannotFollow: _Words("{why}", "{then}"),
    errors.NotFound: _Words("I know no such {what} here.", _LOOK),
    errors.NameTaken: _Words("The name {name} is taken here.", "Choose another one."),
    errors.BadValue: _Words("{option} {problem}.", "For example: `{example}`."),
    errors.BadCommand: _Words("{problem}", "Did you mean `{corrected}`?"),
    BadFile: _Words("{problem}", "{remedy}"),
    errors.InvitationUnusable: _Words(
        "That invitation cannot be used.",
        "Check the code for typing errors, or ask whoever invited you for a new one.",
    ),
    errors.TooManyMisses: _Words(
        "Too many wrong codes.", "You can try again after {until}. Copy the code, or open its link instead."
    ),
    errors.InvitationDead: _Words("This invitation is {state}.", "Make a new one with `{invite_create}`."),
    errors.InvitationEnded: _Words(
        "Your invitation is {state}.", "Ask whoever invited you if you expected something else."
    ),
    errors.InvitationVoid: _Words(
        "Nothing of this invitation can be given any more.", "Ask whoever invited you for a new one."
    ),
    errors.WrongAccount: _Words(
        "This invitation is for another account.",
        "{sign_in} Nothing was used up, and the invitation still waits.",
    ),
    errors.NoWayToAnswer: _Words(
        "Nobody could answer an invitation by e-mail here: there is no way to sign in on the web.",
        "Invite them by a mention, or make a code and give it to them: `{invite_create}`. Your operator can "
        "set up signing in.",
    ),
    errors.CannotInvite: _Words("{name} is {state} here already.", "Look for them: `{member_list}`."),
    errors.AlreadyInvited: _Words(
        "An invitation waits for them already.", "Send it again, or clear it and make another one."
    ),
    errors.AlreadySent: _Words(
        "That invitation was sent already.", "Its details have a button to send it again with a new link."
    ),
    errors.AlreadyMember: _Words("You are a member of {school} already.", _NOTHING_TO_DO),
    errors.RequestPending: _Words("Your request has been waiting since {request}.", _NOTHING_TO_DO),
    errors.MembershipBarred: _Words("Your membership in {school} is {state}.", "{contact}"),
    errors.SchoolPrivate: _Words(
        "That school can only be joined by an invitation.",
        "If you have a code, enter it.",
        Button(say("Enter a code"), Action("join", ask=True), Style.PRIMARY),
    ),
    errors.AlreadyDecided: _Words("That request is not waiting any more.", "{status}"),
    errors.RequestClaimed: _Words("{status} already.", "You can decide it all the same."),
    errors.ApplicantThere: _Words(
        "Only the request of somebody who has left can be closed.", "Approve or reject it."
    ),
    errors.OwnRequest: _Words("Nobody decides their own request.", "Another approver must decide it."),
    errors.RoleAboveCeiling: _Words("You may not give the role {role} here.", "You may give: {offered}."),
    errors.OwnMembership: _Words(
        "Nobody changes their own membership or roles.", "Another admin must do it."
    ),
    errors.AboveYou: _Words(
        "You may not change someone who has rights that you do not have.", "Ask an admin who has them."
    ),
    errors.PrimaryAdminProtected: _Words(
        "The Primary Admin of {school} cannot be changed.",
        "First make another admin the Primary Admin: `{member_primary}`.",
    ),
    errors.LimitReached: _Words("That would be more than {most} {what}.", "{remedy}"),
    errors.NotPrimaryAdmin: _Words(
        "Only the Primary Admin of {school} can do that.", "See who that is: `{school_show}`."
    ),
    errors.NotAdmin: _Words(
        "Only an active School Admin can become Primary Admin.",
        "Give them that role first: `{member_roles}`.",
    ),
    errors.NoOwnRequests: _Words(
        "Only a Discord server has requests of its own.",
        "Type it in the server: there people can apply to join on Discord's own form.",
    ),
    errors.MirroredElsewhere: _Words(
        "Another school decides who asks to join this server.", "Turn it off there first."
    ),
    errors.NothingToChange: _Words("Nothing was changed: it is {state}."),
    errors.NameUnclear: _Words(
        "Several people are called {name}.", "Choose the right one from the list: `{member_list}`."
    ),
    errors.UserNameTaken: _Words("Another user has that name there.", "Choose another one."),
    errors.EmailTaken: _Words(
        "Somebody has that e-mail address already.",
        "Look for them in the list: `{member_list}`. If they are not in this school, invite them.",
    ),
    errors.AlreadyLinked: _Words(
        "This account and the one that asked for the code are yours already.", "See all: `{account_show}`."
    ),
    errors.SamePerson: _Words(
        "That is the same person twice.", "Choose who gets the records: `{member_list}`."
    ),
    errors.NotYoursToErase: _Words(
        "You may not erase all that is known of this person.",
        "They can do it themselves with `{account_erase}`, or a System Administrator can. "
        "You can end their membership: `{member_remove}`.",
    ),
    errors.LastAccount: _Words("That is your only account.", "Link another one first: `{account_link}`."),
    errors.DistrictUnclear: _Words(
        "Which district do you mean?", "Add `district:` with one of these: {names}."
    ),
    errors.DistrictNotEmpty: _Words(
        "There are schools at work in {name}.", "Archive or move them first: `{district_show}` lists them."
    ),
    errors.OwnRole: _Words("Nobody changes a role that they have themselves.", "Another admin must do it."),
    errors.PermissionsAboveCeiling: _Words(
        "A role here cannot have permissions beyond yours.", "Leave these out: {beyond}."
    ),
    errors.RoleInUse: _Words(
        "{role} is in use: somebody has it, an invitation or a request brings it, or newcomers get it.",
        "Give them other roles first: `{member_list}`.",
    ),
    errors.PasswordElsewhere: _Words(
        "Homeroom keeps no passwords here: people sign in with {providers}.", "Change the password there."
    ),
    errors.PasswordsOff: _Words(
        "Nobody signs in with a password here.", "Your operator can set up signing in on the web."
    ),
    errors.NoMailServer: _Words(
        "This installation sends no e-mail, so the link cannot be sent.",
        "Ask your operator to set up a mail server.",
    ),
    errors.NoAddress: _Words(
        "I know no e-mail address to send the link to.", "An admin enters it with `{member_edit}`."
    ),
    errors.ClaimUnusable: _Words(
        "That one-time code cannot be used.", "It works once and for 24 hours. Ask for a new one."
    ),
    errors.AskAgainLater: _Words(
        "{school} has turned down your request; you can ask again after {at}.", "{contact}"
    ),
}
_WIDER = "A System Administrator can raise the limit."
_QUOTAS = {
    Quota.OPEN: ("open invitations", "Revoke some first, or raise the limit of your school."),
    Quota.INVITATIONS: ("invitations a day", _WIDER),
    Quota.MEMBERS: ("members in this school", _WIDER),
    Quota.MAILS: ("e-mails a day", _WIDER),
    Quota.MESSAGES: ("people a day who are sent messages by this school", _WIDER),
}
_REJECTED = "{school} has turned down your request to join."


class Words:
    """What the Runner itself says."""

    def refused(self, ctx: Context, refusal: Refusal) -> Reply:
        """Say why something is not done, and what to do next."""
        words = WORDS[type(refusal)]
        args = _args(ctx, refusal)
        barred = isinstance(refusal, errors.MembershipBarred)
        sentence = _REJECTED if barred and args.get("state") == "rejected" else words.sentence
        # A step that would name nothing is not said.
        then = words.then if all(args[name] for name in _named(words.then)) else ""
        buttons = [words.button] if words.button else []
        if isinstance(refusal, errors.InvitationDead | errors.AlreadyInvited | errors.AlreadySent):
            show = Action("invite show", {"invitation": refusal.invitation.id})
            buttons = [Button(say("Details"), show)]
        told = _card(say(sentence, **args), say(then, **args), *buttons)
        if isinstance(refusal, errors.AlreadyDecided | errors.RequestClaimed):
            return Reply(told, redraw=_current(ctx, refusal.request))
        return Reply(told)

    def failed(self, reference: str) -> Card:
        """Say that something broke on our side."""
        return _card(
            say("Something went wrong on my side, and nothing was changed."),
            say("Please try again. If it goes on, tell your operator the reference `{it}`.", it=reference),
        )

    def unsure(self, reference: str) -> Card:
        """Say that something broke on our side, and that nobody can tell whether it was done."""
        return _card(
            say("The database went away just as this was to be kept, so I cannot tell whether it was."),
            say(
                "Please look before you do it again. If it goes on, tell your operator the reference `{it}`.",
                it=reference,
            ),
        )


def _named(template: str) -> list[str]:
    return [part.partition("}")[0] for part in template.split("{")[1:]]


def _args(ctx: Context, refusal: Refusal) -> dict[str, Value]:
    """Gather what a refusal's words may name: its own values, and commands as this front types them."""
    args: dict[str, Value] = {path.replace(" ", "_"): ctx.typed(path) for path in _COMMANDS}
    if isinstance(refusal, errors.NotFound):
        args["list"] = ctx.typed(_LISTS.get(refusal.what, "help"))
    if isinstance(refusal, BadFile):
        return args | file_cards.words(refusal)
    if isinstance(refusal, errors.CannotFollow):
        args["why"], args["then"] = following_cards.why(refusal.problem, refusal.name)
    if isinstance(refusal, errors.WrongAccount):
        args["sign_in"] = _right_account(refusal)
    for name, value in vars(refusal).items():
        args |= _values(ctx, name, value)
    return args


def _right_account(refusal: errors.WrongAccount) -> Line:
    """Say how to come with the right account, as much as whoever asks may know."""
    if refusal.address:
        return say("Open its link and sign in as {address}.", address=refusal.address)
    if refusal.issuer:
        return say(
            "Answer it on {platform}, with the account it was sent to.", platform=refusal.issuer.title()
        )
    return say("Switch to the account that it was sent to.")


def _values(ctx: Context, name: str, value: object) -> dict[str, Value]:  # noqa: PLR0911 - one a kind
    match value:
        case School():
            return {name: value.name, "contact": contact(value)}
        case Quota():
            return {name: say(_QUOTAS[value][0]), "remedy": say(_QUOTAS[value][1])}
        case Permission():
            return {name: say(value.phrase), "atom": value.value}
        case JoinRequest():
            status = request_cards.status(join_requests.view(ctx.uow, value))
            return {name: value.submitted_at, "status": status}
        case Membership():
            return {"state": value.barred_as or "not active"}
        case Invitation():
            return {"state": _DEAD.get(value.state(ctx.uow.now), say("not usable"))}
        case tuple():
            shown: Value = ", ".join(value)
        case datetime() | int():
            shown = value
        case _:
            shown = "" if value is None else str(value)
    return {name: shown}


_DEAD = {
    InvitationState.REVOKED: say("revoked"),
    InvitationState.EXPIRED: say("expired"),
    InvitationState.EXHAUSTED: say("used up"),
    InvitationState.ACCEPTED: say("accepted"),
    InvitationState.DECLINED: say("declined"),
    InvitationState.CLEARED: say("cleared"),
    InvitationState.LOCKED: say("locked"),
}


def _current(ctx: Context, request: JoinRequest) -> Card:
    """Draw what was clicked too late as it stands now: a digest, or the request's own card."""
    if ctx.command is not None and ctx.command.path in digest_cards.CLICKS:
        return digest_cards.waiting(digests.page(ctx.uow, ctx.school))
    view = join_requests.view(ctx.uow, request)
    own = ctx.actor.person_id == request.person_id
    return request_cards.for_applicant(view) if own else request_cards.for_approver(view)


def _card(sentence: Line, then: Line, *buttons: Button) -> Card:
    blocks = [Text(then)] if then else []
    actions = (Actions(buttons),) if buttons else ()
    return Card(sentence, (*blocks, *actions), tone=Tone.BAD)
