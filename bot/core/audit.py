"""The record: exactly one entry a change, of ids and settings, never of names or addresses.

Entries form one hash chain a school, and one for what belongs to none. Each entry's hash covers
the hash before it, so nobody can change, drop or insert one without breaking all that follow.
"""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import TypeAlias

import msgspec

from bot.core import members
from bot.core.actors import Actor
from bot.core.ids import new_id
from bot.core.ports import UnitOfWork
from bot.core.values import dataclass, field, names

# Settings as an entry tells them, by name.
Told: TypeAlias = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """Who did what to which thing, from which front, with the values before and after."""

    id: str
    at: datetime
    school_id: str | None
    actor_id: str | None
    front: str
    action: str
    subject: str
    old: Mapping[str, object] = field(default_factory=dict)
    new: Mapping[str, object] = field(default_factory=dict)


# Not `asdict`, which copies all that is inside: every change is sealed.
_FIELDS = tuple(sorted(names(AuditEntry)))
# What is before the number, between it and the hash before, and after that, by the order of the alphabet.
_PIECES = (
    tuple(name for name in _FIELDS if name < "number"),
    tuple(name for name in _FIELDS if "number" < name < "previous"),
    tuple(name for name in _FIELDS if name > "previous"),
)
# As Python's `json` writes texts, whole numbers, lists and mappings with sorted keys, nothing between things,
# and letters as they are; nothing else is told.
_canonical = msgspec.json.Encoder(order="sorted").encode


def record(
    uow: UnitOfWork,
    actor: Actor,
    action: str,
    subject: str,
    *,
    school_id: str | None = None,
    by: str | None = None,
    old: Mapping[str, object] | None = None,
    new: Mapping[str, object] | None = None,
) -> AuditEntry:
    """Append an entry; `by` names the person where the actor has just become one."""
    provider = {"district": actor.for_district} if actor.for_district else {}
    entry = AuditEntry(
        id=new_id(uow.now),
        at=uow.now,
        school_id=school_id,
        actor_id=by or _who(uow, actor),
        front=actor.caller.account.issuer if provider else actor.caller.platform.value,
        action=action,
        subject=subject,
        old=old or {},
        new={**(new or {}), **provider},
    )
    uow.audit.add(entry)
    return entry


def _who(uow: UnitOfWork, actor: Actor) -> str | None:
    """Tell who acts; whom the settings alone know as an administrator is somebody from now on."""
    unmet = actor.is_system_administrator and actor.person is None
    return members.enrol(uow, actor).id if unmet else actor.person_id


def record_own(
    uow: UnitOfWork,
    action: str,
    subject: str,
    *,
    front: str,
    school_id: str | None,
    new: Mapping[str, object],
) -> None:
    """Append an entry for what happened by itself; nobody is its actor."""
    uow.audit.add(AuditEntry(new_id(uow.now), uow.now, school_id, None, front, action, subject, {}, new))


def words(action: str) -> str:
    """Say an action as people read and type it: role changed."""
    return " ".join(action.replace(".", " ").replace("_", " ").split())


def differing(old: Told, new: Told) -> tuple[Told, Told]:
    """Choose what an edit has changed, as it was and as it is."""
    changed = [name for name in new if old[name] != new[name]]
    return {name: old[name] for name in changed}, {name: new[name] for name in changed}


SYSTEM_CHAIN = "system"
# The front of what happened because its time had come.
CLOCK = "clock"
# The fronts of what a district's identity provider and its OneRoster folder did.
SCIM, ONEROSTER = "scim", "oneroster"
GENESIS = "0" * 64


@dataclass(frozen=True, slots=True)
class SealedEntry:
    """An entry in its place: the `number`-th of its chain, from 1 on."""

    entry: AuditEntry
    number: int
    hash: str


def chain_of(entry: AuditEntry) -> str:
    """Name the chain that an entry belongs to."""
    return entry.school_id or SYSTEM_CHAIN


def seal(entry: AuditEntry, number: int, previous: str) -> str:
    """Return the SHA-256, in hex, of an entry, its number and the hash before it."""
    content = _content(entry) | {"number": number, "previous": previous}
    return hashlib.sha256(_canonical(content)).hexdigest()


def pieces(entry: AuditEntry) -> tuple[str, str, str]:
    """Write what is sealed, JSON with sorted keys: between the pieces are its number and the hash before.

    So a database can seal an entry while it gives it its number.
    """
    content = _content(entry)
    first, middle, last = (
        _canonical({name: content[name] for name in names})[1:-1].decode() for names in _PIECES
    )
    return f'{{{first},"number":', f',{middle},"previous":"', f'",{last}}}'


def _content(entry: AuditEntry) -> dict[str, object]:
    return {name: getattr(entry, name) for name in _FIELDS} | {"at": entry.at.isoformat()}
