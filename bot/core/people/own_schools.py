"""A person's own schools: those that they are in or were invited to, with their status in each."""

from bot.core.people.members import Membership, Standing
from bot.core.ports import UnitOfWork
from bot.core.requests.join_requests import JoinRequest, RequestState
from bot.core.schools.schools import School, Workspace
from bot.core.stored import stored_school
from bot.core.values import dataclass

# The state of a membership that an invitation made and that the invited person has not answered yet.
INVITED = "invited"
# The state of every membership in an archived school.
CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class OwnSchool:
    """A school as one of its own members sees it: their status, their roles, and the workspaces it uses."""

    school: School
    membership: Membership
    roles: tuple[str, ...]
    request: JoinRequest | None
    workspaces: tuple[Workspace, ...]

    @property
    def state(self) -> str:
        """One word for the member's status."""
        if self.membership.barred_as is not None:
            return self.membership.barred_as
        if self.school.archived:
            return CLOSED
        waits = self.request is not None and self.request.state is RequestState.PENDING
        if self.membership.standing is Standing.PENDING and not waits:
            return INVITED
        return self.membership.standing.value


def own_schools(uow: UnitOfWork, person_id: str | None) -> tuple[OwnSchool, ...]:
    """List all schools of a person, by name, with their status in each."""
    found = []
    for membership in uow.members.of_person(person_id) if person_id else ():
        school = stored_school(uow, membership.school_id)
        roles = tuple(uow.members.roles(school.id, membership.person_id))
        request = uow.join_requests.last_of(school.id, membership.person_id)
        meets = membership.active and not school.archived
        serving = tuple(uow.workspaces.of_school(school.id)) if meets else ()
        found.append(OwnSchool(school, membership, roles, request, serving))
    return tuple(sorted(found, key=lambda own: own.school.name.casefold()))
