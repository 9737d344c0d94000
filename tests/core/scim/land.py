"""A district with two schools and an identity provider, for tests of SCIM."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, TypeVar

from bot.core.ids import new_id
from bot.core.people.members import Membership
from bot.core.people.people import PersonDetails
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import Actor, Person
from bot.core.rights.roles import SCHOOL_ADMIN
from bot.core.schools.districts import District
from bot.core.schools.schools import School
from bot.core.scim import group_roles, groups, tokens, users
from bot.core.scim.groups import Edit
from bot.core.scim.model import Group, User, Wanted
from bot.core.stuck import ItemTracker
from bot.core.values import replace
from tests.storage import build
from tests.world import START, system_admin

T = TypeVar("T")
SYSTEM_ADMIN = system_admin(Person(new_id(START), "Sysadmin"))


def as_known(user: User) -> Wanted:
    """Say of a user what leaves them as they are."""
    own = user.account
    names = (user.first_name, user.last_name)
    return Wanted(own.user_name, own.external_id, *names, user.address, own.active)


def off(user: User) -> Wanted:
    return replace(as_known(user), active=False)


def on(user: User) -> Wanted:
    return replace(as_known(user), active=True)


@dataclass
class Land:
    """Two schools of a district, one of another district, and what the identity provider can do."""

    database: Any
    district: District
    one: School
    two: School
    far: School
    primary: str

    @property
    def provider(self) -> Actor:
        return tokens.acting_for(self.district.id)

    async def run(self, unit: Callable[[UnitOfWork], T]) -> T:
        done: T = await self.database.run(unit)
        return done

    async def create(self, name: str, **more: Any) -> User:
        return await self.run(lambda uow: users.create(uow, self.provider, Wanted(name, **more)))

    async def change(self, user_id: str, changed: Callable[[User], Wanted]) -> User:
        return await self.run(lambda uow: users.change(uow, self.provider, user_id, changed))

    async def delete(self, user_id: str) -> None:
        await self.run(lambda uow: users.delete(uow, self.provider, user_id))

    async def group(self, name: str, *ids: str) -> Group:
        edit = Edit(name, None, add=frozenset(ids))
        return await self.run(lambda uow: groups.create(uow, self.provider, edit))

    async def fill(self, group: Group, *, add: Collection[str] = (), drop: Collection[str] = ()) -> Group:
        edit = Edit(group.name, None, frozenset(add), frozenset(drop))
        return await self.run(lambda uow: groups.change(uow, self.provider, group.id, lambda _: edit))

    async def link(self, group: Group, school: School, role: str) -> Group:
        linked = await self.run(
            lambda uow: groups.link(uow, SYSTEM_ADMIN, self.district, group, school, role)
        )
        await self.settle()
        return linked

    async def choose(self, school: School | None) -> None:
        """Choose the school that new users join, or none."""
        await self.run(lambda uow: tokens.set_default_school(uow, SYSTEM_ADMIN, self.district, school))

    async def settle(self) -> int:
        return await self.run(lambda uow: group_roles.sweep(uow, ItemTracker()))

    async def of(self, school: School, person_id: str) -> tuple[Membership | None, tuple[str, ...]]:
        """Return a person's membership and roles in a school."""
        return await self.run(
            lambda uow: (
                uow.members.of(school.id, person_id),
                tuple(sorted(uow.members.roles(school.id, person_id))),
            )
        )

    async def actions(self) -> list[str]:
        """List the actions in the audit log, chain by chain."""
        return await self.run(
            lambda uow: [
                one.entry.action for name in sorted(uow.audit.chains()) for one in uow.audit.chain(name)
            ]
        )


def member(uow: UnitOfWork, school: School, name: str, *roles: str, email: str = "") -> str:
    """Make a member; return the person's id."""
    who = build.person(uow, name)
    build.membership(uow, school, who)
    assert uow.people.save_details(who.id, PersonDetails(name, "Okafor", email=email))
    for role in roles or ("Viewer",):
        uow.members.assign(who.id, role, school.id, by=None, at=uow.now)
    return who.id


def settled(uow: UnitOfWork, database: Any) -> Land:
    """Store the districts, the schools, an admin, and the System Administrator."""
    assert uow.people.add(SYSTEM_ADMIN.known_person, SYSTEM_ADMIN.caller.account)
    north, south = (District(new_id(uow.now), name, uow.now) for name in ("North", "South"))
    for district in (north, south):
        uow.districts.add(district)
    one, two = (build.school(uow, f"North {name}", district_id=north.id) for name in ("One", "Two"))
    far = build.school(uow, "South One", district_id=south.id)
    primary = member(uow, one, "Ada", SCHOOL_ADMIN.name, email="ada@example.org")
    uow.schools.set_primary(one.id, primary, expected=None)
    return Land(database, north, one, two, far, primary)
