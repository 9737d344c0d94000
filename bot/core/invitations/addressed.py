"""Inviting one person: find out who is meant, then create, send, resend or clear the invitation."""

from collections.abc import Collection, Sequence
from datetime import datetime

from bot.core import audit
from bot.core.errors import BadValue, OwnMembership
from bot.core.ids import new_code, new_id, new_token
from bot.core.invitations import sending
from bot.core.invitations.addressees import Addressee, Grant, Way
from bot.core.invitations.invitations import Invitation, InvitationState
from bot.core.invitations.sending import Letter
from bot.core.invitations.views import by_typed
from bot.core.joining_errors import AlreadyInvited, AlreadySent, CannotInvite, InvitationDead
from bot.core.notices.notices import redraw_copies
from bot.core.people import members
from bot.core.ports import UnitOfWork
from bot.core.rights import access
from bot.core.rights.actors import AccountKey, Actor, Person
from bot.core.rights.permissions import Permission
from bot.core.schools import quotas
from bot.core.schools.schools import School
from bot.core.values import dataclass, replace

# At most this many waiting invitations are listed for their addressee.
MOST_WAITING = 5


@dataclass(frozen=True, slots=True)
class Invitee:
    """The person to invite: known by id, or by an account, an e-mail address, or just a name."""

    name: str
    email: str = ""
    account: AccountKey | None = None
    person_id: str | None = None

    @property
    def way(self) -> Way:
        """How the invitation reaches them."""
        if self.account is not None:
            return Way.DM
        return Way.EMAIL if self.email else Way.HAND


@dataclass(frozen=True, slots=True)
class Offer:
    """What an invitation is to grant: roles in schools. The first school manages the invitation."""

    given: tuple[tuple[School, str], ...]
    expires_at: datetime | None = None
    note: str = ""

    @property
    def home(self) -> School:
        """The school whose admins manage the invitation."""
        return self.given[0][0]

    @property
    def school_ids(self) -> tuple[str, ...]:
        """The ids of the schools, one for each role offered."""
        return tuple(school.id for school, _ in self.given)


def create(uow: UnitOfWork, actor: Actor, to: Invitee, offer: Offer) -> Invitation:
    """Create an invitation for one person and list them as pending in its schools; nothing is sent yet."""
    lock_schools(uow, {school.id for school, _ in offer.given})
    grants = _allowed(uow, actor, to, offer)
    _, expires_at = quotas.invitations(uow, offer.home, expires_at=offer.expires_at)
    creator = members.enrol(uow, actor)
    person = _addressee(uow, to, offer)
    _refuse_pointless(uow, person, offer, grants)
    for school in {school.id: school for school, _ in offer.given}.values():
        if uow.members.of(school.id, person.id) is None:
            members.await_approval(uow, school.id, person.id, None)
    invitation = Invitation(
        id=new_id(uow.now),
        school_id=offer.home.id,
        token=new_token(),
        code=new_code(),
        created_by=creator.id,
        created_at=uow.now,
        role=next(one.role for one in grants if one.school_id == offer.home.id),
        uses_allowed=1,
        expires_at=expires_at,
        note=offer.note,
        to=Addressee(person.id, to.name, to.email, to.account, to.way),
    )
    uow.invitations.add(invitation)
    uow.addressed.grant(invitation.id, grants)
    audit.record(
        uow,
        actor,
        "invitation.created",
        invitation.subject,
        school_id=offer.home.id,
        new={
            "person": person.id,
            "way": to.way.value,
            "grants": [{"school": one.school_id, "role": one.role} for one in grants],
            "expires_at": expires_at.isoformat() if expires_at else None,
        },
    )
    return invitation


def lock_schools(uow: UnitOfWork, school_ids: Collection[str]) -> None:
    """Lock these schools until the unit of work ends; always call this before an invitation is locked."""
    for school_id in sorted(school_ids):
        uow.schools.lock(school_id)


