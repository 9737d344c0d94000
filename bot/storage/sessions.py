"""Whether each connection to PostgreSQL is a session of its own, which a pooler may not leave it."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.storage.addresses import Unusable


async def require_sessions(one: AsyncEngine, other: AsyncEngine) -> None:
    """Raise `Unusable` where two open connections are the same session of the server.

    A pooler hands sessions on after each transaction then. Statements are prepared and limits of waiting are
    set once for a session: another connection, or another replica's, would find other statements by the same
    names.
    """
    async with one.connect() as first, other.connect() as second:
        if await _session(first) == await _session(second):
            raise Unusable(
                "the database is behind a pooler that gives a session to others after each transaction: "
                "let it pool by session (PgBouncer's pool_mode=session), or name the server itself"
            )


async def _session(connection: AsyncConnection) -> object:
    number: object = await connection.scalar(text("SELECT pg_backend_pid()"))
    await connection.rollback()  # such a pooler gives it to the next who comes
    return number
