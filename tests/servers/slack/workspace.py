"""A Slack workspace and what it holds: people, channels, messages, open modals, files."""

import itertools
import time
from dataclasses import dataclass, field
from typing import Any

TEAM = "T0000001"
DOMAIN = "northfield"
BOT = "U000000BOT"


def slack_escaped(value: Any) -> Any:
    """Return a value as Slack sends it back, with all text in it escaped.

    Slack escapes texts (slackapi/bolt-python issue 513), titles and addresses. For values and ids this is not
    documented, so an app must be able to read these escaped too.
    """
    match value:
        case str():
            return value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        case dict():
            return {name: slack_escaped(part) for name, part in value.items()}
        case list():
            return [slack_escaped(part) for part in value]
        case _:
            return value


@dataclass
class Person:
    """A member of the workspace."""

    id: str
    name: str
    admin: bool = False
    tz: str = "Europe/Amsterdam"
    display_name: str = ""
    team: str = TEAM
    teams: tuple[str, ...] = ()
    # A guest of one channel, who cannot be invited to others.
    guest: bool = False
    bot: bool = False

    def facts(self) -> dict[str, Any]:
        """Describe the person as users.info does."""
        several = {"enterprise_user": {"id": self.id, "teams": list(self.teams)}} if self.teams else {}
        return {
            **several,
            "id": self.id,
            "team_id": self.team,
            "name": self.name,
            "deleted": False,
            "real_name": self.name.title(),
            "tz": self.tz,
            "is_admin": self.admin,
            "is_owner": False,
            "is_bot": self.bot,
            "is_restricted": self.guest,
            "is_ultra_restricted": self.guest,
            "profile": {
                "display_name": slack_escaped(self.display_name or self.name.title()),
                "real_name": slack_escaped(self.name.title()),
            },
        }


@dataclass
class Channel:
    """A channel, or the direct conversation of one person with the bot."""

    id: str
    name: str
    member: str | None = None
    archived: bool = False
    bot_is_in: bool = True
    private: bool = False
    members: set[str] = field(default_factory=set)

    def facts(self) -> dict[str, Any]:
        """Describe the channel as conversations.info does."""
        return {
            "id": self.id,
            "name": self.name,
            "is_private": self.private,
            "is_archived": self.archived,
            "is_member": self.bot_is_in,
        }


@dataclass
class Message:
    """A message; `only_for` names the one person who sees it."""

    ts: str
    channel: str
    text: str
    blocks: list[dict[str, Any]]
    only_for: str | None = None
    edits: int = 0


@dataclass
class ResponseUrl:
    """A URL to which answers to one command or click can be posted."""

    channel: str
    user: str
    message: Message | None
    uses: int = 0
    expired: bool = False


@dataclass
class Trigger:
    """Permission to open one modal for one person within a few seconds."""

    user: str
    at: float = field(default_factory=time.monotonic)
    used: bool = False


@dataclass
class View:
    """A modal that is open."""

    id: str
    user: str
    view: dict[str, Any]
    errors: dict[str, str] = field(default_factory=dict)
    # What the person has entered, by block id and action id. An update with the same two ids keeps the entry,
    # whatever initial value it gives (docs.slack.dev/reference/methods/views.update, "Preserving input
    # entry"; a select does not show a new `initial_option`, slackapi/bolt-python issue 629).
    entered: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)


@dataclass
class UploadedFile:
    """A file that a person has uploaded."""

    id: str
    user: str
    name: str
    content: bytes
    url: str = ""
    more: dict[str, Any] = field(default_factory=dict)

    @property
    def permalink(self) -> str:
        """The link to the file that people can copy."""
        return f"https://{DOMAIN}.slack.com/files/{self.user}/{self.id}/{self.name}"

    def facts(self) -> dict[str, Any]:
        """Describe the file as files.info and submitted forms do."""
        return {
            "id": self.id,
            "user": self.user,
            "name": slack_escaped(self.name),
            "title": slack_escaped(self.name),
            "size": len(self.content),
            "mode": "hosted",
            "is_external": False,
            "is_public": False,
            "permalink": self.permalink,
            "url_private": self.url,
            "url_private_download": self.url,
            **self.more,
        }


