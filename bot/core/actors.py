"""Who acts, from where."""

from enum import StrEnum

from bot.core.errors import NotMet
from bot.core.values import dataclass


class Platform(StrEnum):
    """Where people talk to the bot, or are written to."""

    DISCORD = "discord"
    SLACK = "slack"
    WEB = "web"
    EMAIL = "email"


@dataclass(frozen=True, slots=True)
class AccountKey:
    """One identity: who vouches for it, and their name for it.

    Discord: ("discord", user id). Slack: ("slack", "team id/user id"). Playground: ("web", name).
    """

    issuer: str
    subject: str

    def __str__(self) -> str:
        """Show as `issuer:subject`, the form that settings use."""
        return f"{self.issuer}:{self.subject}"


@dataclass(frozen=True, slots=True)
class WorkspaceKey:
    """A Discord guild, a Slack team or the playground, by its own id there."""

    platform: Platform
    external_id: str

    def __str__(self) -> str:
        """Show as `platform:id`, the form that the audit log keeps."""
        return f"{self.platform}:{self.external_id}"

    @property
    def path(self) -> str:
        """Show as `platform/id`, the form in which the subjects of notices name it."""
        return f"{self.platform}/{self.external_id}"

    @classmethod
    def at(cls, path: str) -> "WorkspaceKey":
        """Read the workspace with whose path a text begins."""
        platform, external_id = path.split("/")[:2]
        return cls(Platform(platform), external_id)


@dataclass(frozen=True, slots=True)
class Caller:
    """What a front knows of whoever acts: an account the platform vouches for, and the place.

    `administers_workspace` is the platform's word that they own or administer the workspace
    they act in. `zone` is an IANA name, where the platform tells it. `verified_email` is an address
    that whoever vouches for the account says is theirs; empty where it does not say so. `address` is the
    network address that a web page is asked from.
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
    """A human being, whatever accounts they have."""

    id: str
    name: str
    zone: str | None = None


@dataclass(frozen=True, slots=True)
class Actor:
    """A caller as the core knows them; `person` is None for someone never met.

    `is_system_administrator` says that the operator's settings name this account. `for_district`
    is the district whose identity provider acts: nobody in person, with the rights of its admins.
    """

    caller: Caller
    person: Person | None
    is_system_administrator: bool = False
    for_district: str | None = None

    @property
    def met(self) -> Person:
        """The person; refuses with `NotMet` where nothing is known of them."""
        if self.person is None:
            raise NotMet
        return self.person

    @property
    def person_id(self) -> str | None:
        """The person's id, or None for a stranger."""
        return self.person.id if self.person else None


def of_district(kind: str, district_id: str) -> Actor:
    """Act as what is connected to a district: with the rights of its admins, and nobody in person."""
    return Actor(Caller(AccountKey(kind, district_id), "", Platform.WEB), None, for_district=district_id)
