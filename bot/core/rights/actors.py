"""Who is acting, and from which platform and workspace."""

from enum import StrEnum

from bot.core.errors import ActorUnknown
from bot.core.values import dataclass


class Platform(StrEnum):
    """A place where people use the bot, or where it sends messages to them."""

    DISCORD = "discord"
    SLACK = "slack"
    WEB = "web"
    EMAIL = "email"


@dataclass(frozen=True, slots=True)
class AccountKey:
    """One account: who vouches for it (the issuer), and the issuer's id for it (the subject).

    Discord: ("discord", user id). Slack: ("slack", "team id/user id"). Playground: ("web", name).
    """

    issuer: str
    subject: str

    def __str__(self) -> str:
        """Return `issuer:subject`, the form that settings use."""
        return f"{self.issuer}:{self.subject}"


@dataclass(frozen=True, slots=True)
class WorkspaceKey:
    """A Discord guild, a Slack team or the playground, by the platform's id for it."""

    platform: Platform
    external_id: str

    def __str__(self) -> str:
        """Return `platform:id`, the form that the audit log uses."""
        return f"{self.platform}:{self.external_id}"

    @property
    def path(self) -> str:
        """Return `platform/id`, the form that the subjects of notices use."""
        return f"{self.platform}/{self.external_id}"

    @classmethod
    def from_path(cls, path: str) -> "WorkspaceKey":
        """Return the workspace whose `path` is the start of a text."""
        platform, external_id = path.split("/")[:2]
        return cls(Platform(platform), external_id)


@dataclass(frozen=True, slots=True)
class Caller:
    """What a front knows about the user who acts: an account that the platform vouches for, and the place.

    `administers_workspace` says that, according to the platform, they own or administer the workspace they
    act in. `zone` is an IANA name, if the platform gives it. `verified_email` is an address that the
    account's issuer says is theirs; else it is empty. `address` is the network address of a web request.
    """

    account: AccountKey
    name: str
    platform: Platform
    workspace: WorkspaceKey | None = None
    workspace_name: str = ""
    channel: str | None = None
    administers_workspace: bool = False
    zone: str | None = None
    locale: str = "en"
    verified_email: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True)
class Person:
    """A human being, whichever accounts they have."""

    id: str
    name: str
    zone: str | None = None


@dataclass(frozen=True, slots=True)
class Actor:
    """A caller and the person they are; `person` is None for a caller whom the bot does not know yet.

    `is_system_administrator` says that the operator's settings name this account. `for_district` is set
    when no person acts, but a district's own system, such as its identity provider, with its admins' rights.
    """

    caller: Caller
    person: Person | None
    is_system_administrator: bool = False
    for_district: str | None = None

    @property
    def known_person(self) -> Person:
        """The person; raises `ActorUnknown` if the bot does not know them yet."""
        if self.person is None:
            raise ActorUnknown
        return self.person

    @property
    def person_id(self) -> str | None:
        """The person's id, or None for a stranger."""
        return self.person.id if self.person else None


def district_actor(kind: str, district_id: str) -> Actor:
    """Return an actor for a system connected to a district: no person, with the rights of its admins."""
    return Actor(Caller(AccountKey(kind, district_id), "", Platform.WEB), None, for_district=district_id)
