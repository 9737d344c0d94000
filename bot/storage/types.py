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


# What engines write and read JSON by; an encoder made for each value, as Python's is, takes tenfold.
JSON: _Json = {
    "json_serializer": lambda value: msgspec.json.encode(value).decode(),
    "json_deserializer": msgspec.json.decode,
}


class UtcDateTime(TypeDecorator[datetime]):
    """A moment in UTC: a time with a zone goes in, a time in UTC comes out."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[datetime | None], Any] | None:
        """Write a moment as SQLite's text at once, which takes a fifth of the general way."""
        return _as_text if dialect.name == "sqlite" else super().bind_processor(dialect)

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], datetime | None] | None:
        """Read SQLite's text at once, too."""
        return _as_moment if dialect.name == "sqlite" else super().result_processor(dialect, coltype)

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Bring a moment to UTC."""
        return None if value is None else _in_utc(value)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Give a moment its zone back."""
        return None if value is None else value.astimezone(UTC)


def _in_utc(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError(f"A moment without a zone cannot be stored: {value}")
    return value.astimezone(UTC)


@lru_cache(maxsize=256)  # a unit writes the same moment many times
def _as_text(value: datetime | None) -> str | None:
    """Write a moment as SQLAlchemy does; SQLite's column has no room for the zone."""
    return None if value is None else _in_utc(value).replace(tzinfo=None).isoformat(" ", "microseconds")


@lru_cache(maxsize=4096)  # so are schools and invitations read
def _as_moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text).replace(tzinfo=UTC)
