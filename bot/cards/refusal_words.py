"""What is said of each refusal: a fact, and what to do next."""

from bot.chat.actions import Action
from bot.chat.replies import Button, Style
from bot.chat.text import say
from bot.core import errors, joining_errors
from bot.core.errors import Quota, Refusal
from bot.core.files import BadFile
from bot.core.values import dataclass


@dataclass(frozen=True, slots=True)
class Told:
    """What is said of a refusal; `{name}` is one of its values, or a command as people type it."""

    sentence: str
    then: str = ""
    button: Button | None = None


COMMANDS = (
    "account erase",
    "account link",
    "account password",
    "account show",
    "help",
    "join",
    "school create",
    "school share",
    "school show",
    "invite create",
    "invite reissue",
    "invite unlock",
    "request reopen",
    "role unfollow",
    "district restore",
    "member erase",
    "member primary",
    "member remove",
    "member show",
    "member roles",
    "member edit",
    "member list",
    "district show",
)


NOTHING_TO_DO = "You need not do anything."
NO_USE = f"{NOTHING_TO_DO} No use of the invitation was taken."


_LOOK = "Look in `{list}`."
OF_WORKSPACE = "It takes one of them who is an admin of your school as well."
OF_DISTRICT = "They must be in one of its schools first: invite them there, or look in `{member_list}`."
OF_ANOTHER = "Type it as one of these: {names}."


# Where the things that are not found are listed; other things are explained by `help`.
LISTS: dict[errors.Thing, str] = {
    "account": "account show",
    "archived school": "school restore",
    "district": "district list",
    "invitation": "invite list",
    "import": "roster imports",
    "message to many": "message list",
    "template": "message templates",
    "member": "member list",
    "permission": "role list",
    "person": "system people",
    "request": "request list",
    "role": "role list",
    "role of the school's own": "role list",
    "role or group": "role following",
    "school": "school find",
}


