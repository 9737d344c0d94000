"""Following that has ended: nothing that the bot or the platform reports later changes anything."""

from datetime import timedelta

import pytest

from bot.core.errors import BadValue, CannotFollow, NotFound
from bot.core.following import drift as following_drift
from bot.core.following import following
from bot.core.following import marks as following_marks
from bot.core.following.drift import Seen
from bot.core.following.marks import RoleChange
from bot.core.following.ports import Mark, MarkState, Problem
from bot.core.notices.notices import Audience, Loss, Notice
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import AccountKey
from bot.core.stuck import ItemTracker
from tests.core.following_stage import GUILD, Stage
from tests.outbox import take_all


async def _queued(stage: Stage) -> tuple[Notice, RoleChange]:
    """Take the notice that asks the platform for one member's role, and leave it undone."""
    await stage.member("2", "Staff")
    stage.staff = await stage.follow("Staff", "staff")
    await stage.compare()
    (asked,) = [one for one in await stage.do(take_all) if one.audience is Audience.FOLLOW]
    role_change = await stage.database.read(lambda uow: following_marks.role_change(uow, asked))
    assert role_change is not None
    return asked, role_change


async def _forgotten(stage: Stage) -> None:
    await stage.do(lambda uow: following.unfollow(uow, stage.admin, stage.school, stage.staff.id))


async def test_what_the_platform_answers_late_changes_nothing(stage: Stage) -> None:
    asked, role_change = await _queued(stage)
    position = await stage.database.read(lambda uow: uow.followings.position(stage.staff.id))
    await _forgotten(stage)
    of, seen = stage.staff.id, Seen("staff", frozenset({"9"}))

    def late(uow: UnitOfWork) -> None:
        assert following_marks.compare(uow, of) is None
        assert following_marks.role_change(uow, asked) is None
        following_marks.apply_comparison(uow, of, [("2", True)])
        following_marks.mark_compared(uow, of, position)
        following_marks.done(uow, asked, role_change, ())
        following_marks.parked(uow, asked, role_change, Problem.GONE)
        following_marks.failed(uow, asked, Loss.TRIED)
        following_drift.judge_look(uow, asked, of, seen, uow.now, None)
        following_drift.look_failed(uow, asked, of, Problem.GONE)
        assert uow.followings.by_id(of) is None
        assert not list(uow.follow_marks.listed(of, states=list(MarkState), limit=9))

    await stage.do(late)
    with pytest.raises(NotFound):
        await stage.do(lambda uow: following_drift.look_now(uow, stage.admin, stage.school, stage.staff))


async def test_what_is_done_already_is_not_given_up_or_left_waiting(stage: Stage) -> None:
    asked, role_change = await _queued(stage)
    await stage.do(lambda uow: following_marks.done(uow, asked, role_change, ()))

    def late(uow: UnitOfWork) -> Mark | None:
        assert following_marks.role_change(uow, asked) is None
        following_marks.parked(uow, asked, role_change, Problem.GONE)
        following_marks.failed(uow, asked, Loss.TRIED)
        return uow.follow_marks.of(stage.staff.id, "2")

    mark = await stage.do(late)
    assert mark is not None
    assert mark.state is MarkState.DONE


async def test_a_look_that_waits_is_enough(stage: Stage) -> None:
    await _queued(stage)

    def twice(uow: UnitOfWork) -> list[Audience]:
        for _ in range(2):
            following_marks.ask_to_look(uow, stage.staff)
        return [one.audience for one in take_all(uow)]

    assert await stage.do(twice) == [Audience.LOOK]


async def test_a_thing_ends_following_one_role_and_goes_on_with_another(stage: Stage) -> None:
    await stage.follow("Staff", "staff")
    stage.staff = await stage.follow("Viewer", "staff")

    await stage.do(lambda uow: following.unfollow(uow, stage.admin, stage.school, stage.staff.id, "Staff"))
    with pytest.raises(NotFound):
        await stage.do(
            lambda uow: following.unfollow(uow, stage.admin, stage.school, stage.staff.id, "Staff")
        )
    assert (await stage.shown(stage.staff)).follower.id == stage.staff.id


async def test_a_school_has_so_many_things_that_follow_and_no_more(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    await stage.follow("Staff", "staff")
    monkeypatch.setattr(following, "MOST", 1)
    with pytest.raises(BadValue, match="one too many"):
        await stage.follow("Staff", "other")


async def test_a_thing_that_another_took_up_at_that_moment_is_theirs(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.platform.has["other"] = set()
    await stage.do(lambda uow: monkeypatch.setattr(type(uow.followings), "add", lambda *_: False))
    with pytest.raises(CannotFollow):
        await stage.follow("Staff", "other")


async def test_what_is_forgotten_as_its_turn_comes_is_left_out(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.platform.present.discard("2")
    await _queued(stage)
    stage.clock.forward(timedelta(days=2))
    await stage.do(lambda uow: monkeypatch.setattr(type(uow.followings), "by_id", lambda *_: None))

    def due(uow: UnitOfWork) -> None:
        assert following_drift.queue_due_looks(uow, ItemTracker()) == 1
        following_marks.account_joined(uow, GUILD, AccountKey("discord", "2"))

    await stage.do(take_all)
    await stage.do(due)
    assert not await stage.do(take_all)
