"""Refusals on the way into a school: about invitations, join requests, and linked workspaces."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from bot.core.errors import Miss, Refusal

if TYPE_CHECKING:
    from bot.core.invitations.invitations import Invitation
    from bot.core.people.members import Membership
    from bot.core.requests.join_requests import JoinRequest
    from bot.core.schools.schools import School


@dataclass(eq=False)
class InvitationUnusable(Miss):
    """The one answer that strangers get for every code that does not work."""


@dataclass(eq=False)
class TooManyMisses(Refusal):
    """The caller has typed too many wrong codes; `until` says when they may try again."""

    until: datetime


@dataclass(eq=False)
class InvitationDead(Refusal):
    """The invitation cannot be used any more; for people who may know why, such as its school's admins."""

    invitation: "Invitation"


@dataclass(eq=False)
class InvitationEnded(Refusal):
    """The invitation cannot be used any more; for its addressee."""

    invitation: "Invitation"


@dataclass(eq=False)
class InvitationVoid(Refusal):
    """Nothing that the invitation was made to give can be given any more."""


@dataclass(eq=False)
class WrongAccount(Refusal):
    """The invitation is for another account; no use was taken.

    A person who has its link is shown the masked `address` of that account, or its `issuer`. With `known` the
    address is theirs, but they are known by other accounts.
    """

    address: str = ""
    issuer: str = ""
    known: bool = False


@dataclass(eq=False)
class NoWayToAnswer(Refusal):
    """Nobody could answer an invitation by e-mail: no sign-in here proves whose an address is."""


@dataclass(eq=False)
class CannotInvite(Refusal):
    """The person is in the school already, or is barred from it; `state` says which."""

    name: str
    state: str


@dataclass(eq=False)
class AlreadyInvited(Refusal):
    """Another invitation is waiting for the person's answer."""

    invitation: "Invitation"


@dataclass(eq=False)
class EducatorIdTaken(Refusal):
    """Another member of the school has the person's educator id."""

    school: "School"
    educator_id: str


@dataclass(eq=False)
class AlreadySent(Refusal):
    """The invitation was sent already; sending it again would give it a new link."""

    invitation: "Invitation"


@dataclass(eq=False)
class AlreadyReissued(Refusal):
    """The invitation was reissued already; `invitation` is the one that replaced it."""

    invitation: "Invitation"


@dataclass(eq=False)
class AlreadyMember(Refusal):
    """The actor is an active member already; no use was taken."""

    school: "School"


@dataclass(eq=False)
class NotAMember(Refusal):
    """The actor is not an active member of the school yet, but may know of it."""

    school: "School"


@dataclass(eq=False)
class RequestPending(Refusal):
    """The actor's request to join the school is pending already."""

    request: "JoinRequest"


@dataclass(eq=False)
class MembershipBarred(Refusal):
    """The actor's membership is rejected, suspended, deactivated or archived.

    `leaving` says that they wanted to leave, unlink an account, or be erased: the school could not recognise
    them then.
    """

    membership: "Membership"
    school: "School"
    leaving: bool = False


@dataclass(eq=False)
class SchoolArchived(Refusal):
    """The school of the actor is archived, so only people with rights above it can act there."""

    school: "School"


@dataclass(eq=False)
class SchoolPrivate(Refusal):
    """The school can only be joined by an invitation."""


@dataclass(eq=False)
class AlreadyDecided(Refusal):
    """Somebody else decided the request first, or it was withdrawn or has lapsed."""

    request: "JoinRequest"


@dataclass(eq=False)
class RequestClaimed(Refusal):
    """Somebody else has claimed the request."""

    request: "JoinRequest"


@dataclass(eq=False)
class ApplicantPresent(Refusal):
    """Only a request whose applicant has left can be closed without an answer."""


@dataclass(eq=False)
class ApplicantBarred(Refusal):
    """A person who would be let in, or moved, is barred, so that this would not let them in."""

    name: str
    state: str


@dataclass(eq=False)
class OwnRequest(Refusal):
    """Nobody decides their own request."""

    request: "JoinRequest"


@dataclass(eq=False)
class AskAgainLater(Refusal):
    """A rejected applicant may ask again at `at`."""

    school: "School"
    at: datetime


@dataclass(eq=False)
class AskedTooOften(Refusal):
    """Somebody has asked to join a school again and again; they may ask again at `at`."""

    school: "School"
    at: datetime


@dataclass(eq=False)
class NoOwnRequests(Refusal):
    """The actor is not in a server whose own join requests Homeroom can handle."""


@dataclass(eq=False)
class MirroredElsewhere(Refusal):
    """Another school already decides the server's own join requests."""


@dataclass(eq=False)
class LinkUnclear(Refusal):
    """It is unclear which link of the school is meant; the actor must name one of these workspaces."""

    names: tuple[str, ...]


@dataclass(eq=False)
class NotLinkedHere(Refusal):
    """The school exists, but the workspace in which the actor is does not serve it, or no longer does."""

    school: "School"


@dataclass(eq=False)
class LastLink(Refusal):
    """The school's last link to a workspace cannot be removed."""

    school: "School"


@dataclass(eq=False)
class RolesFollowThere(Refusal):
    """Native roles or groups of the workspace, with these `names`, still follow roles of the school."""

    names: tuple[str, ...]


@dataclass(eq=False)
class NotAPerson(Refusal):
    """An app was named where only a person can be."""
