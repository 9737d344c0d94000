"""Prints the audit log with names in place of ids, for people to read."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial

from bot.core.audit import AuditEntry
from bot.core.ports import UnitOfWork
from tests.core.door import Door

_ID = re.compile(r"\b[0-9a-hjkmnp-tv-z]{26}\b")


@dataclass
class Log:
    """The audit log of a door; each reading continues where the last one ended."""

    door: Door
    seen: set[str] = field(default_factory=set)
    named: dict[str, str] = field(default_factory=dict)

    async def fresh(self) -> str:
        """Return the entries since the last reading: who did what, where, with old and new values."""
        entries = [one for one in await self.door.audit_entries() if one.id not in self.seen]
        self.seen.update(one.id for one in entries)
        lines = [await self._readable(_line(one)) for one in sorted(entries, key=lambda one: one.at)]
        return "\n".join(lines) + "\n"

    async def _readable(self, line: str) -> str:
        for one in _ID.findall(line):
            if one not in self.named:
                called = await self.door.database.read(partial(_name, of=one))
                unnamed = sum(name.startswith("#") for name in self.named.values())
                self.named[one] = called or f"#{unnamed + 1}"
        return _ID.sub(lambda found: self.named[found[0]], line)


def _line(entry: AuditEntry) -> str:
    changed = f"\n  {_shown(entry.old)} -> {_shown(entry.new)}" if entry.old or entry.new else ""
    who, where = entry.actor_id or "nobody", entry.school_id or "nowhere"
    return f"{who} ({entry.front}, {where}) {entry.action} {entry.subject}{changed}"


def _shown(values: Mapping[str, object]) -> str:
    return ", ".join(f"{key}={value}" for key, value in values.items()) or "-"


def _name(uow: UnitOfWork, of: str) -> str | None:
    """Return the name of what has this id; None if it has none."""
    if (person := uow.people.by_id(of)) is not None:
        return person.name
    if (school := uow.schools.by_id(of)) is not None:
        return school.name
    if (invitation := uow.invitations.by_id(of)) is not None:
        return invitation.note or "unnamed"
    if (request := uow.join_requests.by_id(of)) is not None:
        return f"of {_name(uow, request.person_id)}"
    district = uow.districts.by_id(of)
    return district.name if district else None
