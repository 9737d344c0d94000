"""Whom an invitation is for, if it is for one person alone, and what it gives them."""

from datetime import datetime
from enum import StrEnum

from bot.core.actors import AccountKey
from bot.core.values import dataclass


class Way(StrEnum):
    """How an addressed invitation reaches its addressee."""

    HAND = "hand"
    DM = "dm"
    EMAIL = "email"


@dataclass(frozen=True, slots=True)
class Grant:
    """A role in a school that an addressed invitation gives."""

    school_id: str
    role: str


@dataclass(frozen=True, slots=True)
class Addressee:
    """Whom an invitation is for, how it reaches them, and what became of it.

    `name` is what the inviter typed. Without `email` and `account` it is for whoever was handed its link.
    `person_id` is nobody's but this invitation's, until the school knows them or they accept.
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
