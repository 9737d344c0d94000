"""Archiving and restoring, with the choice of how somebody stands then, and whether they are suspended."""

from bot.core import access, audit, destinations, join_requests, lifecycle, members
from bot.core.actors import Actor
from bot.core.errors import BadValue
from bot.core.ids import new_id
from bot.core.join_requests import JoinRequest
from bot.core.joining_errors import AlreadyDecided
from bot.core.lifecycle import Verb
from bot.core.members import Access, Membership, Standing
from bot.core.notices import Audience, tell
from bot.core.permissions import Permission
from bot.core.ports import UnitOfWork
from bot.core.schools import School
from bot.core.values import dataclass


@dataclass(frozen=True, slots=True)
class Choice:
    """How somebody shall stand, and whether they shall be suspended; None leaves it as it is."""

    standing: Standing | None = None
    suspended: bool | None = None


def archive(uow: UnitOfWork, actor: Actor, school: School, person_id: str, choice: Choice) -> int:
    """Take a member off the list; tell how many of their invitations have ended with it.

    What they stand as is settled before: who is archived is not let in.
    """
    uow.schools.lock(school.id)
    _stand(uow, actor, school, person_id, choice.standing)
    ended = _suspend(uow, actor, school, person_id, choice.suspended)
    return ended + lifecycle.change(uow, actor, school, person_id, Verb.ARCHIVE)


def restore(uow: UnitOfWork, actor: Actor, school: School, person_id: str, choice: Choice) -> None:
    """Put an archived member back on the list; whoever shall be suspended is so before they are back."""
    uow.schools.lock(school.id)
    _suspend(uow, actor, school, person_id, choice.suspended)
    lifecycle.change(uow, actor, school, person_id, Verb.RESTORE)
    _stand(uow, actor, school, person_id, choice.standing)


def _suspend(uow: UnitOfWork, actor: Actor, school: School, person_id: str, wanted: bool | None) -> int:
    membership = uow.members.of(school.id, person_id)
    is_so = membership is not None and membership.access is Access.SUSPENDED
    if membership is None or wanted is None or wanted is is_so:
        return 0
    return lifecycle.change(uow, actor, school, person_id, Verb.SUSPEND if wanted else Verb.REINSTATE)


def _stand(uow: UnitOfWork, actor: Actor, school: School, person_id: str, to: Standing | None) -> None:
    """Decide the request of whoever waits; of whom the school has turned away, their last one anew."""
    membership = uow.members.of(school.id, person_id)
    if membership is None or to is None or membership.standing is to:
        return
    if membership.standing is Standing.ACTIVE:
        raise BadValue("standing", "stays active: they were let in. To keep them out, suspend or remove them")
    waiting = uow.join_requests.pending_of(school.id, person_id)
    last = uow.join_requests.last_of(school.id, person_id)
    if waiting is None and membership.standing is Standing.REJECTED and last is not None:
        waiting = _reopened(uow, actor, school, membership, last)
    if waiting is None:
        raise BadValue("standing", "stays pending until they answer their invitation")
    if to is Standing.ACTIVE:
        join_requests.approve(uow, actor, waiting, school, None)
    elif to is Standing.REJECTED:
        join_requests.reject(uow, actor, waiting, school, "")
    else:
        _wait(uow, actor, school, waiting)


def _reopened(
    uow: UnitOfWork, actor: Actor, school: School, membership: Membership, last: JoinRequest
) -> JoinRequest:
    """Let somebody wait again who was turned away, for what they asked for then."""
    access.require(uow, actor, Permission.REQUEST_DECIDE, school)
    fresh = JoinRequest(
        id=new_id(uow.now),
        school_id=school.id,
        person_id=membership.person_id,
        account=last.account,  # whoever is turned away keeps their accounts
        role=last.role,
        submitted_at=uow.now,
        invitation_id=last.invitation_id,
        answers=last.answers,
        due_at=uow.now,
        further=last.further,
    )
    if not members.await_approval(uow, school.id, membership.person_id, membership):
        raise AlreadyDecided(last)
    uow.join_requests.add(fresh)
    return fresh


def _wait(uow: UnitOfWork, actor: Actor, school: School, request: JoinRequest) -> None:
    """Tell the applicant that they wait again, and those who decide."""
    destinations.tell_account(uow, request.subject, Audience.APPLICANT, request.account, school.id)
    for place in join_requests.approvers(uow, school, but=request.person_id):
        tell(uow, request.subject, Audience.APPROVER, place, school.id)
    audit.record(uow, actor, "join_request.reopened", request.subject, school_id=school.id)
