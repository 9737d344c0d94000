"""Native things that follow roles of a school: which Discord role, Slack group or channel follows what.

This and the memberships determine which accounts should have the thing: see `marks`.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from bot.core import audit
from bot.core.errors import BadValue, CannotFollow, NotFound, NothingToChange
from bot.core.following.ports import (
    EVERYONE,
    Difference,
    DifferenceState,
    DriftPolicy,
    Follower,
    MarkState,
    Native,
    Problem,
)
from bot.core.ids import new_id
from bot.core.joining_errors import NotLinkedHere
from bot.core.notices.notices import Audience, redraw_copies
from bot.core.people import members
from bot.core.ports import UnitOfWork
from bot.core.rights import access
from bot.core.rights.actors import Actor, Person, WorkspaceKey
from bot.core.rights.permissions import Permission
from bot.core.schools.schools import School, Workspace, is_linked
from bot.core.values import dataclass, replace

# How many native things may follow roles of one school: each must be looked at on its platform from time to
# time, and their list should stay readable.
MOST = 25
# What `NotFound` calls a native thing.
THING: Final = "role or group"
# What people type to mean every active member, unless a role of the school has that name.
_ALL = {"*", "all", "everyone", "members"}


@dataclass(frozen=True, slots=True)
class FollowerView:
    """What admins are shown of a native thing.

    `roles` are those that it follows, and `number` counts its marks by whether they want the thing given, and
    by their state. `differences` are accounts that have it or lack it wrongly, `people` the persons of those
    that are in the school, by account.
    """

    follower: Follower
    school: School
    roles: tuple[str, ...]
    number: Mapping[tuple[bool, MarkState], int]
    differences: tuple[Difference, ...]
    people: Mapping[str, Person]
    place: Workspace | None = None

    @property
    def has(self) -> int:
        """How many accounts have the thing because Homeroom gave it."""
        return self.number.get((True, MarkState.DONE), 0)

    @property
    def waiting(self) -> int:
        """How many changes are queued, or parked until the platform allows them."""
        return sum(
            number
            for (_, state), number in self.number.items()
            if state in {MarkState.QUEUED, MarkState.PARKED}
        )

    @property
    def failed(self) -> int:
        """How many changes were given up after they failed."""
        return sum(number for (_, state), number in self.number.items() if state is MarkState.FAILED)

    @property
    def absent(self) -> int:
        """How many accounts should have the thing, but are not in the workspace."""
        return self.number.get((True, MarkState.ABSENT), 0)

    def differing(self, fate: DifferenceState) -> tuple[Difference, ...]:
        """Return the differences of one fate."""
        return tuple(one for one in self.differences if one.fate is fate)


def follow(
    uow: UnitOfWork,
    actor: Actor,
    school: School,
    typed_role: str,
    native: Native,
    drift: DriftPolicy | None = None,
) -> Follower:
    """Let a native thing of the actor's workspace follow a role, or every active member.

    Raise `CannotFollow` if Homeroom cannot change the thing, or if it follows roles of another school.
    """
    uow.schools.lock(school.id)
    access.require(uow, actor, Permission.ROLE_MANAGE, school)
    place = _served(uow, actor, school)
    role = resolve_role(uow, school, typed_role)
    if native.problem is not None:
        raise CannotFollow(native.problem, native.name)
    follower = _taken_up(uow, school, place, native)
    uow.followings.lock(follower.id)
    before = uow.followings.by_id(follower.id) or follower
    current = replace(
        before, name=native.name, problem=None, told=None, drift=drift or before.drift, ending=False
    )
    if not uow.followings.follow(follower.id, role) and current == before:
        raise NothingToChange("so already")
    uow.followings.save(current)
    uow.followings.nudge(current.id)
    _record(uow, actor, "role.followed", current, role, new={"drift": current.drift.value})
    return current


def resolve_role(uow: UnitOfWork, school: School, typed: str) -> str:
    """Return the name of the typed role, or `EVERYONE` if every active member is meant."""
    found = access.role_named(uow, school, typed)
    if found is not None and found in access.school_roles(uow, school):
        return found.name
    if typed.strip().casefold() in _ALL:
        return EVERYONE
    raise NotFound("role")


def _served(uow: UnitOfWork, actor: Actor, school: School) -> WorkspaceKey:
    place = actor.caller.workspace
    if place is None or not is_linked(uow, place, school.id):
        raise NotLinkedHere(school)
    return place


def _taken_up(uow: UnitOfWork, school: School, place: WorkspaceKey, native: Native) -> Follower:
    """Find or add the record of a native thing; refuse one that follows roles of another school."""
    known = uow.followings.by_external_id(place, native.external_id)
    if known is None:
        if len(uow.followings.of_school(school.id)) >= MOST:
            raise BadValue("into", f"would be one too many: {MOST} follow roles of this school already")
        fresh = Follower(
            id=new_id(uow.now),
            school_id=school.id,
            workspace=place,
            kind=native.kind,
            external_id=native.external_id,
            name=native.name,
            created_at=uow.now,
            look_at=uow.now,
        )
        if uow.followings.add(fresh):
            return fresh
        known = uow.followings.by_external_id(place, native.external_id)
    if known is None or known.school_id != school.id:
        raise CannotFollow(Problem.ELSEWHERE, native.name)
    return known


def unfollow(
    uow: UnitOfWork, actor: Actor, school: School, of: str, typed_role: str = "", *, take_away: bool = False
) -> Follower:
    """Stop a native thing from following a role; if no role was typed, from following any.

    A thing that follows nothing any more is forgotten, and whoever has it keeps it. With `take_away`, it is
    first taken from every account to which Homeroom gave it.
    """
    uow.schools.lock(school.id)
    access.require(uow, actor, Permission.ROLE_MANAGE, school)
    follower = find(uow, actor, school, of)
    uow.followings.lock(follower.id)
    roles = uow.followings.roles(follower.id)
    ends = [resolve_role(uow, school, typed_role)] if typed_role else roles
    ended = [role for role in ends if uow.followings.unfollow(follower.id, role)]
    if not ended and not (follower.ending and not take_away):
        raise NotFound("role")
    left = uow.followings.roles(follower.id)
    if not left and take_away:
        uow.followings.save(replace(follower, ending=True))
    if left or take_away:
        uow.followings.nudge(follower.id)
    else:
        _forget(uow, follower)
    _record(uow, actor, "role.unfollowed", follower, *ended, new={"take_away": take_away})
    return follower


def _forget(uow: UnitOfWork, follower: Follower) -> None:
    for audience in (Audience.FOLLOW, Audience.LOOK):
        uow.outbox.drop(follower.subject, audience)
    redraw_copies(uow, follower.subject)
    uow.followings.delete(follower.id)


def forget_ended(uow: UnitOfWork, follower: Follower) -> bool:
    """Forget a thing that is being taken from everybody, once it has been; tell whether it was forgotten.

    If delivery has given up on somebody, it stays until that is sent again, or `unfollow` forgets it.
    """
    if not follower.ending:
        return False
    todo = (MarkState.QUEUED, MarkState.PARKED, MarkState.FAILED)
    gone = follower.problem is Problem.GONE
    if not gone and uow.follow_marks.listed(follower.id, states=todo, limit=1):
        return False
    _forget(uow, follower)
    return True


def find(uow: UnitOfWork, actor: Actor, school: School, typed: str) -> Follower:
    """Find a native thing of a school by its id or name; among equal names, the one in the actor's workspace.

    Raise `NotFound`, or `CannotFollow` if several may be meant.
    """
    wanted = typed.strip().removeprefix("@").removeprefix("#").casefold()
    things = uow.followings.of_school(school.id)
    found = [one for one in things if wanted in {one.id, one.external_id.casefold(), one.name.casefold()}]
    here = [one for one in found if one.workspace == actor.caller.workspace] if len(found) > 1 else found
    if not found:
        raise NotFound(THING)
    if len(here) != 1:
        raise CannotFollow(Problem.UNCLEAR, typed.strip())
    return here[0]


def listed(uow: UnitOfWork, school: School) -> list[FollowerView]:
    """List the native things that follow a school's roles, as admins are shown them."""
    return [shown(uow, one, school) for one in uow.followings.of_school(school.id)]


