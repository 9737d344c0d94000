"""Builds districts, SCIM accounts and groups."""

from bot.core.people.people import PersonDetails
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import Person
from bot.core.schools.districts import District
from bot.core.schools.schools import School
from bot.core.scim.model import Account, Group
from tests.storage import build
from tests.world import START


def district(uow: UnitOfWork, name: str = "North") -> District:
    made = District(build.fresh_id(), name, START)
    uow.districts.add(made)
    return made


def place(uow: UnitOfWork) -> tuple[District, School]:
    north = district(uow)
    return north, build.school(uow, "North One", district_id=north.id)


def account(uow: UnitOfWork, of: District, who: Person, **settings: object) -> Account:
    own = {"user_name": who.name.lower(), "created_at": START, "changed_at": START, **settings}
    made = Account(who.id, of.id, who.id, **own)  # type: ignore[arg-type]
    assert uow.scim_users.add(made)
    return made


def member(uow: UnitOfWork, of: School, name: str, email: str = "") -> Person:
    who = build.person(uow, name)
    build.membership(uow, of, who)
    assert uow.people.save_details(who.id, PersonDetails(name, "Okafor", email=email))
    return who


def group(uow: UnitOfWork, of: District, name: str = "Teachers", **settings: object) -> Group:
    made = Group(build.fresh_id(), of.id, name, START, START, **settings)  # type: ignore[arg-type]
    uow.scim_groups.add(made)
    return made
