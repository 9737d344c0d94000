"""A form says what its fields began with, so that what is left alone keeps what others have changed since."""

import pytest

from bot.chat import meanwhile
from bot.chat.actions import Action, unpack
from bot.chat.meanwhile import BEGAN_WITH, marked, with_newer
from bot.commands import REGISTRY

EDIT = REGISTRY["member edit"]
BEGAN = {"first_name": "Nia", "last_name": "Okafor", "educator_id": "00123"}


def _marks(current: dict[str, str]) -> str:
    return marked(Action(EDIT.path), EDIT, current).values[BEGAN_WITH]


def test_a_field_that_is_left_alone_keeps_what_it_is_by_now() -> None:
    sent = {**BEGAN, "last_name": "Eze", "middle_initial": ""}
    now = {**BEGAN, "educator_id": "00456", "middle_initial": "Q"}
    assert with_newer(EDIT, sent, _marks(BEGAN), now) == {**now, "last_name": "Eze"}


def test_what_was_deleted_meanwhile_stays_deleted() -> None:
    now = {"first_name": "Nia", "last_name": "Okafor"}
    assert with_newer(EDIT, BEGAN, _marks(BEGAN), now) == {**now, "educator_id": ""}


def test_what_both_changed_is_as_the_last_one_has_it() -> None:
    sent = {**BEGAN, "educator_id": "00321"}
    assert with_newer(EDIT, sent, _marks(BEGAN), {**BEGAN, "educator_id": "00456"}) == sent


def test_a_field_counts_as_left_alone_however_the_platform_writes_its_lines() -> None:
    began = {"email": "one\ntwo"}
    assert with_newer(EDIT, {"email": "one\r\ntwo "}, _marks(began), {"email": "three"}) == {"email": "three"}


def test_where_nothing_has_changed_all_stays_as_it_was_sent() -> None:
    sent = {**BEGAN, "last_name": "Eze", "person": "Nia Okafor"}
    assert with_newer(EDIT, sent, _marks(BEGAN), BEGAN) == sent


@pytest.mark.parametrize("forged", ["-", "?", "é" * 500, "_" * 500])
def test_forged_marks_change_nothing_that_was_sent_anew(forged: str) -> None:
    found = with_newer(EDIT, {"last_name": "Eze"}, forged, {"last_name": "Eze", "zone": "Europe/Berlin"})
    assert found == {"last_name": "Eze"}


def test_the_largest_form_of_one_person_in_one_school_has_room_for_its_marks() -> None:
    action = Action(EDIT.path, {"person": "0" * 26, "school": "1" * 26})
    form = marked(action, EDIT, BEGAN)
    assert unpack(form.pack()) == form
    assert form.values[BEGAN_WITH] == _marks(BEGAN)
    assert marked(form, EDIT, {**BEGAN, "last_name": "Eze"}) == form  # a further step began with the same


def test_a_form_without_room_or_without_values_has_no_marks() -> None:
    full = Action(EDIT.path, {"person": "p" * 70})
    assert marked(full, EDIT, BEGAN) == full
    assert marked(Action(EDIT.path), EDIT, {}) == Action(EDIT.path)


def test_no_option_is_called_as_the_marks_are() -> None:
    names = {option.name for group in REGISTRY.groups for one in group.commands for option in one.options}
    assert meanwhile.BEGAN_WITH not in names
