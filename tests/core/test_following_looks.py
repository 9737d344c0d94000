"""What a look at the platform finds: who has a role, who lacks it, and what follows from that."""

from datetime import datetime, timedelta

import pytest

from bot.core import following, following_drift, following_marks
from bot.core.errors import NotFound, NothingToChange, NotPermitted
from bot.core.following_drift import EVERY, Seen
from bot.core.following_ports import (
    DifferenceState,
    Differs,
    DriftPolicy,
    Follower,
    Mark,
    MarkState,
    Native,
    NativeKind,
    Problem,
)
from bot.core.notices import Audience, Notice
from bot.core.stuck import ItemTracker
from bot.core.values import replace
from tests.core.place import Place, discord
from tests.world import START

MINUTE = timedelta(minutes=1)
OLD = START - timedelta(hours=2)


@pytest.fixture
def place() -> Place:
    """A school whose staff is Nia and Ben, with a role that follows them."""
    one = Place()
    one.member("nia", "Staff")
    one.member("ben", "Staff")
    one.person("eve")
    following.follow(one.uow, one.admin, one.school, "Staff", Native(NativeKind.ROLE, "5", "Crew"))
    for subject in ("nia", "ben"):
        marked(one, subject)
    one.clear_outbox_and_log()
    return one


def thing(place: Place) -> Follower:
    (found,) = place.state.followers.values()
    return found


def change(place: Place, **values: object) -> Follower:
    place.uow.followings.save(replace(thing(place), **values))  # type: ignore[arg-type]
    return thing(place)


def marked(place: Place, subject: str, state: MarkState = MarkState.DONE, *, wanted: bool = True) -> Mark:
    following_marks.request_change(place.uow, thing(place), subject, wanted=wanted)
    found = place.uow.follow_marks.of(thing(place).id, subject)
    assert found is not None
    put = replace(found, state=state, at=OLD)
    place.uow.follow_marks.put(put)
    return put


def asked(place: Place) -> Notice:
    following_marks.ask_to_look(place.uow, thing(place))
    (notice,) = place.waiting(Audience.LOOK)
    return notice


def looked(place: Place, seen: Seen, began: datetime) -> None:
    of = thing(place).id
    compared = following_marks.compare(place.uow, of, most=1, as_if_free=True)
    following_drift.judge_look(place.uow, asked(place), of, seen, began, compared)


def look(
    place: Place, *has: str, name: str = "Crew", disabled: bool = False, present: str | None = None
) -> None:
    """A look ends that began now: who has the thing, and maybe who is in the workspace."""
    there = None if present is None else frozenset(present.split())
    names = {"zoe": "Zoe there"}
    seen = Seen(name, frozenset(has), there, names, disabled=disabled)
    looked(place, seen, place.clock.now())
    assert place.told(Audience.LOOK) == []


def differences(place: Place) -> dict[str, tuple[Differs, DifferenceState]]:
    found = place.uow.followings.differences(thing(place).id)
    return {one.subject: (one.differs, one.fate) for one in found}


def wanted(place: Place) -> dict[str, tuple[bool, MarkState]]:
    return {one.subject: (one.wanted, one.state) for one in place.state.follow_marks.values()}


def to_admins(place: Place) -> bool:
    told = place.told(Audience.ADMIN)
    assert told in ([], [(thing(place).subject, "discord/@ada")])
    return bool(told)


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


MENDED = (MarkState.QUEUED, DifferenceState.MENDED)


@pytest.mark.parametrize(
    ("drift", "mended"),
    [
        (DriftPolicy.REPORT, set()),
        (DriftPolicy.MEND, {"ben", "eve"}),
        (DriftPolicy.MEND_ALL, {"ben", "eve", "zoe"}),
    ],
)
def test_what_is_mended_by_itself_and_logged_so(place: Place, drift: DriftPolicy, mended: set[str]) -> None:
    change(place, drift=drift)
    look(place, "nia", "eve", "zoe")
    assert {one for one, (_, fate) in differences(place).items() if fate is DifferenceState.MENDED} == mended
    asked_for = {one: want for one, (want, state) in wanted(place).items() if state is MarkState.QUEUED}
    assert asked_for == {one: one == "ben" for one in mended}
    assert to_admins(place)
    counted = {"ben": "missing=1", "eve": "extra=1", "zoe": "stranger=1"}
    told = ", ".join(words for one, words in counted.items() if one in mended)
    where = f"- (clock) role.drift_mended {thing(place).subject} at Maple Grove"
    assert place.logged() == ([f"{where} -> {told}"] if mended else [])


def test_what_was_mended_and_differs_again_is_told_again(place: Place) -> None:
    look(place, "nia")
    following_drift.mend(place.uow, place.admin, place.school, thing(place))
    marked(place, "ben")
    place.clear_outbox_and_log()
    look(place, "nia")
    assert differences(place) == {"ben": (Differs.MISSING, DifferenceState.OPEN)}
    assert to_admins(place)


def test_an_admin_mends_what_is_known_and_strangers_only_if_told(place: Place) -> None:
    look(place, "nia", "eve", "zoe")
    place.shown(thing(place).subject, Audience.ADMIN)
    place.clear_outbox_and_log()
    assert following_drift.mend(place.uow, place.admin, place.school, thing(place)) == 2
    assert wanted(place) == {
        "nia": (True, MarkState.DONE),
        "ben": (True, MarkState.QUEUED),
        "eve": (False, MarkState.QUEUED),
    }
    assert place.redrawn() == [thing(place).subject]
    where = f"{thing(place).subject} at Maple Grove"
    assert place.logged() == [f"Ada (discord) role.drift_mended {where} -> missing=1, extra=1"]
    with pytest.raises(NothingToChange) as refused:
        following_drift.mend(place.uow, place.admin, place.school, thing(place))
    assert refused.value.state == "so already"
    assert following_drift.mend(place.uow, place.admin, place.school, thing(place), strangers=True) == 1
    assert wanted(place)["zoe"] == (False, MarkState.QUEUED)


def test_mending_leaves_people_with_a_waiting_change(place: Place) -> None:
    look(place, "nia", "eve")
    marked(place, "eve", MarkState.QUEUED)
    assert following_drift.mend(place.uow, place.admin, place.school, thing(place)) == 1
    assert differences(place)["eve"] == (Differs.EXTRA, DifferenceState.OPEN)


def test_what_an_admin_leaves_stays_left_for_as_long_as_it_differs(place: Place) -> None:
    change(place, drift=DriftPolicy.MEND_ALL)
    change(place, drift=DriftPolicy.REPORT)
    look(place, "nia", "eve", "zoe")
    place.shown(thing(place).subject, Audience.ADMIN)
    place.clear_outbox_and_log()
    assert following_drift.leave(place.uow, place.admin, place.school, thing(place)) == 3
    assert {fate for _, fate in differences(place).values()} == {DifferenceState.LEFT}
    assert place.redrawn() == [thing(place).subject]
    where = f"{thing(place).subject} at Maple Grove"
    assert place.logged() == [f"Ada (discord) role.drift_left {where} -> missing=1, extra=1, stranger=1"]
    change(place, drift=DriftPolicy.MEND_ALL)
    look(place, "nia", "eve", "zoe")
    assert {fate for _, fate in differences(place).values()} == {DifferenceState.LEFT}
    with pytest.raises(NothingToChange):
        following_drift.leave(place.uow, place.admin, place.school, thing(place))
    look(place, "nia", "ben")
    assert differences(place) == {}


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
