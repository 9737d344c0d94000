"""Readers see all of a roster that is being applied, or nothing of it."""

import sqlite3
from functools import partial
from pathlib import Path

from bot.core.ports import UnitOfWork
from bot.core.rights.actors import Actor
from bot.core.rosters import applying, columns, planning
from bot.core.rosters.imports import Options, Place, Planned, View
from bot.core.rosters.rows import Reading, RosterRow
from bot.storage.database import SqliteDatabase
from tests.storage.rounds import Ground, as_, ground
from tests.world import open_world, sqlite_url

_TABLES = ("persons", "person_emails", "memberships", "assignments")


def _plan(uow: UnitOfWork, actor: Actor, of: Ground) -> str:
    people = tuple(
        RosterRow(one + 2, f"new{one}@example.org", "New", f"One{one}", (), ("Observer",))
        for one in range(30)
    )
    plan = planning.plan(uow, actor, Place(of.school), Reading(columns.mapping(()), people), Options())
    assert isinstance(plan, Planned), plan
    return plan.roster.id


async def test_readers_see_nothing_of_an_import_and_then_all_of_it(tmp_path: Path) -> None:
    seen: list[dict[str, int]] = []
    asked: list[str] = []

    def look() -> dict[str, int]:
        reader = sqlite3.connect(tmp_path / "homeroom.db")
        try:
            return {one: reader.execute(f"SELECT count(*) FROM {one}").fetchone()[0] for one in _TABLES}
        finally:
            reader.close()

    def note(statement: str) -> None:
        asked.append(statement)
        seen.append(look())

    async with open_world(sqlite_url(tmp_path)) as world:
        of = await world.database.run(lambda uow: ground(uow, 0))
        plan = await world.database.run(as_("ada", of, partial(_plan, of=of)))
        before = look()
        assert isinstance(world.database, SqliteDatabase)
        world.database._writer._connection.set_trace_callback(note)
        done = await world.database.run(as_("ada", of, lambda uow, actor: applying.apply(uow, actor, plan)))
        world.database._writer._connection.set_trace_callback(None)
        assert isinstance(done, View), done
        for table in _TABLES:
            assert any(f"INSERT INTO {table}" in one for one in asked), table
        assert [one for one in seen if one != before] == []
        assert look() == {one: number + 30 for one, number in before.items()}
