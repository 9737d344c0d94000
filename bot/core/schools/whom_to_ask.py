"""Whom the people of a school can ask for help."""

from collections.abc import Sequence

from bot.core.errors import NotFound
from bot.core.joining_errors import NotAMember
from bot.core.people import members
from bot.core.ports import UnitOfWork
from bot.core.rights import access
from bot.core.rights.actors import Actor, Person
from bot.core.rights.permissions import Permission
from bot.core.schools import which_school
from bot.core.schools.schools import School
from bot.core.values import dataclass

# More names than this would not help anybody.
MOST = 10


@dataclass(frozen=True, slots=True)
class Askable:
    """Whom people can ask: the Primary Admin, and others who decide requests; `more` if not all are named."""

    primary: Person | None
    deciding: Sequence[Person]
    more: bool


def may_ask(uow: UnitOfWork, actor: Actor, school: School) -> bool:
    """Tell whether the actor is told whom to ask at a school: its active members, and people with rights."""
    membership = uow.members.of(school.id, actor.person_id) if actor.person_id else None
    inside = membership is not None and membership.active
    return inside or bool(access.rights_of(uow, actor, school).holds)


def whom_to_ask(uow: UnitOfWork, actor: Actor, school: School) -> Askable:
    """Return whom to ask at a school; refuse those who may not ask."""
    if not may_ask(uow, actor, school):
        membership = uow.members.of(school.id, actor.person_id) if actor.person_id else None
        members.refuse_barred(uow, membership)
        if membership is not None:
            raise NotAMember(school)
        if actor.person_id and not uow.schools.of_person(actor.person_id):
            which_school.refuse_archived(uow, actor)
        raise NotFound("school")
    # Two more than shown: one may be the Primary Admin, the other tells that there are more.
    found = uow.members.with_permission(school.id, Permission.REQUEST_DECIDE, MOST + 2)
    primary = uow.people.by_id(school.primary_admin_id) if school.primary_admin_id else None
    others = [one for one in found if primary is None or one.id != primary.id]
    return Askable(primary, others[:MOST], more=len(others) > MOST)
