"""Scenarios on Slack: a local server and the real Bolt app, by signed HTTP or by Socket Mode."""

from contextlib import AsyncExitStack
from typing import Any, Self

from bot.core.rights.actors import Platform
from bot.platforms.slack.front import SlackFront
from tests.patience import PATIENCE
from tests.scenarios.stage import Stage
from tests.servers.slack.groups import Group
from tests.servers.slack.hand import Hand
from tests.servers.slack.reading import lines, text_of
from tests.servers.slack.running import front_for, over_http, over_socket
from tests.servers.slack.server import SlackServer
from tests.servers.slack.workspace import Person, UploadedFile
from tests.soak import SOAKING
from tests.world import World

PEOPLE = ("admin", "approver", "newcomer", "second", "third", "stranger")
CHANNELS = ("general", "approvals")
NATIVES = ("staff", "teacher")
# How Slack reaches the bot: by HTTP in stories, by Socket Mode in other scenarios (both in `make soak`).
BOTH = ("http", "socket")
WAYS = BOTH if SOAKING else ("socket",)


class Driver:
    """Does on Slack what a scenario says."""

    platform = Platform.SLACK

    def __init__(self, world: World, way: str = "http") -> None:
        self.world = world
        self.way = way
        self.server = SlackServer()
        self.people: dict[str, Person] = {}
        self.files: dict[str, bytes] = {}
        self._open = AsyncExitStack()
        self._running = AsyncExitStack()
        self._front: SlackFront
        self._hand: Hand

    async def __aenter__(self) -> Self:
        await self._open.enter_async_context(self.server)
        workspace = self.server.workspace
        for channel in CHANNELS:
            workspace.channel(channel)
        for name in NATIVES:
            self.server.group(name)
        self.people = {name: workspace.person(name, admin=name == "admin") for name in PEOPLE}
        await self._start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._running.aclose()
        await self._open.aclose()
        assert self.server.problems == []

    async def _start(self) -> None:
        self._front = front_for(self.world.runner, self.server, patience=PATIENCE)
        self.world.notifiers[Platform.SLACK] = self._front.notifier
        self.world.runner.native_syncs[Platform.SLACK] = self._front.groups
        running = over_http(self._front) if self.way == "http" else over_socket(self._front, self.server)
        self._hand = Hand(self.server, await self._running.enter_async_context(running))

    async def restart(self) -> None:
        """Stop the front and start a new one, as a restart of the process does."""
        await self._running.aclose()
        await self._start()

    def leave(self, who: str) -> None:
        """Deactivate a person's account."""
        self.server.workspace.deactivated.add(self.people[who].id)

    def native(self, name: str) -> set[str]:
        """Return the names of those who are in a user group."""
        group = self._group(name)
        users = [] if group.disabled else group.users
        return {who for who, person in self.people.items() if person.id in users}

    def by_hand(self, name: str, who: str, *, has: bool) -> None:
        """Add a person to a user group or remove them, as an admin of the workspace does."""
        users = set(self._group(name).users) - {self.people[who].id}
        self._group(name).users = sorted(users | {self.people[who].id} if has else users)

    def _group(self, name: str) -> Group:
        return next(group for group in self.server.groups.values() if group.handle == name)

    def mention(self, who: str) -> str:
        """Return a mention as people type it; Slack replaces it by the id."""
        return f"@{self.people[who].name}"

    async def type(self, who: str, line: str, channel: str = "general") -> None:
        """Type a line as in the playground; a file in it is uploaded first, and replaced by its link."""
        for name in self.files:
            if f":{name}" in line:
                line = line.replace(f":{name}", f":{self._upload(who, name).permalink}")
        await self._hand.type(self.people[who], line.removeprefix("/"), channel)
        await self._front.idle()

    async def click(self, who: str, label: str) -> None:
        """Click the newest visible button with that label."""
        await self._hand.click(self.people[who], label)
        await self._front.idle()

    async def choose(self, who: str, placeholder: str, item_label: str) -> None:
        """Choose from the newest visible select with that placeholder."""
        await self._hand.choose(self.people[who], placeholder, item_label)
        await self._front.idle()

    async def fill(self, who: str, **answers: str) -> None:
        """Answer the open form and submit it."""
        named = {
            name: self._upload(who, answer).id if answer in self.files else answer
            for name, answer in answers.items()
        }
        await self._hand.submit(self.people[who], **named)
        await self._front.idle()

    def _upload(self, who: str, name: str) -> UploadedFile:
        return self.server.workspace.upload(self.people[who].id, name, self.files[name])

    async def open_home(self, who: str) -> None:
        """Open the app's home tab."""
        await self._hand.open_home(self.people[who])
        await self._front.idle()

    async def on_home(self, who: str, label: str, *, chooses: bool = False) -> None:
        """Click a button, or choose an item, on the app's home tab."""
        does = self._hand.choose_home if chooses else self._hand.click_home
        await does(self.people[who], label)
        await self._front.idle()

    async def shortcut(self, who: str, name: str, **about: Any) -> None:
        """Choose a shortcut by its name; `about` describes the message that it is on, if any."""
        await self._hand.shortcut(self.people[who], name, **about)
        await self._front.idle()

    async def tell(self, kind: str, *, number: str = "", **event: Any) -> None:
        """Send an event to the bot."""
        await self._hand.tell(kind, number=number, **event)
        await self._front.idle()

    async def home(self, who: str) -> str:
        """Return the text of a person's home tab, once the front is idle."""
        await self._front.idle()
        shown = self.server.workspace.homes[self.people[who].id]
        return "\n".join(line for block in shown.view["blocks"] for line in lines(block))

    def form(self, who: str) -> str | None:
        """Return the title of the form that is open for a person; None if there is none."""
        opened = self._hand.opened(self.people[who])
        if opened is None:
            return None
        first = opened.view["blocks"][0]
        # A title that is too long for Slack's field is repeated in full at the top of the form.
        title = first["text"] if first["type"] == "header" else opened.view["title"]
        return str(title["text"])

    def visible(self, who: str) -> list[str]:
        """Return the text of all messages that a person sees, and the errors in their open form."""
        person = self.people[who]
        seen = [text_of(message) for message in self.server.workspace.seen_by(person.id)]
        opened = self._hand.opened(person)
        return [*seen, *opened.errors.values()] if opened else seen


def driver_of(stage: Stage) -> Driver:
    """Return the driver of a stage on Slack, which can do more than stories need."""
    assert isinstance(stage.driver, Driver)
    return stage.driver
