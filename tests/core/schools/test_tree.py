"""Schools in districts: who makes, moves, archives and restores them, and what is logged."""

from functools import partial
from typing import Any

import pytest

from bot.core.errors import DistrictArchived, NotFound, NothingToChange, NotPermitted
from bot.core.rights.actors import Actor
from bot.core.rights.roles import DISTRICT_ADMIN
from bot.core.schools import tree
from bot.core.schools.districts import District
from bot.core.schools.schools import School
from tests.core.place import Place
from tests.fakes.schools import FakeSchools
from tests.world import START, system_admin

NORTH, SOUTH, GONE = (
    District(name.lower(), name, START, START if name == "Gone" else None)
    for name in ("North", "South", "Gone")
)
SYSTEM_ADMIN = system_admin()


@pytest.fixture
def place() -> Place:
    place = Place()
    for one in (NORTH, SOUTH, GONE):
        place.uow.districts.add(one)
    return place


@pytest.fixture
def oak(place: Place) -> School:
    return place.another_school("Oak", district_id=NORTH.id)


def _head(place: Place, *districts: District) -> Actor:
    """Make a person an admin of districts."""
    who = place.person("dora")
    for one in districts:
        place.uow.districts.assign(who.id, DISTRICT_ADMIN.name, one.id, by=None, at=START)
    place.clear_outbox_and_log()
    return place.actor(who)


def test_an_admin_of_the_district_makes_moves_archives_and_restores_its_schools(place: Place) -> None:
    head = _head(place, NORTH, SOUTH)
    made = tree.create_in(place.uow, head, NORTH, "Oak")
    assert (made.name, made.district_id) == ("Oak", NORTH.id)
    moved = tree.move(place.uow, head, made, SOUTH)
    assert moved.district_id == SOUTH.id
    archived = tree.archive(place.uow, head, moved)
    assert archived.archived_at == place.clock.now()
    assert tree.restore(place.uow, head, archived) == moved == place.state.schools[made.id]
    created, *others = place.logged()
    assert created.startswith("Dora (discord) school.created school:Oak at Oak -> district_id=north, ")
    assert others == [
        "Dora (discord) school.moved school:Oak at Oak district_id=north -> district_id=south",
        "Dora (discord) school.archived school:Oak at Oak",
        "Dora (discord) school.restored school:Oak at Oak",
    ]


def test_a_school_leaves_and_enters_districts_by_whoever_rules_both_ends(place: Place, oak: School) -> None:
    assert tree.move(place.uow, SYSTEM_ADMIN, oak, None).district_id is None
    assert tree.move(place.uow, SYSTEM_ADMIN, oak, NORTH).district_id == NORTH.id
    head = _head(place, NORTH)
    for end in (None, SOUTH):
        with pytest.raises(NotPermitted):
            tree.move(place.uow, head, oak, end)
    for act in (tree.archive, tree.restore):
        with pytest.raises(NotPermitted):
            act(place.uow, place.admin, place.school)
    with pytest.raises(NotPermitted):
        tree.create_in(place.uow, head, SOUTH, "Elm")
    with pytest.raises(NotPermitted):
        tree.move(place.uow, head, place.school, NORTH)


def test_what_is_so_already_is_told(place: Place, oak: School) -> None:
    with pytest.raises(NothingToChange, match=r"^in that district already$"):
        tree.move(place.uow, SYSTEM_ADMIN, oak, NORTH)
    with pytest.raises(NothingToChange, match=r"^in no district already$"):
        tree.move(place.uow, SYSTEM_ADMIN, place.another_school("Lone"), None)
    with pytest.raises(NothingToChange, match=r"^at work$"):
        tree.restore(place.uow, SYSTEM_ADMIN, oak)
    tree.archive(place.uow, SYSTEM_ADMIN, oak)
    with pytest.raises(NothingToChange, match=r"^archived$"):
        tree.archive(place.uow, SYSTEM_ADMIN, oak)


def test_a_district_that_is_archived_or_gone_gets_no_school(place: Place, oak: School) -> None:
    nowhere = District("none", "None", START)
    with pytest.raises(NotFound) as refused:
        tree.create_in(place.uow, SYSTEM_ADMIN, nowhere, "Elm")
    assert refused.value.what == "district"
    with pytest.raises(NotFound):
        tree.move(place.uow, SYSTEM_ADMIN, oak, nowhere)
    closed = place.another_school("Elm", district_id=GONE.id, archived_at=START)
    for deed in (
        partial(tree.create_in, place.uow, SYSTEM_ADMIN, GONE, "Elm"),
        partial(tree.move, place.uow, SYSTEM_ADMIN, oak, GONE),
        partial(tree.restore, place.uow, SYSTEM_ADMIN, closed),
    ):
        with pytest.raises(DistrictArchived) as archived:
            deed()
        assert archived.value.name == GONE.name
    alone = place.another_school("Birch", archived_at=START)
    assert not tree.restore(place.uow, SYSTEM_ADMIN, alone).archived


def test_only_archiving_waits_for_all_who_come_in(
    place: Place, oak: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    locks: list[Any] = []
    monkeypatch.setattr(FakeSchools, "lock", lambda *_, closing=False: locks.append(closing))
    tree.move(place.uow, SYSTEM_ADMIN, oak, SOUTH)
    tree.archive(place.uow, SYSTEM_ADMIN, oak)
    tree.restore(place.uow, SYSTEM_ADMIN, oak)
    assert locks == [False, True, False]
