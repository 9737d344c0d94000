"""Gives people the roles of their groups, and takes back roles that only a group gave."""

from bot.core import audit
from bot.core.errors import AboveYou, PrimaryAdminProtected, Refusal, RoleAboveCeiling
from bot.core.people import lifecycle, members
from bot.core.people.members import Membership, Standing
from bot.core.ports import UnitOfWork
from bot.core.requests import join_requests
from bot.core.rights import access
from bot.core.rights.actors import Actor
from bot.core.rights.roles import SCHOOL_ADMIN
from bot.core.schools.schools import School
from bot.core.scim import reach
from bot.core.scim.tokens import acting_for
from bot.core.stuck import ItemTracker

# Up to this many people are settled in the request that changes their group; else the sweep does it.
AT_ONCE = 100
BATCH = 50
# The kind under which people who make the sweep fail are put off; see `stuck`.
DUE = "scim"


def settle(uow: UnitOfWork, actor: Actor, person_id: str) -> None:
    """Give a person the roles of their groups, and take those that groups gave and no longer give.

    Nothing is given at schools that bar the person, and nothing changes for people above a District Admin.
    Roles that the person has otherwise are not taken. The caller holds the district's lock, as every change
    of groups does: else a group that the person is just leaving could still give a role.
    """
    district_id = reach.district_of(actor)
    wanted = set(uow.scim_groups.wanted_roles(district_id, person_id))
    given = set(uow.scim_groups.given_roles(district_id, person_id))
    # Before roles are taken or given, so that the schools are in the order of everything else.
    for school_id in sorted({school_id for school_id, _ in given ^ wanted}):
        uow.schools.lock(school_id)
    for school_id, role in sorted(given - wanted):
        _take(uow, actor, person_id, school_id, role)
    account = uow.scim_users.of_person(district_id, person_id)
    if account is not None and account.active is False:
        return
    for school_id, role in sorted(wanted - given):
        _give(uow, actor, person_id, school_id, role)


def at_work(uow: UnitOfWork, actor: Actor, school_id: str) -> School | None:
    """Find a school of the district that is not archived; None if there is none with this id."""
    school = uow.schools.by_id(school_id)
    fits = school is not None and school.district_id == reach.district_of(actor) and not school.archived
    return school if fits else None


def _give(uow: UnitOfWork, actor: Actor, person_id: str, school_id: str, role: str) -> None:
    school = at_work(uow, actor, school_id)
    if school is None or _is_above(uow, actor, person_id):
        return
    try:
        access.grantable_role(uow, actor, school, role, target_id=person_id)
    except RoleAboveCeiling:
        return
    membership = uow.members.of(school.id, person_id)
    if membership is not None and membership.barred_as is not None:
        return
    if membership is None or membership.standing is Standing.PENDING:
        _let_in(uow, actor, person_id, school, role, membership)
    elif role not in uow.members.roles(school.id, person_id):
        members.grant(uow, school.id, person_id, role, by=None)
        uow.scim_groups.give(person_id, school.id, role)
        _record(uow, actor, "role.granted", person_id, school.id, role)


def _let_in(
    uow: UnitOfWork, actor: Actor, person_id: str, school: School, role: str, former: Membership | None
) -> None:
    made = members.activate(uow, school.id, person_id, role, by=None, former=former)
    if made is None:
        return
    join_requests.supersede_pending(uow, school.id, person_id)
    if former is None:
        uow.scim_users.mark(made.id, made=True)
    uow.scim_groups.give(person_id, school.id, role)
    _record(uow, actor, "member.joined_by_group", person_id, school.id, role)


def _take(uow: UnitOfWork, actor: Actor, person_id: str, school_id: str, role: str) -> None:
    """Take a role that only a group gave; a person with no role left leaves, if SCIM had added them.

    Barred people remain barred members, since otherwise a code would let them in again.
    """
    school = uow.schools.by_id(school_id)
    membership = uow.members.of(school_id, person_id)
    if school is None or membership is None or school.district_id != reach.district_of(actor):
        uow.scim_groups.take(person_id, school_id, role)
        return
    # If the role cannot be taken now, it stays recorded as the group's, and is taken as soon as it can be.
    if role == SCHOOL_ADMIN.name and lifecycle.is_primary(uow, school, person_id):
        raise PrimaryAdminProtected(school)
    if _is_above(uow, actor, person_id):
        return
    uow.scim_groups.take(person_id, school_id, role)
    if not uow.members.unassign(person_id, role, school_id):
        return
    _record(uow, actor, "role.taken", person_id, school_id, role)
    left = uow.members.roles(school_id, person_id)
    if not left and membership.barred_as is None and uow.scim_users.made(membership.id):
        lifecycle.remove(uow, actor, school, person_id)


def _is_above(uow: UnitOfWork, actor: Actor, person_id: str) -> bool:
    try:
        reach.refuse_above(uow, actor, person_id)
    except AboveYou:
        return True
    return False


def _record(uow: UnitOfWork, actor: Actor, action: str, person_id: str, school_id: str, role: str) -> None:
    audit.record(uow, actor, action, f"person:{person_id}", school_id=school_id, new={"role": role})


def settle_all(uow: UnitOfWork, actor: Actor, person_ids: list[str]) -> None:
    """Settle a few people at once, or leave many to the sweep."""
    if len(person_ids) > AT_ONCE:
        uow.scim_groups.make_due(reach.district_of(actor), person_ids)
        return
    for person_id in sorted(person_ids):
        settle(uow, actor, person_id)


def sweep(uow: UnitOfWork, tracker: ItemTracker) -> int:
    """Settle a batch of the people who are due; those refused stay as they are until their next change."""
    stuck = uow.stuck.waiting(DUE, uow.now)
    district_id = uow.scim_groups.next_due(excluding=stuck)
    if district_id is None:
        return 0
    uow.districts.lock(district_id)
    due = uow.scim_groups.take_due(district_id, BATCH, excluding=stuck)
    for person_id in tracker.each(DUE, due, str):
        try:
            settle(uow, acting_for(district_id), person_id)
        except Refusal:
            continue
    return len(due)
