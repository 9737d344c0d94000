"""Stuck items: those that failed in a sweep or worker and are put off until a later try."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    Connection,
    bindparam,
    delete,
    exists,
    func,
    select,
    update,
)

from bot.core.stuck import Stuck, TrackedItem
from bot.core.values import dataclass
from bot.storage.statements import Row, insert_new
from bot.storage.tables import stuck_things as table


def not_put_off(kind: str, of: ColumnElement[str]) -> ColumnElement[bool]:
    """Return the condition that an item is not put off; the statement takes the moment as `now`."""
    at_rest = (table.c.kind == kind, table.c.of == of, table.c.try_at > bindparam("now"))
    return ~exists().where(*at_rest)


def _is(item: TrackedItem) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return (table.c.kind == item.kind, table.c.of == item.of)


def _stuck(row: Row) -> Stuck:
    return Stuck(TrackedItem(row.kind, row.of), row.error, row.tries, row.since, row.try_at)


@dataclass(frozen=True, slots=True)
class SqlStuckThings:
    """Stuck items in the database."""

    connection: Connection

    def put_off(self, stuck: Stuck) -> None:
        """Store the failure of an item, and when it is tried again."""
        how = {"error": stuck.error, "tries": stuck.tries, "since": stuck.since, "try_at": stuck.try_at}
        if not insert_new(self.connection, table, {"kind": stuck.item.kind, "of": stuck.item.of, **how}):
            self.connection.execute(update(table).where(*_is(stuck.item)).values(**how))

    def of(self, item: TrackedItem) -> Stuck | None:
        """Return the failure of an item; None if it did not fail when it was last tried."""
        row = self.connection.execute(select(table).where(*_is(item))).one_or_none()
        return _stuck(row) if row else None

    def waiting(self, kind: str, now: datetime) -> frozenset[str]:
        """Return the ids of the items of a kind that are put off at a moment."""
        query = select(table.c.of).where(table.c.kind == kind, table.c.try_at > now)
        return frozenset(self.connection.execute(query).scalars())

    def clear(self, kind: str, tried: datetime) -> int:
        """Forget the items of a kind that could be tried by a moment and did not fail again; count them."""
        over = delete(table).where(table.c.kind == kind, table.c.try_at <= tried)
        return self.connection.execute(over).rowcount

    def forget(self, item: TrackedItem) -> None:
        """Forget an item that succeeded."""
        self.connection.execute(delete(table).where(*_is(item)))

    def listed(self, limit: int) -> Sequence[Stuck]:
        """List stuck items, the longest stuck first."""
        query = select(table).order_by(table.c.since, table.c.kind, table.c.of).limit(limit)
        return [_stuck(row) for row in self.connection.execute(query)]

    def count_by_kind(self) -> Mapping[str, int]:
        """Count stuck items by kind."""
        query = select(table.c.kind, func.count()).group_by(table.c.kind)
        return {row[0]: row[1] for row in self.connection.execute(query)}
