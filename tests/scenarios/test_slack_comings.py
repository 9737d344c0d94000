"""Who comes into a Slack workspace, is deactivated there, and is back: told once or several times."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.scenarios.fronts.slack import Driver
from tests.scenarios.stage import Stage
from tests.world import World, open_world, sqlite_url

MAPLE = """
admin: /school create name:"Maple Grove" approval:"by request" zone:UTC
admin in #approvals: /school approvals
admin: /invite create
keep CODE from: admin
"""


class Slack:
    """A stage whose people come and go."""

    def __init__(self, world: World, driver: Driver) -> None:
        self.world, self.driver, self.stage = world, driver, Stage(world, driver)

    async def comes(self, who: str, *, number: str = "", **facts: Any) -> None:
        workspace = self.driver.server.workspace
        person = self.driver.people.setdefault(who, workspace.person(who))
        await self.driver.tell("team_join", number=number, user={**person.facts(), **facts})
        await self.world.deliver()

    async def changes(self, who: str, **facts: Any) -> None:
        await self.driver.tell("user_change", user={**self.driver.people[who].facts(), **facts})
        await self.world.deliver()

    def read(self, who: str) -> str:
        return "\n".join(self.driver.visible(who))


@pytest.fixture
async def slack(tmp_path: Path) -> AsyncIterator[Slack]:
    async with open_world(sqlite_url(tmp_path)) as world, Driver(world) as driver:
        yield Slack(world, driver)


async def test_who_comes_is_welcomed_once(slack: Slack) -> None:
    await slack.stage.play(MAPLE)
    await slack.comes("nia", number="Ev1")
    assert slack.read("nia").count("Maple Grove") == 1
    await slack.comes("nia", number="Ev1")
    await slack.comes("nia")
    assert slack.read("nia").count("Maple Grove") == 1


async def test_who_waits_already_finds_their_request(slack: Slack) -> None:
    await slack.stage.play(f"{MAPLE}\nnewcomer: /join {{CODE}}")
    before = len(slack.driver.visible("newcomer"))
    await slack.comes("newcomer")
    (welcome,) = slack.driver.visible("newcomer")[before:]
    assert "[Withdraw]" in welcome


async def test_apps_and_members_are_not_welcomed(slack: Slack) -> None:
    await slack.stage.play(MAPLE)
    await slack.comes("robot", is_bot=True)
    assert slack.driver.visible("robot") == []
    before = slack.read("admin")
    await slack.comes("admin")
    assert slack.read("admin") == before


async def test_where_there_is_no_school_nobody_is_welcomed(slack: Slack) -> None:
    await slack.comes("nia")
    assert slack.driver.visible("nia") == []


async def test_the_request_of_who_is_deactivated_is_marked_until_they_are_back(slack: Slack) -> None:
    await slack.stage.play(f"{MAPLE}\nnewcomer: /join {{CODE}}")
    told = len(slack.driver.visible("newcomer"))
    await slack.changes("newcomer", deleted=True)
    await slack.changes("newcomer", deleted=True)
    assert "Has left" in slack.read("admin")
    await slack.changes("newcomer")
    assert "Has left" not in slack.read("admin")
    assert len(slack.driver.visible("newcomer")) == told


async def test_a_new_picture_changes_nothing(slack: Slack) -> None:
    await slack.stage.play(MAPLE)
    await slack.changes("stranger", profile={"display_name": "Stan"})
    assert slack.driver.visible("stranger") == []


async def test_who_administers_no_more_is_known_at_once(slack: Slack) -> None:
    await slack.stage.play("admin: /help")
    slack.driver.people["admin"].admin = False
    await slack.changes("admin")
    await slack.stage.play('admin: /school create name:"Oak Hill"')
    assert "Oak Hill" not in slack.read("admin")
