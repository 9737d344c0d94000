"""Deactivating and reactivating a user at all schools of the district; only what SCIM did is undone."""

from bot.core import audit
from bot.core.people import lifecycle, merging
from bot.core.people.lifecycle import Verb
from bot.core.people.members import Access, Membership
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import Actor
from bot.core.rights.roles import ScopeKind
from bot.core.schools import districts
from bot.core.scim import addresses, group_roles, reach
from bot.core.scim.model import Account
from bot.core.stored import stored_school
from bot.core.values import replace


def lock(uow: UnitOfWork, account: Account) -> None:
    """Lock all schools that a user's change may reach if it also switches them off or on, then the person.

    If they are joining a school just now, that comes before this, or finds them barred.
    """
    reached = {
        school_id for school_id, _ in uow.scim_groups.wanted_roles(account.district_id, account.person_id)
    }
    default = uow.scim_tokens.default_school(account.district_id)
    reached |= addresses.schools(uow, account.person_id) | ({default} if default else set())
    merging.lock_persons(uow, account.person_id, beside=reached)


def deactivate(uow: UnitOfWork, actor: Actor, account: Account) -> Account:
    """Deactivate a person at all schools of the district, and bar them from its other schools.

    District roles are taken, since they need no membership. If the person is a Primary Admin, all of it is
    refused.
    """
    lock(uow, account)
    switched = replace(account, active=False, changed_at=uow.now)
    uow.scim_users.save(switched)
    number = sum(_deactivated(uow, actor, one) for one in reach.memberships(uow, actor, account.person_id))
    for given in uow.holdings.roles(account.person_id):
        district = uow.districts.by_id(account.district_id)
        if (
            given.scope_kind == ScopeKind.DISTRICT.value
            and given.scope_id == account.district_id
            and district
        ):
            districts.take(uow, actor, district, account.person_id, given.role)
    audit.record(uow, actor, "scim.user_deactivated", account.subject, new={"schools": number})
    return switched


def _deactivated(uow: UnitOfWork, actor: Actor, membership: Membership) -> bool:
    if membership.access is Access.DEACTIVATED:
        return False
    school = stored_school(uow, membership.school_id)
    lifecycle.change(uow, actor, school, membership.person_id, Verb.DEACTIVATE)
    uow.scim_users.mark(membership.id, was=membership.access.value)
    return True


def reactivate(uow: UnitOfWork, actor: Actor, account: Account) -> None:
    """Reactivate a person where SCIM had deactivated them, with their earlier access and group roles."""
    lock(uow, account)
    uow.scim_users.save(replace(account, changed_at=uow.now))
    number = 0
    for one in reach.memberships(uow, actor, account.person_id):
        was = uow.scim_users.was(one.id)
        if was is not None and one.access is Access.DEACTIVATED:
            lifecycle.reactivate_to(uow, actor, stored_school(uow, one.school_id), one.person_id, Access(was))
            number += 1
    audit.record(uow, actor, "scim.user_reactivated", account.subject, new={"schools": number})
    group_roles.settle(uow, actor, account.person_id)
