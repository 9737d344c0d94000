"""What SCIM knows of a district: tokens, users, groups."""

from datetime import datetime

from bot.core.people import email_key
from bot.core.values import dataclass

KIND = "scim"
# Where an identity provider asks, after our own address.
ROOT = "/scim/v2"


@dataclass(frozen=True, slots=True)
class Token:
    """What an identity provider shows to be let in, by the hash of its secret."""

    id: str
    district_id: str
    secret_hash: str
    made_at: datetime
    expires_at: datetime | None = None
    used_at: datetime | None = None

    def works(self, now: datetime) -> bool:
        """Tell whether it lets somebody in now."""
        return self.expires_at is None or now < self.expires_at


@dataclass(frozen=True, slots=True)
class Address:
    """An e-mail address as an identity provider told it."""

    value: str
    type: str | None = None
    primary: bool | None = None


@dataclass(frozen=True, slots=True)
class Account:
    """What an identity provider calls a person. `active` is what it last said of them, if anything.

    Somebody whom the district has without SCIM has one, too, which is not stored.
    """

    id: str
    district_id: str
    person_id: str
    user_name: str
    created_at: datetime
    changed_at: datetime
    external_id: str | None = None
    active: bool | None = None
    email_told: bool = False
    email_type: str | None = None
    email_primary: bool | None = None
    deleted_at: datetime | None = None
    stored: bool = True

    @property
    def key(self) -> str:
        """The user name without regard to case."""
        return email_key(self.user_name)

    @property
    def subject(self) -> str:
        """The name by which the audit log knows whom it is about."""
        return f"person:{self.person_id}"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an identity provider wants a user to be. An `email` or a truth that it does not tell is None."""

    user_name: str
    external_id: str | None = None
    first_name: str = ""
    last_name: str = ""
    email: Address | None = None
    active: bool | None = None


@dataclass(frozen=True, slots=True)
class User:
    """A user as an identity provider sees them; `acts` is whether a school of the district lets them in."""

    account: Account
    first_name: str
    last_name: str
    email: str
    acts: bool = True
    groups: tuple[tuple[str, str], ...] = ()

    @property
    def active(self) -> bool | None:
        """Whether they may come in; None where nothing was ever said of it, and nothing keeps them out."""
        return self.account.active if self.acts else False

    @property
    def address(self) -> Address | None:
        """The address as it was told, with what it is now."""
        own = self.account
        if not self.email or not own.email_told:
            return None
        return Address(self.email, own.email_type, own.email_primary)

    @property
    def wanted(self) -> Wanted:
        """What it would take to leave them as they are."""
        own = self.account
        names = (self.first_name, self.last_name)
        return Wanted(own.user_name, own.external_id, *names, self.address, own.active)


@dataclass(frozen=True, slots=True)
class Group:
    """A group of an identity provider; linked, its members have a role at a school."""

    id: str
    district_id: str
    name: str
    created_at: datetime
    changed_at: datetime
    external_id: str | None = None
    school_id: str | None = None
    role: str | None = None

    @property
    def subject(self) -> str:
        """The name by which the audit log knows it."""
        return f"scim_group:{self.id}"


@dataclass(frozen=True, slots=True)
class Page:
    """Some of what was found, and how many there are in all."""

    total: int
    users: tuple[User, ...] = ()
    groups: tuple[Group, ...] = ()