def shown(uow: UnitOfWork, follower: Follower, school: School) -> FollowerView:
    """Gather what admins are shown of a native thing.

    A person who is not in the school is not named: only what the platform calls their account is shown.
    """
    differences = tuple(uow.followings.differences(follower.id))
    return FollowerView(
        follower,
        school,
        tuple(uow.followings.roles(follower.id)),
        uow.follow_marks.count_by_state(follower.id),
        differences,
        _members_among(uow, follower, differences),
        uow.workspaces.by_key(follower.workspace),
    )


def _members_among(
    uow: UnitOfWork, follower: Follower, differences: Sequence[Difference]
) -> dict[str, Person]:
    people = {}
    for one in differences:
        person = uow.people.by_account(follower.account(one.subject))
        if person is not None and uow.members.of(follower.school_id, person.id) is not None:
            people[one.subject] = person
    return people


def _record(
    uow: UnitOfWork, actor: Actor, action: str, follower: Follower, *roles: str, new: Mapping[str, object]
) -> None:
    told = {"thing": follower.external_id, "kind": follower.kind.value, "workspace": str(follower.workspace)}
    audit.record(
        uow,
        actor,
        action,
        follower.subject,
        school_id=follower.school_id,
        by=members.enrol(uow, actor).id,
        new={"roles": [role or "*" for role in roles], **told, **new},
    )
