"""Roles that are followed: what can follow what, who gets it, and what is asked of the platform."""

from datetime import timedelta
from functools import partial

import pytest

from bot.core.errors import CannotFollow, NotFound, NothingToChange, NotPermitted
from bot.core.following import following
from bot.core.following import marks as following_marks
from bot.core.following.ports import DriftPolicy, Follower, MarkState, Native, NativeKind, Problem
from bot.core.joining_errors import NotLinkedHere
from bot.core.notices.notices import Audience
from bot.core.people import accounts, erasure, lifecycle
from bot.core.people.lifecycle import Verb
from bot.core.ports import UnitOfWork
from bot.core.rights import custom_roles, grants
from bot.core.rights.actors import AccountKey, Actor, Caller, Platform
from bot.core.schools import tree
from bot.core.values import replace
from tests.core.following_stage import GUILD, Stage
from tests.storage import build
from tests.world import caller

HOUR = timedelta(hours=1)


async def test_whoever_has_the_role_gets_what_follows_it(stage: Stage) -> None:
    await stage.member("2", "Staff")
    await stage.member("3", "Viewer")
    await stage.follow("Staff", "staff")
    await stage.follow("*", "all")
    stage.platform.present.add("1")
    await stage.settle()
    assert stage.platform.has == {"staff": {"2"}, "all": {"1", "2", "3"}}


async def test_what_changes_is_changed_there(stage: Stage) -> None:
    person = await stage.member("2", "Staff")
    staff = await stage.follow("Staff", "staff")
    await stage.settle()
    school, admin = stage.school, stage.admin
    steps = [
        (lambda uow: lifecycle.change(uow, admin, school, person, Verb.SUSPEND), set()),
        (lambda uow: lifecycle.change(uow, admin, school, person, Verb.REINSTATE), {"2"}),
        (lambda uow: lifecycle.change(uow, admin, school, person, Verb.ARCHIVE), set()),
        (lambda uow: lifecycle.change(uow, admin, school, person, Verb.RESTORE), {"2"}),
        (lambda uow: grants.set_roles(uow, admin, school, person, ["Viewer"]), set()),
        (lambda uow: grants.set_roles(uow, admin, school, person, ["Staff"]), {"2"}),
        (lambda uow: lifecycle.change(uow, admin, school, person, Verb.DEACTIVATE), set()),
        (lambda uow: lifecycle.change(uow, admin, school, person, Verb.REACTIVATE), {"2"}),
        (lambda uow: lifecycle.remove(uow, admin, school, person), set()),
    ]
    for step, after in steps:
        await stage.do(step)
        await stage.settle()
        assert stage.platform.has["staff"] == after
    assert (await stage.mark(staff, "2")) is not None


async def test_nothing_is_asked_of_the_platform_twice(stage: Stage) -> None:
    await stage.member("2", "Staff")
    await stage.follow("Staff", "staff")
    await stage.settle()
    calls = len(stage.platform.calls)
    await stage.do(lambda uow: uow.followings.nudge_those_of(stage.admin.person_id or ""))
    await stage.settle()
    assert len(stage.platform.calls) == calls == 1


async def test_changes_that_follow_each_other_become_one_call(stage: Stage) -> None:
    person = await stage.member("2", "Staff")
    await stage.follow("Staff", "staff")
    await stage.settle()
    for verb in (Verb.SUSPEND, Verb.REINSTATE, Verb.SUSPEND):
        await stage.do(lambda uow, verb=verb: lifecycle.change(uow, stage.admin, stage.school, person, verb))  # type: ignore[misc]
        await stage.compare()
    await stage.settle()
    assert len(stage.platform.calls) == 2
    assert stage.platform.has["staff"] == set()


async def test_an_archived_school_gives_nothing_until_it_is_restored(stage: Stage) -> None:
    await stage.member("2", "Staff")
    await stage.follow("Staff", "staff")
    await stage.settle()
    root = Actor(stage.admin.caller, stage.admin.person, is_system_administrator=True)
    await stage.do(lambda uow: tree.archive(uow, root, stage.school))
    await stage.settle()
    assert stage.platform.has["staff"] == set()
    await stage.do(lambda uow: tree.restore(uow, root, stage.school))
    await stage.settle()
    assert stage.platform.has["staff"] == {"2"}


