"""What is mended after a look: by itself, by an admin, or not at all."""

import pytest

from bot.core.errors import NothingToChange
from bot.core.following import drift as following_drift
from bot.core.following.ports import (
    DifferenceState,
    Differs,
    DriftPolicy,
    MarkState,
)
from bot.core.notices.notices import Audience
from tests.core.following_looks import change, crew, differences, look, marked, thing, to_admins, wanted
from tests.core.place import Place


@pytest.fixture
def place() -> Place:
    """A school whose staff is Nia and Ben, with a role that follows them."""
    return crew()


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
