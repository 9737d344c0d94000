"""Column types that hold the same values on SQLite and PostgreSQL."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, TypedDict

import msgspec
from sqlalchemy import DateTime, Dialect, TypeDecorator


class _Json(TypedDict):
    json_serializer: Callable[[Any], str]
    json_deserializer: Callable[[str], Any]


# How engines encode and decode JSON; Python's own module makes an encoder for each value, which is ten times
# slower.
JSON: _Json = {
    "json_serializer": lambda value: msgspec.json.encode(value).decode(),
    "json_deserializer": msgspec.json.decode,
}


class UtcDateTime(TypeDecorator[datetime]):
    """A moment in UTC: it takes any aware datetime, and returns one in UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[datetime | None], Any] | None:
        """Format a moment for SQLite directly, in a fifth of the time that SQLAlchemy takes."""
        return _as_text if dialect.name == "sqlite" else super().bind_processor(dialect)

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], datetime | None] | None:
        """Parse SQLite's text directly, for the same reason."""
        return _as_moment if dialect.name == "sqlite" else super().result_processor(dialect, coltype)

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Convert a moment to UTC."""
        return None if value is None else _in_utc(value)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Return a stored moment with its zone set to UTC."""
        return None if value is None else value.astimezone(UTC)


def _in_utc(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError(f"A moment without a zone cannot be stored: {value}")
    return value.astimezone(UTC)


@lru_cache(maxsize=256)  # a unit writes the same moment many times
def _as_text(value: datetime | None) -> str | None:
    """Format a moment as SQLAlchemy does, without the zone, which SQLite's column cannot hold."""
    return None if value is None else _in_utc(value).replace(tzinfo=None).isoformat(" ", "microseconds")


@lru_cache(maxsize=4096)  # the same schools and invitations are read again and again
def _as_moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text).replace(tzinfo=UTC)
