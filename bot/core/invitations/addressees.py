"""The addressee of an invitation that is for one person, and the roles that it grants them."""

from datetime import datetime
from enum import StrEnum

from bot.core.rights.actors import AccountKey
from bot.core.values import dataclass


class Way(StrEnum):
    """How an addressed invitation reaches its addressee."""

    HAND = "hand"
    DM = "dm"
    EMAIL = "email"


@dataclass(frozen=True, slots=True)
class Grant:
    """A role in a school that an addressed invitation grants."""

    school_id: str
    role: str


@dataclass(frozen=True, slots=True)
class Addressee:
    """The person whom an invitation is for, how it reaches them, and what became of it.

    `name` is what the inviter typed. `person_id` is a new person, unless one of the invitation's schools knew
    them before.
    """

    person_id: str
    name: str
    email: str = ""
    account: AccountKey | None = None
    way: Way = Way.HAND
    send_at: datetime | None = None
    sent_at: datetime | None = None
    send_error: str = ""
    declined_at: datetime | None = None
    cleared_at: datetime | None = None

    @property
    def by_hand(self) -> bool:
        """Whether whoever was handed the link may answer. An e-mail whose address was deleted is not that."""
        return self.way is Way.HAND and self.account is None and not self.email
