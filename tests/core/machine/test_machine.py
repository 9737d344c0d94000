"""The state machine with all its rules, and the invariants that hold after every step."""

import asyncio
import random
from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import ClassVar

from hypothesis import HealthCheck, seed, settings
from hypothesis.stateful import invariant, run_state_machine_as_test

from bot.chat.replies import Reply
from bot.commands import REGISTRY
from bot.core.rights.actors import Caller
from tests.core.door import Door, door_of
from tests.core.machine.rules_addressed import Addressed
from tests.core.machine.rules_bulk import Bulk
from tests.core.machine.rules_places import Places
from tests.core.machine.stage import ROOT
from tests.core.machine.things import ADMIN
from tests.matrices import Counts
from tests.postgres import PostgresServer
from tests.soak import size
from tests.world import open_world, sqlite_url

_HALF = 0.5


class Town(Addressed, Places, Bulk):
    """The machine with all rules, on the fake database."""

    @invariant()
    def the_store_agrees_with_the_model(self) -> None:
        if not hasattr(self, "seen"):
            return
        model, seen = self.model, self.seen
        believed = {
            (place.id, person): (seat.states, frozenset(seat.roles))
            for place in model.places.values()
            for person, seat in place.seats.items()
        }
        assert seen.seats == believed
        assert seen.owners == model.accounts
        assert seen.primaries == {place.id: place.primary for place in model.places.values()}
        for (place_id, person), rights in seen.rights.items():
            able = model.able(person, model.places[place_id])
            assert rights == (able.holds, able.gives), f"{person} at {place_id}"
        asked = {one.id: (one.place.id, one.person, one.state) for one in model.requests}
        assert seen.requests == asked, sorted(seen.requests.items() ^ asked.items())
        for one in model.invitations:
            taken, came, revoked, by = seen.invitations[one.id]
            assert (taken, revoked, by) == (one.taken, one.revoked, one.by), (
                f"{one}: {seen.invitations[one.id]}"
            )
            assert came == taken

    @invariant()
    def the_laws_hold(self) -> None:
        if not hasattr(self, "seen"):
            return
        seen = self.seen
        assert seen.flaws <= {None}, "the audit chain is broken"
        waiting = {person for _, person, state in seen.requests.values() if state == "pending"}
        for (place_id, person), (states, roles) in seen.seats.items():
            at_work = states == ("active", "ok", "listed")
            primary = seen.primaries[place_id]
            assert primary is not None or not (at_work and ADMIN in roles), "admins whom nobody leads"
            if person == primary:
                assert at_work
                assert ADMIN in roles
            if states[0] == "pending":
                assert person in waiting or self.model.invited(self.model.places[place_id], person), (
                    "a membership waits for nothing"
                )
            if not at_work:
                above = self.model.over(person, self.model.places[place_id].district)
                ruling = self.model.rules(person=person)
                assert ruling or seen.rights[place_id, person][0] <= above.holds, "kept out, and able"


class TownOnDisk(Town):
    """The machine on SQLite."""

    def __init__(self) -> None:
        super().__init__()
        self.stack = AsyncExitStack()

    def url(self) -> str:
        """Make a database, and return its URL."""
        return sqlite_url(Path(self.stack.enter_context(TemporaryDirectory(prefix="homeroom-machine-"))))

    def open(self) -> Door:
        return self.joined(self.url())

    def joined(self, url: str) -> Door:
        """Open a door to one replica of a database."""
        world = open_world(url, system_administrators=frozenset({ROOT}))
        return door_of(self.wait(self.stack.enter_async_context(world)))

    def teardown(self) -> None:
        self.wait(self.stack.aclose())
        super().teardown()


class TownOfReplicas(TownOnDisk):
    """Two replicas of one database: each action is sent to one of them, or to both at once."""

    def __init__(self) -> None:
        super().__init__()
        self.chance = random.Random(0)

    def open(self) -> Door:
        url = self.url()
        first = self.joined(url)
        self.other = self.staffed(self.joined(url))
        return first

    async def told(self, path: str, who: Caller, values: Mapping[str, str]) -> Reply:
        self.other.clock.at = self.door.clock.at
        if self.chance.random() < _HALF:
            self.door, self.other = self.other, self.door
        if REGISTRY[path].reads or self.chance.random() < _HALF:
            return await super().told(path, who, values)
        self.totals["told to both at once"] += 1
        runners, mark = (self.door.runner, self.other.runner), str(self.totals["told to both at once"])
        told = [one.run(path, who, values, clicked=True, delivery=mark) for one in runners]
        answers = [one for one in await asyncio.gather(*told) if not one.repeated]
        assert len(answers) == 1, f"/{path} was answered by {len(answers)}"
        return answers[0]


class TownOfReplicasOnPostgres(TownOfReplicas):
    """Two replicas on PostgreSQL."""

    server: ClassVar[PostgresServer]

    def url(self) -> str:
        return self.wait(self.stack.enter_async_context(self.server.database()))


# What must have been done, and not just tried, for a run to mean anything.
_DONE = (
    "invite create",
    "join",
    "request approve",
    "member suspend",
    "member roles",
    "member remove",
    "member create",
    "account link",
    "account merge",
    "member erase",
    "member hand",
    "bulk apply",
    "bulk undo",
    "role create",
    "school edit",
    "school archive",
    "district grant",
    "invite person",
    "invite accept",
)


# Which way a walk goes depends on what else its process has loaded: where something was not done,
# there is another.
_WALKS = 3


def _run(machine: type[Town], examples: int, steps: int) -> int:
    machine.totals.clear()
    return _walk(machine, examples, steps)


def _walk(machine: type[Town], examples: int, steps: int) -> int:
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
    return machine.totals["steps"]


def test_the_core_agrees_with_the_model(counts: Counts) -> None:
    Town.totals.clear()
    for walk in range(_WALKS):
        steps = _walk(seed(walk)(Town), 120, 50)
        assert steps > 2000 * (walk + 1)
        missing = [path for path in _DONE if not Town.totals[f"{path}: done"]]
        if not missing:
            break
    counts.add("steps of the whole core against its model", steps)
    assert not missing


def test_two_replicas_agree_with_the_model_on_sqlite(counts: Counts) -> None:
    _replicas(TownOfReplicas, counts, "SQLite")


def test_two_replicas_agree_with_the_model_on_postgres(postgres: PostgresServer, counts: Counts) -> None:
    TownOfReplicasOnPostgres.server = postgres
    _replicas(TownOfReplicasOnPostgres, counts, "PostgreSQL")


def _replicas(machine: type[Town], counts: Counts, name: str) -> None:
    steps = _run(machine, size(3, 215), size(40, 100))
    counts.add(f"steps of two replicas on {name} against the model", steps)
    counts.add(f"steps told to both replicas on {name}", machine.totals["told to both at once"])
    assert machine.totals["told to both at once"] > steps / 4
    assert steps > size(30, 10_000)


def test_what_random_walks_have_found() -> None:
    found = Town()
    found.found_the_town()
    found.invite_person(also=False, hours=None, known=False, role="Viewer", where=1, who="head1", whom=0)
    found.accept(own=False, which=0, who="p3")  # who waits there already
    found.the_store_agrees_with_the_model()
    found.teardown()
    found = Town()
    found.found_the_town()
    found.change_the_tree(number=5, to=0, what="close", who="root")
    found.approve(role="", which=0, who="head1")  # a click on the card of a school that was closed
    found.teardown()
