"""The SQLite writer: waiting units share a commit, and nobody is answered before it."""

import asyncio
import sqlite3
import threading
import tomllib
from importlib.metadata import version
from pathlib import Path
from typing import Any

import aiosqlite
import pytest
from sqlalchemy import Connection, Select, column, select, table
from sqlalchemy.exc import OperationalError
from sqlalchemy.sql.compiler import SQLCompiler

from bot.storage import writer
from bot.storage.writer import SqliteThread
from tests.patience import PATIENCE
from tests.storage.writer.words import PRAGMAS, Busy, stored, together, writes


@pytest.fixture
def batches(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return the sizes of the batches that have run, as they run."""
    sizes: list[int] = []
    run_batch = SqliteThread._run_batch

    def counted(self: SqliteThread, batch: list[Any]) -> list[Any]:
        sizes.append(len(batch))
        return run_batch(self, batch)

    monkeypatch.setattr(SqliteThread, "_run_batch", counted)
    return sizes


async def test_units_that_wait_share_one_commit(thread: SqliteThread, path: str, batches: list[int]) -> None:
    assert await together(thread, *(writes(f"w{number}") for number in range(20))) == [
        f"w{number}" for number in range(20)
    ]
    assert batches == [1, 20]
    assert len(stored(path)) == 20


async def test_units_that_come_right_after_each_other_share_a_commit(
    thread: SqliteThread, batches: list[int]
) -> None:
    began = threading.Event()

    def first(_: Connection) -> None:
        began.set()

    async def second() -> None:
        assert not began.wait(0.05), "the thread begins before the loop has finished its turn"
        await thread.run(writes("second"))

    async with asyncio.timeout(PATIENCE):
        await asyncio.gather(thread.run(first), second())
    assert batches == [2]


async def test_nobody_waits_for_those_who_never_stop_coming(thread: SqliteThread, batches: list[int]) -> None:
    tasks: list[asyncio.Task[str]] = []
    async with asyncio.timeout(PATIENCE):
        while not batches:
            tasks.append(asyncio.create_task(thread.run(writes(f"w{len(tasks)}"))))
            await asyncio.sleep(0)
        await asyncio.gather(*tasks)


async def test_who_gives_up_takes_nobody_along(thread: SqliteThread, path: str) -> None:
    first = asyncio.create_task(thread.run(writes("first")))
    second = asyncio.create_task(thread.run(writes("second")))
    await asyncio.sleep(0)
    first.cancel()
    async with asyncio.timeout(PATIENCE):
        await second
    assert first.cancelled()
    assert stored(path) == ["first", "second"]


async def test_what_units_in_company_change_is_copied_in_memory(thread: SqliteThread) -> None:
    def place(connection: Connection) -> int:
        """Return where SQLite keeps temporary data: 0 is a file, 2 is memory."""
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
    monkeypatch.setattr(writer, "MOST_IN_COMMIT", 3)
    await together(thread, *(writes(f"w{number}") for number in range(10)))
    assert len(stored(path)) == 10


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


async def test_what_is_compiled_for_one_connection_is_compiled_for_all(
    thread: SqliteThread, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled = []
    visit = SQLCompiler.visit_select

    def counted(self: Any, chosen: Any, **how: Any) -> Any:
        compiled.append(chosen)
        return visit(self, chosen, **how)

    monkeypatch.setattr(SQLCompiler, "visit_select", counted)
    words: Select[Any] = select(column("word")).select_from(table("words"))
    reader = await SqliteThread.open(path, begin="BEGIN", pragmas=PRAGMAS)
    for one in (thread, reader):
        assert await one.run(lambda connection: connection.execute(words).all()) == []
    assert len(compiled) == 1
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
    project = tomllib.loads((Path(__file__).parents[3] / "pyproject.toml").read_text())["project"]
    (pinned,) = (one for one in project["dependencies"] if one.startswith("aiosqlite"))
    assert pinned == f"aiosqlite=={version('aiosqlite')}", (
        "aiosqlite has changed: look at bot/storage/writer.py, run these tests, then move the pin"
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
