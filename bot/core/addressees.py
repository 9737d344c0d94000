"""Whom an invitation is for, if it is for one person alone, and what it gives them."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


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

    `email` is empty where it is for an account in a chat; `name` is what the inviter typed.
    """

    person_id: str
    name: str
    email: str = ""
    way: Way = Way.HAND
    send_at: datetime | None = None
    sent_at: datetime | None = None
    send_error: str = ""
    declined_at: datetime | None = None
    cleared_at: datetime | None = None
