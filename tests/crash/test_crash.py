"""SIGKILL at many points of what people and sweeps do; then a new process gets the same calls again."""

import asyncio
import copy
import multiprocessing
import os
import random
import shutil
import signal
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from bot.core.ports import UnitOfWork
from bot.core.values import replace
from bot.storage.tables import (
    audit_entries,
    broadcast_recipients,
    broadcasts,
    bulk_items,
    bulk_jobs,
    invitations,
    join_requests,
    memberships,
    metadata,
    outbox,
    roster_imports,
    roster_rows,
    schools,
)
from bot.storage.unit_of_work import SqlUnitOfWork
from tests.chains import flaws
from tests.crash import child
from tests.crash.ground import DEEDS, Deed, opened
from tests.matrices import Counts
from tests.postgres import PostgresServer
from tests.servers.slack.server import SlackServer
from tests.servers.slack.workspace import Workspace
from tests.world import open_world, sqlite_url

# 9 deeds on 2 databases: 36 kills. `make soak` asks for 72 of each deed.
KILLS = int(os.environ.get("CRASH_KILLS", "2"))
# What a dead process has claimed is free again after so long.
LATER = timedelta(minutes=2)
# How many seconds after a point some processes die, at most: a commit takes about as long.
_LATEST = 0.002
_WITHIN = 60

Copies = Callable[[], AbstractAsyncContextManager[str]]
_processes = multiprocessing.get_context("forkserver")
_processes.set_forkserver_preload([child.__name__])


@dataclass(frozen=True)
class Scene:
    """The state before a deed: a database and a Slack to copy, and the deed."""

    copies: Copies
    workspace: Workspace
    deed: Deed


Prepare = Callable[[str], Awaitable[Scene]]


@dataclass
class Seen:
    """What is in a database, without ids, and what people see, by place."""

    stored: dict[str, Any] = field(default_factory=dict)
    marked: Counter[str] = field(default_factory=Counter)
    posted: Counter[str] = field(default_factory=Counter)


@pytest.fixture(params=["sqlite", "postgresql"])
def scene(request: pytest.FixtureRequest, tmp_path: Path) -> Prepare:
    """Return a function that prepares a deed by its name."""
    copies: Copies
    if request.param == "sqlite":
        url, copies = sqlite_url(tmp_path), partial(_files, tmp_path)
    else:
        url = request.getfixturevalue("postgres_url")
        postgres: PostgresServer = request.getfixturevalue("postgres")
        copies = partial(postgres.copy, url)

    async def prepare(name: str) -> Scene:
        async with SlackServer() as server:
            async with opened(url, server) as ground:
                deed = await DEEDS[name](ground)
            return Scene(copies, server.workspace, deed)

    return prepare


@asynccontextmanager
async def _files(folder: Path) -> AsyncIterator[str]:
    """Copy the SQLite database; yield the copy's URL."""
    copied = folder / "copy"
    shutil.rmtree(copied, ignore_errors=True)
    copied.mkdir()
    shutil.copy(folder / "homeroom.db", copied)
    yield sqlite_url(copied)


async def _process(job: child.Job) -> tuple[int, int]:
    """Run a job in a process; return its exit code, and how many points it passed."""
    hears, tells = _processes.Pipe(duplex=False)
    process = _processes.Process(target=child.run, args=(job, tells), daemon=True)
    process.start()
    tells.close()
    await asyncio.to_thread(process.join, _WITHIN)
    assert process.exitcode is not None, "it hangs"
    points = hears.recv() if process.exitcode == 0 else 0
    hears.close()
    return process.exitcode, points


