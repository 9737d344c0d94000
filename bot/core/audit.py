"""The record: exactly one entry a change, of ids and settings, never of names or addresses."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bot.core.actors import Actor
from bot.core.ids import new_id
from bot.core.ports import UnitOfWork


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
) -> None:
    """Append an entry; `by` names the person where the actor has just become one."""
    uow.audit.add(
        AuditEntry(
            id=new_id(uow.now),
            at=uow.now,
            school_id=school_id,
            actor_id=by or actor.person_id,
            front=actor.caller.platform.value,
            action=action,
            subject=subject,
            old=old or {},
            new=new or {},
        )
    )
