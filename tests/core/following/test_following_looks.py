"""What a look at the platform finds: who has a role, who lacks it, and what follows from that."""

from datetime import datetime, timedelta

import pytest

from bot.core.errors import NotFound, NotPermitted
from bot.core.following import drift as following_drift
from bot.core.following import marks as following_marks
from bot.core.following.drift import EVERY, Seen
from bot.core.following.ports import (
    DifferenceState,
    Differs,
    MarkState,
    Problem,
)
from bot.core.notices.notices import Audience
from bot.core.stuck import ItemTracker
from bot.core.values import replace
from tests.core.following_looks import (
    OLD,
    asked,
    change,
    crew,
    differences,
    look,
    looked,
    marked,
    thing,
    to_admins,
    wanted,
)
from tests.core.place import Place, discord
from tests.world import START

MINUTE = timedelta(minutes=1)


@pytest.fixture
def place() -> Place:
    """A school whose staff is Nia and Ben, with a role that follows them."""
    return crew()


def test_a_thing_is_looked_at_every_hour_and_compared_again(place: Place) -> None:
    tracker, held = ItemTracker(), list[str]()
    tracker.settle = lambda: held.append(str(tracker.item))
    before = place.state.follow_nudges[thing(place).id]
    assert following_drift.queue_due_looks(place.uow, tracker) == 1
    assert held == [thing(place).subject]
    assert thing(place).look_at == START + EVERY
    assert place.state.follow_nudges[thing(place).id] == before + 1
    assert len(place.waiting(Audience.LOOK)) == 1
    assert following_drift.queue_due_looks(place.uow, ItemTracker()) == 0


def test_a_look_without_differences_is_recorded(place: Place) -> None:
    change(place, problem=Problem.NO_RIGHT, blind=True)
    before = place.state.follow_nudges[thing(place).id]
    place.forward(minutes=3)
    look(place, "nia", "ben")
    now = thing(place)
    assert (now.problem, now.blind, now.looked_at) == (None, False, START + 3 * MINUTE)
    assert place.state.follow_nudges[now.id] == before + 1
    assert (differences(place), to_admins(place)) == ({}, False)


def test_a_thing_that_could_be_changed_all_along_is_not_compared_for_a_look(place: Place) -> None:
    before = place.state.follow_nudges[thing(place).id]
    look(place, "nia", "ben")
    assert place.state.follow_nudges[thing(place).id] == before


def test_what_differs_is_told_by_who_they_are(place: Place) -> None:
    look(place, "nia", "eve", "zoe")
    assert differences(place) == {
        "ben": (Differs.MISSING, DifferenceState.OPEN),
        "eve": (Differs.EXTRA, DifferenceState.OPEN),
        "zoe": (Differs.STRANGER, DifferenceState.OPEN),
    }
    names = {one.subject: one.name for one in place.uow.followings.differences(thing(place).id)}
    assert names == {"ben": "", "eve": "", "zoe": "Zoe there"}
    assert to_admins(place)
    place.clear_outbox_and_log()
    place.shown(thing(place).subject, Audience.ADMIN)
    look(place, "nia", "eve", "zoe")
    assert not to_admins(place), "they know it already"
    assert place.redrawn() == [thing(place).subject]


def test_only_the_first_of_very_many_differences_are_stored(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following_drift, "MOST", 2)
    look(place, "eve", "zoe")
    assert set(differences(place)) == {"ben", "nia"}


@pytest.mark.parametrize(
    ("state", "at", "missing"),
    [
        (MarkState.DONE, OLD, True),
        (MarkState.DONE, START - MINUTE - timedelta(seconds=1), True),
        (MarkState.DONE, START - MINUTE, False),
        (MarkState.DONE, START, False),
        (MarkState.QUEUED, OLD, False),
        (MarkState.FAILED, OLD, False),
        (MarkState.PARKED, OLD, False),
    ],
)
def test_what_is_on_its_way_or_came_there_just_now_does_not_differ(
    place: Place, state: MarkState, at: datetime, *, missing: bool
) -> None:
    place.uow.follow_marks.put(replace(marked(place, "ben", state), at=at))
    look(place, "nia")
    assert differences(place) == ({"ben": (Differs.MISSING, DifferenceState.OPEN)} if missing else {})


