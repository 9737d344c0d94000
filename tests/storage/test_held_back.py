"""Writes to PostgreSQL that are held back: when they are sent, in which order, and what becomes of them."""

from collections.abc import AsyncIterator
from unittest.mock import Mock

import asyncpg
import pytest
from sqlalchemy import (
    Column,
    Connection,
    Integer,
    MetaData,
    Table,
    Text,
    bindparam,
    func,
    select,
    text,
    update,
)
from sqlalchemy.exc import DBAPIError
from sqlalchemy.util import await_only

from bot.core.ports import UnitOfWork
from bot.core.rights.actors import AccountKey, Person
from bot.storage.database import PostgresDatabase, open_database
from bot.storage.statements import Statement, insert_new, insert_new_deferred
from bot.storage.vault import Vault
from tests.storage import build
from tests.storage.statements import before_statements
from tests.world import KEY, START, FakeClock

_things = Table("things", MetaData(), Column("id", Text, primary_key=True), Column("size", Integer))
_ADD = Statement(_things.insert())
_ALL = Statement(select(_things).order_by(_things.c.id))
_GROW = Statement(
    update(_things).where(_things.c.id == bindparam("of")).values(size=_things.c.size + bindparam("by"))
)
_ROOT = Statement(select(func.sqrt(bindparam("of", type_=Integer)).label("root")))
_FIRST = """
WITH person AS (
  INSERT INTO persons (id, name, search_name, created_at) VALUES ('first', 'Ada', 'ada', now())
)
INSERT INTO accounts (issuer, subject, person_id, linked_at) VALUES ('discord', '1', 'first', now())
"""


@pytest.fixture
async def database(postgres_url: str) -> AsyncIterator[PostgresDatabase]:
    opened = await open_database(postgres_url, FakeClock(START), Vault(KEY))
    assert isinstance(opened, PostgresDatabase)
    yield opened
    await opened.close()


async def test_what_waits_is_seen_by_whatever_comes_after(database: PostgresDatabase) -> None:
    sent = Mock()

    def defer(connection: Connection, *ids: str) -> None:
        for one in ids:
            _ADD.defer(connection, id=one, size=1)

    def unit(uow: UnitOfWork) -> None:
        connection = uow.people.connection  # type: ignore[attr-defined]
        _things.metadata.create_all(connection)
        sent.reset_mock()
        defer(connection, "a", "b")
        assert insert_new(connection, _things, {"id": "c", "size": 1})
        assert sent.call_count == 1, "they went together"
        defer(connection, "d")
        assert [row.id for row in _ALL.rows(connection)] == list("abcd")
        defer(connection, "e")
        assert _GROW.run(connection, of="e", by=2) == 1
        defer(connection, "f")
        assert len(connection.execute(select(_things)).all()) == len("abcdef")
        defer(connection, "g")
        sent.reset_mock()
        assert uow.people.by_id("nobody") is None
        assert sent.call_count == 1, "what reads another table does not send it"
        with connection.begin_nested() as inner:
            defer(connection, "h")
            inner.rollback()
        defer(connection, "i")

    def left(uow: UnitOfWork) -> None:
        connection = uow.people.connection  # type: ignore[attr-defined]
        assert "".join(row.id for row in _ALL.rows(connection)) == "abcdefgi"
        _things.metadata.drop_all(connection)

    with before_statements(database, sent):
        await database.run(unit)
    await database.run(left)


async def test_a_school_is_locked_before_the_code_that_leads_to_it(database: PostgresDatabase) -> None:
    """Whoever suspends an inviter locks them in this order; in the other, both would wait for each other."""
    sent = Mock()

    def unit(uow: UnitOfWork) -> str:
        school = build.school(uow)
        made = build.invitation(uow, school, build.person(uow))
        uow.settle()
        sent.reset_mock()
        uow.invitations.take_use_or_retry(made.id, uow.now)
        uow.schools.lock(school.id)
        assert sent.call_count == 1, "the use is still to be taken"
        return made.id

    with before_statements(database, sent):
        of = await database.run(unit)
    stored = await database.read(lambda uow: uow.invitations.by_id(of))
    assert stored is not None
    assert stored.uses_taken == 1


async def test_what_waits_comes_first(database: PostgresDatabase) -> None:
    """PostgreSQL would begin with the last of several INSERTs in one statement."""

    def unit(uow: UnitOfWork) -> None:
        connection = uow.people.connection  # type: ignore[attr-defined]
        _things.metadata.create_all(connection)
        for size in (1, 2, 3):
            insert_new_deferred(connection, _things, {"id": "a", "size": size})
        assert insert_new(connection, _things, {"id": "b", "size": 1})
        _ADD.defer(connection, id="c", size=1)
        assert not insert_new(connection, _things, {"id": "c", "size": 2})
        assert [(row.id, row.size) for row in _ALL.rows(connection)] == [("a", 1), ("b", 1), ("c", 1)]
        _things.metadata.drop_all(connection)

    await database.run(unit)


async def test_what_waits_is_not_sent_into_a_transaction_that_has_failed(database: PostgresDatabase) -> None:
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


async def test_a_unit_is_run_again_if_what_waits_is_there_by_the_time_it_is_sent(
    database: PostgresDatabase, postgres_url: str
) -> None:
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


async def test_what_waits_goes_with_a_unit_that_fails(database: PostgresDatabase) -> None:
    ada = Person("ada", "Ada")

    def unit(uow: UnitOfWork) -> None:
        uow.people.add_unlinked(ada)
        raise LookupError

    with pytest.raises(LookupError):
        await database.run(unit)
    for _ in range(20):  # it would be sent by the next unit on that connection
        await database.run(lambda uow: uow.people.by_email("x@example.org"))
    assert await database.run(lambda uow: uow.people.by_id("ada")) is None


async def test_what_a_unit_left_that_failed_is_not_sent_by_whoever_only_looks(
    database: PostgresDatabase,
) -> None:
    def unit(uow: UnitOfWork) -> None:
        uow.people.add_unlinked(Person("ada", "Ada"))
        raise LookupError

    with pytest.raises(LookupError):
        await database.run(unit)
    assert await database.is_current()


async def test_what_waits_is_sent_before_it_is_too_much_for_a_statement(database: PostgresDatabase) -> None:
    number = 7_000  # times five values

    def unit(uow: UnitOfWork) -> int:
        for one in range(number):
            uow.people.add_unlinked(Person(f"{one}", "Many"))
        connection: Connection = uow.people.connection  # type: ignore[attr-defined]
        return int(connection.execute(text("SELECT count(*) FROM persons")).scalar_one())

    assert await database.run(unit) == number
