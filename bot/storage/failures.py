"""Tells by PostgreSQL's error codes whether a unit of work can be run again."""

from sqlalchemy.exc import DBAPIError

from bot.storage.held_back import Outdated

# serialization_failure, deadlock_detected: PostgreSQL asks to run the transaction again.
_TRY_AGAIN = {"40001", "40P01"}
# lock_not_available: another transaction holds the lock. query_canceled: the server reports this instead when
# the lock timeout fires just as one wait ends and the next begins, because the reason is lost by then.
_HELD = {"55P03", "57014"}
# admin_shutdown, crash_shutdown, cannot_connect_now, connection_does_not_exist, connection_failure,
# idle_in_transaction_session_timeout: the server has closed the connection, or is starting. Whatever was not
# committed is rolled back.
_HUNG_UP = {"57P01", "57P02", "57P03", "08003", "08006", "25P03"}


def sqlstate(error: Exception) -> str | None:
    """Return PostgreSQL's five-character SQLSTATE code for an error; None if it has none."""
    return getattr(getattr(error, "orig", error), "sqlstate", None)


def lock_timed_out(error: Exception) -> bool:
    """Return whether the unit waited too long for a lock that another transaction holds."""
    return sqlstate(error) in _HELD


def is_retryable(error: Exception) -> bool:
    """Return whether the unit changed nothing and may succeed if it is run again."""
    return isinstance(error, Outdated) or connection_lost(error) or sqlstate(error) in _TRY_AGAIN


def connection_lost(error: Exception) -> bool:
    """Return whether the connection was lost, or the server could not be reached."""
    lost = isinstance(error, OSError) or (isinstance(error, DBAPIError) and error.connection_invalidated)
    return lost or sqlstate(error) in _HUNG_UP
