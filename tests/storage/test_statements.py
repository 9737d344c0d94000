"""Statements sent directly to the driver have the same results as through SQLAlchemy."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Connection,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    bindparam,
    create_engine,
    select,
    text,
    update,
)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import create_async_engine

from bot.storage.addresses import asyncpg_url
from bot.storage.statements import Statement, in_parameters, in_values, insert_new
from bot.storage.types import UtcDateTime

_things = Table(
    "things",
    MetaData(),
    Column("id", Text, primary_key=True),
    Column("size", Integer),
    Column("open", Boolean, nullable=False),
    Column("at", UtcDateTime),
    Column("kept", JSON, nullable=False),
    Column("sealed", LargeBinary),
)
_INDIA = timezone(timedelta(hours=5, minutes=30))
_ADD = Statement(_things.insert())
_ALL = Statement(select(_things).order_by(_things.c.id))
_OPEN = Statement(select(_things).where(_things.c.open.is_(True), _things.c.size == bindparam("wanted")))
_GROW = Statement(
    update(_things).where(_things.c.id == bindparam("of")).values(size=_things.c.size + bindparam("by"))
)
_ROWS: tuple[dict[str, Any], ...] = (
    {"id": "a", "size": 1, "open": True, "at": datetime(2026, 9, 1, 8, tzinfo=UTC), "kept": {"ä": [1]}},
    {
        "id": "b",
        "size": None,
        "open": False,
        "at": datetime(2026, 9, 1, 8, 0, 0, 7, tzinfo=_INDIA),
        "kept": [],
    },
    {"id": "c", "size": 1, "open": True, "at": None, "kept": None},
)


@pytest.fixture
def connection() -> Iterator[Connection]:
    with create_engine("sqlite://").connect() as opened:
        _fill(opened)
        yield opened


def _fill(connection: Connection) -> None:
    _things.metadata.create_all(connection)
    for number, row in enumerate(_ROWS):
        _ADD.run(connection, **row, sealed=bytes([number, 255]))


def test_rows_are_those_of_sqlalchemy(connection: Connection) -> None:
    by_core = connection.execute(select(_things).order_by(_things.c.id)).all()
    found = _ALL.rows(connection)
    assert [tuple(row) for row in found] == [tuple(row) for row in by_core]
    assert [row._asdict() for row in found] == [row._asdict() for row in by_core]


def test_values_are_written_as_sqlalchemy_writes_them(connection: Connection) -> None:
    directly = connection.execute(text("SELECT * FROM things ORDER BY id")).all()
    connection.execute(_things.delete())
    for number, row in enumerate(_ROWS):
        connection.execute(_things.insert(), {**row, "sealed": bytes([number, 255])})
    assert connection.execute(text("SELECT * FROM things ORDER BY id")).all() == directly
    assert directly[0].at == "2026-09-01 08:00:00.000000"


def test_constants_and_given_values_go_together(connection: Connection) -> None:
    assert [row.id for row in _OPEN.rows(connection, wanted=1)] == ["a", "c"]
    assert _OPEN.row(connection, wanted=2) is None
    with pytest.raises(LookupError):
        _OPEN.row(connection, wanted=1)


def test_rows_that_were_touched_are_counted(connection: Connection) -> None:
    assert _GROW.run(connection, of="a", by=2) == 1
    assert _GROW.run(connection, of="nothing", by=2) == 0
    assert [row.size for row in _ALL.rows(connection)] == [3, None, 1]


def test_a_forgotten_value_is_no_null(connection: Connection) -> None:
    with pytest.raises(KeyError):
        _GROW.run(connection, of="a")
    with pytest.raises(KeyError):
        _OPEN.rows(connection)


def test_a_value_that_is_not_asked_for_is_refused(connection: Connection) -> None:
    with pytest.raises(TypeError, match="colour"):
        _ADD.run(connection, **_ROWS[0], colour="red")
    with pytest.raises(TypeError, match="colour"):
        _OPEN.rows(connection, wanted=1, colour="red")


def test_a_moment_without_a_zone_is_refused(connection: Connection) -> None:
    with pytest.raises(ValueError, match="zone"):
        _ADD.run(connection, **{**_ROWS[0], "id": "d", "at": datetime(2026, 9, 1)})  # noqa: DTZ001


def test_errors_are_those_of_sqlalchemy_and_show_no_values(connection: Connection) -> None:
    with pytest.raises(IntegrityError) as caught:
        _ADD.run(connection, **{**_ROWS[0], "kept": "canary"})
    assert "canary" not in str(caught.value)


def test_what_is_there_is_not_inserted_again(connection: Connection) -> None:
    row = {"id": "a", "size": 9, "open": False, "kept": {}}
    assert not insert_new(connection, _things, row)
    assert insert_new(connection, _things, {**row, "id": "new"})
    assert [one.size for one in _ALL.rows(connection)] == [1, None, 1, 9]


def test_several_values_fill_an_in(connection: Connection) -> None:
    query = Statement(
        select(_things.c.id).where(_things.c.id.in_(in_parameters("id", 2))).order_by(_things.c.id)
    )
    assert [row.id for row in query.rows(connection, **in_values("id", ["c", "a"]))] == ["a", "c"]


@pytest.mark.parametrize(
    "check",
    [
        test_rows_are_those_of_sqlalchemy,
        test_constants_and_given_values_go_together,
        test_rows_that_were_touched_are_counted,
        test_a_forgotten_value_is_no_null,
        test_a_value_that_is_not_asked_for_is_refused,
        test_a_moment_without_a_zone_is_refused,
        test_errors_are_those_of_sqlalchemy_and_show_no_values,
        test_what_is_there_is_not_inserted_again,
        test_several_values_fill_an_in,
    ],
)
async def test_on_postgresql_too(postgres_url: str, check: Callable[[Connection], None]) -> None:
    engine = create_async_engine(asyncpg_url(postgres_url), hide_parameters=True)

    def checked(connection: Connection) -> None:
        _fill(connection)
        check(connection)

    async with engine.connect() as connection:  # all of it is rolled back
        await connection.run_sync(checked)
    await engine.dispose()
