"""Refusals on the way into a school: invitations, requests to join, and the workspaces that lead there."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from bot.core.errors import Miss, Refusal

if TYPE_CHECKING:
    from bot.core.invitations import Invitation
    from bot.core.join_requests import JoinRequest
    from bot.core.members import Membership
    from bot.core.schools import School


@dataclass(eq=False)
class InvitationUnusable(Miss):
    """The one answer that strangers get for every code that does not work."""


@dataclass(eq=False)
class TooManyMisses(Refusal):
    """Too many codes of theirs opened nothing; `until` says when they may try again."""

    until: datetime


@dataclass(eq=False)
class InvitationDead(Refusal):
    """The invitation cannot be used any more, told to someone who may know why."""

    invitation: "Invitation"


@dataclass(eq=False)
class InvitationEnded(Refusal):
    """The addressee's invitation cannot be used any more, told to them."""

    invitation: "Invitation"


@dataclass(eq=False)
class InvitationVoid(Refusal):
    """Nothing that an invitation was made for can be granted any more."""


@dataclass(eq=False)
class WrongAccount(Refusal):
    """The invitation is for another account; nothing was consumed.

    Whoever holds its link is told a masked address, or on which platform the account is. With `known` they
    have that address, and are known by other accounts.
    """

    address: str = ""
    issuer: str = ""
    known: bool = False


@dataclass(eq=False)
class NoWayToAnswer(Refusal):
    """Invitations by e-mail are answered on the web, and nobody can sign in there."""


@dataclass(eq=False)
class CannotInvite(Refusal):
    """There is nothing to invite this person to: they are in, or are kept out; `state` is how they stand."""

    name: str
    state: str


@dataclass(eq=False)
class AlreadyInvited(Refusal):
    """An invitation waits for this person already."""

    invitation: "Invitation"


@dataclass(eq=False)
class AlreadySent(Refusal):
    """The invitation has gone out; sending it again gives it another link."""

    invitation: "Invitation"


@dataclass(eq=False)
class AlreadyReissued(Refusal):
    """Another invitation was made in its place already: this one."""

    invitation: "Invitation"


@dataclass(eq=False)
class AlreadyMember(Refusal):
    """The actor is an active member already; no use was taken."""

    school: "School"


@dataclass(eq=False)
class NotInYet(Refusal):
    """The actor knows the school, and is not in it."""

    school: "School"


@dataclass(eq=False)
class RequestPending(Refusal):
    """The actor's request to join already waits."""

    request: "JoinRequest"


@dataclass(eq=False)
class MembershipBarred(Refusal):
    """The actor's membership is rejected, suspended, deactivated or archived.

    `leaving` says that they would do away with an account by which the school knows whom it keeps out.
    """

    membership: "Membership"
    school: "School"
    leaving: bool = False


@dataclass(eq=False)
class SchoolArchived(Refusal):
    """The actor is in the school, and nobody acts there while it is archived but those above it."""

    school: "School"


@dataclass(eq=False)
class SchoolPrivate(Refusal):
    """The school can only be joined by an invitation."""


@dataclass(eq=False)
class AlreadyDecided(Refusal):
    """Someone was faster, or the applicant withdrew."""

    request: "JoinRequest"


@dataclass(eq=False)
class RequestClaimed(Refusal):
    """Somebody else sees to the request already."""

    request: "JoinRequest"


@dataclass(eq=False)
class ApplicantThere(Refusal):
    """Only the request of somebody who has left is closed without an answer."""


@dataclass(eq=False)
class ApplicantBarred(Refusal):
    """Somebody who would be let in, or moved, is kept out: an approval would not let them in."""

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
class NoOwnRequests(Refusal):
    """The place has no requests of its own that a school could decide."""


@dataclass(eq=False)
class MirroredElsewhere(Refusal):
    """Another school decides the requests of this server."""


@dataclass(eq=False)
class LinkUnclear(Refusal):
    """The school is not linked to what was named, or not where the actor is; they must name one."""

    names: tuple[str, ...]


@dataclass(eq=False)
class LastLink(Refusal):
    """The school is linked to no other workspace."""

    school: "School"


@dataclass(eq=False)
class RolesFollowThere(Refusal):
    """Roles or groups of the workspace follow roles of the school; `names` are theirs."""

    names: tuple[str, ...]


@dataclass(eq=False)
class NoPerson(Refusal):
    """An app was named where only people can be."""
