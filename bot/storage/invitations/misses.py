"""Misses: tries of codes that opened nothing, by a keyed hash of the account or address that tried."""

from collections.abc import Mapping
from datetime import datetime
from functools import cache

from sqlalchemy import Connection, Integer, bindparam, delete, func, select

from bot.core.ids import new_id
from bot.core.values import dataclass
from bot.storage.statements import Statement
from bot.storage.tables import misses
from bot.storage.vault import Vault

_ADD = Statement(misses.insert())


@cache
def _newest(number: int) -> Statement:
    """Return the query for the n-th newest miss of each of several keys, with one index look-up for each."""
    return Statement(
        select(
            *(
                select(misses.c.at)
                .where(misses.c.key == bindparam(f"key_{place}"))
                .order_by(misses.c.id.desc())
                .limit(1)
                .offset(bindparam(f"newer_{place}", type_=Integer))
                .scalar_subquery()
                .label(f"at_{place}")
                for place in range(number)
            )
        )
    )


@dataclass(frozen=True, slots=True)
class SqlMisses:
    """Misses in the database."""

    connection: Connection
    vault: Vault
    now: datetime

    def _key(self, whose: str) -> str:
        return self.vault.seal.index(f"miss of {whose}")

    def nth_newest(self, wanted: Mapping[str, int]) -> Mapping[str, datetime]:
        """Return when the n-th newest miss of each was, given {whose: n}; those with fewer are left out."""
        values: dict[str, str | int] = {}
        for place, (whose, number) in enumerate(wanted.items()):
            values[f"key_{place}"] = self._key(whose)
            values[f"newer_{place}"] = number - 1
        (found,) = _newest(len(wanted)).rows(self.connection, **values)
        return {whose: at for whose, at in zip(wanted, found, strict=True) if at is not None}

    def hold(self, whose: str) -> None:
        """Make other units that hold the same key wait until this one ends."""
        if self.connection.dialect.name == "postgresql":  # SQLite has one writer at a time
            number = func.hashtextextended(self._key(whose), 0)
            self.connection.execute(select(func.pg_advisory_xact_lock(number)))

    def add(self, whose: str, times: int) -> None:
        """Record a miss now, which can count several times."""
        for _ in range(times):
            _ADD.run(self.connection, key=self._key(whose), id=new_id(self.now), at=self.now)

    def drop(self, before: datetime) -> None:
        """Delete all misses before a moment."""
        self.connection.execute(delete(misses).where(misses.c.at < before))