async def test_accounts_that_come_and_go_are_followed(stage: Stage) -> None:
    person = await stage.member("2", "Staff")
    await stage.follow("Staff", "staff")
    await stage.settle()
    stage.platform.present.add("5")

    def link(uow: UnitOfWork) -> None:
        assert uow.accounts.link(AccountKey("discord", "5"), person, uow.now)
        uow.followings.nudge_those_of(person)

    await stage.do(link)
    await stage.settle()
    assert stage.platform.has["staff"] == {"2", "5"}
    await stage.do(lambda uow: erasure.member(uow, stage.admin, stage.school, person, confirmed=True))
    await stage.settle()
    assert stage.platform.has["staff"] == set()


async def test_linked_and_unlinked_accounts_are_followed(stage: Stage) -> None:
    person = await stage.member("2", "Staff")
    await stage.follow("Staff", "staff")
    await stage.settle()
    stage.platform.present |= {"5", "7"}
    who = await stage.do(lambda uow: uow.people.by_id(person))
    owner = Actor(_discord("2"), who)
    twin = await stage.do(lambda uow: build.person(uow, "Twin", AccountKey("discord", "7")))
    for newcomer in (Actor(_discord("5"), None), Actor(_discord("7"), twin)):
        code = await stage.do(lambda uow: accounts.offer(uow, owner))
        await stage.do(lambda uow, who=newcomer, code=code: accounts.join(uow, who, code))  # type: ignore[misc]
        await stage.settle()
        assert newcomer.caller.account.subject in stage.platform.has["staff"]
    await stage.do(lambda uow: accounts.unlink(uow, owner, accounts.handle(AccountKey("discord", "5"))))
    await stage.settle()
    assert stage.platform.has["staff"] == {"2", "7"}


def _discord(account: str) -> Caller:
    return caller(account, platform=Platform.DISCORD, workspace="700")


async def test_what_changes_while_things_are_compared_is_compared_again(stage: Stage) -> None:
    staff = await stage.follow("Staff", "staff")
    await stage.compare()
    await stage.do(lambda uow: uow.followings.nudge(staff.id))
    found = await stage.database.read(lambda uow: following_marks.compare(uow, staff.id))
    assert found is not None
    await stage.do(lambda uow: uow.followings.nudge(staff.id))  # another unit commits once this has read
    await stage.do(lambda uow: following_marks.mark_compared(uow, staff.id, found.position))
    assert await stage.do(lambda uow: uow.followings.to_compare(uow.now, 9)) == [staff.id]


async def test_absent_people_are_no_error_and_get_it_when_they_join(stage: Stage) -> None:
    await stage.member("2", "Staff")
    stage.platform.present.discard("2")
    staff = await stage.follow("Staff", "staff")
    await stage.settle()
    mark = await stage.mark(staff, "2")
    assert mark is not None
    assert mark.state is MarkState.ABSENT
    stage.platform.present.add("2")
    for one in (AccountKey("discord", "2"), AccountKey("discord", "77")):
        await stage.do(partial(following_marks.account_joined, workspace=GUILD, account=one))
    await stage.settle()
    assert stage.platform.has["staff"] == {"2"}


async def test_a_new_name_of_a_role_changes_nothing_there(stage: Stage) -> None:
    desk = await stage.do(
        lambda uow: custom_roles.create(uow, stage.admin, stage.school, "Desk", holds=frozenset())
    )
    person = await stage.member("2")
    await stage.do(lambda uow: grants.set_roles(uow, stage.admin, stage.school, person, ["Desk"]))
    staff = await stage.follow("Desk", "desk")
    await stage.settle()
    await stage.do(lambda uow: custom_roles.edit(uow, stage.admin, stage.school, desk, name="Front Desk"))
    await stage.settle()
    assert stage.platform.calls == [("desk", frozenset({"2"}), frozenset())]
    assert (await stage.shown(staff)).roles == ("Front Desk",)


async def test_what_is_ended_is_left_as_it_is(stage: Stage) -> None:
    await stage.member("2", "Staff")
    staff = await stage.follow("Staff", "staff")
    await stage.settle()
    await stage.do(lambda uow: following.unfollow(uow, stage.admin, stage.school, "staff"))
    await stage.settle()
    assert stage.platform.has["staff"] == {"2"}
    assert await stage.do(lambda uow: uow.followings.by_id(staff.id)) is None


