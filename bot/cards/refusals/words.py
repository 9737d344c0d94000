"""The words for each refusal: a fact, and what to do next."""

from bot.chat.actions import Action
from bot.chat.replies import Button, Style
from bot.chat.text import say
from bot.core import errors, joining_errors
from bot.core.errors import Quota, Refusal
from bot.core.files import BadFile
from bot.core.rights.roles import RoleUse
from bot.core.scim.errors import UserNameTaken
from bot.core.values import dataclass


@dataclass(frozen=True, slots=True)
class Told:
    """The templates for a refusal; `{name}` is one of its values, or a command as people type it."""

    sentence: str
    then: str = ""
    button: Button | None = None


NOTHING_TO_DO = "You do not need to do anything."
NOTHING_USED_UP = f"{NOTHING_TO_DO} The invitation was not used up."

_LOOK = "Look in `{list}`."
ALSO_ADMIN_OF_SCHOOL = "It has to be one of them who is also an admin of your school."
JOIN_FIRST = "They must be in one of its schools first: invite them there, or look in `{member_list}`."
TYPE_ONE_OF = "Type it as one of these: {names}."

# The command that lists each kind of thing, for those that are not found; for other kinds it is `help`.
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
        "You may not {permission} {here}.", "These roles may: {holders}. The permission is called `{atom}`."
    ),
    errors.WorkspaceAdminNeeded: Told(
        "Only an owner or administrator of this server or workspace can do that.",
        "Ask one of them, or join with a code: `{join}`.",
    ),
    errors.NoSchoolHere: Told(
        "No school lives here yet.", "An administrator makes one with `{school_create}`."
    ),
    joining_errors.NotLinkedHere: Told(
        "{school} is not linked to this place.",
        "To link it, also after I was away: `{school_share}` gives a code, and an administrator of this "
        "server or workspace types `{school_link}` with it.",
    ),
    errors.SchoolUnclear: Told("Which school do you mean?", "Add `school:` with one of these: {names}."),
    errors.CannotFollow: Told("{why}", "{then}"),
    errors.NotFound: Told("I cannot find that {what} here.", _LOOK),
    errors.NoMemberNamed: Told(
        "I cannot find a member of that name here.", "Did you mean {near}? Everyone is in `{member_list}`."
    ),
    errors.ActorUnknown: Told("I do not know you yet.", "Join a school first: `{join}`."),
    errors.NameTaken: Told("The name {name} is already taken here.", "Choose another one."),
    errors.BadValue: Told("{option} {problem}.", "For example: `{example}`."),
    errors.BadCommand: Told("{problem}", "Did you mean `{corrected}`?"),
    BadFile: Told("{problem}", "{remedy}"),
    joining_errors.NotAPerson: Told("That is an app.", "Only people can be in a school."),
    joining_errors.InvitationUnusable: Told(
        "That invitation cannot be used.",
        "Check that you typed the code correctly, or ask whoever invited you for a new one.",
    ),
    joining_errors.TooManyMisses: Told(
        "Too many wrong codes.",
        "You can try again after {until}. It helps to copy the code, or to open its link instead.",
    ),
    joining_errors.InvitationDead: Told(
        "This invitation is {state}.", "Make the same one again with `{invite_reissue}`."
    ),
    joining_errors.InvitationEnded: Told(
        "Your invitation is {state}.", "Ask whoever invited you if you expected something else."
    ),
    joining_errors.InvitationVoid: Told(
        "This invitation no longer gives anything.", "Ask whoever invited you for a new one."
    ),
    joining_errors.WrongAccount: Told(
        "This invitation is for another account.",
        "{sign_in} Nothing was used up: the invitation is still waiting.",
    ),
    joining_errors.NoWayToAnswer: Told(
        "Nobody could answer an invitation by e-mail here, because there is no way to sign in on the web.",
        "Invite them with a mention, or make a code and give it to them: `{invite_create}`. Your operator "
        "can set up signing in.",
    ),
    joining_errors.CannotInvite: Told(
        "{name} is already {state} here.", "You will find them in `{member_list}`."
    ),
    joining_errors.AlreadyInvited: Told(
        "They already have an invitation waiting.", "Send it again, or clear it and make another one."
    ),
    joining_errors.AlreadySent: Told(
        "That invitation has already been sent.",
        "Its details have a button to send it again with a new link.",
    ),
    joining_errors.AlreadyReissued: Told(
        "A new one has already been made in its place.", "Its details have its link and code."
    ),
    joining_errors.AlreadyMember: Told("You are already a member of {school}.", NOTHING_USED_UP),
    joining_errors.NotAMember: Told("You are not in {school} yet.", "{contact}"),
    joining_errors.RequestPending: Told("Your request has been waiting since {request}.", NOTHING_USED_UP),
    joining_errors.ApplicantBarred: Told(
        "{name} is {state} here, so approving the request would not let them in.",
        "Undo that first with `{member_show}`, or reject the request.",
    ),
    joining_errors.MembershipBarred: Told("Your membership in {school} is {state}.", "{contact}"),
    joining_errors.SchoolPrivate: Told(
        "You need an invitation to join that school.",
        "If you have a code, enter it.",
        Button(say("Enter a code"), Action("join", ask=True), Style.PRIMARY),
    ),
    joining_errors.AlreadyDecided: Told("That request is no longer waiting.", "{status}"),
    joining_errors.RequestClaimed: Told("{status} already.", "You can still decide it."),
    joining_errors.ApplicantPresent: Told(
        "Only a request from somebody who has left can be closed.", "Approve or reject it."
    ),
    joining_errors.OwnRequest: Told(
        "You cannot decide your own request.", "Another approver must decide it."
    ),
    errors.RoleAboveCeiling: Told("You may not give the role {role} {here}.", "You may give: {offered}."),
    errors.OwnMembership: Told(
        "You cannot change your own membership or roles.", "Another admin must do it."
    ),
    errors.AboveYou: Told(
        "You cannot change somebody who has rights that you do not have.", "Ask an admin who has them."
    ),
    errors.PrimaryAdminProtected: Told(
        "You cannot do that to the Primary Admin of {school}.",
        "Make another admin the Primary Admin first: `{member_primary}`.",
    ),
    errors.LimitReached: Told("That would go over the limit for {what}, which is {most}.", "{remedy}"),
    errors.NotPrimaryAdmin: Told(
        "Only the Primary Admin of {school} can do that.", "See who that is: `{school_show}`."
    ),
    errors.NotAdmin: Told(
        "Only an active School Admin can become Primary Admin.",
        "Give them that role first, `{member_roles}`, or lift what keeps them out: `{member_show}`.",
    ),
    joining_errors.NoOwnRequests: Told(
        "Only Discord servers have join requests of their own.",
        "Type this in a Discord server where people apply to join on Discord's own form.",
    ),
    joining_errors.MirroredElsewhere: Told(
        "Another school already decides who may join this server.",
        "One of its admins turns that off first: `{school_mirror} on:no`.",
    ),
    joining_errors.LinkUnclear: Told(
        "Which server or workspace do you mean?", "Add `workspace:` with one of these: {names}."
    ),
    joining_errors.LastLink: Told(
        "{school} is not linked to any other server or workspace, so nobody new would find it in a chat.",
        "Link it to the right one first: `{school_share}`.",
    ),
    joining_errors.RolesFollowThere: Told(
        "Roles or groups there still follow the school's roles: {names}.",
        "End that first: `{role_unfollow}`.",
    ),
    errors.NothingToChange: Told("Nothing was changed. How it stands: {state}."),
    errors.NameUnclear: Told(
        "Several people are called {name}.",
        "Choose the right one from the list: `{member_list} search:{name}`.",
    ),
    UserNameTaken: Told("Another user has that name there.", "Choose another one."),
    errors.EmailTaken: Told(
        "Somebody already has that e-mail address.",
        "You may find them in `{member_list}`. If they are not in this school, invite them. Is it one "
        "person who is listed twice? They become one when they link their accounts: `{account_link}`. "
        "People who have left keep their address until they are erased: `{member_erase}`.",
    ),
    joining_errors.EducatorIdTaken: Told(
        "Somebody else in {school} has the educator id {educator_id}.",
        "Correct it here, or in their entry: `{member_list}` finds them.",
    ),
    errors.AlreadyLinked: Told(
        "This account and the one that asked for the code are both yours already.",
        "See all: `{account_show}`.",
    ),
    errors.SamePerson: Told(
        "That is the same person twice.", "Choose who gets the records: `{member_list}`."
    ),
    errors.NotYoursToErase: Told(
        "You cannot erase everything that is held about this person.",
        "They can do it themselves with `{account_erase}`, or a System Administrator can. "
        "You can end their membership: `{member_remove}`.",
    ),
    errors.LastAccount: Told("That is your only account.", "Link another one first: `{account_link}`."),
    errors.AccountBanned: Told(
        "One of your accounts is banned from a school's server or workspace, so none of them can be "
        "unlinked.",
        "Ask an admin there to lift the ban.",
    ),
    errors.Deprovisioned: Told(
        "Your district has switched off your account.",
        "Until that changes, your accounts cannot be unlinked and your data cannot be erased.",
    ),
    errors.DistrictUnclear: Told(
        "Which district do you mean?", "Add `district:` with one of these: {names}."
    ),
    errors.DistrictNotEmpty: Told(
        "There are still schools in {name}.", "Archive or move them first: `{district_show}` lists them."
    ),
    errors.DistrictArchived: Told(
        "{name} is archived.", "Take it back into use first: `{district_restore}`."
    ),
    errors.OwnRole: Told("You cannot change a role that you have yourself.", "Another admin must do it."),
    errors.PermissionsAboveCeiling: Told(
        "You cannot give a role permissions that you do not have.", "Leave these out: {beyond}."
    ),
    errors.RoleInUse: Told(
        "{role} is in use: {why}.",
        "{then}",
    ),
    errors.MemberSetsPassword: Told(
        "They are in a chat, where they can ask for the link themselves.",
        "Tell them to type `{account_password}`.",
    ),
    errors.PasswordsWithProvider: Told(
        "Homeroom keeps no passwords here: people sign in with {providers}.", "Change the password there."
    ),
    errors.PasswordsOff: Told(
        "People do not sign in with a password here.", "Your operator can set up signing in on the web."
    ),
    errors.NoMailServer: Told(
        "This installation sends no e-mail, so the link cannot be sent.",
        "Ask your operator to set up a mail server.",
    ),
    errors.NoAddress: Told(
        "There is no e-mail address to send the link to.", "An admin can add one with `{member_edit}`."
    ),
    errors.ClaimUnusable: Told(
        "That one-time code cannot be used.", "It works once, within 24 hours. Ask for a new one."
    ),
    joining_errors.SchoolArchived: Told(
        "{school} is archived.", "Nobody can do anything there until its district opens it again."
    ),
    joining_errors.AskAgainLater: Told(
        "{school} has turned down your request; you can ask again after {at}.", "{contact}"
    ),
    joining_errors.AskedTooOften: Told(
        "You have asked to join {school} too often; you can ask again after {at}.", "{contact}"
    ),
}

