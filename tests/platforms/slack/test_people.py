"""People's facts are read from Slack one by one or, for many, as a list; and how long they are kept."""

import asyncio

import pytest

from bot.platforms.slack.people import cache as people_cache
from bot.platforms.slack.people import crowds, people
from bot.platforms.slack.people.cache import ADMIN_FOR, KNOWN_FOR
from bot.platforms.slack.people.facts import Facts
from tests.patience import PATIENCE
from tests.platforms.slack.asking import Asking, folk
from tests.servers.slack.server import Trouble
from tests.servers.slack.workspace import TEAM


async def test_people_without_admin_rights_are_cached_for_ten_minutes(asking: Asking) -> None:
    (ann,) = folk(asking, 1)
    await asking.about(ann)
    ann.admin = True
    asking.now += KNOWN_FOR - 1
    assert not (await asking.about(ann))[0].administers_workspace
    asking.now += 1
    assert (await asking.about(ann))[0].administers_workspace
    assert asking.asked == 2


async def test_an_administrator_is_taken_for_one_for_a_minute(asking: Asking) -> None:
    boss = asking.server.workspace.person("boss", admin=True)
    await asking.about(boss)
    boss.admin = False
    asking.now += ADMIN_FOR - 1
    assert (await asking.about(boss))[0].administers_workspace
    asking.now += 1
    assert not (await asking.about(boss))[0].administers_workspace


async def test_when_many_arrive_slacks_list_of_all_is_read(asking: Asking) -> None:
    everyone = folk(asking, crowds.MANY + 3)
    asking.server.people_a_page = 4
    callers = await asking.about(*everyone)
    assert [one.name for one in callers] == [one.name.title() for one in everyone]
    assert {one.zone for one in callers} == {"Europe/Amsterdam"}
    assert asking.asked == crowds.MANY
    assert asking.lists == 4  # 13 people and the bot, by fours


async def test_few_are_not_listed(asking: Asking) -> None:
    for _ in range(3):
        await asking.about(*folk(asking, crowds.MANY - 1))
        asking.now += crowds.WITHIN
    assert asking.lists == 0


async def test_an_administrator_who_is_asked_about_each_minute_is_no_crowd(asking: Asking) -> None:
    boss = asking.server.workspace.person("boss", admin=True)
    for _ in range(crowds.MANY):
        await asking.about(boss)
        asking.now += ADMIN_FOR

    assert (asking.asked, asking.lists) == (crowds.MANY, 0)


async def test_a_workspace_is_listed_once_in_ten_minutes(asking: Asking) -> None:
    await asking.about(*folk(asking, crowds.MANY))
    newcomers = folk(asking, crowds.MANY, "newcomer")
    await asking.about(*newcomers)
    assert (asking.asked, asking.lists) == (crowds.MANY * 2, 1)
    asking.now += KNOWN_FOR
    await asking.about(*newcomers)
    assert asking.lists == 2


async def test_no_right_comes_from_a_list(asking: Asking) -> None:
    boss = asking.server.workspace.person("boss", admin=True)
    await asking.about(*folk(asking, crowds.MANY))
    asked = asking.asked
    asking.server.fail("users.info", Trouble("internal_error"))
    for rules in (False, True):
        assert (await asking.about(boss))[0].administers_workspace is rules
    assert asking.asked == asked + 2


def test_an_organisations_list_tells_only_of_whoever_it_names_the_workspace() -> None:
    plain = {"id": "U1", "team_id": TEAM}
    assert Facts.listed(plain, TEAM, organized=False)
    assert not Facts.listed(plain, TEAM, organized=True)
    named = {**plain, "enterprise_user": {"teams": ["T9", TEAM]}}
    assert Facts.listed(named, TEAM, organized=True)
    assert not Facts.listed({**named, "enterprise_user": {"teams": ["T9"]}}, TEAM, organized=True)
    ranked = {**named, "enterprise_user": {"teams": [TEAM], "is_owner": True}}
    assert not Facts.listed(ranked, TEAM, organized=True)


