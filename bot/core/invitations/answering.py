"""Who may answer an addressed invitation: its addressee, or the owner of the account or address on it."""

from collections.abc import Sequence

from bot.core.email_addresses import email_key, same_email
from bot.core.invitations.addressees import Addressee, Grant, Way
from bot.core.invitations.invitations import Invitation, InvitationState
from bot.core.joining_errors import InvitationEnded, InvitationUnusable, NoWayToAnswer, WrongAccount
from bot.core.people import merging
from bot.core.people.holdings import RecordKind
from bot.core.people.members import Membership, Standing
from bot.core.people.passwords import ISSUER, SignInWays
from bot.core.ports import UnitOfWork
from bot.core.rights import access
from bot.core.rights.actors import Actor, Person
from bot.core.stored import stored_school
from bot.core.values import dataclass

# The final states: such an invitation offers nothing, and never will again.
_OVER = frozenset(
    {
        InvitationState.ACCEPTED,
        InvitationState.REVOKED,
        InvitationState.CLEARED,
        InvitationState.DECLINED,
    }
)


@dataclass(frozen=True, slots=True)
class AnswerAttempt:
    """An attempt to answer an invitation; `account_owner` is the person who has the account now, if any."""

    invitation: Invitation
    to: Addressee
    grants: Sequence[Grant]
    addressee: Person
    account_owner: Person | None

    @property
    def ids(self) -> set[str]:
        """The ids of the addressee and of the person whom the account belongs to now."""
        return {one.id for one in (self.addressee, self.account_owner) if one is not None}

    @property
    def needs_link(self) -> bool:
        """Whether the account does not belong to the addressee yet."""
        return self.account_owner is None or self.account_owner.id != self.addressee.id


def may_answer(uow: UnitOfWork, actor: Actor, invitation: Invitation) -> bool:
    """Return whether an actor who came by the invitation's link may answer it; locks and changes nothing."""
    attempt = _attempt_now(uow, actor, invitation)
    return attempt is not None and _may_answer(uow, actor, attempt, holds_link=True)


def must_use_other_account(uow: UnitOfWork, actor: Actor, invitation: Invitation) -> bool:
    """Return whether an actor who came by the link owns its e-mail address, but has to use another account.

    That is so if the addressee has accounts already: answering takes one of those.
    """
    attempt = _attempt_now(uow, actor, invitation)
    return attempt is not None and _must_use_other_account(uow, actor, attempt)


def _attempt_now(uow: UnitOfWork, actor: Actor, invitation: Invitation) -> AnswerAttempt | None:
    to = invitation.to
    addressee = uow.accounts.current(to.person_id) if to else None
    if to is None or addressee is None:
        return None
    return AnswerAttempt(invitation, to, uow.addressed.grants(invitation.id), addressee, actor.person)


def could_answer(actor: Actor, invitation: Invitation) -> bool:
    """Return, without asking the database, whether an actor with the link could be the addressee."""
    to, caller = invitation.to, actor.caller
    return to is not None and (
        actor.person_id == to.person_id
        or to.account == caller.account
        or same_email(caller.verified_email, to.email)
        or to.by_hand
    )


def refuse_unanswerable(uow: UnitOfWork, way: Way, ways: SignInWays) -> None:
    """Raise `NoWayToAnswer` for an invitation by e-mail if no sign-in could prove whose the address is."""
    if way is Way.EMAIL and not ways.in_chat and not uow.system.settings().allowed(ways.on_the_web):
        raise NoWayToAnswer


def hold_for_answer(
    uow: UnitOfWork, actor: Actor, invitation: Invitation, *, holds_link: bool
) -> AnswerAttempt:
    """Lock everything that an answer touches, read it again, and raise if the actor may not answer.

    Raises `InvitationUnusable`, `WrongAccount` or `InvitationEnded`.
    """
    grants = uow.addressed.grants(invitation.id)
    known = [one for one in (actor.person_id, invitation.to and invitation.to.person_id) if one]
    merging.lock_persons(uow, *known, beside={grant.school_id for grant in grants})
    uow.accounts.recheck_owner(actor.caller.account, actor.person_id)  # a new owner would not be locked
    grants = uow.addressed.grants(invitation.id)  # a school may have withdrawn its part before the lock
    fresh = uow.invitations.by_id(invitation.id)
    to = fresh.to if fresh else None
    addressee = uow.accounts.current(to.person_id) if to else None
    if fresh is None or to is None or addressee is None:
        raise InvitationUnusable
    attempt = AnswerAttempt(fresh, to, grants, addressee, actor.person)
    alive = fresh.state(uow.now).alive
    if not _may_answer(uow, actor, attempt, holds_link=holds_link):
        # A stranger with a dead link must learn no more than one with a wrong link.
        raise _wrong_account(uow, actor, attempt, holds_link=holds_link) if alive else InvitationUnusable()
    if not alive:
        raise InvitationEnded(fresh)
    return attempt