WORDS: dict[type[Refusal], Told] = {
    errors.NotPermitted: Told(
        "You may not {permission} here.", "These roles may: {holders}. The permission is called `{atom}`."
    ),
    errors.WorkspaceAdminNeeded: Told(
        "Only an owner or administrator of this workspace can do that.",
        "Ask one of them, or join with a code: `{join}`.",
    ),
    errors.NoSchoolHere: Told(
        "No school lives here yet.", "An administrator makes one with `{school_create}`."
    ),
    errors.SchoolUnclear: Told("Which school do you mean?", "Add `school:` with one of these: {names}."),
    errors.CannotFollow: Told("{why}", "{then}"),
    errors.NotFound: Told("I know no such {what} here.", _LOOK),
    errors.NoMemberCalled: Told(
        "I know no member of that name here.", "Did you mean {near}? All are in `{member_list}`."
    ),
    errors.NotMet: Told("I do not know you yet.", "First come into a school: `{join}`."),
    errors.NameTaken: Told("The name {name} is taken here.", "Choose another one."),
    errors.BadValue: Told("{option} {problem}.", "For example: `{example}`."),
    errors.BadCommand: Told("{problem}", "Did you mean `{corrected}`?"),
    BadFile: Told("{problem}", "{remedy}"),
    joining_errors.NoPerson: Told("That is an app.", "Only people can be in a school."),
    joining_errors.InvitationUnusable: Told(
        "That invitation cannot be used.",
        "Check the code for typing errors, or ask whoever invited you for a new one.",
    ),
    joining_errors.TooManyMisses: Told(
        "Too many wrong codes.", "You can try again after {until}. Copy the code, or open its link instead."
    ),
    joining_errors.InvitationDead: Told(
        "This invitation is {state}.", "Make the same one again with `{invite_reissue}`."
    ),
    joining_errors.InvitationEnded: Told(
        "Your invitation is {state}.", "Ask whoever invited you if you expected something else."
    ),
    joining_errors.InvitationVoid: Told(
        "Nothing of this invitation can be given any more.", "Ask whoever invited you for a new one."
    ),
    joining_errors.WrongAccount: Told(
        "This invitation is for another account.",
        "{sign_in} Nothing was used up, and the invitation still waits.",
    ),
    joining_errors.NoWayToAnswer: Told(
        "Nobody could answer an invitation by e-mail here: there is no way to sign in on the web.",
        "Invite them by a mention, or make a code and give it to them: `{invite_create}`. Your operator can "
        "set up signing in.",
    ),
    joining_errors.CannotInvite: Told("{name} is {state} here already.", "Look for them: `{member_list}`."),
    joining_errors.AlreadyInvited: Told(
        "An invitation waits for them already.", "Send it again, or clear it and make another one."
    ),
    joining_errors.AlreadySent: Told(
        "That invitation was sent already.", "Its details have a button to send it again with a new link."
    ),
    joining_errors.AlreadyReissued: Told(
        "Another one was made in its place already.", "Its details have its link and code."
    ),
    joining_errors.AlreadyMember: Told("You are a member of {school} already.", NO_USE),
    joining_errors.NotInYet: Told("You are not in {school} yet.", "{contact}"),
    joining_errors.RequestPending: Told("Your request has been waiting since {request}.", NO_USE),
    joining_errors.ApplicantBarred: Told(
        "{name} is {state} here, so an approval would not let them in.",
        "Undo that first with `{member_show}`, or reject the request.",
    ),
    joining_errors.MembershipBarred: Told("Your membership in {school} is {state}.", "{contact}"),
    joining_errors.SchoolPrivate: Told(
        "That school can only be joined by an invitation.",
        "If you have a code, enter it.",
        Button(say("Enter a code"), Action("join", ask=True), Style.PRIMARY),
    ),
    joining_errors.AlreadyDecided: Told("That request is not waiting any more.", "{status}"),
    joining_errors.RequestClaimed: Told("{status} already.", "You can decide it all the same."),
    joining_errors.ApplicantThere: Told(
        "Only the request of somebody who has left can be closed.", "Approve or reject it."
    ),
    joining_errors.OwnRequest: Told("Nobody decides their own request.", "Another approver must decide it."),
    errors.RoleAboveCeiling: Told("You may not give the role {role} here.", "You may give: {offered}."),
    errors.OwnMembership: Told("Nobody changes their own membership or roles.", "Another admin must do it."),
    errors.AboveYou: Told(
        "You may not change someone who has rights that you do not have.", "Ask an admin who has them."
    ),
    errors.PrimaryAdminProtected: Told(
        "The Primary Admin of {school} cannot be changed.",
        "First make another admin the Primary Admin: `{member_primary}`.",
    ),
    errors.LimitReached: Told("That would be more than {most} {what}.", "{remedy}"),
    errors.NotPrimaryAdmin: Told(
        "Only the Primary Admin of {school} can do that.", "See who that is: `{school_show}`."
    ),
    errors.NotAdmin: Told(
        "Only an active School Admin can become Primary Admin.",
        "Give them that role first, `{member_roles}`, or lift what keeps them out: `{member_show}`.",
    ),
    joining_errors.NoOwnRequests: Told(
        "Only a Discord server has requests of its own.",
        "Type it in the server: there people can apply to join on Discord's own form.",
    ),
    joining_errors.MirroredElsewhere: Told(
        "Another school decides who asks to join this server.", "Turn it off there first."
    ),
    joining_errors.LinkUnclear: Told(
        "Which server or workspace do you mean?", "Add `workspace:` with one of these: {names}."
    ),
    joining_errors.LastLink: Told(
        "{school} is linked to no other server or workspace: nobody new would find it in a chat.",
        "First link it to the right one: `{school_share}`.",
    ),
    joining_errors.RolesFollowThere: Told(
        "Roles or groups there still follow roles of the school: {names}.",
        "First end that: `{role_unfollow}`.",
    ),
    errors.NothingToChange: Told("Nothing was changed. As it stands: {state}."),
    errors.NameUnclear: Told(
        "Several people are called {name}.", "Choose the right one from the list: `{member_list}`."
    ),
    errors.UserNameTaken: Told("Another user has that name there.", "Choose another one."),
    errors.EmailTaken: Told(
        "Somebody has that e-mail address already.",
        "Look for them in the list: `{member_list}`. If they are not in this school, invite them. "
        "Is it one person, listed twice? They become one when they link their accounts: `{account_link}`. "
        "Whoever has left keeps the address until they are erased: `{member_erase}`.",
    ),
    errors.AlreadyLinked: Told(
        "This account and the one that asked for the code are yours already.", "See all: `{account_show}`."
    ),
    errors.SamePerson: Told(
        "That is the same person twice.", "Choose who gets the records: `{member_list}`."
    ),
    errors.NotYoursToErase: Told(
        "You may not erase all that is known of this person.",
        "They can do it themselves with `{account_erase}`, or a System Administrator can. "
        "You can end their membership: `{member_remove}`.",
    ),
    errors.LastAccount: Told("That is your only account.", "Link another one first: `{account_link}`."),
    errors.AccountBanned: Told(
        "An account of yours is banned from a server or workspace of a school, so all of them stay yours.",
        "Ask an admin there to lift the ban.",
    ),
    errors.SwitchedOff: Told(
        "Your district has switched you off.",
        "While that holds, none of your accounts can be unlinked, and nothing of you erased.",
    ),
    errors.DistrictUnclear: Told(
        "Which district do you mean?", "Add `district:` with one of these: {names}."
    ),
    errors.DistrictNotEmpty: Told(
        "There are schools at work in {name}.", "Archive or move them first: `{district_show}` lists them."
    ),
    errors.DistrictArchived: Told(
        "{name} is archived.", "Take it back into use first: `{district_restore}`."
    ),
    errors.OwnRole: Told("Nobody changes a role that they have themselves.", "Another admin must do it."),
    errors.PermissionsAboveCeiling: Told(
        "A role here cannot have permissions beyond yours.", "Leave these out: {beyond}."
    ),
    errors.RoleInUse: Told(
        "{role} is in use: somebody has it, an invitation or a request brings it, or newcomers get it.",
        "Give them other roles first: `{member_list}`.",
    ),
    errors.PasswordTheirs: Told(
        "They have a chat, where they can ask for the link themselves.",
        "Tell them to type `{account_password}`.",
    ),
    errors.PasswordElsewhere: Told(
        "Homeroom keeps no passwords here: people sign in with {providers}.", "Change the password there."
    ),
    errors.PasswordsOff: Told(
        "Nobody signs in with a password here.", "Your operator can set up signing in on the web."
    ),
    errors.NoMailServer: Told(
        "This installation sends no e-mail, so the link cannot be sent.",
        "Ask your operator to set up a mail server.",
    ),
    errors.NoAddress: Told(
        "I know no e-mail address to send the link to.", "An admin enters it with `{member_edit}`."
    ),
    errors.ClaimUnusable: Told(
        "That one-time code cannot be used.", "It works once and for 24 hours. Ask for a new one."
    ),
    joining_errors.SchoolArchived: Told(
        "{school} is archived.", "Nobody acts there until an admin of its district opens it again."
    ),
    joining_errors.AskAgainLater: Told(
        "{school} has turned down your request; you can ask again after {at}.", "{contact}"
    ),
}


