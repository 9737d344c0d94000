"""The app's home tab in Slack: the panel, redrawn after changes there and elsewhere."""

import pytest

from bot.platforms.slack import api
from bot.platforms.slack.home import HomePages
from bot.platforms.slack.installing.clients import OneClient
from bot.platforms.slack.people.people import People, SlackUser
from bot.platforms.slack.rendering.pictures import Pictures
from bot.platforms.slack.reply_sender import ReplySender
from bot.platforms.slack.work import InFlight
from tests.scenarios.fronts.slack import BOTH, Driver, driver_of
from tests.scenarios.stage import Stage
from tests.servers.slack.server import BOT_TOKEN, Trouble
from tests.servers.slack.workspace import TEAM

BEGINNING = """
admin: /school create name:"Maple Grove" approval:"by request" zone:UTC
admin: /invite create
keep CODE from: admin
newcomer: /join {CODE}
"""


@pytest.mark.parametrize("stage", BOTH, indirect=True)
async def test_a_request_is_approved_on_the_page(stage: Stage) -> None:
    driver = driver_of(stage)
    await stage.play(BEGINNING)
    await driver.open_home("admin")
    assert "Newcomer asks to be Viewer" in await driver.home("admin")
    assert "1 person" in await driver.home("admin")
    await driver.on_home("admin", "Approve as Viewer")
    assert "Nobody is waiting." in await driver.home("admin")
    assert "2 people" in await driver.home("admin")
    assert driver.form("admin") is None


async def test_a_request_is_rejected_in_a_form_of_the_page(stage: Stage) -> None:
    driver = driver_of(stage)
    await stage.play(BEGINNING)
    await driver.open_home("admin")
    await driver.on_home("admin", "Reject")
    await stage.play("admin fills: reason=Full\nadmin: /help")
    assert "Nobody is waiting." in await driver.home("admin")
    await stage.play("newcomer sees: Reason: Full")


async def test_a_page_that_is_open_follows_what_others_do(stage: Stage) -> None:
    driver = driver_of(stage)
    await stage.play('admin: /school create name:"Maple Grove" approval:"by request" zone:UTC')
    await driver.open_home("admin")
    await driver.open_home("newcomer")
    assert "You are not in a school yet" in await driver.home("newcomer")
    await stage.play("admin: /invite create\nkeep CODE from: admin\nnewcomer: /join {CODE}")
    assert "Newcomer asks to be Viewer" in await driver.home("admin")
    await stage.play("admin clicks: Approve as Viewer")
    assert "Nobody is waiting." in await driver.home("admin")
    assert "Viewer · Status: Active" in await driver.home("newcomer")


async def test_a_click_that_comes_too_late_says_so_and_the_page_is_right(stage: Stage) -> None:
    driver = driver_of(stage)
    await stage.play(BEGINNING)
    await driver.open_home("admin")
    await stage.play("newcomer clicks: Withdraw")
    page = driver.server.workspace.homes[driver.people["admin"].id]
    assert "Nobody is waiting." in await driver.home("admin")
    page.view = {**page.view, "blocks": [_approve(driver)]}
    await driver.on_home("admin", "Approve as Viewer")
    assert "Nobody is waiting." in await driver.home("admin")
    await stage.play("admin sees: Withdrawn by the applicant")


def _approve(driver: Driver) -> dict[str, object]:
    """Return the row of buttons that was on the page before."""
    first = next(
        call["view"] for call in driver.server.called("views.publish") if "asks to be" in str(call["view"])
    )
    row: dict[str, object] = next(block for block in first["blocks"] if "Approve as" in str(block))
    return row


async def test_the_page_keeps_the_school_that_was_chosen(stage: Stage) -> None:
    driver = driver_of(stage)
    await stage.play(
        """
        admin: /school create name:"Maple Grove" zone:UTC
        admin: /school create name:"Oak Hill" zone:UTC
        admin: /invite create school:"Oak Hill"
        """
    )
    await driver.open_home("admin")
    await driver.on_home("admin", "Maple Grove", chooses=True)
    assert "0 open invitations" in await driver.home("admin")
    await driver.on_home("admin", "Oak Hill", chooses=True)
    assert "1 open invitation" in await driver.home("admin")
    await driver.open_home("admin")
    assert "1 open invitation" in await driver.home("admin")
    await driver.on_home("admin", "Invitations")
    await stage.play("admin sees: Oak Hill")
    assert "1 open invitation" in await driver.home("admin")


async def test_many_requests_are_paged(stage: Stage) -> None:
    driver = driver_of(stage)
    await stage.play(BEGINNING)
    people = ["second", "third", "stranger", "approver"]
    more = [driver.server.workspace.person(f"guest{number}") for number in range(3)]
    driver.people |= {one.name: one for one in more}
    for who in [*people, *(one.name for one in more)]:
        await stage.play(f"{who}: /join {stage.kept['CODE']}")
    await driver.open_home("admin")
    assert (await driver.home("admin")).count("asks to be") == 4
    await driver.on_home("admin", "More recent")
    assert (await driver.home("admin")).count("asks to be") == 4


async def test_a_stranger_sees_how_to_join_and_no_more(stage: Stage) -> None:
    driver = driver_of(stage)
    await stage.play(BEGINNING)
    await driver.open_home("stranger")
    assert "Maple Grove" not in await driver.home("stranger")
    assert "Newcomer" not in await driver.home("stranger")
    assert "[Join a school]" in await driver.home("stranger")


async def test_slack_may_refuse_a_page(stage: Stage) -> None:
    driver = driver_of(stage)
    await stage.play(BEGINNING)
    driver.server.fail("views.publish", Trouble("internal_error"))
    await driver.open_home("admin")
    await driver.open_home("admin")
    assert "Newcomer asks to be Viewer" in await driver.home("admin")


async def test_only_pages_that_somebody_looks_at_are_drawn_anew(stage: Stage) -> None:
    driver, now = driver_of(stage), 0.0
    clients, work = OneClient(api.client(BOT_TOKEN, driver.server.api_base)), InFlight()
    people, sender = People(clients, work), ReplySender(clients, Pictures(clients))
    homes = HomePages(stage.world.runner, people, sender, work, clock=lambda: now, max_pages=4)
    everyone = [driver.server.workspace.person(f"guest{number}") for number in range(6)]
    for one in everyone:
        await homes.opened(SlackUser(one.id, one.name, TEAM, TEAM), "")
    now = 500.0
    await homes.opened(SlackUser(everyone[-1].id, everyone[-1].name, TEAM, TEAM), "")
    before = len(driver.server.called("views.publish"))
    homes.changed()
    await work.idle()
    again = [call["user_id"] for call in driver.server.called("views.publish")[before:]]
    assert sorted(again) == sorted(one.id for one in everyone[2:])
    now = 700.0
    before += len(again)
    homes.changed()
    await work.idle()
    again = [call["user_id"] for call in driver.server.called("views.publish")[before:]]
    assert again == [everyone[-1].id]
    assert clients.session is None
