"""Whom bulk work leaves out, and why."""

import pytest

from bot.core.bulk import planning as bulk
from bot.core.bulk.acts import Act
from bot.core.bulk.planning import Item, ItemState
from bot.core.bulk.reasons import KeptOutReason, reason_of
from bot.core.errors import NameUnclear
from bot.core.values import replace


def test_keeping_somebody_where_they_are_touches_nothing_but_their_leaving() -> None:
    one = Item(1, "oak", "p1", Act.ADD, "absent")
    leaves, other = replace(one, does=Act.REMOVE), replace(one, does=Act.REMOVE, person_id="p2")
    stays = {"p1": KeptOutReason.FULL}
    assert bulk.kept_if_staying(one, stays) == one
    assert bulk.kept_if_staying(other, stays) == other
    assert bulk.kept_if_staying(leaves, stays) == replace(
        leaves, state=ItemState.KEPT, why=KeptOutReason.FULL
    )
    kept = [replace(one, why=why, person_id=why.value) for why in KeptOutReason]
    assert set(bulk.cannot_join(kept)) == {
        "above",
        "not permitted",
        "switched off",
        "full",
        "kept out",
        "same id",
    }
    assert bulk.cannot_join([replace(leaves, why=KeptOutReason.FULL), one]) == {}


def test_a_refusal_that_no_single_change_gives_is_a_fault() -> None:
    with pytest.raises(NameUnclear):
        reason_of(NameUnclear("Nia"))
