"""Which school a person means, among the schools that they may know of."""

from collections.abc import Sequence
from contextlib import suppress
from functools import cache

from bot.core import typed_lists
from bot.core.errors import NoSchoolHere, NotFound, SchoolUnclear, Thing
from bot.core.joining_errors import SchoolArchived
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import Actor
from bot.core.schools.schools import School, is_system_administrator

# How many schools are named at most when it is unclear which one is meant.
_MOST_NAMED = 25


def nearby(uow: UnitOfWork, actor: Actor) -> Sequence[School]:
    """List the schools near the actor: the workspace's, then those that the actor is in.

    Schools of a district in which the actor has a role are not included; there may be thousands: see
    `overseen`.
    """
    key = actor.caller.workspace
    linked = list(uow.schools.linked_to(key)) if key else []
    if actor.person is not None:
        seen = {school.id for school in linked}
        linked += [school for school in uow.schools.of_person(actor.person.id) if school.id not in seen]
    return linked


def meant(uow: UnitOfWork, actor: Actor, typed: str) -> School:
    """Find the school that the actor means, by name, by id, or by where they are.

    Refuses with `NoSchoolHere`, with `NotFound`, or with `SchoolUnclear` if several may be meant.
    """
    known = nearby(uow, actor)
    if typed:
        return _find_nearby(uow, actor, typed, known) or _find_overseen(
            uow, actor, " ".join(typed.split()), known
        )
    if not known:
        known = overseen(uow, actor, "", _MOST_NAMED)
    if not known:
        refuse_archived(uow, actor)
        raise NoSchoolHere
    if len(known) == 1:
        return known[0]
    key = actor.caller.workspace
    here = list(uow.schools.linked_to(key)) if key else []
    if len(here) == 1:
        return here[0]
    own = {school.id for school in uow.schools.of_person(actor.person.id)} if actor.person else set()
    fitting = [school for school in here if school.id in own]
    if len(fitting) == 1:
        return fitting[0]
    oversees = bool(overseen(uow, actor, "", 1))
    if not own and not oversees:
        refuse_archived(uow, actor)
    if not fitting or oversees:
        fitting = here or list(known)
    raise SchoolUnclear(unambiguous_names(fitting[:_MOST_NAMED]))


def all_meant(uow: UnitOfWork, actor: Actor, typed: str) -> list[School]:
    """Find all schools of a typed list; refuses the first name that is unknown or unclear.

    Each name is looked up once, and none after the first that is refused: a list has room for hundreds.
    """

    @cache
    def find(name: str) -> School | None:
        with suppress(NotFound, SchoolUnclear):
            return meant(uow, actor, name)
        return None

    named = typed_lists.named(typed_lists.split(typed), find)
    return [school or meant(uow, actor, name) for name, school in named]


def listed(schools: Sequence[School]) -> str:
    """Write a list of schools so that `all_meant` reads it back."""
    typed = zip(schools, unambiguous_names(schools), strict=True)
    names = [name if typed_lists.is_single_name(name) else one.id for one, name in typed]
    return typed_lists.as_list(names) if any("," in name for name in names) else ", ".join(names)


def unambiguous_names(schools: Sequence[School]) -> tuple[str, ...]:
    """Return a text that identifies each school: its name, or its id if another one has the same name."""
    names = [school.name.casefold() for school in schools]
    return tuple(one.name if names.count(one.name.casefold()) == 1 else one.id for one in schools)


def _find_nearby(uow: UnitOfWork, actor: Actor, typed: str, known: Sequence[School]) -> School | None:
    """Find a school near the actor by its id or full name; if several match, prefer those linked here."""
    called = [school for school in known if school.called(typed)]
    if len(called) > 1:  # in two districts, say
        key = actor.caller.workspace
        here = {school.id for school in uow.schools.linked_to(key)} if key else set()
        called = [school for school in called if school.id in here] or called
    if len(called) > 1:
        raise SchoolUnclear(tuple(school.id for school in called), typed)
    return called[0] if called else None


def overseen(
    uow: UnitOfWork,
    actor: Actor,
    text: str,
    limit: int,
    *,
    whole: bool = False,
    archived: bool | None = False,
) -> Sequence[School]:
    """List schools of the districts in which the actor has a role, or of the whole system if they rule it.

    With `archived` only archived schools, without it only open ones, and with None both.
    """
    if is_system_administrator(uow, actor):
        return uow.schools.overseen(None, text, limit, whole=whole, archived=archived)
    if actor.person is None:
        return []
    return uow.schools.overseen(actor.person.id, text, limit, whole=whole, archived=archived)


def _find_overseen(uow: UnitOfWork, actor: Actor, typed: str, near: Sequence[School]) -> School:
    """Find a school that the actor oversees, by its id or full name; an open one before an archived one.

    Part of a name is not enough, but the refusal then suggests the schools whose names contain it.
    """
    school = uow.schools.by_id(typed.lower())
    if school is not None and _is_over(uow, actor, school):
        return school
    called = overseen(uow, actor, typed, _MOST_NAMED, whole=True, archived=None)
    called = [one for one in called if not one.archived] or called
    if len(called) > 1:
        raise SchoolUnclear(tuple(one.id for one in called), typed)
    if not called:
        having = {one.id: one for one in near if typed.casefold() in one.name.casefold()}
        having |= {one.id: one for one in overseen(uow, actor, typed, _MOST_NAMED)}
        if not having:
            refuse_archived(uow, actor, typed)
            raise NotFound("school")
        raise SchoolUnclear(unambiguous_names(tuple(having.values())[:_MOST_NAMED]), typed)
    return called[0]


def _is_over(uow: UnitOfWork, actor: Actor, school: School) -> bool:
    """Tell whether the actor has a role in the school's district, or is a System Administrator."""
    if is_system_administrator(uow, actor):
        return True
    if actor.person is None or school.district_id is None:
        return False
    return bool(uow.districts.rights(actor.person.id, school.district_id).reach)


def refuse_archived(uow: UnitOfWork, actor: Actor, typed: str = "") -> None:
    """Refuse with `SchoolArchived` if the school is the actor's own; others do not learn that it exists."""
    school = archived_of(uow, actor, typed)
    if school is not None:
        raise SchoolArchived(school)


def archived_of(uow: UnitOfWork, actor: Actor, typed: str = "") -> School | None:
    """Find an archived school that the actor is in, with the typed name if there is one; None if none."""
    own = uow.members.of_person(actor.person.id) if actor.person else ()
    found = (uow.schools.by_id(one.school_id) for one in own)
    return next((one for one in found if one and one.archived and (not typed or one.called(typed))), None)


def known(uow: UnitOfWork, actor: Actor, school_id: str, what: Thing) -> School:
    """Return a school that the actor may know of; else refuse as if `what` did not exist."""
    school = next((one for one in nearby(uow, actor) if one.id == school_id), None)
    if school is None:
        found = uow.schools.by_id(school_id)
        school = found if found is not None and _is_over(uow, actor, found) else None
    if school is None:
        refuse_archived(uow, actor, school_id)
        raise NotFound(what)
    return school