def _wrong_account(
    uow: UnitOfWork, actor: Actor, attempt: AnswerAttempt, *, holds_link: bool
) -> WrongAccount:
    to = attempt.to
    known = _must_use_other_account(uow, actor, attempt)
    if not holds_link:
        return WrongAccount(known=known)
    return WrongAccount(masked(to.email), to.account.issuer if to.account else "", known)


def masked(address: str) -> str:
    """Return an address masked so that only its owner can recognize it."""
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}•••@{domain}" if address else ""


def _may_answer(uow: UnitOfWork, actor: Actor, attempt: AnswerAttempt, *, holds_link: bool) -> bool:
    """Return whether the actor may answer: as the addressee, or by the account or address it was sent to.

    An addressee who has accounts links further ones only by a one-time code. Their e-mail address is merely
    what an admin entered, so whoever owns it must not take over their identity for good. An addressee with
    nothing but a password may be joined by address: the password proves no more than that address does.
    """
    if not attempt.needs_link:
        return True
    to, caller = attempt.to, actor.caller
    by_account = to.account is not None and to.account == caller.account
    by_email = same_email(caller.verified_email, to.email)
    by_hand = holds_link and to.by_hand
    if not (by_account or by_email or by_hand) or not _within_inviters_reach(uow, actor, attempt):
        return False
    if not uow.people.accounts([attempt.addressee.id]):
        return True
    return by_email and attempt.account_owner is None and not _has_accounts(uow, attempt)


def _has_accounts(uow: UnitOfWork, attempt: AnswerAttempt) -> bool:
    """Return whether the addressee has any account besides a password."""
    return any(key.issuer != ISSUER for _, key in uow.people.accounts([attempt.addressee.id]))


def _must_use_other_account(uow: UnitOfWork, actor: Actor, attempt: AnswerAttempt) -> bool:
    return (
        attempt.needs_link
        and same_email(actor.caller.verified_email, attempt.to.email)
        and _has_accounts(uow, attempt)
        and _within_inviters_reach(uow, actor, attempt)
    )


def _within_inviters_reach(uow: UnitOfWork, actor: Actor, attempt: AnswerAttempt) -> bool:
    """Return whether becoming the addressee gives the actor nothing that the inviter could not grant.

    That holds if all rights and offers of the addressee are in the invitation's schools and within the
    inviter's rights there, or if the invitation went to the addressee's own known e-mail address. Without
    this check, one school could give away who a person is in another, and an inviter with few rights the
    identity of somebody who has become an admin since.
    """
    person_id, to = attempt.addressee.id, attempt.to
    known = uow.people.details(person_id).email
    if to.email != "" and email_key(known) == email_key(to.email):
        return True
    found = uow.members.of_person(person_id)
    school_ids = {one.school_id for one in found if known or not is_list_entry(uow, one)}
    school_ids |= {of for _, of in uow.members.scopes(person_id)} | _schools_offered(uow, actor, person_id)
    return school_ids <= {grant.school_id for grant in attempt.grants} and all(
        _rights_within(uow, attempt, person_id, school_id) for school_id in school_ids
    )


def may_take_address(uow: UnitOfWork, actor: Actor, attempt: AnswerAttempt) -> bool:
    """Return whether an address that schools entered for the addressee becomes that of the account's owner.

    The owner has proved it, or the schools could have entered it for the owner, who is in no other school and
    has no rights that the inviter lacks. Otherwise a school could choose the address of another one's member.
    """
    known, owner = uow.people.details(attempt.addressee.id).email, attempt.account_owner
    if owner is None or same_email(actor.caller.verified_email, known):
        return True
    there = {one.school_id for one in uow.members.of_person(owner.id)}
    there |= {of for _, of in uow.members.scopes(owner.id)}
    return there <= {one.school_id for one in uow.members.of_person(attempt.addressee.id)} and all(
        _rights_within(uow, attempt, owner.id, school_id) for school_id in there
    )


def is_list_entry(uow: UnitOfWork, one: Membership) -> bool:
    """Return whether a membership exists only because of an invitation: pending, without a join request."""
    asked = uow.join_requests.pending_of(one.school_id, one.person_id)
    return one.standing is Standing.PENDING and one.barred_as is None and asked is None


def _schools_offered(uow: UnitOfWork, actor: Actor, person_id: str) -> set[str]:
    """Return the ids of the schools that invitations not sent to the actor's account still offer a person."""
    ids = [str(row["id"]) for row in uow.holdings.records(RecordKind.ADDRESSED, person_id)]
    letters = [one for one in map(uow.invitations.by_id, ids) if one and one.state(uow.now) not in _OVER]
    others = [one for one in letters if one.to and one.to.account != actor.caller.account]
    return {grant.school_id for one in others for grant in uow.addressed.grants(one.id)}


def _rights_within(uow: UnitOfWork, attempt: AnswerAttempt, person_id: str, school_id: str) -> bool:
    """Return whether a person's rights at a school lie within the inviter's current rights there."""
    school = stored_school(uow, school_id)
    rights = access.granted(uow, person_id, school)
    inviter = access.rights_of_person(uow, attempt.invitation.created_by, school)
    return inviter.include(rights)