async def test_what_is_ended_can_be_taken_away(stage: Stage) -> None:
    await stage.member("2", "Staff")
    staff = await stage.follow("Staff", "staff")
    stage.platform.has["staff"].add("9")
    await stage.settle()
    await stage.do(lambda uow: following.unfollow(uow, stage.admin, stage.school, staff.id, take_away=True))
    await stage.settle()
    assert stage.platform.has["staff"] == {"9"}
    assert await stage.do(lambda uow: uow.followings.by_id(staff.id)) is None


async def test_one_of_two_followed_roles_can_be_ended(stage: Stage) -> None:
    await stage.member("2", "Staff")
    await stage.member("3", "Teacher")
    staff = await stage.follow("Staff", "staff")
    await stage.follow("Teacher", "staff")
    await stage.settle()
    assert stage.platform.has["staff"] == {"2", "3"}
    await stage.do(lambda uow: following.unfollow(uow, stage.admin, stage.school, staff.id, "Teacher"))
    await stage.settle()
    assert stage.platform.has["staff"] == {"2"}


async def test_what_the_platform_says_cannot_follow_is_refused(stage: Stage) -> None:
    bad = Native(NativeKind.ROLE, "5", "bots", Problem.MANAGED)
    with pytest.raises(CannotFollow):
        await stage.do(lambda uow: following.follow(uow, stage.admin, stage.school, "Staff", bad))
    await stage.follow("Staff", "staff", DriftPolicy.MEND)
    with pytest.raises(NothingToChange):
        await stage.follow("staff", "staff")
    assert (await stage.follow("Staff", "staff", DriftPolicy.REPORT)).drift is DriftPolicy.REPORT
    with pytest.raises(NotFound):
        await stage.follow("No such role", "staff")


async def test_only_who_makes_roles_lets_something_follow_and_only_here(stage: Stage) -> None:
    native = Native(NativeKind.ROLE, "5", "staff")
    person = await stage.member("2", "Staff")
    someone = await stage.do(lambda uow: uow.people.by_id(person))
    weak = Actor(replace(stage.admin.caller, account=AccountKey("discord", "2")), someone)
    with pytest.raises(NotPermitted):
        await stage.do(lambda uow: following.follow(uow, weak, stage.school, "Staff", native))
    away = caller("1", administers=True, platform=Platform.DISCORD, workspace="800")
    elsewhere = Actor(away, stage.admin.person)
    with pytest.raises(NotLinkedHere):
        await stage.do(lambda uow: following.follow(uow, elsewhere, stage.school, "Staff", native))


async def test_a_thing_follows_one_school(stage: Stage) -> None:
    await stage.follow("Staff", "staff")

    def other(uow: UnitOfWork) -> None:
        oak = build.school(uow, "Oak")
        uow.workspaces.link(oak.id, GUILD, uow.now)
        root = Actor(stage.admin.caller, stage.admin.person, is_system_administrator=True)
        following.follow(uow, root, oak, "Staff", Native(NativeKind.ROLE, "staff", "staff"))

    with pytest.raises(CannotFollow) as refused:
        await stage.do(other)
    assert refused.value.problem is Problem.ELSEWHERE


async def test_each_mapping_is_in_the_record(stage: Stage) -> None:
    await stage.follow("Staff", "staff")
    await stage.do(lambda uow: following.unfollow(uow, stage.admin, stage.school, "staff"))

    def entries(uow: UnitOfWork) -> list[tuple[str, object]]:
        listed = uow.audit.listed(stage.school.id, action="role", person_id=None, after=None, limit=9)
        return [(one.action, one.new["roles"]) for one in listed]

    assert await stage.do(entries) == [("role.unfollowed", ["Staff"]), ("role.followed", ["Staff"])]


async def test_the_card_goes_where_admins_decide(stage: Stage) -> None:
    staff: Follower = await stage.follow("Staff", "staff")
    await stage.do(lambda uow: following_marks.tell_admins(uow, staff))
    waiting = await stage.do(lambda uow: uow.outbox.places(staff.subject, Audience.ADMIN))
    assert [str(one) for one in waiting] == ["discord/@1"]
