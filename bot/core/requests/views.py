"""A join request with the names that its card shows."""

from bot.core.ports import UnitOfWork
from bot.core.requests.join_requests import JoinRequest, claim_stands
from bot.core.requests.mirror_ports import PlatformRequestState
from bot.core.rights import access
from bot.core.schools.schools import School
from bot.core.stored import stored_school
from bot.core.values import dataclass, replace
from bot.core.workspaces import bans


@dataclass(frozen=True, slots=True)
class RequestView:
    """A join request with the names that its card shows.

    `on_platform` says how the platform's own join request stands, if there is one.
    """

    request: JoinRequest
    school: School
    applicant: str
    decided_by: str | None = None
    invited_by: str | None = None
    claimed_by: str | None = None
    roles: tuple[str, ...] = ()
    banned: bool = False
    on_platform: PlatformRequestState | None = None


def view(uow: UnitOfWork, request: JoinRequest) -> RequestView:
    """Gather the names that a card shows, without a claim by somebody who may not decide any more."""
    school = stored_school(uow, request.school_id)
    if request.claimed_by is not None and not claim_stands(uow, request, school):
        request = replace(request, claimed_by=None, claimed_at=None)
    invitation = uow.invitations.by_id(request.invitation_id) if request.invitation_id else None
    return RequestView(
        request,
        school,
        applicant=_name(uow, request.person_id) or "?",
        decided_by=_name(uow, request.decided_by),
        invited_by=_name(uow, invitation.created_by) if invitation else None,
        claimed_by=_name(uow, request.claimed_by),
        roles=tuple(role.name for role in access.school_roles(uow, school)),
        banned=bans.is_banned(uow, request.person_id, school, request.account),
        on_platform=next((one.fate for one in reversed(uow.mirrors.of_request(request.id))), None),
    )


def _name(uow: UnitOfWork, person_id: str | None) -> str | None:
    person = uow.people.by_id(person_id) if person_id else None
    return person.name if person else None
