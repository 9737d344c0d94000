"""The bot's look-ups of people, against a local Slack."""

from dataclasses import dataclass, field

from bot.core.rights.actors import Caller
from bot.platforms.slack import api
from bot.platforms.slack.installing.clients import OneClient
from bot.platforms.slack.people.people import People, SlackUser
from bot.platforms.slack.work import InFlight
from tests.servers.slack.server import BOT_TOKEN, SlackServer
from tests.servers.slack.workspace import TEAM, Person


@dataclass
class Asking:
    """The bot's cache of people against a local Slack, with a clock that tests set."""

    server: SlackServer
    work: InFlight = field(default_factory=InFlight)
    now: float = 1000.0
    people: People = field(init=False)

    def __post_init__(self) -> None:
        clients = OneClient(api.client(BOT_TOKEN, self.server.api_base))
        clients.open()
        self.clients = clients
        self.people = People(clients, self.work, lambda: self.now)

    async def about(self, *who: Person) -> list[Caller]:
        found = []
        for one in who:
            found.append(await self.caller(one))
            await self.work.idle()
        return found

    async def caller(self, who: Person) -> Caller:
        """Look up one person, without waiting for a list that may be loading."""
        return await self.people.caller(SlackUser(who.id, "handle", TEAM, TEAM))

    @property
    def asked(self) -> int:
        return len(self.server.called("users.info"))

    @property
    def lists(self) -> int:
        return len(self.server.called("users.list"))


def folk(asking: Asking, number: int, name: str = "pupil") -> list[Person]:
    return [asking.server.workspace.person(f"{name} {one}") for one in range(number)]
