"""One-time codes that people pass on: to become System Administrator, or to link a school or an account."""

import hashlib
from datetime import datetime, timedelta
from enum import StrEnum

from bot.core import audit
from bot.core.errors import ClaimUnusable
from bot.core.ids import new_code, new_id, normal_code
from bot.core.people import members
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import Actor
from bot.core.rights.roles import SYSTEM_ADMINISTRATOR
from bot.core.values import dataclass

LIFETIME = timedelta(hours=24)


class Purpose(StrEnum):
    """What typing a claim's code does."""

    SYSTEM_ADMINISTRATOR = "system administrator"
    LINK_SCHOOL = "link school"
    LINK_ACCOUNT = "link account"


@dataclass(frozen=True, slots=True)
class Claim:
    """A one-time code, stored by its hash.

    `subject` is the id of the person to link an account to, or `school id/person id` for the school to link
    and the person who offers it. For a System Administrator it is a new id that names nothing.
    """

    id: str
    code_hash: str
    purpose: Purpose
    subject: str
    created_at: datetime
    expires_at: datetime


def _hash(code: str) -> str:
    # 63 random bits that are valid for one day need no slow hash.
    return hashlib.sha256(code.encode()).hexdigest()


def issue(uow: UnitOfWork, purpose: Purpose, *, subject: str) -> str:
    """Return a new one-time code; an older one for the same purpose and subject stops working."""
    code = new_code()
    uow.claims.add(Claim(new_id(uow.now), _hash(code), purpose, subject, uow.now, uow.now + LIFETIME))
    return code


def offer_system_administrator(uow: UnitOfWork) -> str | None:
    """Return a one-time code for the first System Administrator; None if there is one already.

    Replicas that start at the same time each print a code, and all of these work until one is used.
    """
    if uow.members.somebody_with(SYSTEM_ADMINISTRATOR.name) is not None:
        return None
    return issue(uow, Purpose.SYSTEM_ADMINISTRATOR, subject=new_id(uow.now))


def find(uow: UnitOfWork, purpose: Purpose, typed: str) -> Claim:
    """Return the claim of a typed code without using it up; raise `ClaimUnusable` if there is none."""
    code = normal_code(typed)
    claim = uow.claims.find(_hash(code), purpose, uow.now) if code else None
    if claim is None:
        raise ClaimUnusable
    return claim


def take(uow: UnitOfWork, actor: Actor, purpose: Purpose, typed: str) -> Claim:
    """Use up the claim of a typed code and return it; raise `ClaimUnusable` if there is none."""
    code = normal_code(typed)
    claim = uow.claims.take(_hash(code), purpose, by=actor.person_id, now=uow.now) if code else None
    if claim is None:
        raise ClaimUnusable
    return claim


def become_system_administrator(uow: UnitOfWork, actor: Actor, typed: str) -> None:
    """Make the actor System Administrator if they typed the operator's one-time code."""
    take(uow, actor, Purpose.SYSTEM_ADMINISTRATOR, typed)
    uow.claims.drop(Purpose.SYSTEM_ADMINISTRATOR)
    person = members.enrol(uow, actor)
    uow.members.assign(person.id, SYSTEM_ADMINISTRATOR.name, None, by=None, at=uow.now)
    audit.record(
        uow,
        actor,
        "role.granted",
        f"person:{person.id}",
        by=person.id,
        new={"role": SYSTEM_ADMINISTRATOR.name, "scope": "system"},
    )