def _allowed(uow: UnitOfWork, actor: Actor, to: Invitee, offer: Offer) -> tuple[Grant, ...]:
    """Check the actor's right and grant ceiling at every school; return the grants without duplicates."""
    found: dict[Grant, None] = {}
    known = _known_person_id(uow, to, offer.school_ids)
    if to.account == actor.caller.account or (known is not None and known == actor.person_id):
        raise OwnMembership
    for school, name in offer.given:
        access.require(uow, actor, Permission.INVITATION_CREATE, school)
        role = access.grantable_role(uow, actor, school, name, target_id=known)
        found[Grant(school.id, role.name)] = None
    return tuple(found)


def default_roles(uow: UnitOfWork, to: Invitee, school: School) -> Sequence[str]:
    """Return the roles that a person is invited to by default: those they have, else the default role."""
    known = _known_person_id(uow, to, [school.id])
    return (uow.members.roles(school.id, known) if known else ()) or [school.default_role]


def _known_person_id(uow: UnitOfWork, to: Invitee, ids: Collection[str]) -> str | None:
    """Return the id of the person to invite if one of the schools knows them already, else None."""
    if to.person_id is not None:
        return to.person_id
    by_account = uow.people.by_account(to.account) if to.account else None
    by_email = uow.people.by_email(to.email)
    for person in (by_account, by_email):
        if person is not None and any(uow.members.of(one, person.id) for one in ids):
            return person.id
    return uow.addressed.person_invited(ids, to.account, to.email)


def _addressee(uow: UnitOfWork, to: Invitee, offer: Offer) -> Person:
    """Return the person to invite, or add a new one if no school of the offer knows them.

    A new person is added even if other schools know the account or address: else an invitation would reveal
    what those know. The two people are merged when the invitation is accepted.
    """
    known = _known_person_id(uow, to, offer.school_ids)
    found = uow.accounts.current(known) if known else None
    if found is not None:
        return found
    person = Person(new_id(uow.now), to.name)
    uow.people.add_unlinked(person)
    return person


def _refuse_pointless(uow: UnitOfWork, person: Person, offer: Offer, grants: Sequence[Grant]) -> None:
    """Raise if an invitation already waits for an answer, or if this one could not grant anything new."""
    waiting = uow.addressed.newest_of(offer.home.id, person.id)
    if waiting is not None and waiting.state(uow.now).alive:
        raise AlreadyInvited(waiting)
    already = []
    for one in grants:
        membership = uow.members.of(one.school_id, person.id)
        if membership is not None and membership.barred_as is not None:
            raise CannotInvite(person.name, membership.barred_as)
        already.append(sending.has(uow, person.id, one.school_id, one.role))
    if all(already) and uow.people.accounts([person.id]):
        raise CannotInvite(person.name, "active")


def refuse_open(invitation: Invitation) -> None:
    """Raise `BadValue` if the invitation is not for one person."""
    if invitation.to is None:
        raise BadValue("invitation", "is for anybody who has it: pass its link or code on, or revoke it")


def find_to_answer(uow: UnitOfWork, typed: str) -> tuple[Invitation, bool] | None:
    """Return an addressed invitation by link, code or id, and whether it was found by its link or code.

    None if there is none, or it is not addressed to one person.
    """
    by_secret = by_typed(uow, typed) or uow.invitations.by_token(typed)
    if by_secret is not None:
        return (by_secret, True) if by_secret.to else None
    by_id = uow.invitations.by_id(typed)
    return (by_id, False) if by_id and by_id.to else None


def waiting_for(uow: UnitOfWork, actor: Actor, limit: int) -> Sequence[Invitation]:
    """Return the invitations that wait for the actor's answer, newest first; drafts are left out."""
    caller = actor.caller
    to = (actor.person_id, caller.account, caller.verified_email)
    return uow.addressed.awaiting_answer(*to, now=uow.now, limit=limit)


def letters_for(uow: UnitOfWork, actor: Actor) -> list[Letter]:
    """Return the invitations that wait for the actor's answer, with the names that cards show."""
    letters = (sending.letter(uow, one) for one in waiting_for(uow, actor, MOST_WAITING))
    return [one for one in letters if one is not None]