def test_what_is_read_in_several_goes_is_as_old_as_the_first(place: Place) -> None:
    """Their role came there when the page on which they stand was read already."""
    marks = {"ben": START - 20 * MINUTE, "nia": START - 40 * MINUTE}
    for subject, at in marks.items():
        place.uow.follow_marks.put(replace(marked(place, subject), at=at))
    seen = Seen("Crew", frozenset(), age=30 * MINUTE)
    looked(place, seen, START)
    assert set(differences(place)) == {"nia"}


def test_absent_people_are_not_a_difference(place: Place) -> None:
    look(place, present="nia")
    assert set(differences(place)) == {"nia"}


def test_people_who_lost_the_role_lately_may_still_have_it(place: Place) -> None:
    ben = place.uow.people.by_account(discord("ben"))
    assert ben is not None
    place.uow.members.unassign(ben.id, "Staff", place.school.id)
    mark = marked(place, "ben", wanted=False)
    look(place, "nia", "ben")
    assert differences(place) == {"ben": (Differs.EXTRA, DifferenceState.OPEN)}
    place.uow.follow_marks.put(replace(mark, at=place.clock.now()))
    look(place, "nia", "ben")
    assert differences(place) == {}


@pytest.mark.parametrize("disabled", [True, False])
def test_that_it_was_taken_is_forgotten_after_a_look_unless_the_group_is_disabled(
    place: Place, *, disabled: bool
) -> None:
    mark = marked(place, "old", wanted=False)
    look(place, "nia", "ben", disabled=disabled)
    assert (place.uow.follow_marks.by_id(mark.id) is not None) is disabled


def test_nobody_is_said_to_have_it_wrongly_before_it_is_asked_for(place: Place) -> None:
    place.member("new", "Staff")
    look(place, "eve")
    assert differences(place) == {}
    assert thing(place).look_at == START + MINUTE
    assert thing(place).looked_at == START


def test_what_changes_while_it_is_compared_is_looked_at_again_soon(place: Place) -> None:
    """It is compared beforehand, where no writer waits for it: whoever came in between is no stranger."""
    of = thing(place).id
    compared = following_marks.compare(place.uow, of, most=1, as_if_free=True)
    place.uow.followings.nudge(of)
    seen = Seen("Crew", frozenset({"eve"}))
    following_drift.judge_look(place.uow, asked(place), of, seen, START, compared)
    assert differences(place) == {}
    assert thing(place).look_at == START + MINUTE
    assert thing(place).looked_at == START


def test_a_platform_that_does_not_say_who_has_it(place: Place) -> None:
    seen = Seen("Crew", None)
    looked(place, seen, START)
    assert (thing(place).blind, differences(place)) == (True, {})


def test_a_new_name_is_told_once(place: Place) -> None:
    look(place, "nia", "ben", name="Team")
    assert (thing(place).name, thing(place).former_name) == ("Team", "Crew")
    assert to_admins(place)
    place.clear_outbox_and_log()
    look(place, "nia", "ben", name="Team")
    assert thing(place).former_name == "Crew"
    assert not to_admins(place)


@pytest.mark.parametrize(("present", "again"), [(None, True), ("ben", True), ("nia", False)])
def test_absent_people_get_it_when_they_may_have_come(
    place: Place, present: str | None, *, again: bool
) -> None:
    marked(place, "ben", MarkState.ABSENT)
    look(place, "nia", present=present)
    assert wanted(place)["ben"] == (True, MarkState.QUEUED if again else MarkState.ABSENT)


def test_what_stands_in_the_way_of_a_look_is_told(place: Place) -> None:
    following_drift.look_failed(place.uow, asked(place), thing(place).id, Problem.NO_RIGHT)
    assert (thing(place).problem, to_admins(place), place.told(Audience.LOOK)) == (Problem.NO_RIGHT, True, [])


def test_a_look_is_asked_for_by_who_makes_roles_of_their_own_schools_things(place: Place) -> None:
    following_drift.look_now(place.uow, place.admin, place.school, thing(place))
    assert len(place.waiting(Audience.LOOK)) == 1
    with pytest.raises(NotPermitted):
        following_drift.look_now(place.uow, place.member("sam", "Staff"), place.school, thing(place))
    oaks = replace(thing(place), school_id=place.another_school("Oak Hill").id)
    place.uow.followings.save(oaks)
    with pytest.raises(NotFound) as refused:
        following_drift.look_now(place.uow, place.admin, place.school, oaks)
    assert refused.value.what == "role or group"
