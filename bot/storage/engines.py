"""Connections to PostgreSQL: how long each of them waits, and what it hands to its driver."""

from typing import Any

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from bot.storage.addresses import asyncpg_url
from bot.storage.direct import forget, send
from bot.storage.types import JSON

# So many milliseconds somebody waits for what another holds, on both databases; then nothing was changed.
PATIENCE = 30_000
# On PostgreSQL whoever waits has a connection, which others may need for something else. So after so many of
# them it is given back, and the unit is run again a little later.
TURN = 1_000
# Who says nothing for so long in the middle of a transaction has gone, and others may have what it holds: the
# server hears of a machine that is cut off, or stands still, hours later or never.
SILENCE = 60_000


def opened(url: str, most: int, **options: bool) -> AsyncEngine:
    """Make an engine with so many connections at most, which it opens as they are needed."""
    engine = create_async_engine(
        asyncpg_url(url),
        pool_size=most,
        max_overflow=0,
        execution_options=options,
        hide_parameters=True,
        **JSON,
    )
    event.listen(engine.sync_engine, "connect", _set_up)
    # What does not go to the driver directly looks at what waits to go there, too; savepoints do.
    event.listen(engine.sync_engine, "before_cursor_execute", lambda connection, *_: send(connection))
    event.listen(engine.sync_engine, "checkin", lambda _, record: forget(record.info))
    return engine


def _set_up(fresh: Any, _: object) -> None:
    """Limit how long one waits, and is waited for; said by itself: poolers refuse it among what opens one.

    To compile a query takes longer than any of ours: 0.1 to 0.4 s for a page that is found in 0.01.
    """
    limits = f"SET lock_timeout = {min(TURN, PATIENCE)}; SET idle_in_transaction_session_timeout = {SILENCE}"
    fresh.run_async(lambda driver: driver.execute(f"{limits}; SET jit = off"))
