"""Statements sent directly to the driver have the same results as through SQLAlchemy."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import asyncpg
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
    func,
    select,
    text,
    update,
)
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.util import await_only

from bot.core.actors import AccountKey, Person
from bot.core.ports import UnitOfWork
from bot.storage.addresses import asyncpg_url
from bot.storage.database import PostgresDatabase, open_database
from bot.storage.statements import Statement, in_parameters, in_values, insert_new, insert_new_deferred
from bot.storage.types import UtcDateTime
from bot.storage.vault import Vault
from tests.storage import build
from tests.storage.statements import before_statements
from tests.world import KEY, START, FakeClock

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
_FIRST = """
WITH person AS (
  INSERT INTO persons (id, name, search_name, created_at) VALUES ('first', 'Ada', 'ada', now())
)
INSERT INTO accounts (issuer, subject, person_id, linked_at) VALUES ('discord', '1', 'first', now())
"""
_INDIA = timezone(timedelta(hours=5, minutes=30))
_ADD = Statement(_things.insert())
_ALL = Statement(select(_things).order_by(_things.c.id))
_OPEN = Statement(select(_things).where(_things.c.open.is_(True), _things.c.size == bindparam("wanted")))
_GROW = Statement(
    update(_things).where(_things.c.id == bindparam("of")).values(size=_things.c.size + bindparam("by"))
)
_ROOT = Statement(select(func.sqrt(bindparam("of", type_=Integer)).label("root")))
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


async def test_what_waits_is_seen_by_whatever_comes_after(postgres_url: str) -> None:
    database = await open_database(postgres_url, FakeClock(START), Vault(KEY))
    assert isinstance(database, PostgresDatabase)
    asked = 0

    def count(_: Connection) -> None:
        nonlocal asked
        asked += 1

    def defer(connection: Connection, *ids: str) -> None:
        for one in ids:
            _ADD.defer(connection, **{**_ROWS[0], "id": one, "sealed": one.encode()})

    def unit(uow: UnitOfWork) -> None:
        nonlocal asked
        connection = uow.people.connection  # type: ignore[attr-defined]
        _things.metadata.create_all(connection)
        asked = 0
        defer(connection, "a", "b")
        assert insert_new(connection, _things, {**_ROWS[1], "id": "c", "sealed": b"c"})
        assert asked == 1, "they went together"
        defer(connection, "d")
        assert [(row.id, row.sealed) for row in _ALL.rows(connection)] == [(i, i.encode()) for i in "abcd"]
        defer(connection, "e")
        assert _GROW.run(connection, of="e", by=2) == 1
        defer(connection, "f")
        assert len(connection.execute(select(_things)).all()) == len("abcdef")
        defer(connection, "g")
        asked = 0
        assert uow.people.by_id("nobody") is None
        assert asked == 1, "what reads another table does not send it"
        with connection.begin_nested() as inner:
            defer(connection, "h")
            inner.rollback()
        defer(connection, "i")

    def left(uow: UnitOfWork) -> None:
        connection = uow.people.connection  # type: ignore[attr-defined]
        assert "".join(row.id for row in _ALL.rows(connection)) == "abcdefgi"
        _things.metadata.drop_all(connection)

    try:
        with before_statements(database, count):
            await database.run(unit)
        await database.run(left)
    finally:
        await database.close()


async def test_a_school_is_locked_before_the_code_that_leads_to_it(postgres_url: str) -> None:
    """Whoever suspends an inviter locks them in this order; in the other, both would wait for each other."""
    database = await open_database(postgres_url, FakeClock(START), Vault(KEY))
    assert isinstance(database, PostgresDatabase)
    asked = 0

    def count(_: Connection) -> None:
        nonlocal asked
        asked += 1

    def unit(uow: UnitOfWork) -> str:
        nonlocal asked
        school = build.school(uow)
        made = build.invitation(uow, school, build.person(uow))
        uow.settle()
        asked = 0
        uow.invitations.spend_use(made.id, uow.now)
        uow.schools.lock(school.id)
        assert asked == 1, "the use is still to be taken"
        return made.id

    with before_statements(database, count):
        of = await database.run(unit)
    stored = await database.read(lambda uow: uow.invitations.by_id(of))
    assert stored is not None
    assert stored.uses_taken == 1
    await database.close()


async def test_what_waits_comes_first(postgres_url: str) -> None:
    """PostgreSQL would begin with the last of several INSERTs in one statement."""
    database = await open_database(postgres_url, FakeClock(START), Vault(KEY))

    def unit(uow: UnitOfWork) -> None:
        connection = uow.people.connection  # type: ignore[attr-defined]
        _things.metadata.create_all(connection)
        row = {**_ROWS[0], "sealed": b""}
        for size in (1, 2, 3):
            insert_new_deferred(connection, _things, {**row, "id": "a", "size": size})
        assert insert_new(connection, _things, {**row, "id": "b", "size": 1})
        _ADD.defer(connection, **{**row, "id": "c", "size": 1})
        assert not insert_new(connection, _things, {**row, "id": "c", "size": 2})
        assert [(row.id, row.size) for row in _ALL.rows(connection)] == [("a", 1), ("b", 1), ("c", 1)]
        _things.metadata.drop_all(connection)

    await database.run(unit)
    await database.close()


async def test_what_waits_is_not_sent_into_a_transaction_that_has_failed(postgres_url: str) -> None:
    database = await open_database(postgres_url, FakeClock(START), Vault(KEY))

    def unit(uow: UnitOfWork) -> None:
        connection = uow.people.connection  # type: ignore[attr-defined]
        uow.people.add_unlinked(Person("ada", "Ada"))
        inner = connection.begin_nested()
        uow.people.add_unlinked(Person("bea", "Bea"))
        with pytest.raises(DBAPIError, match="square root of a negative"):
            _ROOT.rows(connection, of=-1)
        inner.rollback()

    await database.run(unit)
    names = await database.read(lambda uow: [uow.people.by_id(one) for one in ("ada", "bea")])
    assert names == [Person("ada", "Ada"), None]
    await database.close()


async def test_a_unit_is_run_again_if_what_waits_is_there_by_the_time_it_is_sent(postgres_url: str) -> None:
    database = await open_database(postgres_url, FakeClock(START), Vault(KEY))
    key, driver = AccountKey("discord", "1"), await asyncpg.connect(postgres_url)
    tries = 0

    def unit(uow: UnitOfWork) -> Person | None:
        nonlocal tries
        tries += 1
        if (known := uow.people.by_account(key)) is not None:
            return known
        assert uow.people.add(Person("late", "Ada"), key)
        await_only(driver.execute(_FIRST))
        return None

    found = await database.run(unit)
    assert (found, tries) == (Person("first", "Ada"), 2)
    assert await database.read(lambda uow: uow.people.by_id("late")) is None
    await driver.close()
    await database.close()


async def test_what_waits_goes_with_a_unit_that_fails(postgres_url: str) -> None:
    database = await open_database(postgres_url, FakeClock(START), Vault(KEY))
    ada = Person("ada", "Ada")

    def unit(uow: UnitOfWork) -> None:
        uow.people.add_unlinked(ada)
        raise LookupError

    with pytest.raises(LookupError):
        await database.run(unit)
    for _ in range(20):  # it would be sent by the next unit on that connection
        await database.run(lambda uow: uow.people.by_email("x@example.org"))
    assert await database.run(lambda uow: uow.people.by_id("ada")) is None
    await database.close()


async def test_what_a_unit_left_that_failed_is_not_sent_by_whoever_only_looks(postgres_url: str) -> None:
    database = await open_database(postgres_url, FakeClock(START), Vault(KEY))

    def unit(uow: UnitOfWork) -> None:
        uow.people.add_unlinked(Person("ada", "Ada"))
        raise LookupError

    with pytest.raises(LookupError):
        await database.run(unit)
    assert await database.is_current()
    await database.close()


async def test_what_waits_is_sent_before_it_is_too_much_for_a_statement(postgres_url: str) -> None:
    database = await open_database(postgres_url, FakeClock(START), Vault(KEY))
    number = 7_000  # times five values

    def unit(uow: UnitOfWork) -> int:
        for one in range(number):
            uow.people.add_unlinked(Person(f"{one}", "Many"))
        connection: Connection = uow.people.connection  # type: ignore[attr-defined]
        return int(connection.execute(text("SELECT count(*) FROM persons")).scalar_one())

    assert await database.run(unit) == number
    await database.close()
