"""A sweep that finds a hundred due invitations, among a thousand and among a million."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from statistics import median
from time import process_time

from sqlalchemy import Connection, bindparam, text

from benchmarks.door import Door, furnish, open_door, person
from bot.core.ports import UnitOfWork
from bot.jobs.sweeps import sweep, sweeps
from bot.storage.types import UtcDateTime
from bot.storage.unit_of_work import SqlUnitOfWork

_DUE = 100
_ADMIN = person("admin", administers=True)
_SWEEP = next(one for one in sweeps() if one.name == "invitations")
_OWN = ("id", "code_index", "token_index")
_FRESH = "'0 ' || CAST(number AS TEXT)"
_AT = bindparam("at", type_=UtcDateTime())
_FILL = """
WITH RECURSIVE numbers(number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM numbers WHERE number < :many)
INSERT INTO invitations ({columns})
SELECT {values} FROM numbers, (SELECT * FROM invitations WHERE batch_id IS NULL ORDER BY id LIMIT 1) AS one
"""


@dataclass(frozen=True)
class Report:
    """The processor time of a sweep in each turn, in milliseconds, by the number of invitations."""

    times: Mapping[int, Sequence[float]]

    def shown(self) -> str:
        """Return the medians as a table."""
        halves = {size: median(times) for size, times in self.times.items()}
        least = halves[min(halves)]
        return "\n".join(
            f"  {size:>10,}{half:>10.1f} ms{half / least:>8.2f}" for size, half in halves.items()
        )


async def measured(urls: Mapping[int, str], turns: int) -> Report:
    """Fill a database for each number of invitations, and sweep them in turns."""
    doors: dict[int, str] = {}
    for size, url in urls.items():
        await furnish(url, "automatic")
        async with open_door(url) as door:
            await door.runner.run("invite batch", _ADMIN, {"count": _DUE, "expires": "5d"})
            await door.database.run(partial(_fill, many=size - _DUE - 1))
        doors[size] = url
    times: dict[int, list[float]] = {size: [] for size in urls}
    for _ in range(turns):
        for size, url in doors.items():
            async with open_door(url) as door:
                times[size].append(await _swept(door))
    return Report(times)


def _fill(uow: UnitOfWork, many: int) -> None:
    """Add invitations with which nothing is due for a year."""
    assert isinstance(uow, SqlUnitOfWork)  # noqa: S101
    connection = uow.members.connection
    columns = [row for row in _columns(connection) if row not in _OWN]
    into, of = (", ".join((*own, *columns)) for own in (_OWN, [_FRESH] * len(_OWN)))
    connection.execute(text(_FILL.format(columns=into, values=of)), {"many": many})
    quiet = text("UPDATE invitations SET expires_at = :at, due_at = :at WHERE batch_id IS NULL")
    connection.execute(quiet.bindparams(_AT), {"at": uow.now + timedelta(days=365)})


def _columns(connection: Connection) -> list[str]:
    return list(connection.execute(text("SELECT * FROM invitations LIMIT 0")).keys())


async def _swept(door: Door) -> float:
    """Make a hundred invitations due, and sweep; return the processor time in milliseconds."""

    def due(uow: UnitOfWork) -> None:
        assert isinstance(uow, SqlUnitOfWork)  # noqa: S101
        late = text("UPDATE invitations SET expires_at = :at, due_at = :at WHERE batch_id IS NOT NULL")
        uow.members.connection.execute(late.bindparams(_AT), {"at": uow.now - timedelta(minutes=1)})

    await door.database.run(due)
    began = process_time()
    done = await sweep(door.database, _SWEEP)
    took = process_time() - began
    if done != _DUE:
        raise TypeError(f"{done} were due")
    return took * 1000
