"""Refusals: facts about why something is not done. They carry values; the words are in `bot/cards`."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Literal, NewType

from bot.core.rights.permissions import Permission
from bot.core.rights.roles import RoleUse

if TYPE_CHECKING:
    from bot.core.following.ports import Problem
    from bot.core.schools.schools import School


class Quota(StrEnum):
    """What a limit counts."""

    OPEN = "open"
    INVITATIONS = "invitations"
    MEMBERS = "members"
    MAILS = "mails"
    MESSAGES = "messages"


# What `NotFound` says is missing. Cards have words for each, and name the command that lists most of them.
Thing = Literal[
    "account", "archived school", "batch", "command", "district", "entry", "group", "import", "invitation",
    "list", "member", "message", "message to many", "organisation", "permission", "person", "plan", "report",
    "request", "resource", "role", "role of the school's own", "role or group", "run", "school", "template",
    "user",
]  # fmt: skip
# The names of command options that rules refuse values of; `emails` and `members` are fields of SCIM.
OptionName = Literal[
    "at", "channel", "channels", "code", "digest_days", "digest_time", "district", "email", "emails",
    "escalate_hours", "expires", "file", "first_name", "folder", "holidays", "into", "invitation",
    "lapse_days", "last_name", "members", "middle_initial", "name", "nightly", "number", "part",
    "permissions", "role", "schools", "scope", "search", "sign_in", "since", "source", "standing",
    "subject", "text", "to", "until", "uses", "view", "whole_district", "zone",
]  # fmt: skip
# The name of an option that no rule mentions, as a command or a school's question declares it.
Declared = NewType("Declared", str)


# Refusals are not frozen, because Python sets attributes such as the traceback on a raised exception.
class Refusal(Exception):
    """The base of all refusals: what was asked for is not done, and nothing has changed."""


class Miss(Refusal):
    """A code that does not work. Raised before anything is written; it counts as a guess, see `guessing`."""


@dataclass(eq=False)
class NotPermitted(Refusal):
    """The actor lacks a permission; `holders` are roles with it, `kept_out` is why theirs have no effect."""

    permission: Permission
    holders: tuple[str, ...] = ()
    kept_out: Refusal | None = None
    at: "School | None" = None


@dataclass(eq=False)
class WorkspaceAdminNeeded(Refusal):
    """Only an owner or administrator of the workspace may do it."""


@dataclass(eq=False)
class NoSchoolHere(Refusal):
    """No school is linked to this place, and the actor belongs to none."""


@dataclass(eq=False)
class SchoolUnclear(Refusal):
    """Several schools match what was typed, or none exactly; the actor must name one."""

    names: tuple[str, ...]
    typed: str = ""


@dataclass(eq=False)
class CannotFollow(Refusal):
    """A native role, group or channel cannot follow a school's roles; `problem` says why."""

    problem: "Problem"
    name: str


@dataclass(eq=False)
class NotFound(Refusal):
    """There is no such thing, or none that the actor may know of."""

    what: Thing


@dataclass(eq=False)
class NoMemberNamed(NotFound):
    """No member has the typed name; `near` has similar names of members whom the actor may see."""

    near: tuple[str, ...]
    typed: str


@dataclass(eq=False)
class ActorUnknown(Refusal):
    """The actor is not known to Homeroom yet, so nothing of theirs can be shown or changed."""


@dataclass(eq=False)
class NameTaken(Refusal):
    """The name is taken by another school of the same district, another district, or another role."""

    name: str


@dataclass(eq=False)
class BadValue(Refusal):
    """An option has an unusable value; `problem` says what is wrong, and `example` is a value that works."""

    option: OptionName | Declared
    problem: str
    example: str = ""


@dataclass(eq=False)
class BadCommand(Refusal):
    """A typed line is not a command; `corrected` is the most similar line that is."""

    problem: str
    corrected: str = ""


@dataclass(eq=False)
class RoleAboveCeiling(Refusal):
    """The actor may not grant this role, or with `unknown` there is none of that name."""

    role: str
    offered: tuple[str, ...] = ()
    unknown: bool = False
    at: "School | None" = None


@dataclass(eq=False)
class OwnMembership(Refusal):
    """Nobody changes their own membership or roles."""


@dataclass(eq=False)
class AboveYou(Refusal):
    """The person holds rights that the actor neither holds nor may grant."""


@dataclass(eq=False)
class PrimaryAdminProtected(Refusal):
    """The Primary Admin cannot be changed like this until another admin is made Primary."""

    school: "School"


@dataclass(eq=False)
class LimitReached(Refusal):
    """A limit is reached; `most` is how many there may be."""

    what: Quota
    most: int


@dataclass(eq=False)
class NotPrimaryAdmin(Refusal):
    """Only the school's Primary Admin may do it."""

    school: "School"


@dataclass(eq=False)
class NotAdmin(Refusal):
    """Only an active School Admin can become Primary Admin."""


@dataclass(eq=False)
class NothingToChange(Refusal):
    """The current `state` is the wanted one already, or rules the change out; `of` is the person's id."""

    state: str
    of: str = ""


@dataclass(eq=False)
class NameUnclear(Refusal):
    """Several people have that name."""

    name: str


@dataclass(eq=False)
class EmailTaken(Refusal):
    """Another person has that e-mail address."""


@dataclass(eq=False)
class ClaimUnusable(Miss):
    """A one-time code that is unknown, used or expired."""


@dataclass(eq=False)
class DistrictUnclear(Refusal):
    """Several districts may be meant; the actor must name one."""

    names: tuple[str, ...]


@dataclass(eq=False)
class DistrictNotEmpty(Refusal):
    """A district cannot be archived while schools in it are not."""

    name: str


@dataclass(eq=False)
class DistrictArchived(Refusal):
    """No school can be created in an archived district, moved into one, or restored in one."""

    name: str


@dataclass(eq=False)
class OwnRole(Refusal):
    """Nobody changes a role that they have themselves."""


@dataclass(eq=False)
class PermissionsAboveCeiling(Refusal):
    """A custom role would have permissions that the actor neither holds nor may grant."""

    beyond: tuple[str, ...]


@dataclass(eq=False)
class RoleInUse(Refusal):
    """The role cannot be deleted because of its `uses`."""

    role: str
    uses: tuple[RoleUse, ...] = ()


@dataclass(eq=False)
class AlreadyLinked(Refusal):
    """The account to be linked is already the same person's."""


@dataclass(eq=False)
class SamePerson(Refusal):
    """Records cannot be transferred from a person to that same person."""


@dataclass(eq=False)
class NotYoursToErase(Refusal):
    """The person belongs to a school from which the actor may not remove people."""


@dataclass(eq=False)
class LastAccount(Refusal):
    """A person must keep at least one account."""


@dataclass(eq=False)
class AccountBanned(Refusal):
    """A person with a banned account may not unlink any, since it could be used to get around the ban."""


@dataclass(eq=False)
class Deprovisioned(Refusal):
    """A district's identity provider has deactivated the actor."""


@dataclass(eq=False)
class MemberSetsPassword(Refusal):
    """The member has a chat, so only they can ask for a link that sets their password."""


@dataclass(eq=False)
class PasswordsWithProvider(Refusal):
    """People sign in with `providers`, which keep the passwords."""

    providers: tuple[str, ...]


@dataclass(eq=False)
class PasswordsOff(Refusal):
    """People do not sign in with passwords here."""


@dataclass(eq=False)
class NoMailServer(Refusal):
    """This installation sends no e-mail."""


@dataclass(eq=False)
class NoAddress(Refusal):
    """No e-mail address of the person is known."""
