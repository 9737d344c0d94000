"""The SQLite writer: units that wait share a commit, and nobody is answered before it."""

import asyncio
import sqlite3
import threading
import tomllib
from collections.abc import AsyncIterator, Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import aiosqlite
import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError, OperationalError

from bot.storage import writer
from bot.storage.writer import SqliteThread
from tests.patience import PATIENCE

PRAGMAS = ("journal_mode=WAL", "foreign_keys=ON", "busy_timeout=0")


@pytest.fixture
def path(tmp_path: Path) -> str:
    place = str(tmp_path / "small.db")
    with sqlite3.connect(place) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("CREATE TABLE words (word TEXT PRIMARY KEY)")
        connection.execute("CREATE TABLE notes (word TEXT REFERENCES words (word))")
    connection.close()
    return place


@pytest.fixture
async def thread(path: str) -> AsyncIterator[SqliteThread]:
    opened = await SqliteThread.open(path, begin="BEGIN IMMEDIATE", pragmas=PRAGMAS)
    yield opened
    await opened.close()


def stored(path: str) -> list[str]:
    """Read what another connection sees: what is committed."""
    connection = sqlite3.connect(path)
    try:
        return [word for (word,) in connection.execute("SELECT word FROM words ORDER BY word")]
    finally:
        connection.close()


def writes(word: str) -> Callable[[Connection], str]:
    def unit(connection: Connection) -> str:
        connection.exec_driver_sql("INSERT INTO words VALUES (?)", (word,))
        return word

    return unit


class Busy:
    """Keeps the thread busy, so that what is asked for meanwhile waits and is run together."""

    def __init__(self, thread: SqliteThread) -> None:
        self._thread = thread
        self._go_on = threading.Event()
        self._started = threading.Event()

    async def __aenter__(self) -> None:
        self._task = asyncio.create_task(self._thread.run(self._wait))
        assert await asyncio.to_thread(self._started.wait, PATIENCE)

    def _wait(self, _: Connection) -> None:
        self._started.set()
        assert self._go_on.wait(PATIENCE)

    async def __aexit__(self, *_: object) -> None:
        # The tasks made meanwhile get their turn to ask before the thread goes on.
        await asyncio.sleep(0)
        self._go_on.set()
        await self._task


async def together(thread: SqliteThread, *units: Callable[[Connection], Any]) -> list[Any]:
    """Run units in one batch; return what each of their callers is told."""
    async with Busy(thread):
        tasks = [asyncio.create_task(thread.run(unit)) for unit in units]
    async with asyncio.timeout(PATIENCE):
        return await asyncio.gather(*tasks, return_exceptions=True)