async def test_people_of_another_workspace_are_looked_up_although_listed(asking: Asking) -> None:
    guest = asking.server.workspace.person("guest", admin=True, team="T9")
    await asking.about(*folk(asking, crowds.MANY))
    asked = asking.asked
    (caller,) = await asking.about(guest)
    assert caller.account.subject == f"T9/{guest.id}"
    assert not caller.administers_workspace
    assert asking.asked == asked + 1


async def test_people_of_several_workspaces_are_known_by_the_list(asking: Asking) -> None:
    person = asking.server.workspace.person("ann", team="T9", teams=("T9", TEAM))
    await asking.about(*folk(asking, crowds.MANY))
    asked = asking.asked
    (caller,) = await asking.about(person)
    assert caller.account.subject == f"{TEAM}/{person.id}"
    assert asking.asked == asked


async def test_a_person_who_changes_during_the_look_up_is_looked_up_again(asking: Asking) -> None:
    ann, boss = folk(asking, 2)
    gate = asking.server.gates["users.info"] = asyncio.Event()
    questions = [asyncio.create_task(asking.caller(one)) for one in (ann, boss)]
    await asking.server.until(lambda: asking.asked == 2)
    asking.people.forget(boss.facts())
    gate.set()
    assert [(await one).name for one in questions] == ["Pupil 0", "Pupil 1"]
    await asking.about(ann)
    assert asking.asked == 2
    await asking.about(boss)
    assert asking.asked == 3


async def test_a_person_who_changes_while_the_list_is_read_is_looked_up(asking: Asking) -> None:
    ann, bob, *crowd = folk(asking, crowds.MANY + 2)
    gate = asking.server.gates["users.list"] = asyncio.Event()
    for one in crowd:
        await asking.caller(one)
    await asking.server.until(lambda: asking.lists == 1)
    asking.people.forget(ann.facts())
    gate.set()
    await asking.work.idle()
    asked = asking.asked
    await asking.about(bob)
    assert asking.asked == asked
    await asking.about(ann)
    assert asking.asked == asked + 1


async def test_while_a_list_is_read_there_is_no_other_of_the_workspace(asking: Asking) -> None:
    gate = asking.server.gates["users.list"] = asyncio.Event()
    for _ in range(2):
        for one in folk(asking, crowds.MANY):
            await asking.caller(one)
        asking.now += crowds.WITHIN
    gate.set()
    await asking.work.idle()
    assert asking.lists == 1


async def test_a_list_tells_of_those_about_whom_slack_takes_no_more_questions(asking: Asking) -> None:
    everyone = folk(asking, 150)
    asking.server.fail("users.info", *[Trouble("ratelimited", 429)] * 50)
    callers = await asyncio.gather(*map(asking.caller, everyone))
    assert [one.name for one in callers] == [one.name.title() for one in everyone]
    assert asking.lists == 1


async def test_a_refused_look_up_waits_for_the_list_that_is_being_read(asking: Asking) -> None:
    ann, *crowd = folk(asking, crowds.MANY + 1)
    gate = asking.server.gates["users.list"] = asyncio.Event()
    for one in crowd:
        await asking.caller(one)
    asking.server.fail("users.info", Trouble("ratelimited", 429))
    question = asyncio.create_task(asking.caller(ann))
    await asking.server.until(lambda: not asking.server.troubles["users.info"])
    gate.set()
    assert (await question).name == "Pupil 0"


