"""Invitations: their terms never change once they are made, and revoking is final. See also `redeeming`."""

from datetime import datetime
from enum import StrEnum

from bot.core import audit
from bot.core.ids import new_code, new_id, new_token
from bot.core.invitations.addressees import Addressee
from bot.core.notices.notices import redraw_copies
from bot.core.people import members
from bot.core.ports import UnitOfWork
from bot.core.rights import access
from bot.core.rights.actors import Actor, Person
from bot.core.rights.permissions import Permission
from bot.core.schools import quotas
from bot.core.schools.schools import School
from bot.core.values import dataclass

MOST_USES = 100_000
# The kind of invitations in subjects of notices and the audit log, such as `invitation:<id>`.
KIND = "invitation"


class InvitationState(StrEnum):
    """Whether an invitation works, or why not; and how far an addressed one has come."""

    OPEN = "open"
    EXPIRED = "expired"
    EXHAUSTED = "used up"
    REVOKED = "revoked"
    NOT_SENT = "not sent"
    SCHEDULED = "scheduled"
    SENT = "sent"
    NOT_DELIVERED = "could not be sent"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    CLEARED = "cleared"
    LOCKED = "locked"

    @property
    def alive(self) -> bool:
        """Whether somebody can still redeem it."""
        return self in _ALIVE

    @property
    def awaits_answer(self) -> bool:
        """Whether its addressee may know of it and has not answered; they know of no drafts."""
        return self in {InvitationState.SENT, InvitationState.NOT_DELIVERED}


_ALIVE = frozenset(
    {
        InvitationState.OPEN,
        InvitationState.NOT_SENT,
        InvitationState.SCHEDULED,
        InvitationState.SENT,
        InvitationState.NOT_DELIVERED,
    }
)


@dataclass(frozen=True, slots=True)
class Invitation:
    """A way into a school. Without a role it grants the school's default role at the time of redemption.

    One that is addressed (`to`) is for that person alone, grants what `uow.addressed.grants` lists, possibly
    in several schools, and is managed by the admins of `school_id`. Sending it again gives it a new link and
    code (`renewed_at`). `opened_at` is when its page was first opened, and `openings` how often it was.
    """

    id: str
    school_id: str
    token: str
    code: str
    created_by: str
    created_at: datetime
    role: str | None = None
    uses_allowed: int | None = None
    uses_taken: int = 0
    expires_at: datetime | None = None
    note: str = ""
    label: str = ""
    revoked_at: datetime | None = None
    revoked_by: str | None = None
    locked_at: datetime | None = None
    to: Addressee | None = None
    batch_id: str | None = None
    renewed_at: datetime | None = None
    opened_at: datetime | None = None
    openings: int = 0

    @property
    def subject(self) -> str:
        """The invitation's name in notices and in the audit log."""
        return f"{KIND}:{self.id}"

    def expiry_counted_from(self, start: datetime) -> datetime | None:
        """Return when it would expire if its original lifetime began at `start`; None if it never expires."""
        if self.expires_at is None:
            return None
        return start + (self.expires_at - (self.renewed_at or self.created_at))

    def state(self, now: datetime) -> InvitationState:
        """Return its state at a moment; if several would apply, the most final one."""
        if self.to is not None and self.uses_taken:
            return InvitationState.ACCEPTED
        if (ended := self._ended()) is not None:
            return ended
        if self.expires_at is not None and self.expires_at <= now:
            return InvitationState.EXPIRED
        if self.uses_allowed is not None and self.uses_taken >= self.uses_allowed:
            return InvitationState.EXHAUSTED
        return InvitationState.OPEN if self.to is None else _progress(self.to)

    def _ended(self) -> InvitationState | None:
        """Return the state if somebody has revoked, cleared, declined or locked it; None otherwise."""
        if self.revoked_at is not None:
            return InvitationState.REVOKED
        if self.to is not None and self.to.cleared_at is not None:
            return InvitationState.CLEARED
        if self.to is not None and self.to.declined_at is not None:
            return InvitationState.DECLINED
        return InvitationState.LOCKED if self.locked_at is not None else None

    def role_for(self, school: School) -> str:
        """Return the name of the role that a redemption would grant now."""
        return self.role or school.default_role


