"""A school whose people sign in with passwords, with its pages on a real server and a mailbox."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx2
from argon2 import PasswordHasher
from argon2.profiles import CHEAPEST

from bot.chat.replies import Actions, Card, LinkButton
from bot.core.invitations.guessing import Limits
from bot.core.keys.ring import KeyRing
from bot.core.notices.notices import Destination
from bot.core.people.passwords import SignInWays
from bot.core.rights.actors import Platform
from bot.core.values import replace
from bot.platforms.web.link_view import link_lookup
from bot.platforms.web.server import build
from bot.platforms.web.sign_in.flow import SignIn
from bot.platforms.web.sign_in.hashing import Hasher
from bot.platforms.web.sign_in.passwords import PasswordPages
from tests.core.door import Door, door_of, heard, maple
from tests.patience import PATIENCE
from tests.platforms.web.served import served
from tests.world import KEY, World, open_world, sqlite_url

OUTSIDE = "http://door.example.org"
NIA = "nia@example.org"
SECRET, OTHER = "tobacco lamp river", "violet engine marble"
QUICK = PasswordHasher.from_parameters(CHEAPEST)


@dataclass
class Mailbox:
    """Keeps mails, and finds the link in each."""

    taken: list[tuple[str, Card]] = field(default_factory=list)

    async def post(self, to: Destination, card: Card, _: str = "") -> None:
        self.taken.append((to.account or "", card))

    redraw: Any = None

    def link(self, place: int = -1) -> str:
        """Return the link in a mail, as a path."""
        _, card = self.taken[place]
        buttons = [one for block in card.blocks if isinstance(block, Actions) for one in block.buttons]
        (url,) = [one.url for one in buttons if isinstance(one, LinkButton)]
        return url.removeprefix(OUTSIDE)


@dataclass
class House:
    """The world, its pages and its mails; `app` can be called from several network addresses."""

    world: World
    door: Door
    mails: Mailbox
    address: str
    app: Any
    keys: PasswordPages

    async def link(self, who: str = "Nia Okafor") -> str:
        """Let an admin send a person a password link; return it from the mailbox."""
        reply = await self.door.says("ada", f'/member password person:"{who}"')
        assert not reply.refused, heard(reply)
        await self.world.deliver()
        return self.mails.link()

    def keys_break(self, database: Any) -> None:
        """Make the password pages use another database, which fails."""
        object.__setattr__(self.keys, "runner", replace(self.world.runner, database=database))

    async def person(self, address: str = NIA) -> Any:
        return await self.world.database.read(lambda uow: uow.people.by_email(address))


def proof_in(page: httpx2.Response) -> str:
    """Return the proof in a page's form, which protects it against forged requests."""
    found = re.search(r'name="proof" value="([^"]+)"', page.text)
    assert found, f"{page.url} has no form"
    return found[1]


@dataclass
class Reader:
    """A browser that fills in forms."""

    http: httpx2.AsyncClient

    async def get(self, path: str) -> httpx2.Response:
        return await self.http.get(path)

    async def fill(self, path: str, **fields: str) -> httpx2.Response:
        """Open a page and submit its form."""
        page = await self.get(path)
        return await self.http.post(path, data={"proof": proof_in(page), **fields})

    async def signs_in(self, email: str = NIA, password: str = SECRET, start: str = "/me") -> httpx2.Response:
        return await self.fill(f"{start}/sign-in/password", email=email, password=password)

    async def chooses(self, link: str, password: str = SECRET) -> httpx2.Response:
        return await self.fill(link, password=password)

    async def is_in(self) -> bool:
        return "Signed in as" in (await self.get("/me")).text


@asynccontextmanager
async def house(folder: Any, *, mails: bool = True, limits: Limits | None = None) -> AsyncIterator[House]:
    async with open_world(sqlite_url(folder), base_url=OUTSIDE) as world:
        box, hasher = Mailbox(), Hasher(QUICK)
        world.notifiers[Platform.EMAIL] = box
        world.runner = replace(
            world.runner, ways=SignInWays(passwords=True, mails=mails), limits=limits or Limits()
        )
        door = door_of(world)
        await maple(door)
        await door.says("ada", f"/member create email:{NIA} first_name:Nia last_name:Okafor")
        sign_in = SignIn.of({}, base_url=OUTSIDE, keys=KeyRing(KEY), clock=world.clock)
        keys = PasswordPages(world.runner, sign_in.sessions, mails, hasher)
        app = build(
            world.runner,
            look_up=link_lookup(world.runner),
            joins={},
            sign_in=replace(sign_in, passwords=keys),
        )
        async with served(app) as address:
            yield House(world, door, box, address, app, keys)


@asynccontextmanager
async def reader(of: House) -> AsyncIterator[Reader]:
    async with httpx2.AsyncClient(base_url=of.address, timeout=PATIENCE) as http:
        yield Reader(http)
