"""One's own schools: all that a person is in or was invited to, and how they stand in each."""

from bot.core.join_requests import JoinRequest, RequestState
from bot.core.members import Membership, Standing
from bot.core.ports import UnitOfWork
from bot.core.schools import School, Workspace
from bot.core.stored import stored_school
from bot.core.values import dataclass

# A membership that an invitation made, and that nobody has answered yet.
INVITED = "invited"
# A school that is archived: nobody is at work in it.
CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class OwnSchool:
    """A school as its own member sees it: how they stand, what they are, where the school meets."""

    school: School
    membership: Membership
    roles: tuple[str, ...]
    request: JoinRequest | None
    workspaces: tuple[Workspace, ...]

    @property
    def state(self) -> str:
        """The one word for how they stand."""
        if self.membership.barred_as is not None:
            return self.membership.barred_as
        if self.school.archived:
            return CLOSED
        waits = self.request is not None and self.request.state is RequestState.PENDING
        if self.membership.standing is Standing.PENDING and not waits:
            return INVITED
        return self.membership.standing.value


def own_schools(uow: UnitOfWork, person_id: str | None) -> tuple[OwnSchool, ...]:
    """List all schools of a person, by name, with how they stand in each."""
    found = []
    for membership in uow.members.of_person(person_id) if person_id else ():
        school = stored_school(uow, membership.school_id)
        roles = tuple(uow.members.roles(school.id, membership.person_id))
        request = uow.join_requests.last_of(school.id, membership.person_id)
        meets = membership.active and not school.archived
        serving = tuple(uow.schools.serving(school.id)) if meets else ()
        found.append(OwnSchool(school, membership, roles, request, serving))
    return tuple(sorted(found, key=lambda own: own.school.name.casefold()))
