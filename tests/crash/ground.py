"""A school on the local Slack, and the deeds that are to be interrupted there."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.chat.actions import Action
from bot.chat.replies import Actions, Button, Card, Reply
from bot.core.bulk.work import CHUNK
from bot.core.invitations.invitations import InvitationFilter
from bot.core.ports import UnitOfWork
from bot.core.requests.join_requests import JoinRequest, RequestState
from bot.core.rights.actors import AccountKey, Actor, Caller, Platform, WorkspaceKey
from bot.core.rosters import columns, planning
from bot.core.rosters.imports import ImportState, Options, Place, Planned
from bot.core.rosters.rows import Reading, RosterRow
from bot.core.schools.schools import School
from bot.core.values import replace
from bot.platforms.slack import api
from bot.platforms.slack.installing.clients import OneClient
from bot.platforms.slack.notifier import SlackNotifier
from bot.platforms.slack.rendering.pictures import Pictures
from bot.platforms.web.playground.uploads import HeldFile
from tests.servers.slack.server import BOT_TOKEN, SlackServer
from tests.servers.slack.workspace import TEAM, Person
from tests.storage import build
from tests.world import START, World, open_world

SOME = 5
TEAM_KEY = WorkspaceKey(Platform.SLACK, TEAM)


@dataclass
class Ground:
    """A world with a school on the local Slack, and its people."""

    world: World
    server: SlackServer
    people: dict[str, Person] = field(default_factory=dict)

    def who(self, name: str) -> Caller:
        """Return a person as a caller on Slack; add the person to the workspace if needed."""
        workspace = self.server.workspace
        person = self.people.get(name) or workspace.person(name)
        self.people[name] = person
        return Caller(
            account=AccountKey(Platform.SLACK.value, f"{TEAM}/{person.id}"),
            name=name.capitalize(),
            platform=Platform.SLACK,
            workspace=TEAM_KEY,
            channel=workspace.named("general").id,
            administers_workspace=name == "ada",
        )

    async def says(self, name: str, line: str) -> None:
        """Type a line as a person; it must not be refused."""
        reply = await self.world.runner.type(line, self.who(name))
        assert not reply.refused, reply

    async def school(self) -> School:
        (school,) = await self.world.database.read(lambda uow: uow.schools.linked_to(TEAM_KEY))
        return school

    async def code(self) -> str:
        school = await self.school()
        listed = await self.world.database.read(
            lambda uow: uow.invitations.listed(school.id, InvitationFilter(), limit=1)
        )
        return listed[0].code

    async def requests(self) -> list[JoinRequest]:
        school = await self.school()
        return await self.world.database.read(
            lambda uow: [*uow.join_requests.listed(school.id, RequestState.PENDING, after=None, limit=99)]
        )

    async def wait(self, number: int, name: str = "p") -> None:
        """Let `number` people ask to join, and deliver the notices about it."""
        code = await self.code()
        for place in range(number):
            await self.says(f"{name}{place}", f"join {code}")
        await self.world.deliver()


@asynccontextmanager
async def opened(
    url: str, server: SlackServer, *, at: datetime = START, zone: str = "UTC"
) -> AsyncIterator[Ground]:
    """Open a world with a school whose invitation leads to join requests."""
    server.workspace.channel("general")
    approvals = server.workspace.channel("approvals")
    client = api.client(BOT_TOKEN, server.api_base)
    client.session = api.session()
    clients = OneClient(client)
    async with client.session, open_world(url) as world:
        world.notifiers[Platform.SLACK] = SlackNotifier(clients, Pictures(clients))
        made = Ground(world, server)
        world.clock.at = at
        await made.says("ada", f"school create Maple zone:{zone}")
        await made.says("ada", f"school approvals channel:{approvals.id}")
        await made.says("ada", "school reminders remind_hours:0 escalate_hours:0")
        await made.says("ada", "school times digest_time:9:30")
        await made.says("ada", "invite create uses:99")
        await world.deliver()
        yield made


@dataclass(frozen=True)
class Deed:
    """What is to be interrupted: who does what, and when; without `does`, only sweeps and delivery run."""

    who: Caller
    does: Action | str | None = None
    at: datetime = START


async def redeem(ground: Ground) -> Deed:
    """Prepare that a person redeems a code and becomes a member at once."""
    await ground.says("ada", "school edit approval:automatic")
    return Deed(ground.who("nia"), f"join {await ground.code()}")


async def approve(ground: Ground) -> Deed:
    """Prepare that an approver approves one of several join requests."""
    await ground.wait(SOME)
    first, *_ = await ground.requests()
    return Deed(ground.who("ada"), Action("request approve", {"request": first.id}))


async def digest(ground: Ground) -> Deed:
    """Prepare that the time of the digest comes."""
    await ground.wait(SOME)
    return Deed(ground.who("ada"), at=START + timedelta(hours=1, minutes=31))


async def bulk(ground: Ground) -> Deed:
    """Prepare that a bulk plan of two chunks is applied."""
    return Deed(ground.who("ada"), await planned(ground))


async def planned(ground: Ground) -> Action:
    """Make a bulk plan of two chunks; return the action of the button that applies it."""
    school = await ground.school()

    def unit(uow: UnitOfWork) -> None:
        for number in range(CHUNK + SOME):
            build.membership(uow, school, build.person(uow, f"Many {number}"))

    await ground.world.database.run(unit)
    reply = await ground.world.runner.type("bulk plan act:suspend search:many", ground.who("ada"))
    return _button(reply, "bulk apply")


async def imported(ground: Ground) -> Deed:
    """Prepare that the plan of a file, which adds and invites people, is applied by a click."""
    rows = "".join(f"new{number}@example.org,New,N{number}\n" for number in range(SOME))
    file = HeldFile("people.csv", f"email,first name,last name\n{rows}".encode())
    asked = {"file": file, "invite": "yes"}
    reply = await ground.world.runner.run("roster import", ground.who("ada"), asked)
    return Deed(ground.who("ada"), _button(reply, "roster apply"))


async def roster(ground: Ground) -> Deed:
    """Prepare that a worker applies a roster, which adds people and then invites them."""
    school = await ground.school()
    people = [
        RosterRow(number, f"many{number}@example.org", "Many", f"M{number}", (), ("Staff",))
        for number in range(2, SOME + 2)
    ]

    def unit(uow: UnitOfWork) -> None:
        who = ground.who("ada")
        actor = Actor(who, uow.people.by_account(who.account))
        reading = Reading(columns.mapping(()), tuple(people))
        plan = planning.plan(uow, actor, Place(school), reading, Options(invite=True))
        assert isinstance(plan, Planned)
        waits = replace(plan.roster, state=ImportState.WAITING, started_by=actor.person_id, front="slack")
        assert uow.rosters.save(waits, expected=ImportState.PLANNED)

    await ground.world.database.run(unit)
    return Deed(ground.who("ada"))


async def transfer(ground: Ground) -> Deed:
    """Prepare that the Primary Admin transfers her work and her role as Primary Admin."""
    await ground.wait(SOME)
    for one in await ground.requests():
        action = Action("request approve", {"request": one.id})
        assert not (await ground.world.runner.act(action, ground.who("ada"))).refused
    await ground.says("ada", 'member roles person:P0 roles:"School Admin"')
    await ground.world.deliver()
    reply = await ground.world.runner.type("member transfer person:Ada to:P0 primary:yes", ground.who("ada"))
    return Deed(ground.who("ada"), _button(reply, "member hand"))


async def delivery(ground: Ground) -> Deed:
    """Prepare that several approvals are delivered."""
    await ground.wait(SOME)
    for one in await ground.requests():
        action = Action("request approve", {"request": one.id})
        assert not (await ground.world.runner.act(action, ground.who("ada"))).refused
    return Deed(ground.who("ada"))


async def messages(ground: Ground) -> Deed:
    """Prepare that a broadcast is sent."""
    await ground.says("ada", "school edit approval:automatic")
    code = await ground.code()
    for place in range(SOME):
        await ground.says(f"p{place}", f"join {code}")
    await ground.world.deliver()
    for (
        person
    ) in ground.people.values():  # else their ids would follow the order in which they are written to
        ground.server.workspace.direct(person.id)
    line = 'message send subject:Trip text:"Hello {{name}}"'
    reply = await ground.world.runner.type(line, ground.who("ada"))
    return Deed(ground.who("ada"), _button(reply, "message go"))


def _button(reply: Reply, command: str) -> Action:
    """Return the action of the button for a command on a reply's card."""
    assert isinstance(reply.answer, Card)
    rows = [block for block in reply.answer.blocks if isinstance(block, Actions)]
    buttons = [one for row in rows for one in row.buttons if isinstance(one, Button)]
    return next(one.action for one in buttons if one.action.command == command)


DEEDS: dict[str, Callable[[Ground], Awaitable[Deed]]] = {
    one.__name__: one
    for one in (redeem, approve, digest, bulk, imported, roster, transfer, delivery, messages)
}