async def test_a_look_up_without_an_answer_in_time_uses_the_list(
    asking: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    *few, ann = folk(asking, crowds.MANY)
    await asking.about(*few)
    gate = asking.server.gates["users.info"] = asyncio.Event()
    monkeypatch.setattr(people, "_PATIENCE", 2)
    assert (await asking.caller(ann)).name == "Pupil 9"
    gate.set()


async def test_nobody_waits_longer_for_a_list_than_for_an_answer(
    asking: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    *few, ann = folk(asking, crowds.MANY)
    await asking.about(*few)
    gate = asking.server.gates["users.list"] = asyncio.Event()
    asking.server.fail("users.info", Trouble("ratelimited", 429))
    monkeypatch.setattr(people, "_PATIENCE", 0.2)
    async with asyncio.timeout(PATIENCE):
        assert (await asking.caller(ann)).name == "handle"
    gate.set()


async def test_a_list_holds_nobody_up_who_stops(asking: Asking, caplog: pytest.LogCaptureFixture) -> None:
    asking.server.gates["users.list"] = asyncio.Event()
    for one in folk(asking, crowds.MANY):
        await asking.caller(one)
    await asking.server.until(lambda: asking.lists == 1)
    async with asyncio.timeout(30):
        await asking.work.finish(60)
        await asking.work.idle()
    asking.server.gates["users.list"].set()
    assert caplog.messages == []


async def test_what_was_asked_while_the_list_is_read_counts_more(asking: Asking) -> None:
    ann, *crowd = folk(asking, crowds.MANY)
    await asking.about(ann)
    ann.display_name = "Changed"
    await asking.about(*crowd)
    assert asking.lists == 1
    assert (await asking.about(ann))[0].name == "Pupil 0"


async def test_a_list_that_slack_refuses_is_done_without(asking: Asking) -> None:
    asking.server.fail("users.list", Trouble("ratelimited", 429, {"Retry-After": "30"}))
    everyone = folk(asking, crowds.MANY * 2)
    assert [one.name for one in await asking.about(*everyone)] == [one.name.title() for one in everyone]
    assert (asking.asked, asking.lists) == (crowds.MANY * 2, 1)


@pytest.mark.parametrize(("error", "level"), [("ratelimited", "INFO"), ("missing_scope", "WARNING")])
async def test_a_list_that_somebody_has_to_see_to_is_warned_of(
    asking: Asking, caplog: pytest.LogCaptureFixture, error: str, level: str
) -> None:
    caplog.set_level("INFO")
    asking.server.fail("users.list", Trouble(error))
    await asking.about(*folk(asking, crowds.MANY))
    told = [one.levelname for one in caplog.records if "did not list" in one.message]
    assert told == [level]


def test_a_crowd_is_told_of_once_in_ten_minutes_from_when_it_is_one() -> None:
    counts = crowds.Crowds()
    last = crowds.WITHIN - 1
    times = [0, *[last] * 9, *[last + 1] * 20, *[last + crowds.WITHIN] * 11]
    assert [at for at in times if counts.count(TEAM, at)] == [last, last + crowds.WITHIN]


def test_the_workspaces_used_last_are_still_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crowds, "_WORKSPACES", 2)
    counts = crowds.Crowds()
    told = [counts.count(TEAM, 0) for _ in range(crowds.MANY)]
    for other in ("T2", "T3", "T4"):
        counts.count(other, 0)
        told += [counts.count(TEAM, 0) for _ in range(crowds.MANY)]
    assert sum(told) == 1


async def test_a_very_large_workspace_is_listed_in_part(
    asking: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crowds, "_PAGES", 2)
    asking.server.people_a_page = crowds.MANY
    everyone = folk(asking, crowds.MANY * 3)
    await asking.about(*everyone)
    assert asking.lists == 2
    assert asking.asked == crowds.MANY * 2 + 1  # one place in the pages is the bot's


async def test_no_more_people_are_remembered_than_there_is_room_for(
    asking: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(people_cache, "_REMEMBERED", 2)
    first, second, third = folk(asking, 3)
    await asking.about(first, second, third)
    await asking.about(third, second)
    assert asking.asked == 3
    await asking.about(first)
    assert asking.asked == 4


async def test_bots_and_whoever_is_deactivated_are_not_kept(asking: Asking) -> None:
    gone, *crowd = folk(asking, crowds.MANY + 1)
    asking.server.workspace.deactivated.add(gone.id)
    await asking.about(*crowd)
    asked = asking.asked
    await asking.about(gone)
    assert asking.asked == asked + 1


def test_whoever_is_deactivated_administers_nothing() -> None:
    assert Facts.of({"is_admin": True}, TEAM).is_admin
    assert not Facts.of({"is_admin": True, "deleted": True}, TEAM).is_admin


async def test_people_without_a_display_name_are_called_by_another(asking: Asking) -> None:
    person = asking.server.workspace.person("nia", display_name="\u200b")
    (caller,) = await asking.about(person)
    assert caller.name == "Nia"


async def test_a_name_is_read_as_it_was_typed(asking: Asking) -> None:
    both = asking.server.workspace.person("both", display_name="Nia & Ben <3")
    assert (await asking.about(both))[0].name == "Nia & Ben <3"
