"""What PostgreSQL's failures mean: whether a unit of work is run again."""

from sqlalchemy.exc import DBAPIError

from bot.storage.statements import Outdated

# serialization_failure, deadlock_detected: PostgreSQL asks to run the transaction again.
_TRY_AGAIN = {"40001", "40P01"}
# lock_not_available: another holds what is needed. query_canceled: what the server says where its limit
# ends just as one wait gives way to the next: why is forgotten by then.
_HELD = {"55P03", "57014"}
# admin_shutdown, crash_shutdown, cannot_connect_now, connection_does_not_exist, connection_failure,
# idle_in_transaction_session_timeout: the server has hung up, or is starting. What was not committed did not
# take place.
_HUNG_UP = {"57P01", "57P02", "57P03", "08003", "08006", "25P03"}


def state(error: Exception) -> str | None:
    """Return the five letters that PostgreSQL has for what went wrong."""
    return getattr(getattr(error, "orig", error), "sqlstate", None)


def held(error: Exception) -> bool:
    """Tell whether the server let nobody wait any longer for what another holds."""
    return state(error) in _HELD


def asks_again(error: Exception) -> bool:
    """Tell whether nothing was changed, and the next try may go well."""
    return isinstance(error, Outdated) or hung_up(error) or state(error) in _TRY_AGAIN


def hung_up(error: Exception) -> bool:
    """Tell whether the server has gone, or could not be reached."""
    lost = isinstance(error, OSError) or (isinstance(error, DBAPIError) and error.connection_invalidated)
    return lost or state(error) in _HUNG_UP
