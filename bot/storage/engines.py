"""Engines for PostgreSQL: pool sizes, timeouts, and the hooks that send held-back writes."""

from functools import partial
from typing import Any

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from bot.storage.addresses import asyncpg_url
from bot.storage.held_back import discard, flush
from bot.storage.types import JSON

# How long a unit waits for a lock on either database before it fails, in milliseconds.
LOCK_PATIENCE = 30_000
# On PostgreSQL a unit that waits for a lock occupies a connection that other units may need. After this many
# milliseconds it gives the connection back, and is run again a little later.
LOCK_TURN = 1_000
# After this many milliseconds without a statement in a transaction, the server ends the session and frees its
# locks. Without this it learns hours later, or never, that a machine was cut off or has frozen.
IDLE_LIMIT = 60_000
# After this many seconds without traffic, the server sends a sign of life.
_KEEPALIVE = 60


def open_engine(url: str, most: int, *, reads: bool = False) -> AsyncEngine:
    """Create an engine that opens connections as they are needed, and never more than `most`.

    The connection that was returned last is taken first: what its server process has prepared and cached is
    the freshest, and for one request at a time that is twice as fast as taking turns.

    With `reads`, nothing can be written, and each statement is a transaction of its own. To queries that is
    the same, since within a transaction each would see what is committed by then, too; it saves two ways to
    the server.
    """
    engine = create_async_engine(
        asyncpg_url(url),
        pool_size=most,
        max_overflow=0,
        pool_use_lifo=True,
        isolation_level="AUTOCOMMIT" if reads else None,
        execution_options={"postgresql_readonly": True} if reads else None,
        hide_parameters=True,
        **JSON,
    )
    event.listen(engine.sync_engine, "connect", partial(_set_up, reads=reads))
    # Statements that SQLAlchemy runs itself, such as savepoints, must come after the writes held back so far.
    event.listen(engine.sync_engine, "before_cursor_execute", lambda connection, *_: flush(connection))
    event.listen(engine.sync_engine, "checkin", lambda _, record: discard(record.info))
    return engine


def _set_up(fresh: Any, _: object, *, reads: bool) -> None:
    """Set the timeouts of a new connection, and switch off JIT compilation.

    The timeouts are set by a statement because poolers refuse them as connection parameters. The server keeps
    an idle connection alive, which a firewall between the two would forget. JIT compilation would take longer
    than any of our queries: 0.1 to 0.4 s for a page that is found in 0.01 s.
    """
    limits = (
        f"SET lock_timeout = {min(LOCK_TURN, LOCK_PATIENCE)}; "
        f"SET idle_in_transaction_session_timeout = {IDLE_LIMIT}; "
        f"SET tcp_keepalives_idle = {_KEEPALIVE}"
    )
    if reads:
        limits += "; SET default_transaction_read_only = on"
    fresh.run_async(lambda driver: driver.execute(f"{limits}; SET jit = off"))
