"""Roles that are followed on a platform: which native thing follows which roles of a school.

From what follows what, and from the memberships, it results who shall have the thing: see `following_marks`.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from bot.core import access, audit, members
from bot.core.actors import Actor, Person, WorkspaceKey
from bot.core.errors import BadValue, CannotFollow, NoSchoolHere, NotFound, NothingToChange
from bot.core.following_ports import (
    EVERYONE,
    Difference,
    Drift,
    Fate,
    Followed,
    MarkState,
    Native,
    Problem,
)
from bot.core.ids import new_id
from bot.core.notices import Audience, redraw_copies
from bot.core.permissions import Permission
from bot.core.ports import UnitOfWork
from bot.core.schools import School, Workspace, is_linked
from bot.core.values import dataclass, replace

# So many things of one school may follow: its list stays readable, and its platform is asked about each.
MOST = 25
# What is not found, in words.
WHAT: Final = "role or group"
# How people say that whoever is a member is meant, unless a role is called that.
_ALL = {"*", "all", "everyone", "members"}


@dataclass(frozen=True, slots=True)
class Shown:
    """A thing with what admins are shown of it: roles, how many have it, who differs, and who they are."""

    followed: Followed
    school: School
    roles: tuple[str, ...]
    number: Mapping[tuple[bool, MarkState], int]
    differences: tuple[Difference, ...]
    people: Mapping[str, Person]
    place: Workspace | None = None

    @property
    def has(self) -> int:
        """How many have it by us."""
        return self.number.get((True, MarkState.DONE), 0)

    @property
    def waiting(self) -> int:
        """How many changes are on their way, or wait for the platform to let us."""
        return sum(
            number
            for (_, state), number in self.number.items()
            if state in {MarkState.QUEUED, MarkState.PARKED}
        )

    @property
    def failed(self) -> int:
        """How many changes were given up."""
        return sum(number for (_, state), number in self.number.items() if state is MarkState.FAILED)

    @property
    def absent(self) -> int:
        """How many shall have it, and are not in the workspace."""
        return self.number.get((True, MarkState.ABSENT), 0)

    def differing(self, fate: Fate) -> tuple[Difference, ...]:
        """Return what differs, of one fate."""
        return tuple(one for one in self.differences if one.fate is fate)


def follow(
    uow: UnitOfWork, actor: Actor, school: School, typed_role: str, native: Native, drift: Drift | None = None
) -> Followed:
    """Let a native thing of the actor's workspace follow a role, or whoever is a member.

    Refuses with `CannotFollow` what the platform does not let us change.
    """
    uow.schools.lock(school.id)
    access.require(uow, actor, Permission.ROLE_MANAGE, school)
    place = _served(uow, actor, school)
    role = role_meant(uow, school, typed_role)
    if native.problem is not None:
        raise CannotFollow(native.problem, native.name)
    followed = _taken_up(uow, school, place, native)
    uow.followings.lock(followed.id)
    before = uow.followings.by_id(followed.id) or followed
    current = replace(
        before, name=native.name, problem=None, told=None, drift=drift or before.drift, ending=False
    )
    if not uow.followings.follow(followed.id, role) and current == before:
        raise NothingToChange("so already")
    uow.followings.save(current)
    uow.followings.nudge(current.id)
    _record(uow, actor, "role.followed", current, role, new={"drift": current.drift.value})
    return current


def role_meant(uow: UnitOfWork, school: School, typed: str) -> str:
    """Find the role that somebody means; `EVERYONE` for whoever is a member."""
    found = access.role_named(uow, school, typed)
    if found is not None and found in access.school_roles(uow, school):
        return found.name
    if typed.strip().casefold() in _ALL:
        return EVERYONE
    raise NotFound("role")


def _served(uow: UnitOfWork, actor: Actor, school: School) -> WorkspaceKey:
    place = actor.caller.workspace
    if place is None or not is_linked(uow, place, school.id):
        raise NoSchoolHere
    return place


def _taken_up(uow: UnitOfWork, school: School, place: WorkspaceKey, native: Native) -> Followed:
    """Find or add a thing; one that another school's roles lead is not taken from it."""
    known = uow.followings.at(place, native.external_id)
    if known is None:
        if len(uow.followings.of_school(school.id)) >= MOST:
            raise BadValue("into", f"would be one too many: {MOST} follow roles of this school already")
        fresh = Followed(
            *(new_id(uow.now), school.id, place, native.kind, native.external_id, native.name),
            created_at=uow.now,
            look_at=uow.now,
        )
        if uow.followings.add(fresh):
            return fresh
        known = uow.followings.at(place, native.external_id)
    if known is None or known.school_id != school.id:
        raise CannotFollow(Problem.ELSEWHERE, native.name)
    return known