async def test_units_that_wait_share_one_commit(
    thread: SqliteThread, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    batches = []
    run_batch = SqliteThread._run_batch

    def counted(self: SqliteThread, batch: list[Any]) -> list[Any]:
        batches.append(len(batch))
        return run_batch(self, batch)

    monkeypatch.setattr(SqliteThread, "_run_batch", counted)
    assert await together(thread, *(writes(f"w{number}") for number in range(20))) == [
        f"w{number}" for number in range(20)
    ]
    assert batches == [1, 20]
    assert len(stored(path)) == 20


async def test_what_units_in_company_change_is_copied_in_memory(thread: SqliteThread) -> None:
    def place(connection: Connection) -> int:
        """Tell where SQLite copies pages to: 0 is a file, 2 memory."""
        return int(connection.exec_driver_sql("PRAGMA temp_store").scalar_one())

    assert await thread.run(place) == 0
    assert await together(thread, place, place, place) == [2, 2, 2]
    assert await thread.run(place) == 0


async def test_nobody_is_answered_before_the_commit(thread: SqliteThread, path: str) -> None:
    seen: list[list[str]] = []

    def last(_: Connection) -> None:
        seen.append(stored(path))

    answered_at: list[list[str]] = []

    async def ask(word: str) -> None:
        await thread.run(writes(word))
        answered_at.append(stored(path))

    async with Busy(thread):
        tasks = [asyncio.create_task(ask(word)) for word in "ab"]
        await asyncio.sleep(0)
        tasks.append(asyncio.create_task(thread.run(last)))
    async with asyncio.timeout(PATIENCE):
        await asyncio.gather(*tasks)
    assert seen == [[]], "within the batch nothing is committed yet"
    assert answered_at == [["a", "b"], ["a", "b"]]


async def test_more_than_one_batch_is_finished(
    thread: SqliteThread, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "MOST_IN_A_COMMIT", 3)
    await together(thread, *(writes(f"w{number}") for number in range(10)))
    assert len(stored(path)) == 10


class Refused(Exception):
    """Some refusal."""


def refuses(word: str, error: BaseException) -> Callable[[Connection], None]:
    def unit(connection: Connection) -> None:
        writes(word)(connection)
        raise error

    return unit


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
    """A future cannot carry a StopIteration; whoever waits must not wait for ever."""
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
    """Break a rule that is only looked at when the transaction is committed."""
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


async def test_whoever_goes_away_changes_nothing_for_the_others(thread: SqliteThread, path: str) -> None:
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


async def test_closing_finishes_what_waits(path: str) -> None:
    thread = await SqliteThread.open(path, begin="BEGIN IMMEDIATE", pragmas=PRAGMAS)
    async with Busy(thread):
        tasks = [asyncio.create_task(thread.run(writes(f"w{number}"))) for number in range(600)]
        await asyncio.sleep(0)
        closing = asyncio.create_task(thread.close())
    async with asyncio.timeout(PATIENCE):
        await closing
        assert len(await asyncio.gather(*tasks)) == 600
    assert len(stored(path)) == 600


async def test_a_closed_thread_refuses_and_hangs_nobody(path: str) -> None:
    thread = await SqliteThread.open(path, begin="BEGIN IMMEDIATE", pragmas=PRAGMAS)
    await thread.run(writes("a"))
    closing = asyncio.create_task(thread.close())
    await asyncio.sleep(0)
    async with asyncio.timeout(PATIENCE):
        with pytest.raises(RuntimeError, match="closed"):
            await thread.run(writes("b"))
        await closing
        with pytest.raises(RuntimeError, match="closed"):
            await thread.run(writes("c"))
        await thread.close()
    assert stored(path) == ["a"]


async def test_what_cannot_be_opened_is_told(tmp_path: Path) -> None:
    with pytest.raises(sqlite3.OperationalError):
        await SqliteThread.open(str(tmp_path / "no" / "folder.db"), begin="BEGIN", pragmas=())


def _no_rows_but_a_word(connection: Connection) -> list[Any]:
    return list(connection.exec_driver_sql("SELECT word FROM words"))


async def test_a_reader_cannot_write(path: str) -> None:
    reader = await SqliteThread.open(path, begin="BEGIN", pragmas=("query_only=ON",))
    with pytest.raises(OperationalError, match="readonly"):
        await reader.run(writes("a"))
    assert await reader.run(_no_rows_but_a_word) == []
    await reader.close()


async def test_readers_do_not_wait_for_the_writer(thread: SqliteThread, path: str) -> None:
    await thread.run(writes("a"))
    reader = await SqliteThread.open(path, begin="BEGIN", pragmas=("query_only=ON", "busy_timeout=0"))
    begun, go_on = threading.Event(), threading.Event()

    def slow(connection: Connection) -> None:
        writes("b")(connection)
        begun.set()
        assert go_on.wait(PATIENCE)

    writing = asyncio.create_task(thread.run(slow))
    assert await asyncio.to_thread(begun.wait, PATIENCE)
    async with asyncio.timeout(PATIENCE):
        assert await reader.run(_no_rows_but_a_word) == [("a",)]
    go_on.set()
    await writing
    assert await reader.run(_no_rows_but_a_word) == [("a",), ("b",)]
    await reader.close()


async def test_aiosqlite_is_where_the_writer_reaches_for_it() -> None:
    """The queue, the thread and the connection are private: a new version may move them."""
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]
    (pinned,) = (one for one in project["dependencies"] if one.startswith("aiosqlite"))
    assert pinned == f"aiosqlite=={version('aiosqlite')}", (
        "aiosqlite has changed: look at bot/storage/writer.py, run this file, then move the pin"
    )
    connecting = aiosqlite.connect(":memory:")
    assert isinstance(connecting._thread, threading.Thread)
    assert not connecting._thread.is_alive(), "daemon must be set before the thread starts"
    connection = await connecting
    assert isinstance(connection._conn, sqlite3.Connection)
    ran_on: list[threading.Thread] = []
    done = asyncio.get_running_loop().create_future()
    connection._tx.put_nowait((done, lambda: ran_on.append(threading.current_thread())))
    connection._tx.put_nowait((None, lambda: ran_on.append(threading.current_thread())))
    await done
    await connection.close()
    assert ran_on == [connecting._thread] * 2
