"""An identity provider that calls SCIM over a real socket, and its district."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import httpx2

from bot.core.ids import new_id
from bot.core.people.people import PersonDetails
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import Actor
from bot.core.schools.districts import District
from bot.core.schools.schools import School
from bot.core.scim import tokens
from bot.core.scim.model import ROOT
from bot.platforms.web.server import build
from tests.platforms.web.served import served
from tests.storage import build as make
from tests.world import World, system_admin

T = TypeVar("T")
USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"


def root(uow: UnitOfWork) -> Actor:
    """Return the System Administrator as an actor."""
    return system_admin(uow.people.by_account(system_admin().caller.account))


async def _nobody(_: str, _visitor: object) -> None:
    return None


@dataclass
class Provider:
    """Sends SCIM requests with the token of a district."""

    address: str
    token: str
    district: District
    school: School
    http: httpx2.AsyncClient

    async def ask(self, method: str, path: str, body: Any = None, **headers: str) -> httpx2.Response:
        own = {"Authorization": f"Bearer {self.token}", **headers}
        return await self.http.request(method, f"{self.address}{ROOT}{path}", json=body, headers=own)

    async def user(self, called: str, more: dict[str, Any] | None = None) -> dict[str, Any]:
        answer = await self.ask("POST", "/Users", {"schemas": [USER], "userName": called, **(more or {})})
        assert answer.status_code == 201, answer.text
        told: dict[str, Any] = answer.json()
        return told

    async def group(self, name: str, *members: str) -> dict[str, Any]:
        body = {"schemas": [GROUP], "displayName": name, "members": [{"value": one} for one in members]}
        answer = await self.ask("POST", "/Groups", body)
        assert answer.status_code == 201, answer.text
        told: dict[str, Any] = answer.json()
        return told

    async def patch(self, path: str, *operations: dict[str, Any]) -> httpx2.Response:
        return await self.ask("PATCH", path, {"schemas": [PATCH], "Operations": list(operations)})


def district(uow: UnitOfWork, name: str) -> tuple[District, School, str]:
    """Make a district with a school; return both, and a token."""
    made = District(new_id(uow.now), name, uow.now)
    uow.districts.add(made)
    school = make.school(uow, f"{name} One", district_id=made.id)
    return made, school, tokens.connect(uow, root(uow), made)


def member(uow: UnitOfWork, school: School, name: str, email: str, *roles: str) -> str:
    """Make a member of a school; return the person's id."""
    who = make.person(uow, name)
    make.membership(uow, school, who)
    assert uow.people.save_details(who.id, PersonDetails(name, "Okafor", email=email))
    for role in roles:
        uow.members.assign(who.id, role, school.id, by=None, at=uow.now)
    return who.id


@asynccontextmanager
async def providers(world: World, *names: str) -> AsyncIterator[list[Provider]]:
    """Serve SCIM; yield a provider with a district for each name."""
    app = build(world.runner, look_up=_nobody, joins={})
    made = [await world.database.run(_making(name)) for name in names]
    async with served(app) as address, httpx2.AsyncClient(timeout=30) as http:
        yield [Provider(address, token, of, school, http) for of, school, token in made]


def _making(name: str) -> Callable[[UnitOfWork], tuple[District, School, str]]:
    return lambda uow: district(uow, name)
