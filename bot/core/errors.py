"""Refusals: facts about why something is not done. They carry values; `cards` has the words."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Literal, NewType

from bot.core.permissions import Permission

if TYPE_CHECKING:
    from bot.core.following_ports import Problem
    from bot.core.schools import School


class Quota(StrEnum):
    """Of what there may not be more."""

    OPEN = "open"
    INVITATIONS = "invitations"
    MEMBERS = "members"
    MAILS = "mails"
    MESSAGES = "messages"


# What is looked for: cards say the words, and know where most of it is listed.
Thing = Literal[
    "account", "archived school", "batch", "command", "district", "entry", "group", "import", "invitation",
    "list", "member", "message", "message to many", "organisation", "permission", "person", "plan", "report",
    "request", "resource", "role", "role of the school's own", "role or group", "run", "school", "template",
    "user",
]  # fmt: skip
# Options, as commands declare them, whose values rules find wrong; `emails` and `members` are SCIM's.
OptionName = Literal[
    "at", "channel", "channels", "code", "digest_days", "digest_time", "district", "email", "emails",
    "escalate_hours", "expires", "file", "first_name", "folder", "holidays", "into", "invitation",
    "lapse_days", "last_name", "members", "middle_initial", "name", "nightly", "number", "part",
    "permissions", "role", "schools", "scope", "search", "sign_in", "since", "source", "standing",
    "subject", "text", "to", "until", "uses", "view", "zone",
]  # fmt: skip
# The name of an option that no rule knows of, as it is declared or asked.
Declared = NewType("Declared", str)


# None is frozen: Python itself notes on an exception where it was raised.
class Refusal(Exception):
    """Something is not done, and nothing has changed."""


class Miss(Refusal):
    """A code that opens nothing. It is raised before anything is written, and it counts: see `guessing`."""


@dataclass(eq=False)
class NotPermitted(Refusal):
    """The actor lacks a permission; `holders` are roles with it, `kept_out` is why theirs do not count."""

    permission: Permission
    holders: tuple[str, ...] = ()
    kept_out: Refusal | None = None


@dataclass(eq=False)
class WorkspaceAdminNeeded(Refusal):
    """Only an owner or administrator of the workspace may do it."""


@dataclass(eq=False)
class NoSchoolHere(Refusal):
    """No school is linked to this place, and the actor belongs to none."""


@dataclass(eq=False)
class SchoolUnclear(Refusal):
    """Several schools fit what was typed, or none wholly; the actor must name one."""

    names: tuple[str, ...]
    typed: str = ""


@dataclass(eq=False)
class CannotFollow(Refusal):
    """The platform does not let a role, group or channel follow; `problem` says why."""

    problem: "Problem"
    name: str


@dataclass(eq=False)
class NotFound(Refusal):
    """Nothing of that kind, or nothing the actor may know of."""

    what: Thing


@dataclass(eq=False)
class NoMemberCalled(NotFound):
    """No member has that name; those whom whoever asks may see have one that is near it."""

    near: tuple[str, ...]


@dataclass(eq=False)
class NotMet(Refusal):
    """The actor is nobody that is known here, so there is nothing of theirs to show or change."""


@dataclass(eq=False)
class NameTaken(Refusal):
    """Another of its kind has that name: a school where this one is, a district, a role of the school."""

    name: str


@dataclass(eq=False)
class BadValue(Refusal):
    """An option has a value that cannot be used; `problem` and `example` say why and what can."""

    option: OptionName | Declared
    problem: str
    example: str = ""


@dataclass(eq=False)
class BadCommand(Refusal):
    """A typed line is not a command; `corrected` is the nearest one that is."""

    problem: str
    corrected: str = ""


@dataclass(eq=False)
class RoleAboveCeiling(Refusal):
    """The actor may not grant this role, or there is none of that name."""

    role: str
    offered: tuple[str, ...] = ()
    unknown: bool = False


@dataclass(eq=False)
class OwnMembership(Refusal):
    """Nobody changes their own membership or roles."""


@dataclass(eq=False)
class AboveYou(Refusal):
    """The person holds rights that the actor neither holds nor may grant."""


@dataclass(eq=False)
class PrimaryAdminProtected(Refusal):
    """The Primary Admin stays as they are until another admin is made Primary."""

    school: "School"


@dataclass(eq=False)
class LimitReached(Refusal):
    """There may not be more of something; `most` is how many there may be."""

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
    """It is so already, or cannot become so from here; `state` is how it is, `of` the person it is about."""

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
class UserNameTaken(Refusal):
    """The identity provider has another user of that name."""


@dataclass(eq=False)
class ClaimUnusable(Miss):
    """A one-time code that is unknown, used or expired."""


@dataclass(eq=False)
class DistrictUnclear(Refusal):
    """Several districts fit; the actor must name one."""

    names: tuple[str, ...]


@dataclass(eq=False)
class DistrictNotEmpty(Refusal):
    """A district with schools at work in it cannot be archived."""

    name: str


@dataclass(eq=False)
class DistrictArchived(Refusal):
    """No school comes into a district that is archived, or is opened in it."""

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
    """A role that somebody has, that an invitation or a request brings, or that is the default."""

    role: str


@dataclass(eq=False)
class AlreadyLinked(Refusal):
    """The account that types a code belongs to whoever asked for it already."""


@dataclass(eq=False)
class SamePerson(Refusal):
    """Records are transferred from one person to another one."""


@dataclass(eq=False)
class NotYoursToErase(Refusal):
    """A person belongs to places where the actor may not remove people."""


@dataclass(eq=False)
class LastAccount(Refusal):
    """A person keeps one account at least."""


@dataclass(eq=False)
class AccountBanned(Refusal):
    """Whose account a workspace bans keeps all of theirs: the others could come back without it."""


@dataclass(eq=False)
class SwitchedOff(Refusal):
    """The identity provider of a district keeps the actor out of its schools."""


@dataclass(eq=False)
class PasswordTheirs(Refusal):
    """Whoever has a chat asks there for the link that sets their password."""


@dataclass(eq=False)
class PasswordElsewhere(Refusal):
    """People sign in with these providers, who keep their passwords."""

    providers: tuple[str, ...]


@dataclass(eq=False)
class PasswordsOff(Refusal):
    """People do not sign in with passwords here."""


@dataclass(eq=False)
class NoMailServer(Refusal):
    """This installation sends no mails."""


@dataclass(eq=False)
class NoAddress(Refusal):
    """No e-mail address is known of the person."""
