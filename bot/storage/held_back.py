"""Writes to PostgreSQL that are held back, so that many go to the server in one round trip.

A write is held back if its unit does not need its outcome: an INSERT of something new, or a conditional
UPDATE that will touch its row by all that the unit has read. If that proves wrong, another unit was first,
and this one is run again. None of them reads what another one writes.
"""

import re
from collections.abc import MutableMapping, Sequence
from collections.abc import Set as AbstractSet
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from bot.core.values import dataclass
from bot.storage import asyncpg_calls
from bot.storage.tables.searching import FILLED_BY_TRIGGERS

_WRITES = "writes that are held back"
# At most this many are sent as one statement: the longer it is, the longer it takes to plan, and each number
# of them is a statement that is prepared anew. A hundred would take twice as long for each row.
_MOST = 32
_UNIQUE_VIOLATION = "23505"
_PLACE = re.compile(r"\$(\d+)")
# A statement, and what it has in a WITH of its own. All literals are parameters, so ") INSERT" occurs once.
_WITH = re.compile(r"(?:WITH (.*\))\s+)?((?:INSERT|UPDATE) .*)", re.DOTALL)


class Outdated(Exception):
    """Another transaction has changed what this unit has read; the unit must be run again."""


@dataclass(frozen=True, slots=True)
class Write:
    """A statement that writes, with its values and tables; `must_touch` says that it must touch a row."""

    text: str
    values: Sequence[Any]
    tables: AbstractSet[str]
    must_touch: bool = False


def hold(connection: Connection, write: Write) -> None:
    """Hold a write back."""
    waiting = connection.info.setdefault(_WRITES, [])
    waiting.append(write)
    if len(waiting) == _MOST:
        flush(connection)


def fetch(
    connection: Connection, text: str, values: Sequence[Any], tables: AbstractSet[str]
) -> Sequence[Any]:
    """Run a query of these tables, after what is held back that it could see; return its rows."""
    flush_for(connection, tables)
    found: Sequence[Any] = _call("fetch", connection, text, values)
    return found


def flush_for(connection: Connection, tables: AbstractSet[str]) -> None:
    """Send what is held back if it may change one of these tables."""
    waiting = connection.info.get(_WRITES, ())
    if any(tables & (write.tables | FILLED_BY_TRIGGERS) for write in waiting):
        flush(connection)


def flush(connection: Connection) -> None:
    """Send what is held back on a connection, as one statement."""
    if connection.info.get(_WRITES):
        send(connection)


def discard(info: MutableMapping[Any, Any]) -> None:
    """Discard what a failed unit left held back on its connection."""
    info.pop(_WRITES, None)


def send(connection: Connection, *last: Write) -> int:
    """Send what is held back, and `last`; return how many rows the last of all touched.

    Raises `Outdated` if another unit has inserted the same key, or changed a row that was to be touched.
    """
    held = connection.info.get(_WRITES, ())
    writes = (*held, *last)
    discard(connection.info)
    try:
        touched = _send(connection, writes)
    except IntegrityError as error:
        found: Any = error.orig.__cause__ if error.orig else None
        if getattr(found, "sqlstate", "") == _UNIQUE_VIOLATION and any(
            found.table_name in write.tables for write in held
        ):
            raise Outdated("A row with the same key is there by now.") from error
        raise
    for write, number in zip(writes, touched, strict=True):
        if write.must_touch and not number:
            raise Outdated("The row is no longer as it was.")
    return touched[-1]


def _send(connection: Connection, writes: Sequence[Write]) -> Sequence[int]:
    """Send writes as one statement; return how many rows each of them touched."""
    text = combined(tuple(write.text for write in writes))
    values = [value for write in writes for value in write.values]
    if len(writes) > 1:
        numbers: Sequence[int] = _call("fetchrow", connection, text, values)
        return numbers
    status: str = _call("execute", connection, text, values)
    return (int(status.rpartition(" ")[2]),)


def _call(method: str, connection: Connection, text: str, values: Sequence[Any]) -> Any:
    info = connection.info  # a lost connection has none
    try:
        return asyncpg_calls.call(method, connection, text, values)
    except BaseException:
        discard(info)  # the transaction has failed, at least as far back as the last savepoint
        raise


@lru_cache(maxsize=1024)
def combined(texts: tuple[str, ...]) -> str:
    """Combine several writes into one statement, which returns how many rows each of them touched.

    PostgreSQL runs them as it works out these numbers: one after the other, each to its end. So rows are
    locked in the order in which the unit wrote them.
    """
    if len(texts) == 1:
        return texts[0]
    shift, parts = 0, []
    for number, text in enumerate(texts):
        own, write = _WITH.fullmatch(_renumbered(text, shift)).groups()  # type: ignore[union-attr]
        parts += [own] if own else []  # it may write, too, and then may only stand at the top
        parts.append(f"write_{number} AS ({write} RETURNING 1)")
        shift += _highest_number(text)
    counts = (f"(SELECT count(*) FROM write_{number})" for number in range(len(texts)))  # noqa: S608
    return f"WITH {', '.join(parts)} SELECT {', '.join(counts)}"


def _renumbered(text: str, by: int) -> str:
    """Renumber the placeholders of a statement; no other `$` occurs, because every literal is a parameter."""
    return _PLACE.sub(lambda place: f"${int(place[1]) + by}", text) if by else text


def _highest_number(text: str) -> int:
    return max((int(number) for number in _PLACE.findall(text)), default=0)
