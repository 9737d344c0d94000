"""Taking back a rejection: the applicant waits again, for the role that they had asked for."""

from bot.core import audit
from bot.core.errors import NothingToChange
from bot.core.ids import new_id
from bot.core.joining_errors import AlreadyDecided, ApplicantBarred, OwnRequest
from bot.core.people import members
from bot.core.people.members import Standing
from bot.core.ports import UnitOfWork
from bot.core.requests import join_requests
from bot.core.requests.join_requests import JoinRequest
from bot.core.rights import access
from bot.core.rights.actors import Actor
from bot.core.rights.permissions import Permission
from bot.core.schools.schools import School
from bot.core.stored import stored_person


def reopen(uow: UnitOfWork, actor: Actor, request: JoinRequest, school: School) -> JoinRequest:
    """File a rejected applicant's request again, and tell the applicant and the approvers."""
    fresh = file_again(uow, actor, request, school)
    membership = uow.members.of(school.id, fresh.person_id)
    if membership is not None and membership.barred_as is not None:
        raise ApplicantBarred(stored_person(uow, fresh.person_id).name, membership.barred_as)
    announce(uow, actor, fresh, school)
    return fresh


def file_again(uow: UnitOfWork, actor: Actor, request: JoinRequest, school: School) -> JoinRequest:
    """File the newest request of a rejected applicant again, without telling anybody yet."""
    uow.schools.lock(school.id)
    access.require(uow, actor, Permission.REQUEST_DECIDE, school)
    last = uow.join_requests.last_of(school.id, request.person_id) or request
    if actor.person_id == last.person_id:
        raise OwnRequest(last)
    membership = uow.members.of(school.id, last.person_id)
    if membership is None or membership.standing is not Standing.REJECTED:
        raise NothingToChange(membership.standing.value if membership else last.state.value)
    if not members.await_approval(uow, school.id, last.person_id, membership):
        raise AlreadyDecided(last)
    fresh = JoinRequest(
        id=new_id(uow.now),
        school_id=school.id,
        person_id=last.person_id,
        account=last.account,  # rejected applicants keep their accounts
        role=last.role,
        submitted_at=uow.now,
        invitation_id=last.invitation_id,
        answers=last.answers,
        due_at=uow.now,
        further=last.further,
    )
    uow.join_requests.add(fresh)
    return fresh


def announce(uow: UnitOfWork, actor: Actor, fresh: JoinRequest, school: School) -> None:
    """Tell the applicant and the approvers that the request waits again, and audit it."""
    join_requests.announce(uow, fresh, school)
    audit.record(uow, actor, "join_request.reopened", fresh.subject, school_id=school.id)
