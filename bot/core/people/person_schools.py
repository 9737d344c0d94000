"""Which schools a person is in, as far as the actor decides there; the rules of bulk operations apply."""

from collections.abc import Collection, Sequence

from bot.core.bulk.acts import OPERATIONS, ROLE_SEPARATOR, Act, keeping_out
from bot.core.bulk.planning import Item, locked_schools
from bot.core.errors import BadValue, NotFound
from bot.core.joining_errors import ApplicantBarred, MembershipBarred
from bot.core.people import people
from bot.core.people.members import Membership, Standing
from bot.core.people.people import PersonDetails
from bot.core.ports import UnitOfWork
from bot.core.rights import access
from bot.core.rights.actors import Actor
from bot.core.rights.permissions import Permission
from bot.core.schools.schools import School
from bot.core.stored import stored_person, stored_school


def schools_of(uow: UnitOfWork, actor: Actor, person_id: str, needs: Permission) -> list[School]:
    """List by name the open schools that a person is in and where the actor has a permission."""
    near = (
        uow.schools.by_id(one.school_id)
        for one in uow.members.of_person(person_id)
        if one.standing is Standing.ACTIVE
    )
    found = [one for one in near if one and not one.archived and access.holds(uow, actor, needs, one)]
    return sorted(found, key=lambda one: (one.name.casefold(), one.id))


def create(
    uow: UnitOfWork,
    actor: Actor,
    schools: Sequence[School],
    details: PersonDetails,
    wanted: Collection[str] = (),
) -> Membership:
    """Add a person without an account to one or more schools, with the same roles in each.

    Returns their membership in the first school. Without roles, each school gives its default role.
    """
    held = locked_schools(uow, (one.id for one in schools))
    made = people.create(uow, actor, held[schools[0].id], details, wanted)
    for school_id in sorted(held.keys() - {schools[0].id}):
        _do(uow, actor, held[school_id], made.person_id, Act.ADD, roles=wanted)
    return made


def set_schools(uow: UnitOfWork, actor: Actor, person_id: str, wanted: Collection[School]) -> bool:
    """Add a person to these schools, and remove them from all others where the actor decides.

    Tells whether anything changed.
    """
    locked_schools(
        uow, {one.id for one in (*wanted, *schools_of(uow, actor, person_id, Permission.MEMBER_REMOVE))}
    )
    own = {one.id: one for one in schools_of(uow, actor, person_id, Permission.MEMBER_REMOVE)}
    asked = {one.id: one for one in wanted}
    for school_id in asked.keys() - own.keys():  # no one else may learn who is a member
        access.require(uow, actor, Permission.MEMBER_CREATE, asked[school_id])
    joins = [one for one in asked.values() if not _inside(uow, one, person_id)]
    leaves = [one for one in own.values() if one.id not in asked]
    for school in sorted(joins, key=lambda one: one.id):
        _do(uow, actor, school, person_id, Act.ADD)
    for school in sorted(leaves, key=lambda one: one.id):
        _do(uow, actor, school, person_id, Act.REMOVE)
    return bool(joins or leaves)


def _inside(uow: UnitOfWork, school: School, person_id: str) -> bool:
    membership = uow.members.of(school.id, person_id)
    return membership is not None and membership.standing is Standing.ACTIVE


def _do(
    uow: UnitOfWork, actor: Actor, school: School, person_id: str, act: Act, *, roles: Collection[str] = ()
) -> None:
    if school.archived:
        raise NotFound("school")
    names = sorted({access.school_role(uow, actor, school, name).name for name in roles})
    item = Item(1, school.id, person_id, act, before="", made=ROLE_SEPARATOR.join(names))
    try:
        OPERATIONS[act].state(uow, actor, school, item)
    except ApplicantBarred as barred:
        here = uow.members.of(school.id, person_id)
        other = None if here else keeping_out(uow, actor, person_id)
        where = stored_school(uow, other.school_id) if other else school
        raise _barred_error(uow, where, person_id, barred.state) from None
    except MembershipBarred as barred:
        raise _barred_error(uow, school, person_id, barred.membership.barred_as or "") from None
    OPERATIONS[act].do(uow, actor, school, item)


def _barred_error(uow: UnitOfWork, school: School, person_id: str, state: str) -> BadValue:
    name = stored_person(uow, person_id).name
    return BadValue("schools", f"cannot be that: {name} is {state} at {school.name}")
