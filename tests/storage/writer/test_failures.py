"""What a unit raises reaches only its caller; a failed commit reaches all who share it."""

import asyncio
import sqlite3
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from bot.storage import writer
from bot.storage.writer import SqliteThread
from tests.patience import PATIENCE
from tests.storage.writer.words import Busy, Refused, refuses, stored, together, writes


@pytest.mark.parametrize(
    "error",
    [
        Refused("no"),
        ValueError("bad"),
        KeyError("k"),
        SystemExit(3),
        KeyboardInterrupt(),
        asyncio.CancelledError(),
    ],
    ids=lambda error: type(error).__name__,
)
async def test_a_failing_unit_takes_no_neighbour_with_it(
    thread: SqliteThread, path: str, error: BaseException
) -> None:
    told: list[object] = []

    async def ask(unit: Callable[[Connection], Any]) -> None:
        try:
            told.append(await thread.run(unit))
        except BaseException as raised:  # noqa: BLE001 - what is told is the question
            told.append(raised)

    async with Busy(thread):
        units = (writes("a"), refuses("b", error), writes("c"))
        tasks = [asyncio.create_task(ask(unit)) for unit in units]
    async with asyncio.timeout(PATIENCE):
        await asyncio.gather(*tasks)
    assert told == ["a", error, "c"]
    assert told[1] is error
    assert stored(path) == ["a", "c"]


async def test_a_unit_alone_that_fails_leaves_nothing(thread: SqliteThread, path: str) -> None:
    error = Refused("no")
    with pytest.raises(Refused) as caught:
        await thread.run(refuses("a", error))
    assert caught.value is error
    assert stored(path) == []
    assert await thread.run(writes("a")) == "a"


@pytest.mark.parametrize("neighbours", [0, 2])
async def test_a_unit_that_stops_an_iteration_is_told_so(
    thread: SqliteThread, path: str, neighbours: int
) -> None:
    """A future cannot carry a StopIteration, but the caller must not wait for ever."""
    units = [refuses("b", StopIteration()), *(writes(f"w{number}") for number in range(neighbours))]
    told = await together(thread, *units)
    assert isinstance(told[0], RuntimeError)
    assert isinstance(told[0].__cause__, StopIteration)
    assert told[1:] == [f"w{number}" for number in range(neighbours)]
    assert stored(path) == [f"w{number}" for number in range(neighbours)]


async def test_a_database_error_is_told_to_the_one_who_made_it(thread: SqliteThread, path: str) -> None:
    told = await together(thread, writes("a"), writes("a"), writes("b"))
    assert told[0] == "a"
    assert isinstance(told[1], IntegrityError)
    assert told[2] == "b"
    assert stored(path) == ["a", "b"]


def orphan(connection: Connection) -> None:
    """Violate a constraint that is only checked when the transaction is committed."""
    connection.exec_driver_sql("PRAGMA defer_foreign_keys=ON")
    connection.exec_driver_sql("INSERT INTO notes VALUES ('nowhere')")


@pytest.mark.parametrize("neighbours", [0, 3])
async def test_a_commit_that_fails_is_told_to_all(thread: SqliteThread, path: str, neighbours: int) -> None:
    refusal = Refused("own")
    units = [orphan, *(writes(f"w{number}") for number in range(neighbours))]
    told = await together(thread, *units, *([refuses("x", refusal)] if neighbours else []))
    assert "FOREIGN KEY" in str(told[0])
    if neighbours:
        assert told.pop() is refusal, "who had an error of their own is told that one"
    assert all("FOREIGN KEY" in str(one) for one in told)
    assert stored(path) == []
    assert await thread.run(writes("a")) == "a", "and the next ones go on"


async def test_a_transaction_that_sqlite_gave_up_is_told_to_all(thread: SqliteThread, path: str) -> None:
    def gives_up(connection: Connection) -> None:
        connection.exec_driver_sql("INSERT OR ROLLBACK INTO words VALUES ('a')")

    told = await together(thread, writes("a"), gives_up, writes("b"))
    assert all(isinstance(one, writer.LostTransaction) for one in told), told
    assert stored(path) == []
    assert await together(thread, writes("a"), writes("b")) == ["a", "b"]


async def test_a_locked_database_is_told_to_all_and_is_tried_again(thread: SqliteThread, path: str) -> None:
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    async with asyncio.timeout(PATIENCE):
        told = await asyncio.gather(*(thread.run(writes(word)) for word in "ab"), return_exceptions=True)
    assert all("locked" in str(one) for one in told)
    other.execute("ROLLBACK")
    other.close()
    assert await thread.run(writes("a")) == "a"


async def test_a_cancelled_caller_changes_nothing_for_the_others(thread: SqliteThread, path: str) -> None:
    async with Busy(thread):
        leaving = asyncio.create_task(thread.run(writes("a")))
        failing = asyncio.create_task(thread.run(refuses("x", Refused())))
        staying = asyncio.create_task(thread.run(writes("b")))
        await asyncio.sleep(0)
        leaving.cancel()
        failing.cancel()
    async with asyncio.timeout(PATIENCE):
        assert await staying == "b"
    assert leaving.cancelled()
    assert failing.cancelled()
    assert stored(path) == ["a", "b"], "a unit that was asked for takes place"