_WIDER = "A System Administrator can raise the limit."

QUOTAS = {
    Quota.OPEN: ("open invitations", "Revoke some first, or raise the limit of your school."),
    Quota.INVITATIONS: ("invitations a day", _WIDER),
    Quota.MEMBERS: (
        "members in this school",
        "Ask an admin of the school; a System Administrator can raise the limit.",
    ),
    Quota.MAILS: ("e-mails a day", _WIDER),
    Quota.MESSAGES: ("people a day for this school's messages", _WIDER),
}

# Why a role cannot be deleted, and what to do about it.
USES: dict[RoleUse, tuple[str, str]] = {
    RoleUse.HELD: ("somebody has it", "Give them other roles: `{member_list}`."),
    RoleUse.DEFAULT: ("newcomers get it", "Choose another default role: `{school_edit}`."),
    RoleUse.INVITED: ("an invitation gives it", "Revoke it, even if it has expired: `{invite_list}`."),
    RoleUse.REQUESTED: ("somebody asks to join with it", "Decide that: `{request_list}`."),
    RoleUse.FOLLOWED: ("something on a platform follows it", "See what: `{role_following}`."),
    RoleUse.GROUP: ("a group of the district's directory gives it", "See which: `{scim_groups}`."),
}
UNKNOWN_ROLE = "There is no role {role} {here}."
REJECTED = "{school} has turned down your request to join."
_UNDO = "Undo that first with `{member_show}`."
KEPT_OUT = {
    "active": "To give them another role: `{member_roles}`.",
    "rejected": "To let them in after all: `{request_reopen}`, or `{member_remove}` and then invite them.",
    "suspended": _UNDO,
    "deactivated": _UNDO,
    "archived": _UNDO,
}
IN_NO_SCHOOL = "You are not in a school with this account."
KEPT_OUT_HERE = "Your membership in {school} is {state}. {contact}"
ARCHIVED = "{school} is archived. Nobody can do anything there until its district opens it again."
LOCKED = "Open it again with `{invite_unlock}`."
NO_EXIT = "Until that changes, you cannot leave, unlink an account or have your data erased. {contact}"