def _progress(to: Addressee) -> InvitationState:
    """Return how far an alive, addressed invitation has come on its way to its addressee."""
    if to.sent_at is not None:
        return InvitationState.SENT
    if to.send_error:
        return InvitationState.NOT_DELIVERED
    return InvitationState.SCHEDULED if to.send_at is not None else InvitationState.NOT_SENT


@dataclass(frozen=True, slots=True)
class Redemption:
    """The record that a person joined a school, or asked to join, through an invitation."""

    id: str
    invitation_id: str
    person_id: str
    redeemed_at: datetime


@dataclass(frozen=True, slots=True)
class Redeemer:
    """A person who joined, or asked to join, through an invitation; `id` is the redemption's."""

    id: str
    person: Person
    redeemed_at: datetime


@dataclass(frozen=True, slots=True)
class InvitationFilter:
    """Which invitations a list shows; `after` is the id of the last one on the previous page.

    With `secrets`, `text` may also be a part of a code or link; only for actors who may see these.
    `elsewhere` means unanswered invitations into this school that another school manages.
    """

    text: str = ""
    state: InvitationState | None = None
    now: datetime | None = None
    after: str | None = None
    secrets: bool = True
    elsewhere: bool = False

    @property
    def part_of_link(self) -> str:
        """The text without the beginning of a link, since people paste links that were cut off."""
        return self.text.rpartition("/i/")[2]


def create(
    uow: UnitOfWork,
    actor: Actor,
    school: School,
    *,
    role: str | None = None,
    uses_allowed: int | None = None,
    expires_at: datetime | None = None,
    note: str = "",
    label: str = "",
) -> Invitation:
    """Create an invitation; the actor must have the permission, and be able to grant its role."""
    invitation = draft(
        uow,
        actor,
        school,
        role=role,
        uses_allowed=uses_allowed,
        expires_at=expires_at,
        note=note,
        label=label,
    )
    uow.invitations.add(invitation)
    audit.record(
        uow,
        actor,
        "invitation.created",
        invitation.subject,
        school_id=school.id,
        new=terms(invitation),
    )
    return invitation


def draft(
    uow: UnitOfWork,
    actor: Actor,
    school: School,
    *,
    role: str | None,
    uses_allowed: int | None,
    expires_at: datetime | None,
    note: str,
    label: str,
    number: int = 1,
) -> Invitation:
    """Check that `number` invitations can be made like this, and return the first one without storing it."""
    uow.schools.lock(school.id)
    access.require(uow, actor, Permission.INVITATION_CREATE, school)
    granted = access.grantable_role(uow, actor, school, role or school.default_role)
    uses_allowed, expires_at = quotas.invitations(
        uow, school, uses=uses_allowed, expires_at=expires_at, number=number
    )
    creator = members.enrol(uow, actor)
    return Invitation(
        id=new_id(uow.now),
        school_id=school.id,
        token=new_token(),
        code=new_code(),
        created_by=creator.id,
        created_at=uow.now,
        role=granted.name if role else None,
        uses_allowed=uses_allowed,
        expires_at=expires_at,
        note=note,
        label=label,
    )


def terms(invitation: Invitation) -> dict[str, object]:
    """Return the terms of an invitation that the audit log records."""
    return {
        "role": invitation.role,
        "uses_allowed": invitation.uses_allowed,
        "expires_at": invitation.expires_at.isoformat() if invitation.expires_at else None,
    }


def revoke(uow: UnitOfWork, actor: Actor, invitation: Invitation, school: School) -> bool:
    """Revoke an invitation for good; members stay. Return False if it was revoked already."""
    access.require(uow, actor, Permission.INVITATION_REVOKE, school)
    person = members.enrol(uow, actor)
    if not uow.invitations.revoke(invitation.id, by=person.id, at=uow.now):
        return False
    redraw_copies(uow, invitation.subject)
    audit.record(
        uow,
        actor,
        "invitation.revoked",
        invitation.subject,
        school_id=school.id,
        old={"state": invitation.state(uow.now).value},
        new={"state": InvitationState.REVOKED.value},
    )
    return True


def end_all_by(uow: UnitOfWork, school_id: str, person_id: str, *, by: str | None) -> int:
    """Revoke a person's invitations to a school that have not ended; return how many these were."""
    addressed = uow.addressed.unended_of(school_id, person_id)
    ended = uow.invitations.revoke_open_of(school_id, person_id, by=by, at=uow.now)
    for invitation_id in addressed:
        redraw_copies(uow, f"{KIND}:{invitation_id}")
    return ended
