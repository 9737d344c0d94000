"""All rules together, and what holds after every step."""

import shutil
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis.stateful import invariant, run_state_machine_as_test

from tests.core.door import Door, door_of
from tests.core.machine.model import ADMIN
from tests.core.machine.rules_addressed import Addressed
from tests.core.machine.rules_bulk import Bulk
from tests.core.machine.rules_places import Places
from tests.core.machine.stage import ROOT
from tests.matrices import Counts
from tests.world import open_world, sqlite_url


class Town(Addressed, Places, Bulk):
    """Everything that people can do."""

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
        assert seen.breaks <= {None}, "the audit chain is broken"
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


class TownOnSqlite(Town):
    """The same on a real database."""

    def __init__(self) -> None:
        super().__init__()
        self.stack = AsyncExitStack()
        self.folder = Path(tempfile.mkdtemp(prefix="homeroom-machine-"))

    def open(self) -> Door:
        world = open_world(sqlite_url(self.folder), system_administrators=frozenset({ROOT}))
        return door_of(self.wait(self.stack.enter_async_context(world)))

    def teardown(self) -> None:
        self.wait(self.stack.aclose())
        shutil.rmtree(self.folder)
        super().teardown()


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


def _run(machine: type[Town], examples: int, steps: int) -> int:
    machine.totals.clear()
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


def test_whatever_people_do(counts: Counts) -> None:
    steps = _run(Town, 120, 50)
    counts.add("steps of the whole core against its model", steps)
    assert steps > 2000
    assert not [path for path in _DONE if not Town.totals[f"{path}: done"]]


def test_whatever_people_do_on_sqlite(counts: Counts) -> None:
    counts.add("steps of the whole core on SQLite against its model", _run(TownOnSqlite, 6, 40))


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