async def _seen(url: str, workspace: Workspace) -> Seen:
    def unit(uow: UnitOfWork) -> Seen:
        assert isinstance(uow, SqlUnitOfWork)
        connection = uow.members.connection
        rows = {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in metadata.sorted_tables
            if table.name != "job_states"
        }
        columns = (
            audit_entries.c.action,
            memberships.c.standing,
            memberships.c.access,
            invitations.c.uses_taken,
            invitations.c.created_by,
            schools.c.primary_admin_id,
            join_requests.c.state,
            join_requests.c.decided_by,
            bulk_jobs.c.state,
            bulk_items.c.state,
            roster_imports.c.state,
            roster_rows.c.sent,
            broadcasts.c.state,
            broadcast_recipients.c.state,
        )
        values = {str(one): Counter(connection.execute(select(one)).scalars()) for one in columns}
        whole = flaws(uow)
        told = connection.execute(select(outbox)).all()
        # How often a card of progress is redrawn depends on what was sent when it was looked at.
        rows["outbox"] -= sum(bool(one.copy_id) and one.subject.startswith("broadcast:") for one in told)
        waits = sum(one.delivered_at is None and one.platform == "slack" for one in told)
        posts = [one for one in told if one.copy_id is None and one.delivered_at is not None]
        marked = Counter(
            one.channel or workspace.direct(one.account.partition("/")[2]).id
            for one in posts
            if one.platform == "slack"
        )
        return Seen({**rows, **values, "whole": whole, "waits": waits}, marked)

    async with open_world(url) as world:
        seen = await world.database.read(unit)
    seen.posted = Counter(one.channel for one in workspace.messages)
    return seen


@dataclass
class Run:
    """The result of one run: its number of points, and what was seen at the kill and at the end."""

    points: int
    between: Seen
    after: Seen


async def _run(scene: Scene, kill_at: int = 0, delay: float = 0.0) -> Run:
    """Run the deed in a process that may be killed; then run it again, as after a restart."""
    async with SlackServer() as server, scene.copies() as url:
        server.resume(copy.deepcopy(scene.workspace))
        deed = scene.deed
        job = child.Job(url, server.api_base, deed.at, deed.who, deed.does, kill_at, delay)
        code, points = await _process(job)
        assert code == (-signal.SIGKILL if kill_at else 0)
        between = await _seen(url, server.workspace)
        code, _ = await _process(replace(job, at=deed.at + LATER, kill_at=0))
        assert code == 0
        after = await _seen(url, server.workspace)
        assert server.problems == []
        return Run(points, between, after)


@pytest.mark.parametrize("name", DEEDS)
async def test_nothing_is_lost_and_nothing_is_doubled(
    name: str, scene: Prepare, request: pytest.FixtureRequest, counts: Counts
) -> None:
    prepared = await scene(name)
    async with prepared.copies() as url:
        eve = await _seen(url, prepared.workspace)
    whole = await _run(prepared)
    assert whole.points > 5
    changed = {of for of, found in whole.after.stored.items() if found != eve.stored[of]}
    assert changed - {"arrivals"}, "the deed is done, and not just tried"
    assert whole.after.stored["whole"] == {None}
    assert whole.after.stored["waits"] == 0
    assert whole.after.posted == whole.between.posted, "a restart alone sends nothing"
    chosen = random.Random(request.node.name)  # the same points on every run
    for number in range(KILLS):
        # One in each part of the way; every other one dies somewhere within a statement.
        first, last = (1 + whole.points * part // KILLS for part in (number, number + 1))
        kill_at, delay = chosen.randint(first, last), chosen.uniform(0, _LATEST) * (number % 2)
        run = await _run(prepared, kill_at, delay)
        where = f"killed at {kill_at} of {whole.points}, {delay:.5f} s later"
        assert run.after.stored == whole.after.stored, where
        again = _messages(run, whole, where)
        counts.add("kill -9, and nothing stored is lost or doubled")
        counts.add("kill -9 before the mark of what Slack had, so that it is posted again", again)


def _messages(run: Run, whole: Run, where: str) -> int:
    """A message is there once, or once more where Slack had it and our mark was not made yet.

    Return how many are there once more.
    """
    for place, wanted in whole.after.posted.items():
        before = whole.after.posted[place] - whole.after.marked[place]
        unmarked = run.between.posted[place] - before - run.between.marked[place]
        assert unmarked >= 0, f"{where}: marked, and never sent"
        assert wanted <= run.after.posted[place] <= wanted + unmarked, where
    return run.after.posted.total() - whole.after.posted.total()
