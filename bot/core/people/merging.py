"""Merging two records of the same person: the plan of what becomes of what each has, and its execution.

A merge lifts no bar: of two memberships in the same school, the stricter state wins.
"""

import hashlib
from collections.abc import Collection

from bot.core import audit
from bot.core.claims import Purpose
from bot.core.errors import PrimaryAdminProtected
from bot.core.invitations import invitations
from bot.core.people import passwords
from bot.core.people.holdings import GivenRole, RecordKind
from bot.core.people.members import Access, Membership, Standing, Visibility
from bot.core.people.people import PersonDetails
from bot.core.ports import UnitOfWork
from bot.core.requests import join_requests
from bot.core.requests.join_requests import JoinRequest
from bot.core.rights.actors import AccountKey, Actor, Person
from bot.core.rights.roles import SCHOOL_ADMIN, ScopeKind
from bot.core.schools.schools import School
from bot.core.stored import stored_school
from bot.core.values import dataclass, replace

# The strictest first. Pending comes last, so that a person who is an active member stays one.
_STANDINGS = (Standing.REJECTED, Standing.ACTIVE, Standing.PENDING)
_ACCESSES = (Access.DEACTIVATED, Access.SUSPENDED, Access.OK)
_VISIBILITIES = (Visibility.ARCHIVED, Visibility.LISTED)
_DIGEST = 12


@dataclass(frozen=True, slots=True)
class MembershipMerge:
    """What becomes of a membership of the source, and of the target's in the same school if there is one."""

    school: School
    source: Membership
    target: Membership | None
    result: Membership
    roles: tuple[str, ...]
    withdrawn: tuple[JoinRequest, ...]
    ends_invitations: bool

    @property
    def facts(self) -> tuple[object, ...]:
        """What the plan's digest covers: if any of it changes, the plan is a different one."""
        end = self.result
        states = (end.id, end.standing.value, end.access.value, end.visibility.value)
        return self.school.id, states, self.roles, tuple(one.id for one in self.withdrawn)


@dataclass(frozen=True, slots=True)
class MergePlan:
    """What happens when the person `source` is merged into `target`."""

    source: Person
    target: Person
    accounts: tuple[AccountKey, ...]
    schools: tuple[MembershipMerge, ...]
    wider_roles: tuple[GivenRole, ...]
    counts: tuple[tuple[RecordKind, int], ...]

    @property
    def empty(self) -> bool:
        """Whether nothing but accounts would move."""
        return not (self.schools or self.wider_roles or self.counts)

    @property
    def digest(self) -> str:
        """A short hash of everything that the plan would do."""
        people = (self.source.id, self.target.id, sorted(map(str, self.accounts)))
        facts = (people, [one.facts for one in self.schools], self.wider_roles, self.counts)
        return hashlib.sha256(repr(facts).encode()).hexdigest()[:_DIGEST]


def lock_persons(uow: UnitOfWork, *person_ids: str, beside: Collection[str] = ()) -> None:
    """Lock persons and all their schools until the unit of work ends; schools first, as everywhere.

    `beside` names further schools to lock, in the same order.
    """
    schools = {one.school_id for person_id in person_ids for one in uow.members.of_person(person_id)}
    for school_id in sorted(schools.union(beside)):
        uow.schools.lock(school_id)
    uow.accounts.lock(person_ids)


def plan(uow: UnitOfWork, source: Person, target: Person) -> MergePlan:
    """Work out what a merge would do; raise `PrimaryAdminProtected` if it would demote a Primary Admin."""
    counts = (
        (kind, uow.holdings.count(kind, source.id)) for kind in RecordKind if kind is not RecordKind.CLAIMS
    )
    return MergePlan(
        source,
        target,
        accounts=tuple(account for _, account in uow.people.accounts([source.id])),
        schools=tuple(_joining(uow, one, target) for one in uow.members.of_person(source.id)),
        wider_roles=tuple(
            one for one in uow.holdings.roles(source.id) if one.scope_kind != ScopeKind.SCHOOL.value
        ),
        counts=tuple((kind, number) for kind, number in counts if number),
    )


def _joining(uow: UnitOfWork, source: Membership, target: Person) -> MembershipMerge:
    school = stored_school(uow, source.school_id)
    own = uow.members.of(school.id, target.id)
    result = combined(own, source) if own else replace(source, person_id=target.id)
    roles = set(uow.members.roles(school.id, source.person_id))
    if own:
        roles |= set(uow.members.roles(school.id, target.id))
    if result.standing is Standing.REJECTED:
        roles = set()  # or they would come back with a later approval, which does not grant them
    primary = school.primary_admin_id in {source.person_id, target.id}
    if primary and not (result.active and SCHOOL_ADMIN.name in roles):
        raise PrimaryAdminProtected(school)
    before = (source.active, own is not None and own.active)
    return MembershipMerge(
        school,
        source,
        own,
        result,
        tuple(sorted(roles)),
        withdrawn=_superfluous(uow, result, source.person_id, target.id),
        ends_invitations=any(before) and not result.active,
    )