def send(
    uow: UnitOfWork, actor: Actor, invitation: Invitation, school: School, at: datetime | None = None
) -> Invitation:
    """Send an invitation now or at a time; one that is already scheduled is rescheduled.

    Raises `InvitationDead` if the invitation has ended, and `AlreadySent` if it was delivered already.
    """
    current = _locked_to_send(uow, actor, invitation, school, at)
    state = current.state(uow.now)
    if not state.alive:
        raise InvitationDead(current)
    if state is InvitationState.SENT and current.to is not None:
        if current.to.way is not Way.HAND:
            raise AlreadySent(current)
        return current  # handed over by the inviter, so its link is shown once more
    if state is InvitationState.SCHEDULED and _is_queued_for(current, at, uow.now):  # a second click
        return current
    current = sending.lasting_from(uow, current, at or uow.now)
    if at is not None and current.expires_at is not None and at >= current.expires_at:
        raise BadValue("at", "is when it has expired already: choose an earlier time, or make a new one")
    sent = _send_or_mark_sent(uow, current, at)
    _record(uow, actor, "invitation.queued", sent, {"at": at.isoformat() if at else None})
    return sent


def _is_queued_for(invitation: Invitation, at: datetime | None, now: datetime) -> bool:
    """Return whether an invitation is already queued for this time, or for now if `at` is None."""
    queued = invitation.to.send_at if invitation.to else None
    return queued is not None and (queued == at if at else queued <= now)


def _locked_to_send(
    uow: UnitOfWork, actor: Actor, invitation: Invitation, school: School, at: datetime | None
) -> Invitation:
    """Return the current state of an invitation that the actor may send, with its school locked.

    The lock makes the second of two clicks wait for the first.
    """
    uow.schools.lock(school.id)
    access.require(uow, actor, Permission.INVITATION_CREATE, school)
    if at is not None and invitation.to is not None and invitation.to.way is Way.HAND:
        raise BadValue("at", "is for what I send: this link and code you hand over yourself, when you like")
    return uow.invitations.by_id(invitation.id) or invitation


def _send_or_mark_sent(uow: UnitOfWork, invitation: Invitation, at: datetime | None) -> Invitation:
    if invitation.to is not None and invitation.to.way is Way.HAND:
        uow.sendings.save_status(invitation.id, send_at=None, sent_at=uow.now, error="")
        return uow.invitations.by_id(invitation.id) or invitation
    return sending.queue(uow, invitation, at)


def resend(
    uow: UnitOfWork, actor: Actor, invitation: Invitation, school: School, at: datetime | None = None
) -> Invitation:
    """Send an invitation again with a new link and code; it lasts as long as it did at first.

    This grants its roles anew, so the actor must be allowed to grant all of them.
    Raises `InvitationDead` if the invitation has ended.
    """
    current, starts_at = _locked_to_send(uow, actor, invitation, school, at), at or uow.now
    for grant in uow.addressed.grants(current.id):
        if found := access.role_at(uow, grant.school_id, grant.role):
            granted_at, role = found
            access.grantable_role(uow, actor, granted_at, role.name)
    fresh = replace(
        current,
        token=new_token(),
        code=new_code(),
        expires_at=current.expiry_counted_from(starts_at),
        renewed_at=starts_at,
    )
    if not uow.addressed.renew(fresh):
        raise InvitationDead(uow.invitations.by_id(invitation.id) or invitation)
    sent = _send_or_mark_sent(uow, fresh, at)
    _record(uow, actor, "invitation.resent", sent, {"at": at.isoformat() if at else None})
    return sent


def clear(uow: UnitOfWork, actor: Actor, invitation: Invitation, school: School) -> Invitation:
    """Take an invitation back: its link stops working, and the addressee is not told.

    Raises `InvitationDead` if the invitation has ended.
    """
    access.require(uow, actor, Permission.INVITATION_REVOKE, school)
    if not uow.addressed.clear(invitation.id, uow.now):
        raise InvitationDead(uow.invitations.by_id(invitation.id) or invitation)
    redraw_copies(uow, invitation.subject)
    _record(uow, actor, "invitation.cleared", invitation, {"state": InvitationState.CLEARED.value})
    return uow.invitations.by_id(invitation.id) or invitation


def _record(
    uow: UnitOfWork, actor: Actor, action: str, invitation: Invitation, new: dict[str, object]
) -> None:
    audit.record(uow, actor, action, invitation.subject, school_id=invitation.school_id, new=new)
