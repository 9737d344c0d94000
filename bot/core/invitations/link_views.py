"""What an invitation link shows to whom, and which invitations await a person. Nothing is changed here."""

from datetime import datetime
from typing import TypeAlias

from bot.core.invitations import accepting, addressed, answering, redeeming
from bot.core.invitations.invitations import Invitation, InvitationState
from bot.core.notices import destinations
from bot.core.people.own_schools import INVITED, OwnSchool, own_schools
from bot.core.ports import UnitOfWork
from bot.core.requests import asking
from bot.core.requests.join_requests import JoinRequest
from bot.core.rights import access
from bot.core.rights.actors import Actor
from bot.core.schools.schools import School
from bot.core.values import dataclass


@dataclass(frozen=True, slots=True)
class Open:
    """An invitation that can be answered, with the schools and roles that it still gives.

    `theirs` is False if it is for another person than the visitor; with `known`, because they have its
    address but must use another account. `waits` says that an admin must approve them after they have
    accepted; `late`, that it no longer lets people in, so that all they can do is ask.
    """

    invitation: Invitation
    given: tuple[tuple[School, str], ...]
    inviter: str
    theirs: bool
    waits: bool
    known: bool = False
    late: bool = False

    @property
    def home(self) -> School:
        """The school under whose name the invitation is shown."""
        return self.given[0][0]


@dataclass(frozen=True, slots=True)
class Ended:
    """The visitor's own invitation, which cannot be answered any more."""

    state: InvitationState
    school: School


@dataclass(frozen=True, slots=True)
class AlreadyKnown:
    """The visitor is a member of the invitation's school, or waits for it.

    `address` is where they are written to if they have no chat. Whoever was rejected can ask again from
    `again_at` on, and `asks_again` if that time has come.
    """

    here: OwnSchool
    schools: tuple[OwnSchool, ...]
    address: str = ""
    again_at: datetime | None = None
    asks_again: bool = False


@dataclass(frozen=True, slots=True)
class Unanswered:
    """The visitor came by this invitation and nobody answered their request: they can file it again."""

    request: JoinRequest
    school: School


LinkView: TypeAlias = Open | Ended | AlreadyKnown | Unanswered


def look(uow: UnitOfWork, token: str, actor: Actor | None) -> LinkView | None:
    """Return what a link leads to, or None: the same answer to strangers for every link that does not work.

    An unknown link costs the same queries as a dead one, so that it takes as long.
    """
    invitation = uow.invitations.by_token(token)
    school = uow.schools.by_id(invitation.school_id if invitation else "")
    if invitation is None or school is None:
        return None
    if invitation.to is not None:
        return _addressed(uow, invitation, school, actor)
    known = _known(uow, school, actor)
    if known is None or _comes_in(uow, actor, invitation, known.here):
        return _open(uow, invitation, school) or known or _unanswered(uow, invitation, school, actor)
    return known


def _comes_in(uow: UnitOfWork, actor: Actor | None, invitation: Invitation, here: OwnSchool) -> bool:
    """Tell whether this invitation would at once let in an actor who waits for the school."""
    return actor is not None and redeeming.admitted_at_once(
        uow, actor, invitation, here.school, here.membership
    )


def _open(uow: UnitOfWork, invitation: Invitation, school: School) -> Open | None:
    """Return how an open invitation is shown; None if it does not work."""
    late = bool(redeeming.late_state(invitation, school, uow.now))
    if school.archived or not (late or invitation.state(uow.now) is InvitationState.OPEN):
        return None
    role = access.role_named(uow, school, invitation.role_for(school))
    if role is None or not access.inviter_may_still(uow, invitation.created_by, school, role):
        return None
    inviter = _inviter(uow, invitation)
    given = ((school, role.name),)
    return Open(invitation, given, inviter, theirs=True, waits=late or school.asks_invited, late=late)


def _addressed(
    uow: UnitOfWork, invitation: Invitation, school: School, actor: Actor | None
) -> LinkView | None:
    """Return how an addressed invitation is shown; only its addressee can see that it has ended."""
    state = invitation.state(uow.now)
    if actor is None and not state.alive:
        return None
    theirs = actor is not None and answering.may_answer(uow, actor, invitation)
    given = accepting.still_grantable(uow, invitation) if state.alive else ()
    if given:
        waits = all(one.asks_invited for one, _ in given)
        known = actor is not None and not theirs and answering.must_use_other_account(uow, actor, invitation)
        return Open(invitation, given, _inviter(uow, invitation), theirs, waits, known)
    if not theirs:
        return None
    if state is InvitationState.ACCEPTED:
        here = _known(uow, school, actor) or _unanswered(uow, invitation, school, actor)
        return here or Ended(state, school)
    return Ended(state, school)


def _inviter(uow: UnitOfWork, invitation: Invitation) -> str:
    inviter = uow.people.by_id(invitation.created_by)
    return inviter.name if inviter else ""


def _known(uow: UnitOfWork, school: School, actor: Actor | None) -> AlreadyKnown | None:
    """Return how the actor stands in a school; None if they have no membership there, or are only invited."""
    person_id = actor.person_id if actor else None
    if person_id is None or uow.members.of(school.id, person_id) is None:
        return None
    schools = own_schools(uow, person_id)
    here = next(one for one in schools if one.school.id == school.id)
    if here.state == INVITED:
        return None
    address = destinations.mail_only_address(uow, person_id)
    again_at = asking.can_ask_again_at(school, here.request) if here.request else None
    asks_again = again_at is not None and again_at <= uow.now
    return AlreadyKnown(here, schools, address, again_at, asks_again)


def _unanswered(
    uow: UnitOfWork, invitation: Invitation, school: School, actor: Actor | None
) -> Unanswered | None:
    person_id = actor.person_id if actor else None
    request = asking.unanswered(uow, invitation, school, person_id) if person_id else None
    return Unanswered(request, school) if request else None


def waiting(uow: UnitOfWork, actor: Actor, limit: int) -> tuple[Open, ...]:
    """List the invitations that wait for the actor's answer, newest first."""
    seen = [
        _addressed(uow, one, school, actor)
        for one in addressed.waiting_for(uow, actor, limit)
        if (school := uow.schools.by_id(one.school_id))
    ]
    return tuple(one for one in seen if isinstance(one, Open) and one.theirs)