def combined(one: Membership, other: Membership) -> Membership:
    """Combine two memberships in the same school: the stricter state on every axis, and the older dates."""
    joined = [at for at in (one.joined_at, other.joined_at) if at is not None]
    return replace(
        one,
        standing=min(one.standing, other.standing, key=_STANDINGS.index),
        access=min(one.access, other.access, key=_ACCESSES.index),
        visibility=min(one.visibility, other.visibility, key=_VISIBILITIES.index),
        created_at=min(one.created_at, other.created_at),
        joined_at=min(joined, default=None),
    )


def _superfluous(uow: UnitOfWork, result: Membership, *person_ids: str) -> tuple[JoinRequest, ...]:
    """Return the pending requests that a merge makes needless; if one is still needed, the oldest stays."""
    waiting = [one for person_id in person_ids for one in uow.holdings.pending_requests(person_id)]
    here = sorted((one for one in waiting if one.school_id == result.school_id), key=lambda one: one.id)
    return tuple(here[1:] if result.standing is Standing.PENDING else here)


def apply(uow: UnitOfWork, actor: Actor, agreed: MergePlan, *, takes_address: bool = True) -> None:
    """Carry out a plan, in the unit of work that made it and holds its locks.

    With `takes_address`, a target without an e-mail address gets the source's.
    """
    source, target = agreed.source.id, agreed.target.id
    for joining in agreed.schools:
        for request in joining.withdrawn:
            join_requests.supersede(uow, request, by=target)
    uow.holdings.move_roles(source, target)
    for joining in agreed.schools:
        _join(uow, joining, target)
    for kind in RecordKind:
        uow.holdings.move(kind, source, target)
    for joining in agreed.schools:
        if joining.school.primary_admin_id == source:
            uow.schools.set_primary(joining.school.id, target, expected=source)
        if joining.ends_invitations:
            invitations.end_all_by(uow, joining.school.id, target, by=target)
    _become(uow, source, target, takes_address=takes_address)
    uow.followings.nudge_those_of(target)
    for one in (source, target):
        uow.claims.drop(Purpose.LINK_ACCOUNT, one)
    audit.record(
        uow,
        actor,
        "person.merged",
        f"person:{target}",
        by=target,
        old={"person": source},
        new={
            "accounts": len(agreed.accounts),
            "memberships": len(agreed.schools),
            **{kind.value: number for kind, number in agreed.counts},
        },
    )


def _join(uow: UnitOfWork, joining: MembershipMerge, target: str) -> None:
    if joining.target is None:
        uow.holdings.move_membership(joining.source.id, target)
    else:
        uow.members.remove(joining.source)
        uow.holdings.store_membership(joining.result)
    if not joining.roles:
        for name in uow.members.roles(joining.school.id, target):
            uow.members.unassign(target, name, joining.school.id)


def _become(uow: UnitOfWork, source: str, target: str, *, takes_address: bool) -> None:
    """Move the source's accounts and identities to the target, and fill gaps in the target's details."""
    there, here = uow.people.details(source), uow.people.details(target)
    opted_out = not there.message_notifications and _chose_themselves(uow, source)
    uow.accounts.absorb(source, target)
    uow.roster_steps.absorb(source, target)
    passwords.absorb(uow, source, target)
    uow.scim_users.absorb(source, target)
    uow.oneroster_known.absorb(source, target)
    filled = PersonDetails(
        first_name=here.first_name or there.first_name,
        last_name=here.last_name or there.last_name,
        middle_initial=here.middle_initial or there.middle_initial,
        educator_id=_free_id(uow, target, here.educator_id, there.educator_id),
        content_areas=here.content_areas or there.content_areas,
        grade_levels=here.grade_levels or there.grade_levels,
        email=here.email or (there.email if takes_address else ""),
        zone=here.zone or there.zone,
        auto_finalize=here.auto_finalize,
        message_notifications=here.message_notifications and not opted_out,
    )
    if filled != here:
        uow.people.save_details(target, filled)


def _free_id(uow: UnitOfWork, person_id: str, *ids: str) -> str:
    """Return the first educator id that nobody else has in a person's schools; empty if there is none."""
    schools = [one.school_id for one in uow.members.of_person(person_id)]
    for id_ in filter(None, ids):
        if not any(uow.people.has_educator_id(school_id, id_, but=person_id) for school_id in schools):
            return id_
    return ""


def _chose_themselves(uow: UnitOfWork, person_id: str) -> bool:
    """Tell whether a person could have turned messages off themselves, rather than only an admin for them."""
    told = uow.audit.last(audit.SYSTEM_CHAIN, [f"person:{person_id}"], {"person.opted_out"})
    return told is not None or bool(uow.people.accounts([person_id]))
