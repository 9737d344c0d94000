"""Work on a platform for followed roles: it waits, is refused, is done once, and names nobody."""

from datetime import timedelta

import pytest

from bot.chat.notifier import Breadth, DeliveryFailed
from bot.core.following import following
from bot.core.following import marks as following_marks
from bot.core.following.ports import MarkState, Native, NativeKind, Problem
from bot.core.people import lifecycle
from bot.core.people.lifecycle import Verb
from bot.core.rights.actors import Platform
from tests.core.following_stage import Stage
from tests.outbox import take_all

HOUR = timedelta(hours=1)


async def test_retry_after_is_kept_and_then_it_goes_on(stage: Stage) -> None:
    await stage.member("2", "Staff")
    await stage.follow("Staff", "staff")
    slow = DeliveryFailed("slowly", retry_after=30, breadth=Breadth.TENANT, ours=True)
    stage.platform.troubles.append(slow)
    await stage.settle()
    assert stage.platform.has["staff"] == set()
    stage.clock.forward(timedelta(seconds=20))
    await stage.settle()
    assert len(stage.platform.calls) == 1
    stage.clock.forward(timedelta(seconds=20))
    await stage.settle()
    assert stage.platform.has["staff"] == {"2"}


async def test_messages_do_not_wait_for_roles(stage: Stage) -> None:
    await stage.member("2", "Staff")
    staff = await stage.follow("Staff", "staff")
    stage.platform.troubles.append(
        DeliveryFailed("slowly", retry_after=30, breadth=Breadth.TENANT, ours=True)
    )
    await stage.settle()
    await stage.do(lambda uow: following_marks.tell_admins(uow, staff))
    await stage.settle()
    assert len(stage.platform.posted) == 1


async def test_what_is_refused_for_good_is_given_up_and_can_be_sent_again(stage: Stage) -> None:
    await stage.member("2", "Staff")
    staff = await stage.follow("Staff", "staff")
    stage.platform.troubles.append(DeliveryFailed("no", final=True))
    await stage.settle()
    assert (await stage.shown(staff)).failed == 1
    (letter,) = await stage.do(lambda uow: uow.outbox.dead(school_id=stage.school.id, before=None, limit=9))
    assert await stage.do(lambda uow: uow.outbox.retry(letter.notice.id, uow.now))
    await stage.settle()
    assert stage.platform.has["staff"] == {"2"}
    assert (await stage.shown(staff)).failed == 0


async def test_what_stands_in_the_way_is_told_once_and_everything_waits(stage: Stage) -> None:
    for number in range(2, 8):
        await stage.member(str(number), "Staff")
    staff = await stage.follow("Staff", "staff")
    stage.platform.problem = Problem.ABOVE_US
    await stage.settle()
    shown = await stage.shown(staff)
    assert shown.follower.problem is Problem.ABOVE_US
    assert shown.waiting == 6
    assert len(stage.platform.posted) == 1
    for _ in range(3):
        stage.clock.forward(HOUR)
        await stage.look()
    assert len(stage.platform.posted) == 1
    calls = len(stage.platform.calls)
    await stage.member("8", "Staff")
    await stage.do(lambda uow: uow.followings.nudge(staff.id))
    await stage.settle()
    assert len(stage.platform.calls) == calls, "it is not asked while it cannot be changed"
    stage.platform.problem = None
    stage.clock.forward(HOUR)
    await stage.look()
    assert stage.platform.has["staff"] == {str(number) for number in range(2, 9)}
    assert (await stage.shown(staff)).waiting == 0


async def test_work_under_way_for_what_was_ended_does_nothing(stage: Stage) -> None:
    await stage.member("2", "Staff")
    await stage.follow("Staff", "staff")
    await stage.compare()
    await stage.do(lambda uow: following.unfollow(uow, stage.admin, stage.school, "staff"))
    await stage.settle()
    assert stage.platform.calls == []
    assert await stage.do(lambda uow: uow.outbox.count_waiting()) == 0


async def test_the_outbox_names_no_account(stage: Stage) -> None:
    await stage.member("22222", "Staff")
    await stage.follow("Staff", "staff")
    await stage.compare()
    (head,) = await stage.do(lambda uow: uow.outbox.heads([Platform.DISCORD], uow.now, full=(), limit=9))
    assert "22222" not in f"{head}"
    assert head.tenant == "discord/700/follow"


async def test_one_notice_waits_for_each_account(stage: Stage) -> None:
    person = await stage.member("2", "Staff")
    await stage.follow("Staff", "staff")
    for verb in (Verb.SUSPEND, Verb.REINSTATE):
        await stage.do(lambda uow, verb=verb: lifecycle.change(uow, stage.admin, stage.school, person, verb))  # type: ignore[misc]
        await stage.compare()
    assert len(await stage.do(take_all)) == 1


async def test_what_changes_while_it_is_done_is_done_after_it(stage: Stage) -> None:
    person = await stage.member("2", "Staff")
    staff = await stage.follow("Staff", "staff")
    await stage.compare()
    (notice,) = await stage.do(take_all)
    role_change = await stage.do(lambda uow: following_marks.role_change(uow, notice))
    assert role_change is not None
    assert role_change.give == {"2"}
    stage.platform.has["staff"].add("2")
    await stage.do(lambda uow: lifecycle.change(uow, stage.admin, stage.school, person, Verb.SUSPEND))
    await stage.compare()
    await stage.do(lambda uow: following_marks.done(uow, notice, role_change, ()))
    await stage.settle()
    assert stage.platform.has["staff"] == set()
    mark = await stage.mark(staff, "2")
    assert mark is not None
    assert mark.state is MarkState.DONE


async def test_a_list_is_changed_by_one_notice(stage: Stage) -> None:
    for number in range(2, 7):
        await stage.member(str(number), "Staff")
    stage.platform.has["group"] = {"9"}
    native = Native(NativeKind.GROUP, "group", "group")
    group = await stage.do(lambda uow: following.follow(uow, stage.admin, stage.school, "Staff", native))
    await stage.compare()
    assert await stage.do(lambda uow: uow.outbox.count_waiting()) == 1
    await stage.settle()
    assert len(stage.platform.calls) == 1
    assert stage.platform.has["group"] == {"9", "2", "3", "4", "5", "6"}
    assert (await stage.shown(group)).has == 5


async def _large_list(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a group follow a role with more people than fit into one notice."""
    monkeypatch.setattr(following_marks, "BATCH", 3)
    for number in range(10, 18):
        await stage.member(str(number), "Staff")
    stage.platform.has["group"] = set()
    native = Native(NativeKind.GROUP, "group", "group")
    await stage.do(lambda uow: following.follow(uow, stage.admin, stage.school, "Staff", native))


async def test_each_notice_changes_a_part_of_a_large_list(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _large_list(stage, monkeypatch)
    await stage.settle()
    assert [len(give) for _, give, _ in stage.platform.calls] == [3, 3, 2]
    assert len(stage.platform.has["group"]) == 8


async def test_a_list_that_cannot_be_changed_waits_whole(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _large_list(stage, monkeypatch)
    stage.platform.problem = Problem.PLAN
    await stage.settle()
    assert len(stage.platform.calls) == 1
    stage.platform.problem = None
    stage.clock.forward(HOUR)
    await stage.look()
    assert len(stage.platform.has["group"]) == 8
