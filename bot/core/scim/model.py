"""The values of SCIM: a district's tokens, users and groups."""

from datetime import datetime

from bot.core.email_addresses import email_key
from bot.core.values import dataclass

KIND = "scim"
# The path of the SCIM API below our own address.
ROOT = "/scim/v2"


@dataclass(frozen=True, slots=True)
class Token:
    """A bearer token of an identity provider; only a hash of its secret is stored."""

    id: str
    district_id: str
    secret_hash: str
    made_at: datetime
    expires_at: datetime | None = None
    used_at: datetime | None = None

    def works(self, now: datetime) -> bool:
        """Tell whether the token is accepted now."""
        return self.expires_at is None or now < self.expires_at


@dataclass(frozen=True, slots=True)
class Address:
    """An e-mail address as an identity provider sent it."""

    value: str
    type: str | None = None
    primary: bool | None = None


@dataclass(frozen=True, slots=True)
class Account:
    """A person's record at an identity provider. `active` is what the provider last said, if anything.

    People who are in the district without SCIM have a record, too, which is not `stored`.
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
        """The user name in the form in which user names are compared."""
        return email_key(self.user_name)

    @property
    def subject(self) -> str:
        """The person's subject in the audit log."""
        return f"person:{self.person_id}"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an identity provider wants a user to be; an `email` or `active` that it does not send is None."""

    user_name: str
    external_id: str | None = None
    first_name: str = ""
    last_name: str = ""
    email: Address | None = None
    active: bool | None = None


@dataclass(frozen=True, slots=True)
class User:
    """A user as an identity provider sees them; `acts` is whether any school of the district lets them in."""

    account: Account
    first_name: str
    last_name: str
    email: str
    acts: bool = True
    groups: tuple[tuple[str, str], ...] = ()

    @property
    def active(self) -> bool | None:
        """Whether the user may come in; None if that was never said and nothing bars them."""
        return self.account.active if self.acts else False

    @property
    def address(self) -> Address | None:
        """The e-mail address as it was sent, with its current value; None if none was sent."""
        own = self.account
        if not self.email or not own.email_told:
            return None
        return Address(self.email, own.email_type, own.email_primary)


@dataclass(frozen=True, slots=True)
class Group:
    """A group of an identity provider; once linked, its members have a role at a school."""

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
        """The group's subject in the audit log."""
        return f"scim_group:{self.id}"


@dataclass(frozen=True, slots=True)
class Page:
    """A page of results, and how many there are in all."""

    total: int
    users: tuple[User, ...] = ()
    groups: tuple[Group, ...] = ()
