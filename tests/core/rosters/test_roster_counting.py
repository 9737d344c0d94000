"""The numbers of an import, and what it may not do without being asked."""

import pytest

from bot.core.errors import LimitReached, Quota
from bot.core.people.members import Access, Standing
from bot.core.rosters import counting, guard
from bot.core.rosters.counting import Tally
from bot.core.rosters.imports import Removal, StepKind, StepReason
from bot.core.schools.settings import SchoolSettings
from bot.core.schools.system import SystemSettings
from tests.core.place import Place


def _tally(school_id: str, kind: StepKind, number: int, why: StepReason | None = None) -> Tally:
    return Tally(school_id, kind, why, placed=True, gets=(), number=number)


TALLIES = (
    _tally("maple", StepKind.ADD, 5),
    _tally("maple", StepKind.ADD, 2, StepReason.DETAILS),
    _tally("maple", StepKind.MOVE, 3),
    _tally("maple", StepKind.REMOVE, 4),
    _tally("oak", StepKind.REMOVE, 2, StepReason.MOVED),
    _tally("oak", StepKind.REMOVE, 1),
    _tally("oak", StepKind.KEEP, 7, StepReason.OWN),
    *(_tally("elm", kind, 9) for kind in (StepKind.CHANGE, StepKind.SAME, StepKind.INVITE)),
    _tally("oak", StepKind.REMOVE, 10),
    _tally("maple", StepKind.ADD, 1),
)


def test_steps_that_are_alike_add_up_by_what_is_asked() -> None:
    assert counting.kinds(TALLIES[:3]) == {
        (StepKind.ADD, None): 5,
        (StepKind.ADD, StepReason.DETAILS): 2,
        (StepKind.MOVE, None): 3,
    }
    assert counting.kinds(TALLIES)[StepKind.REMOVE, None] == 15
    assert counting.leaving(TALLIES) == {"maple": 4, "oak": 13}
    assert counting.growth(TALLIES) == {"maple": 7, "oak": -13, "elm": 0}
    assert counting.by_school(TALLIES) == {
        "maple": {StepKind.ADD: 8, StepKind.MOVE: 3, StepKind.REMOVE: 4},
        "oak": {StepKind.REMOVE: 13, StepKind.KEEP: 7},
        "elm": {StepKind.CHANGE: 9, StepKind.SAME: 9, StepKind.INVITE: 9},
    }


@pytest.fixture
def place() -> Place:
    """Maple Grove with ten active members, one pending and two barred."""
    place = Place()
    for number in range(9):
        place.member(f"n{number}")
    place.add_membership(place.person("asks"), Standing.PENDING)
    for access in (Access.SUSPENDED, Access.DEACTIVATED):
        place.add_membership(place.person(access.value), access=access)
    return place


@pytest.mark.parametrize(
    ("most", "leaving", "guarded"), [(0, 10, False), (20, 2, False), (20, 3, True), (100, 10, False)]
)
def test_too_many_leave_by_their_share_of_those_at_work(
    place: Place, most: int, leaving: int, *, guarded: bool
) -> None:
    place.uow.settings.save(place.school_id, SchoolSettings(most_removed=most))
    told = guard.removal(place.uow, place.school_id, leaving)
    assert told == Removal(place.school, 10, leaving, guarded=guarded)


def test_a_school_grows_no_further_than_it_may(place: Place) -> None:
    place.uow.system.save(SystemSettings(members_a_school=10))
    guard.refuse_crowd(place.uow, [_tally(place.school_id, StepKind.CHANGE, 1)])
    guard.refuse_crowd(
        place.uow, [_tally(place.school_id, StepKind.ADD, 3), _tally(place.school_id, StepKind.REMOVE, 4)]
    )
    with pytest.raises(LimitReached) as refused:
        guard.refuse_crowd(place.uow, [_tally(place.school_id, StepKind.ADD, 1)])
    assert (refused.value.what, refused.value.most) == (Quota.MEMBERS, 10)