class Workspace:
    """One workspace."""

    def __init__(
        self, team: str = TEAM, domain: str = DOMAIN, organization: str = "", first: int = 1
    ) -> None:
        self.team, self.domain, self.organization = team, domain, organization
        # Whether it has the app through the installation of its whole organisation.
        self.has_organization_install = False
        self.people: dict[str, Person] = {}
        self.deactivated: set[str] = set()
        self.channels: dict[str, Channel] = {}
        self.messages: list[Message] = []
        self.views: dict[str, View] = {}
        self.homes: dict[str, View] = {}
        self.triggers: dict[str, Trigger] = {}
        self.responses: dict[str, ResponseUrl] = {}
        self.files: dict[str, bytes] = {}
        self.uploads: dict[str, UploadedFile] = {}
        self._numbers = itertools.count(first)

    def person(self, name: str, **facts: Any) -> Person:
        """Add a person."""
        known = Person(f"U{next(self._numbers):07}", name, **{"team": self.team, **facts})
        self.people[known.id] = known
        return known

    def listed(self) -> list[dict[str, Any]]:
        """Describe everyone as users.list does, including the bot and deactivated people."""
        bot = {"id": BOT, "team_id": self.team, "name": "homeroom", "is_bot": True, "profile": {}}
        people = [{**one.facts(), "deleted": one.id in self.deactivated} for one in self.people.values()]
        return [bot, *people]

    def channel(self, name: str, **facts: Any) -> Channel:
        """Add a channel whose messages everybody sees."""
        made = Channel(f"C{next(self._numbers):07}", name, **facts)
        self.channels[made.id] = made
        return made

    def direct(self, user: str) -> Channel:
        """Return the direct conversation of the bot with a person; open it if needed."""
        for known in self.channels.values():
            if known.member == user:
                return known
        made = Channel(f"D{next(self._numbers):07}", "", member=user)
        self.channels[made.id] = made
        return made

    def named(self, name: str) -> Channel:
        """Find a channel by its name."""
        return next(channel for channel in self.channels.values() if channel.name == name)

    def post(self, channel: str, body: dict[str, Any], only_for: str | None = None) -> Message:
        """Add a message."""
        ts = f"{1_700_000_000 + next(self._numbers)}.000100"
        message = Message(ts, channel, body.get("text", ""), body.get("blocks", []), only_for)
        self.messages.append(message)
        return message

    def change(self, message: Message, body: dict[str, Any]) -> None:
        """Change a message."""
        message.text, message.blocks = body.get("text", ""), body.get("blocks", [])
        message.edits += 1

    def find(self, channel: str, ts: str) -> Message | None:
        """Find a message that everybody in the channel sees; None if there is none."""
        return next(
            (m for m in self.messages if m.channel == channel and m.ts == ts and m.only_for is None), None
        )

    def seen_by(self, user: str) -> list[Message]:
        """List what a person sees, oldest first."""
        return [
            message
            for message in self.messages
            if message.only_for in {None, user} and self.channels[message.channel].member in {None, user}
        ]

    def upload(self, user: str, name: str, content: bytes) -> UploadedFile:
        """Upload a file as a person."""
        made = UploadedFile(f"F{next(self._numbers):09}", user, name, content)
        self.uploads[made.id] = made
        return made

    def trigger(self, user: str) -> str:
        """Issue a trigger for a person; return its id."""
        name = f"{next(self._numbers)}.trigger"
        self.triggers[name] = Trigger(user)
        return name

    def publish(self, user: str, view: dict[str, Any]) -> View:
        """Show a view on a person's home tab."""
        made = self.homes.setdefault(user, View(f"V{next(self._numbers):07}", user, view))
        made.view = view
        return made

    def open(self, user: str, view: dict[str, Any]) -> View:
        """Open a modal for a person, in place of one that is open."""
        made = View(f"V{next(self._numbers):07}", user, view)
        self.views[user] = made
        return made