def unfollow(
    uow: UnitOfWork, actor: Actor, school: School, of: str, typed_role: str = "", *, take_away: bool = False
) -> Followed:
    """Let a thing follow a role no more; without one, none at all.

    Once it follows nothing it is touched no more, unless it is first taken from those who have it by us.
    """
    uow.schools.lock(school.id)
    access.require(uow, actor, Permission.ROLE_MANAGE, school)
    followed = find(uow, actor, school, of)
    uow.followings.lock(followed.id)
    roles = uow.followings.roles(followed.id)
    ends = [role_meant(uow, school, typed_role)] if typed_role else roles
    ended = [role for role in ends if uow.followings.unfollow(followed.id, role)]
    if not ended and not (followed.ending and not take_away):
        raise NotFound("role")
    left = uow.followings.roles(followed.id)
    if not left and take_away:
        uow.followings.save(replace(followed, ending=True))
    if left or take_away:
        uow.followings.nudge(followed.id)
    else:
        _forget(uow, followed)
    _record(uow, actor, "role.unfollowed", followed, *ended, new={"take_away": take_away})
    return followed


def _forget(uow: UnitOfWork, followed: Followed) -> None:
    for audience in (Audience.FOLLOW, Audience.LOOK):
        uow.outbox.drop(followed.subject, audience)
    redraw_copies(uow, followed.subject)
    uow.followings.delete(followed.id)


def forget_ended(uow: UnitOfWork, followed: Followed) -> bool:
    """Forget a thing that was to be taken from everybody, once nothing of that is left to do."""
    if not followed.ending:
        return False
    todo = (MarkState.QUEUED, MarkState.PARKED)
    gone = followed.problem is Problem.GONE
    if not gone and uow.follow_marks.listed(followed.id, states=todo, limit=1):
        return False
    _forget(uow, followed)
    return True


def find(uow: UnitOfWork, actor: Actor, school: School, typed: str) -> Followed:
    """Find a thing of a school by its id or its name; of those called the same, the one that is here.

    Refuses with `CannotFollow` where several may be meant.
    """
    wanted = typed.strip().removeprefix("@").removeprefix("#").casefold()
    things = uow.followings.of_school(school.id)
    found = [one for one in things if wanted in {one.id, one.external_id.casefold(), one.name.casefold()}]
    here = [one for one in found if one.workspace == actor.caller.workspace] if len(found) > 1 else found
    if not found:
        raise NotFound(WHAT)
    if len(here) != 1:
        raise CannotFollow(Problem.UNCLEAR, typed.strip())
    return here[0]


def listed(uow: UnitOfWork, school: School) -> list[Shown]:
    """List what follows a school's roles."""
    return [shown(uow, one, school) for one in uow.followings.of_school(school.id)]


def shown(uow: UnitOfWork, followed: Followed, school: School) -> Shown:
    """Gather what admins are shown of a thing; people of other schools have no name but the platform's."""
    differences = tuple(uow.followings.differences(followed.id))
    return Shown(
        followed,
        school,
        tuple(uow.followings.roles(followed.id)),
        uow.follow_marks.number(followed.id),
        differences,
        _members_among(uow, followed, differences),
        uow.schools.workspace(followed.workspace),
    )


def _members_among(
    uow: UnitOfWork, followed: Followed, differences: Sequence[Difference]
) -> dict[str, Person]:
    people = {}
    for one in differences:
        person = uow.people.by_account(followed.account(one.subject))
        if person is not None and uow.members.of(followed.school_id, person.id) is not None:
            people[one.subject] = person
    return people


def _record(
    uow: UnitOfWork, actor: Actor, action: str, followed: Followed, *roles: str, new: Mapping[str, object]
) -> None:
    told = {"thing": followed.external_id, "kind": followed.kind.value, "workspace": str(followed.workspace)}
    audit.record(
        uow,
        actor,
        action,
        followed.subject,
        school_id=followed.school_id,
        by=members.enrol(uow, actor).id,
        new={"roles": [role or "*" for role in roles], **told, **new},
    )
