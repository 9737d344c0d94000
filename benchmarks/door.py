"""A school with an open invitation, and a Homeroom without fronts through which it is redeemed."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.app import SystemClock
from bot.cards.refusals.refusals import Words
from bot.chat.context import Links
from bot.chat.replies import Card
from bot.chat.runner import Runner
from bot.commands import REGISTRY
from bot.core.ids import grouped, normal_code
from bot.core.invitations.invitations import MOST_USES, InvitationFilter
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import AccountKey, Caller, Platform, WorkspaceKey
from bot.storage.database import PostgresDatabase, SqliteDatabase, open_database
from bot.storage.vault import Vault

KEY = bytes(range(32))
_VAULT = Vault(KEY)
_SLASHES = {Platform.DISCORD: "/", Platform.SLACK: "/homeroom ", Platform.WEB: "/"}
# The school's approval setting, by what a redemption leads to.
VARIANTS = {"a member at once": "automatic", "a request that waits": "by request"}


def person(name: str, *, administers: bool = False) -> Caller:
    """Make a caller as the Discord front does."""
    return Caller(
        account=AccountKey("discord", name),
        name="A New Person",
        platform=Platform.DISCORD,
        workspace=WorkspaceKey(Platform.DISCORD, "1"),
        workspace_name="Maple",
        channel="2",
        administers_workspace=administers,
    )


@dataclass(frozen=True)
class Door:
    """A Homeroom, and the code of its school's invitation."""

    database: SqliteDatabase | PostgresDatabase
    runner: Runner
    code: str

    @property
    def code_index(self) -> str:
        """The index by which the code is found in the database."""
        return _VAULT.seal.index(normal_code(self.code) or "")

    async def redeem(self, name: str) -> Card:
        """Redeem the code for a new person; return the card."""
        reply = await self.runner.run("join", person(name), {"code": self.code})
        if not isinstance(reply.answer, Card) or reply.refused:
            raise TypeError(f"Not redeemed: {reply}")
        return reply.answer


@asynccontextmanager
async def open_door(url: str) -> AsyncIterator[Door]:
    """Open a Homeroom on a database; its code is empty if there is no school yet."""
    database = await open_database(url, SystemClock(), _VAULT)
    runner = Runner(
        database=database,
        registry=REGISTRY,
        words=Words(),
        links=Links("https://door.example.org", _SLASHES),
    )
    try:
        yield Door(database, runner, await database.read(_code))
    finally:
        await database.close()


def _code(uow: UnitOfWork) -> str:
    schools = uow.schools.linked_to(WorkspaceKey(Platform.DISCORD, "1"))
    found = uow.invitations.listed(schools[0].id, InvitationFilter(), limit=1) if schools else ()
    return grouped(found[0].code) if found else ""


async def furnish(url: str, approval: str) -> None:
    """Make the school, and an invitation that many people can use."""
    async with open_door(url) as door:
        admin = person("admin", administers=True)
        settings = {"name": "Maple", "access": "private", "approval": approval}
        await door.runner.run("school create", admin, settings)
        await door.runner.run("school approvals", admin)
        await door.runner.run("invite create", admin, {"uses": MOST_USES})


async def school_database(file: Path) -> tuple[str, str]:
    """Make a database with a school that people join without approval; return its URL, and a code."""
    url = f"sqlite:///{file}"
    await furnish(url, "automatic")
    async with open_door(url) as door:
        return url, door.code
