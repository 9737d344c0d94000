"""Checks that each connection to PostgreSQL keeps a server session of its own, even behind a pooler."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.storage.addresses import Unusable


async def require_sessions(one: AsyncEngine, other: AsyncEngine) -> None:
    """Raise `Unusable` if two open connections turn out to share one session of the server.

    That is what a pooler does that hands a session on after each transaction. Statements are prepared, and
    timeouts set, once for each session; on a shared session a connection, or another replica, would find
    different statements under the same names.
    """
    async with one.connect() as first, other.connect() as second:
        if await _session(first) == await _session(second):
            raise Unusable(
                "the database is behind a connection pooler in transaction mode: set it to session mode "
                "(PgBouncer: pool_mode=session), or connect to the server itself"
            )


async def _session(connection: AsyncConnection) -> object:
    number: object = await connection.scalar(text("SELECT pg_backend_pid()"))
    await connection.rollback()  # a transaction pooler now hands the session to the next connection
    return number
