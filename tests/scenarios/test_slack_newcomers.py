"""People who join a Slack workspace, are deactivated and come back, reported once or several times."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.core.ports import UnitOfWork
from tests.scenarios.fronts.slack import BOTH, WAYS, Driver
from tests.scenarios.stage import Stage
from tests.servers.slack.server import Trouble
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


@pytest.fixture(params=WAYS)
async def slack(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Slack]:
    async with open_world(sqlite_url(tmp_path)) as world, Driver(world, request.param) as driver:
        yield Slack(world, driver)


@pytest.mark.parametrize("slack", BOTH, indirect=True)
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


@pytest.mark.parametrize("kind", ["channel_archive", "channel_deleted", "group_archive", "group_deleted"])
async def test_an_approvals_channel_that_is_closed_gets_no_more_cards(slack: Slack, kind: str) -> None:
    await slack.stage.play(f"{MAPLE}\nadmin: /school edit direct_messages:no")
    closed = slack.driver.server.workspace.named("approvals")
    closed.archived = True
    for _ in range(2):
        await slack.driver.tell(kind, channel=closed.id)
        await slack.world.deliver()
    assert slack.read("admin").count("I cannot write to the approvals channel of Maple Grove") == 1
    assert "not allowed to write to the one in northfield (Slack)" in slack.read("admin")
    await slack.stage.play("newcomer: /join {CODE}")
    assert "Newcomer asks to join Maple Grove" in slack.read("admin")
    (audited,) = [one for one in await audit_of(slack) if one == "school.approvals_channel_closed"]
    assert audited


async def test_another_channel_that_is_closed_changes_nothing(slack: Slack) -> None:
    await slack.stage.play(MAPLE)
    before = await audit_of(slack)
    await slack.driver.tell("channel_archive", channel=slack.driver.server.workspace.named("general").id)
    assert await audit_of(slack) == before


async def test_a_workspace_that_takes_us_out_lets_its_links_rest(slack: Slack) -> None:
    await slack.stage.play(MAPLE)
    slack.driver.server.fail("auth.test", *[Trouble("account_inactive")] * 4)
    for number in ("Ev1", "Ev1", "Ev2"):
        await slack.driver.tell("tokens_revoked", number=f"{number}t", tokens={"bot": ["U000000BOT"]})
        await slack.driver.tell("app_uninstalled", number=number)
    assert (await audit_of(slack)).count("school.link_suspended") == 1
    await slack.stage.play("stranger: /school show\nstranger is told: No school lives here yet.")


async def audit_of(slack: Slack) -> list[str]:
    def unit(uow: UnitOfWork) -> list[str]:
        chain = uow.audit.chains()
        return [one.entry.action for name in chain for one in uow.audit.chain(name)]

    return await slack.world.database.read(unit)
