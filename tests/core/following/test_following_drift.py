"""Changes by hand on the platform: reported once, corrected or left, and strangers left alone."""

from datetime import timedelta

import pytest

from bot.core.errors import NothingToChange
from bot.core.following import drift as following_drift
from bot.core.following.ports import DifferenceState, Differs, DriftPolicy, Problem
from bot.core.people import erasure, lifecycle
from bot.core.people.lifecycle import Verb
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import AccountKey
from bot.core.stuck import ItemTracker
from tests.core.following_stage import Stage
from tests.world import deliver_due

HOUR = timedelta(hours=1)


async def opened(stage: Stage, drift: DriftPolicy = DriftPolicy.REPORT) -> None:
    """Give two members the role; then take it from one by hand, and give it to a viewer and a stranger."""
    await stage.member("2", "Staff")
    await stage.member("3", "Staff")
    await stage.member("4", "Viewer")
    stage.platform.present.add("9")
    stage.staff = await stage.follow("Staff", "staff", drift)
    await stage.settle()
    await stage.look()
    stage.clock.forward(HOUR)
    stage.platform.has["staff"] = {"2", "4", "9"}


async def told(stage: Stage) -> dict[str, tuple[Differs, DifferenceState]]:
    shown = await stage.shown(stage.staff)
    return {one.subject: (one.differs, one.fate) for one in shown.differences}


OPEN = {
    "3": (Differs.MISSING, DifferenceState.OPEN),
    "4": (Differs.EXTRA, DifferenceState.OPEN),
    "9": (Differs.STRANGER, DifferenceState.OPEN),
}


async def test_what_differs_is_told_once(stage: Stage) -> None:
    await opened(stage)
    assert stage.platform.posted == []
    await stage.look()
    assert await told(stage) == OPEN
    assert len(stage.platform.posted) == 1
    stage.clock.forward(HOUR)
    await stage.look()
    assert len(stage.platform.posted) == 1
    assert stage.platform.has["staff"] == {"2", "4", "9"}
    stage.platform.has["staff"].add("5")
    stage.clock.forward(HOUR)
    await stage.look()
    assert len(stage.platform.posted) == 2


async def test_mending_leaves_strangers_alone_unless_told(stage: Stage) -> None:
    await opened(stage)
    await stage.look()
    school, admin, staff = stage.school, stage.admin, stage.staff
    assert await stage.do(lambda uow: following_drift.mend(uow, admin, school, staff)) == 2
    await stage.settle()
    assert stage.platform.has["staff"] == {"2", "3", "9"}
    assert (await told(stage))["9"] == OPEN["9"]
    assert await stage.do(lambda uow: following_drift.mend(uow, admin, school, staff, strangers=True)) == 1
    await stage.settle()
    assert stage.platform.has["staff"] == {"2", "3"}
    stage.clock.forward(HOUR)
    await stage.look()
    assert await told(stage) == {}
    with pytest.raises(NothingToChange):
        await stage.do(lambda uow: following_drift.mend(uow, admin, school, staff))


async def test_what_is_left_stays_and_is_told_no_more(stage: Stage) -> None:
    await opened(stage)
    await stage.look()
    school, admin, staff = stage.school, stage.admin, stage.staff
    assert await stage.do(lambda uow: following_drift.leave(uow, admin, school, staff)) == 3
    stage.clock.forward(HOUR)
    await stage.look()
    assert {fate for _, fate in (await told(stage)).values()} == {DifferenceState.LEFT}
    assert stage.platform.has["staff"] == {"2", "4", "9"}
    assert len(stage.platform.posted) == 1


@pytest.mark.parametrize(
    ("drift", "after"),
    [(DriftPolicy.MEND, {"2", "3", "9"}), (DriftPolicy.MEND_ALL, {"2", "3"})],
    ids=["mend", "mend all"],
)
async def test_a_thing_can_be_mended_by_itself(stage: Stage, drift: DriftPolicy, after: set[str]) -> None:
    await opened(stage, drift)
    await stage.look()
    assert stage.platform.has["staff"] == after
    assert len(stage.platform.posted) == 1, "the admins are told all the same"

    def audited(uow: UnitOfWork) -> list[object]:
        listed = uow.audit.listed(stage.school.id, action="drift", person_id=None, after=None, limit=9)
        return [(one.action, one.actor_id) for one in listed]

    assert await stage.do(audited) == [("role.drift_mended", None)]


async def test_what_differs_about_the_erased_is_forgotten(stage: Stage) -> None:
    await opened(stage)
    await stage.look()
    person = await stage.do(lambda uow: uow.people.by_account(AccountKey("discord", "4")))
    assert person is not None
    await stage.do(lambda uow: erasure.member(uow, stage.admin, stage.school, person.id, confirmed=True))
    assert await told(stage) == {one: OPEN[one] for one in ("3", "9")}


async def test_what_is_changed_by_hand_again_is_mended_again(stage: Stage) -> None:
    await opened(stage, DriftPolicy.MEND)
    for _ in range(3):
        stage.platform.has["staff"].discard("3")
        await stage.look()
        assert "3" in stage.platform.has["staff"]
        stage.clock.forward(HOUR)


async def test_what_is_on_its_way_does_not_differ(stage: Stage) -> None:
    await opened(stage)
    person = await stage.member("6", "Staff")
    await stage.look()
    assert "6" not in await told(stage)
    stage.clock.forward(HOUR)
    stage.platform.present.discard("6")
    stage.platform.has["staff"].discard("6")
    await stage.look()
    assert "6" not in await told(stage), "who has left lacks nothing"
    await stage.do(lambda uow: lifecycle.change(uow, stage.admin, stage.school, person, Verb.SUSPEND))
    await stage.settle()
    assert await told(stage) == OPEN


async def test_who_comes_back_is_found_at_the_next_look(stage: Stage) -> None:
    await stage.member("2", "Staff")
    stage.platform.present.discard("2")
    await stage.follow("Staff", "staff")
    await stage.settle()
    stage.clock.forward(HOUR)
    stage.platform.present.add("2")
    await stage.look()
    assert stage.platform.has["staff"] == {"2"}


async def test_a_new_name_is_told(stage: Stage) -> None:
    await opened(stage)
    stage.platform.has["staff"] = {"2", "3"}
    stage.platform.names["staff"] = "Faculty"
    await stage.look()
    shown = await stage.shown(stage.staff)
    assert (shown.follower.name, shown.follower.former_name) == ("Faculty", "staff")
    assert len(stage.platform.posted) == 1
    stage.clock.forward(HOUR)
    await stage.look()
    assert len(stage.platform.posted) == 1


async def test_what_is_gone_is_told(stage: Stage) -> None:
    await opened(stage)
    stage.platform.problem = Problem.GONE
    await stage.look()
    shown = await stage.shown(stage.staff)
    assert shown.follower.problem is Problem.GONE
    assert len(stage.platform.posted) == 1


async def test_a_platform_that_tells_nothing_has_no_differences(stage: Stage) -> None:
    await opened(stage)
    stage.platform.blind = True
    await stage.look()
    assert await told(stage) == {}
    assert (await stage.shown(stage.staff)).follower.blind


async def test_nobody_is_told_to_have_what_is_not_asked_for_yet(stage: Stage) -> None:
    await stage.member("2", "Staff")
    stage.platform.has["staff"] = {"2"}
    stage.staff = await stage.follow("Staff", "staff")
    await stage.do(lambda uow: following_drift.queue_due_looks(uow, ItemTracker()))
    await deliver_due(stage.delivery())
    assert await told(stage) == {}
    assert stage.platform.posted == []
