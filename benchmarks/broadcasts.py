"""A broadcast to 100,000 members: drafting it and storing its recipients, beside a bare INSERT … SELECT."""

import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from statistics import median
from time import perf_counter

from sqlalchemy import insert

from benchmarks.door import open_door, person
from bot.chat.actions import Action
from bot.chat.replies import Actions, Button, Card
from bot.core.ids import next_id
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import WorkspaceKey
from bot.jobs.broadcasts import BroadcastWorker
from bot.storage.database import SqliteDatabase
from bot.storage.tables import accounts, memberships, person_emails, persons
from bot.storage.unit_of_work import SqlUnitOfWork

MEMBERS = 100_000
# How many seconds somebody may wait for the draft, and for the answer to Send, on two processors.
WITHIN = 2.0
DRAFT, SENT, BARE = "a draft, shown", "sent: answered", "bare INSERT … SELECT"
# A worker does this afterwards, in many units, and nobody waits for it.
STORED = "everyone stored by the worker"
_ADA = person("1", administers=True)
# Writes the same rows from the same tables as a broadcast does, without any checks.
_COPY = """INSERT INTO bare (broadcast_id, person_id, state, by)
SELECT ?, person_id, 'waiting', 'chat' FROM memberships WHERE school_id = ? AND standing = 'active'"""
_TABLE = """CREATE TABLE IF NOT EXISTS bare (broadcast_id TEXT NOT NULL, person_id TEXT NOT NULL,
state TEXT NOT NULL, by TEXT, PRIMARY KEY (broadcast_id, person_id))"""


@dataclass
class Report:
    """The seconds that each thing took, one per round."""

    members: int
    seconds: dict[str, list[float]] = field(default_factory=dict)

    def note(self, name: str, since: float) -> None:
        """Record how long something took, from a time on until now."""
        self.seconds.setdefault(name, []).append(perf_counter() - since)

    def ratio(self, name: str) -> float:
        """Return how many times as fast as the bare statement something was, as the median of all rounds."""
        rounds = zip(self.seconds[name], self.seconds[BARE], strict=True)
        return median(bare / own for own, bare in rounds)

    def shown(self) -> str:
        """Return the ratios as a table, and whether the answers came within their time."""
        rows = [(f"{name} : {BARE}", f"{self.ratio(name):.2f}") for name in (DRAFT, STORED)]
        for name in (DRAFT, SENT):
            longest = max(self.seconds[name])
            told = f"{name}, within {WITHIN:.0f} s: {'yes' if longest < WITHIN else 'NO'}; of these it takes"
            rows.append((told, f"{longest / WITHIN:.0%}"))
        return "\n".join(f"  {name:<60}{value:>8}" for name, value in rows)


async def on_sqlite(folder: Path, rounds: int, members: int = MEMBERS) -> Report:
    """Write to all members of a school in each round; a third have no chat, a tenth want no messages."""
    path = folder / "broadcasts.db"
    report = Report(members)
    async with open_door(f"sqlite:///{path}") as door:
        await door.runner.type("/school create Maple", _ADA)
        assert isinstance(door.database, SqliteDatabase)  # noqa: S101 - by its address
        school_id = await door.database.run(partial(_fill, members=members))
        for number in range(rounds):
            began = perf_counter()
            shown = await door.runner.type(
                '/message send subject:News text:"Hello {{first_name}} {{last_name}}"', _ADA
            )
            report.note(DRAFT, began)
            go = _button(shown.answer)
            began = perf_counter()
            await door.runner.act(go, _ADA)
            report.note(SENT, began)
            began = perf_counter()
            while await door.database.read(lambda uow: uow.broadcasts.gathering()):
                await BroadcastWorker(door.database).round()
            report.note(STORED, began)
            await door.runner.run("message cancel", _ADA, go.values)
            with closing(sqlite3.connect(path, isolation_level=None)) as bare:
                bare.execute("PRAGMA synchronous=FULL")
                bare.execute(_TABLE)
                began = perf_counter()
                bare.execute(_COPY, (str(number), school_id))
                report.note(BARE, began)
    return report


def _fill(uow: UnitOfWork, *, members: int) -> str:
    """Add this many members to Ada's school; return the school's id."""
    assert isinstance(uow, SqlUnitOfWork)  # noqa: S101 - it is no fake
    school, *_ = uow.schools.linked_to(_workspace())
    people = [(next_id(uow.now), number) for number in range(members)]
    run = uow.members.connection.execute
    about = {"created_at": uow.now, "last_name": "Many"}
    names = ({"id": of, "name": f"P{n} Many", "search_name": f"p{n} many"} for of, n in people)
    rows = [
        {**one, **about, "first_name": f"P{n}" if n % 5 else None, "message_notifications": n % 10 != 0}
        for n, one in enumerate(names)
    ]
    run(insert(persons), rows)
    chats = [(of, n) for of, n in people if n % 3]
    run(
        insert(accounts),
        [{"issuer": "discord", "subject": f"m{n}", "person_id": of, "linked_at": uow.now} for of, n in chats],
    )
    run(
        insert(person_emails),
        [{"key": f"p{n}@example.org", "person_id": of, "address": f"p{n}@example.org"} for of, n in people],
    )
    stands = {"standing": "active", "access": "ok", "visibility": "listed", "created_at": uow.now}
    joined = [{"id": next_id(uow.now), "school_id": school.id, "person_id": of, **stands} for of, _ in people]
    run(insert(memberships), joined)
    return school.id


def _workspace() -> WorkspaceKey:
    assert _ADA.workspace is not None  # noqa: S101 - she is in one
    return _ADA.workspace


def _button(card: object) -> Action:
    assert isinstance(card, Card)  # noqa: S101 - nothing is refused
    rows = [block.buttons for block in card.blocks if isinstance(block, Actions)]
    buttons = [one for row in rows for one in row if isinstance(one, Button)]
    return next(one.action for one in buttons if one.action.command == "message go")
