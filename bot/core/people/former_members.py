"""Former members: people who are in no school any more, but are stored until erased; who may find them."""

from collections.abc import Sequence

from bot.core import audit
from bot.core.errors import AboveYou, NameUnclear, NotFound, NotYoursToErase
from bot.core.ids import is_id
from bot.core.name_matching import fold_name
from bot.core.people import merging, people
from bot.core.people.holdings import RecordKind
from bot.core.people.people import PersonDetails
from bot.core.ports import UnitOfWork
from bot.core.rights import access
from bot.core.rights.actors import Actor, Person
from bot.core.rights.permissions import Permission
from bot.core.schools.schools import School
from bot.core.values import dataclass


@dataclass(frozen=True, slots=True)
class FormerMember:
    """A person in no school and without a role: their details, and the issuers of their accounts.

    `schools` are those that still have records of them.
    """

    person: Person
    details: PersonDetails
    issuers: tuple[str, ...]
    schools: tuple[School, ...] = ()


def has_left(uow: UnitOfWork, actor: Actor, school: School, person_id: str) -> bool:
    """Tell whether a person is in no school now, and the actor may treat them as one who has left this one.

    That needs records of them in the school; an actor who may remove people everywhere needs none.
    """
    if uow.members.of_person(person_id) or person_id == actor.person_id:
        return False
    rules = Permission.MEMBER_REMOVE in access.rights_over(uow, actor, None).holds
    return rules or school.id in known_in(uow, person_id)


def is_known_only_here(uow: UnitOfWork, school: School, person_id: str) -> bool:
    """Tell whether a person is in no school now, and no school but this one has records of them."""
    return not uow.members.of_person(person_id) and known_in(uow, person_id) <= {school.id}


def lock_former(uow: UnitOfWork, actor: Actor, school: School, person_id: str, *needed: Permission) -> Person:
    """Return a former member, locked until the unit of work ends.

    The actor needs these permissions here, and must be allowed to remove people in each school with records
    of them. Raise `NotFound`, `NotYoursToErase` or `AboveYou`.
    """
    uow.schools.lock(school.id)
    for permission in needed:
        access.require(uow, actor, permission, school)
    merging.lock_persons(uow, person_id)
    person = uow.accounts.current(person_id)
    if person is None or person.id != person_id or not has_left(uow, actor, school, person_id):
        raise NotFound("member")
    for school_id in sorted(known_in(uow, person_id)):
        refuse_other(uow, actor, school_id, person_id)
    people.refuse_above(uow, actor, school, person_id)
    return person


def refuse_other(uow: UnitOfWork, actor: Actor, school_id: str, person_id: str) -> None:
    """Refuse an actor who may not remove a person from another school."""
    school = uow.schools.by_id(school_id)
    if school is None or not access.holds(uow, actor, Permission.MEMBER_REMOVE, school):
        raise NotYoursToErase
    if not access.rights_of(uow, actor, school).include(access.granted(uow, person_id, school)):
        raise AboveYou


def known_in(uow: UnitOfWork, person_id: str) -> set[str]:
    """Return the ids of the schools that have records of a person, apart from their membership."""
    rows = (row for kind in RecordKind for row in uow.holdings.records(kind, person_id))
    listed = uow.roster_steps.about(person_id, None)
    told = set(uow.audit.chains_about(uow.accounts.known_as(person_id))) - {audit.SYSTEM_CHAIN}
    return told | {str(row["school_id"]) for row in (*rows, *listed) if row.get("school_id")}


# For System Administrators: nobody else can find people of whom no school has records any more.


def listed(uow: UnitOfWork, actor: Actor, text: str, *, after: str | None, limit: int) -> list[FormerMember]:
    """List people in no school and without a role, newest first, by words in their name or e-mail address."""
    access.require_over(uow, actor, Permission.SYSTEM_MANAGE, None)
    found = uow.accounts.departed(text.casefold().split(), after=after, limit=limit + 1)
    return [_seen(uow, one) for one in found if one.id != actor.person_id][:limit]


def seen(uow: UnitOfWork, actor: Actor, person_id: str) -> FormerMember:
    """Return a former member, with the schools that have records of them."""
    person = _one(uow, actor, person_id)
    known = (uow.schools.by_id(one) for one in sorted(known_in(uow, person.id)))
    return _seen(uow, person, tuple(one for one in known if one is not None))


def named(uow: UnitOfWork, actor: Actor, typed: str) -> str:
    """Return the id of a former member, by an id, an e-mail address or their whole name.

    An id, or the id of whoever has an address, is returned unchecked. Raise `NotFound`, or `NameUnclear` if
    several have the name.
    """
    access.require_over(uow, actor, Permission.SYSTEM_MANAGE, None)
    wanted = " ".join(typed.split())
    if is_id(wanted):
        return wanted
    if "@" in wanted and (person := uow.people.by_email(wanted)) is not None:
        return person.id
    called = wanted.casefold()
    found = uow.accounts.departed(called.split(), after=None, limit=100)
    exact = [one.id for one in found if fold_name(one.name) == fold_name(called)]
    if len(exact) > 1:
        raise NameUnclear(typed)
    if not exact:
        raise NotFound("person")
    return exact[0]


def lock_for_system(uow: UnitOfWork, actor: Actor, person_id: str) -> Person:
    """Return a former member, locked so that they remain one until the unit of work ends."""
    merging.lock_persons(uow, person_id)
    return _one(uow, actor, person_id)


def _one(uow: UnitOfWork, actor: Actor, person_id: str) -> Person:
    access.require_over(uow, actor, Permission.SYSTEM_MANAGE, None)
    person = uow.accounts.current(person_id)
    if (
        person is None
        or person.id != person_id
        or person.id == actor.person_id
        or uow.members.of_person(person.id)
        or uow.holdings.roles(person.id)
    ):
        raise NotFound("person")
    return person


def _seen(uow: UnitOfWork, person: Person, schools: Sequence[School] = ()) -> FormerMember:
    issuers = tuple(key.issuer for _, key in uow.people.accounts([person.id]))
    return FormerMember(person, uow.people.details(person.id), issuers, tuple(schools))
