"""Whom an identity provider may change, and what about them."""

from bot.core.errors import AboveYou
from bot.core.people.members import Membership
from bot.core.ports import UnitOfWork
from bot.core.rights import access
from bot.core.rights.actors import Actor
from bot.core.rights.permissions import Permission
from bot.core.rights.roles import ScopeKind


def district_of(actor: Actor) -> str:
    """Return the id of the district that an actor acts for."""
    assert actor.for_district is not None  # noqa: S101 - only identity providers get here
    return actor.for_district


def refuse_above(uow: UnitOfWork, actor: Actor, person_id: str) -> None:
    """Refuse with `AboveYou` if a District Admin may not edit the person, as `people.refuse_above` does."""
    here = access.rights_over(uow, actor, district_of(actor))
    if access.named_by_settings(uow, person_id):
        raise AboveYou
    for kind, of in uow.members.scopes(person_id):
        place = uow.schools.by_id(of) if kind is ScopeKind.SCHOOL else None
        if place is not None:
            granted = uow.members.granted_rights(person_id, place)
            edits = Permission.MEMBER_EDIT in granted.holds
            there = access.rights_of(uow, actor, place) if edits else here
        else:
            granted = uow.districts.rights(person_id, of or None)
            there = access.rights_over(uow, actor, of or None)
        if not (here.include(granted) and there.include(granted)):
            raise AboveYou


def may_set_details(uow: UnitOfWork, actor: Actor, person_id: str) -> bool:
    """Tell whether this district may set a person's name and address: they are at no other place.

    A person who proves an address becomes its owner, so no district may decide who somebody is elsewhere.
    """
    district_id = district_of(actor)
    if uow.scim_users.known_elsewhere(district_id, person_id):
        return False
    return all(
        access.holds(uow, actor, Permission.MEMBER_EDIT, uow.schools.by_id(one.school_id))
        for one in uow.members.of_person(person_id)
    )


def memberships(uow: UnitOfWork, actor: Actor, person_id: str) -> list[Membership]:
    """List a person's memberships in the schools of the district."""
    district_id = district_of(actor)
    found = []
    for one in uow.members.of_person(person_id):
        school = uow.schools.by_id(one.school_id)
        if school is not None and school.district_id == district_id:
            found.append(one)
    return found
