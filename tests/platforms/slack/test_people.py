"""What Slack says of people is asked for one by one or, where many come, all at once; how long it counts."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest

from bot.core.actors import Caller
from bot.platforms.slack import api, crowds, people
from bot.platforms.slack.clients import OneClient
from bot.platforms.slack.facts import Facts
from bot.platforms.slack.people import KNOWN_FOR, RULING_FOR, People, Who
from bot.platforms.slack.work import InFlight
from tests.servers.slack.server import BOT_TOKEN, SlackServer, Trouble
from tests.servers.slack.workspace import TEAM, Person


@dataclass
class Asking:
    """Somebody who asks a local Slack, with a clock of their own."""

    server: SlackServer
    work: InFlight = field(default_factory=InFlight)
    now: float = 1000.0
    people: People = field(init=False)

    def __post_init__(self) -> None:
        clients = OneClient(api.client(BOT_TOKEN, self.server.api_base))
        clients.open()
        self.clients = clients
        self.people = People(clients, self.work, lambda: self.now)

    async def about(self, *who: Person) -> list[Caller]:
        found = []
        for one in who:
            found.append(await self.people.caller(Who(one.id, "handle", TEAM, TEAM)))
            await self.work.idle()
        return found

    @property
    def asked(self) -> int:
        return len(self.server.called("users.info"))

    @property
    def lists(self) -> int:
        return len(self.server.called("users.list"))


@pytest.fixture
async def asking(server: SlackServer) -> AsyncIterator[Asking]:
    made = Asking(server)
    yield made
    await made.clients.close()
    assert server.problems == []


def folk(asking: Asking, number: int, name: str = "pupil") -> list[Person]:
    return [asking.server.workspace.person(f"{name} {one}") for one in range(number)]


async def test_who_administers_nothing_is_known_for_ten_minutes(asking: Asking) -> None:
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
    asking.now += RULING_FOR - 1
    assert (await asking.about(boss))[0].administers_workspace
    asking.now += 1
    assert not (await asking.about(boss))[0].administers_workspace


async def test_where_many_come_all_are_listed(asking: Asking) -> None:
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
        asking.now += RULING_FOR

    assert (asking.asked, asking.lists) == (crowds.MANY, 0)


async def test_a_workspace_is_listed_once_in_ten_minutes(asking: Asking) -> None:
    await asking.about(*folk(asking, crowds.MANY))
    newcomers = folk(asking, crowds.MANY, "newcomer")
    await asking.about(*newcomers)
    assert (asking.asked, asking.lists) == (crowds.MANY * 2, 1)
    asking.now += KNOWN_FOR
    await asking.about(*newcomers)
    assert asking.lists == 2


async def test_a_list_tells_who_administers_for_a_minute(asking: Asking) -> None:
    boss = asking.server.workspace.person("boss", admin=True)
    await asking.about(*folk(asking, crowds.MANY))
    asked = asking.asked
    assert (await asking.about(boss))[0].administers_workspace
    boss.admin = False
    asking.now += RULING_FOR
    assert not (await asking.about(boss))[0].administers_workspace
    assert asking.asked == asked + 1


async def test_who_is_of_another_workspace_is_asked_about_though_listed(asking: Asking) -> None:
    guest = asking.server.workspace.person("guest", admin=True, team="T9")
    await asking.about(*folk(asking, crowds.MANY))
    asked = asking.asked
    (caller,) = await asking.about(guest)
    assert caller.account.subject == f"T9/{guest.id}"
    assert not caller.administers_workspace
    assert asking.asked == asked + 1


async def test_who_is_of_several_workspaces_is_known_by_the_list(asking: Asking) -> None:
    person = asking.server.workspace.person("ann", team="T9", teams=("T9", TEAM))
    await asking.about(*folk(asking, crowds.MANY))
    asked = asking.asked
    (caller,) = await asking.about(person)
    assert caller.account.subject == f"{TEAM}/{person.id}"
    assert asking.asked == asked


async def test_who_changes_while_the_list_is_read_is_asked_about(asking: Asking) -> None:
    boss = asking.server.workspace.person("boss", admin=True)
    gate = asking.server.gates["users.list"] = asyncio.Event()
    crowd = folk(asking, crowds.MANY)
    for one in crowd:
        await asking.people.caller(Who(one.id, "handle", TEAM, TEAM))
    asking.people.forget(TEAM, boss.id)
    gate.set()
    await asking.work.idle()
    asked = asking.asked
    await asking.about(boss)
    assert asking.asked == asked + 1


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
    monkeypatch.setattr(people, "_REMEMBERED", 2)
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
    assert Facts.of({"is_admin": True}, TEAM).rules
    assert not Facts.of({"is_admin": True, "deleted": True}, TEAM).rules