_WIDER = "A System Administrator can raise the limit."


QUOTAS = {
    Quota.OPEN: ("open invitations", "Revoke some first, or raise the limit of your school."),
    Quota.INVITATIONS: ("invitations a day", _WIDER),
    Quota.MEMBERS: (
        "members in this school",
        "Who wants to join asks an admin of the school; a System Administrator can raise the limit.",
    ),
    Quota.MAILS: ("e-mails a day", _WIDER),
    Quota.MESSAGES: ("people a day who are sent messages by this school", _WIDER),
}


UNKNOWN_ROLE = "There is no role {role} here."
REJECTED = "{school} has turned down your request to join."
_UNDO = "Undo that first with `{member_show}`."
KEPT_OUT = {
    "active": "To give them another role: `{member_roles}`.",
    "rejected": "To let them come after all: `{request_reopen}`. Or `{member_remove}`, and then invite them.",
    "suspended": _UNDO,
    "deactivated": _UNDO,
    "archived": _UNDO,
}
NOWHERE = "You are in no school with this account."
OUT = "Your membership in {school} is {state}. {contact}"
ARCHIVED = "{school} is archived. Nobody acts there until an admin of its district opens it again."
LOCKED = "Let people in by it again with `{invite_unlock}`."
LEAVING = "While that holds, none of your accounts can be unlinked, and nothing of you erased. {contact}"
