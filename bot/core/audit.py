"""The audit log: exactly one entry for each change, with ids and settings, never names or addresses.

The entries of each school form a hash chain, and those that belong to no school another. The hash of an
entry covers the hash before it, so changing, dropping or inserting an entry breaks all hashes after it.
"""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

import msgspec

from bot.core.ids import new_id
from bot.core.people import members
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import Actor
from bot.core.values import dataclass, field, field_names

# What an entry says about a thing: settings and ids by their names.
AuditValues: TypeAlias = Mapping[str, object]


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


# Not `asdict`, which makes deep copies: sealing happens with every change and must be fast.
_FIELDS = tuple(sorted(field_names(AuditEntry)))
# The fields sorted by name, split where `number` and `previous` belong, which only the database knows.
_PIECES = (
    tuple(name for name in _FIELDS if name < "number"),
    tuple(name for name in _FIELDS if "number" < name < "previous"),
    tuple(name for name in _FIELDS if name > "previous"),
)
# Writes the same bytes as `json.dumps` with `sort_keys`, compact separators and without `ensure_ascii`, at
# least for texts, integers, lists and mappings; entries contain nothing else.
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
    """Append an entry to the log; `by` is the acting person's id if they were stored in this very unit."""
    provider = {"district": actor.for_district} if actor.for_district else {}
    entry = AuditEntry(
        id=new_id(uow.now),
        at=uow.now,
        school_id=school_id,
        actor_id=by or _acting_person_id(uow, actor),
        front=actor.caller.account.issuer if provider else actor.caller.platform.value,
        action=action,
        subject=subject,
        old=old or {},
        new={**(new or {}), **provider},
    )
    uow.audit.add(entry)
    return entry


def _acting_person_id(uow: UnitOfWork, actor: Actor) -> str | None:
    """Return the id of the acting person; a new administrator named by the settings is stored as a person."""
    is_new = actor.is_system_administrator and actor.person is None
    return members.enrol(uow, actor).id if is_new else actor.person_id


class ExportedList(StrEnum):
    """A list of people that somebody takes away as a file."""

    MEMBERS = "members"
    IMPORT = "import"
    DRIFT = "roster differences"
    BULK = "bulk work"
    MESSAGE = "message"
    AUDIT = "audit log"
    NAMED_AUDIT = "audit log with names"


def record_export(
    uow: UnitOfWork, actor: Actor, what: ExportedList, subject: str, *, school_id: str | None, rows: int
) -> None:
    """Append an entry for a list that leaves as a file: which one, of what, and how many rows."""
    new = {"list": what.value, "rows": rows}
    record(uow, actor, "list.exported", subject, school_id=school_id, new=new)


def record_without_actor(
    uow: UnitOfWork,
    action: str,
    subject: str,
    *,
    front: str,
    school_id: str | None,
    new: Mapping[str, object],
) -> None:
    """Append an entry for a change that no person made; it has no actor."""
    uow.audit.add(AuditEntry(new_id(uow.now), uow.now, school_id, None, front, action, subject, {}, new))


def action_words(action: str) -> str:
    """Return an action as people read and type it: `role.changed` as `role changed`."""
    return " ".join(action.replace(".", " ").replace("_", " ").split())


def changed_values(old: AuditValues, new: AuditValues) -> tuple[AuditValues, AuditValues]:
    """Return the values that an edit has changed, before and after."""
    changed = [name for name in new if old[name] != new[name]]
    return {name: old[name] for name in changed}, {name: new[name] for name in changed}


SYSTEM_CHAIN = "system"
# The front of changes that happen because a time has come.
CLOCK = "clock"
# The fronts of changes made by a district's identity provider, and by its OneRoster folder.
SCIM, ONEROSTER = "scim", "oneroster"
GENESIS = "0" * 64


@dataclass(frozen=True, slots=True)
class SealedEntry:
    """An entry with its place in its chain, counted from 1, and its hash."""

    entry: AuditEntry
    number: int
    hash: str


def chain_of(entry: AuditEntry) -> str:
    """Return the name of the chain that an entry belongs to."""
    return entry.school_id or SYSTEM_CHAIN


def seal(entry: AuditEntry, number: int, previous: str) -> str:
    """Return the SHA-256, in hex, of an entry together with its number and the previous hash."""
    content = _content(entry) | {"number": number, "previous": previous}
    return hashlib.sha256(_canonical(content)).hexdigest()


def pieces(entry: AuditEntry) -> tuple[str, str, str]:
    """Return the JSON that `seal` hashes in three pieces; the number and the previous hash go between them.

    So a database can seal an entry in the same statement that gives it its number.
    """
    content = _content(entry)
    first, middle, last = (
        _canonical({name: content[name] for name in names})[1:-1].decode() for names in _PIECES
    )
    return f'{{{first},"number":', f',{middle},"previous":"', f'",{last}}}'


def _content(entry: AuditEntry) -> dict[str, object]:
    return {name: getattr(entry, name) for name in _FIELDS} | {"at": entry.at.isoformat()}
