"""Broadcasts: messages to many members."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    bindparam,
    exists,
    insert,
    or_,
    select,
    update,
)

from bot.core.messages.broadcasts import (
    KIND,
    Broadcast,
    BroadcastState,
    DeliveryMethod,
    NotSentReason,
    RecipientState,
)
from bot.core.values import dataclass, field_names
from bot.storage.messages.recipients import SqlRecipients, row_of
from bot.storage.statements import Row, changed, without_key
from bot.storage.stuck import not_put_off
from bot.storage.tables import broadcast_recipients, broadcasts
from bot.storage.vault import Vault

_B, _R = broadcasts.c, broadcast_recipients.c

DUE = (
    select(broadcasts)
    .where(
        _B.state == BroadcastState.SCHEDULED.value,
        _B.send_at <= bindparam("now"),
        not_put_off(KIND, _B.id),
    )
    .order_by(_B.send_at, _B.id)
    .limit(bindparam("most"))
)
UNDER_WAY = (
    select(_B.id).where(_B.state == BroadcastState.SENDING.value, not_put_off(KIND, _B.id)).order_by(_B.id)
)
GATHERING = UNDER_WAY.where(_B.gathered_to.is_not(None))


def _waits(state: RecipientState) -> ColumnElement[bool]:
    of = (_R.broadcast_id == _B.id, _R.state == state.value)
    return exists().where(*of)


def _read(row: Row) -> Broadcast:
    known: dict[str, Any] = {name: getattr(row, name) for name in field_names(Broadcast)}
    known["by"], known["state"] = DeliveryMethod(row.by), BroadcastState(row.state)
    known["hindrance"] = NotSentReason(row.hindrance) if row.hindrance else None
    return Broadcast(**known)


@dataclass(frozen=True, slots=True)
class SqlBroadcasts:
    """Broadcasts in the database."""

    connection: Connection
    vault: Vault
    now: datetime
    # Called when the worker will have something to do once this unit is committed.
    note_queued: Callable[[], None] = lambda: None

    def add(self, broadcast: Broadcast) -> None:
        """Add a broadcast."""
        self.note_queued()
        self.connection.execute(insert(broadcasts), row_of(broadcast))

    def _one(self, query: Select[Any]) -> Broadcast | None:
        row = self.connection.execute(query).one_or_none()
        return _read(row) if row else None

    def by_id(self, broadcast_id: str) -> Broadcast | None:
        """Return the broadcast with this id."""
        return self._one(select(broadcasts).where(_B.id == broadcast_id))

    def hold(self, broadcast_id: str) -> Broadcast | None:
        """Return a broadcast, and make other units that hold it wait until this one ends."""
        held = select(broadcasts).where(_B.id == broadcast_id).with_for_update(key_share=True)
        return self._one(held)

    def save(self, broadcast: Broadcast, *, expected: BroadcastState) -> bool:
        """Store a broadcast; False if its stored state is not the expected one."""
        self.note_queued()
        same = (_B.id == broadcast.id, _B.state == expected.value)
        now = without_key(broadcasts, row_of(broadcast))
        return changed(self.connection, update(broadcasts).where(*same).values(**now))

    def listed(self, school_id: str, *, wide: bool, before: str | None, limit: int) -> Sequence[Broadcast]:
        """List a school's broadcasts, newest first; with `wide` those to its whole district, too."""
        which = [_B.school_id == school_id]
        if not wide:
            which.append(_B.district_id.is_(None))
        if before is not None:
            which.append(_B.id < before)
        query = select(broadcasts).where(*which).order_by(_B.id.desc()).limit(limit)
        return [_read(row) for row in self.connection.execute(query)]

    def unsent(self) -> Sequence[Broadcast]:
        """List all drafts and scheduled broadcasts, oldest first."""
        waits = _B.state.in_((BroadcastState.DRAFT.value, BroadcastState.SCHEDULED.value))
        rows = self.connection.execute(select(broadcasts).where(waits).order_by(_B.id))
        return [_read(row) for row in rows]

    def due(self, now: datetime, limit: int) -> Sequence[Broadcast]:
        """List the scheduled broadcasts that are due and not put off, the longest due first."""
        return [_read(row) for row in self.connection.execute(DUE, {"now": now, "most": limit})]

    def gathering(self) -> Sequence[str]:
        """List broadcasts under way whose recipients are still being stored; not what is put off."""
        return self.connection.execute(GATHERING, {"now": self.now}).scalars().all()

    def ready(self, ahead: int) -> Sequence[str]:
        """List broadcasts of which more can be queued, or all is delivered; not what is put off."""
        ready = or_(_waits(RecipientState.WAITING), ~_waits(RecipientState.QUEUED))
        under_way = SqlRecipients(self.connection, self.now)
        found = self.connection.execute(UNDER_WAY.where(_B.gathered_to.is_(None), ready), {"now": self.now})
        return [one for one in found.scalars() if under_way.count_queued(one) < ahead]

    def stop_token(self, person_id: str) -> str:
        """Return the token of a person's link for opting out of broadcasts; it is always the same."""
        return self.vault.signed_token(person_id, "stop messages")

    def person_of_stop_token(self, token: str) -> str | None:
        """Return the id of the person whose opt-out link has this token; None if it is not genuine."""
        return self.vault.id_in_token(token, "stop messages")
