"""Slack's shortcuts: the menu of commands, and commands on a message's author or its file."""

import pytest

from bot.commands import REGISTRY
from bot.platforms.slack.installing.manifest import manifest
from tests.scenarios.fronts.slack import BOTH, driver_of
from tests.scenarios.stage import Stage
from tests.servers.slack.server import Trouble

MAPLE = 'admin: /school create name:"Maple Grove" approval:automatic zone:UTC'
PEOPLE = b"email,first name,last name\nnew@example.org,Nova,Lund\n"


def test_the_manifest_has_what_the_declarations_say() -> None:
    declared = manifest()["features"]["shortcuts"]
    assert [one["type"] for one in declared].count("global") == 1
    assert len(declared) == 1 + len(REGISTRY.on_person()) + sum(bool(one.on_file) for one in REGISTRY)
    assert len(declared) <= 10
    assert all(len(one["name"]) <= 24 and len(one["description"]) <= 150 for one in declared)


async def test_the_global_one_opens_the_menu(stage: Stage) -> None:
    await driver_of(stage).shortcut("admin", "Homeroom…")
    await stage.play("admin fills: command=school create\nadmin fills: name=Maple Grove")
    await stage.play("admin sees: Maple Grove")


async def test_the_global_one_without_a_modal_says_how_to_go_on(stage: Stage) -> None:
    driver_of(stage).server.fail("views.open", Trouble("internal_error"))
    await driver_of(stage).shortcut("admin", "Homeroom…")
    await stage.play("admin sees: /homeroom help")


@pytest.mark.parametrize("stage", BOTH, indirect=True)
async def test_the_author_of_a_message_is_invited(stage: Stage) -> None:
    driver = driver_of(stage)
    await stage.play(MAPLE)
    await driver.shortcut("admin", "Author: Invite…", user=driver.people["third"].id)
    await stage.play(
        """
        admin fills: note=Come and see
        admin is told: Third | Viewer | [Send now]
        admin clicks: Send now
        third is told: Maple Grove | Come and see | [Accept]
        """
    )


async def test_the_author_of_a_message_is_looked_up(stage: Stage) -> None:
    driver = driver_of(stage)
    await stage.play(f"{MAPLE}\nadmin: /invite create\nkeep CODE from: admin\nsecond: /join {{CODE}}")
    await driver.shortcut("admin", "Author: Membership…", user=driver.people["second"].id)
    await stage.play("admin is told: Second | Viewer | Active")
    await driver.shortcut("stranger", "Author: Membership…", user=driver.people["second"].id)
    await stage.play("stranger is told: You may not see members here")


@pytest.mark.parametrize("about", [{"bot_id": "B1"}, {"user_team": "T0000009"}, {"user": ""}])
async def test_an_app_or_a_guest_of_another_workspace_is_nobody(stage: Stage, about: dict[str, str]) -> None:
    driver = driver_of(stage)
    await stage.play(MAPLE)
    await driver.shortcut("admin", "Author: Invite…", **{"user": driver.people["third"].id, **about})
    assert driver.form("admin") is None
    await stage.play("admin is told: No member of this workspace wrote that message")


async def test_the_file_of_a_message_is_imported_once_the_plan_is_agreed_to(stage: Stage) -> None:
    driver = driver_of(stage)
    await stage.play(MAPLE)
    files = [driver.server.workspace.upload(driver.people["third"].id, "people.csv", PEOPLE)]
    files.insert(0, driver.server.workspace.upload(driver.people["third"].id, "photo.png", b"PNG"))
    handed = [one.facts() for one in files]
    await driver.shortcut("stranger", "Import people…", user=driver.people["third"].id, files=handed)
    await stage.play("stranger is told: You may not")
    assert driver.server.called("files.info") == []
    await driver.shortcut("admin", "Import people…", user=driver.people["third"].id, files=handed)
    await stage.play("admin is told: Nova\nadmin: /member list")
    assert "Nova" not in driver.visible("admin")[-1]


async def test_a_message_without_such_a_file(stage: Stage) -> None:
    driver = driver_of(stage)
    await stage.play(MAPLE)
    await driver.shortcut("admin", "Import people…", user=driver.people["third"].id)
    await stage.play("admin is told: That message has no such file | csv, xlsx")


async def test_an_app_is_not_invited(stage: Stage) -> None:
    driver = driver_of(stage)
    driver.people["robot"] = driver.server.workspace.person("robot", bot=True)
    await stage.play(
        f"""
        {MAPLE}
        admin: /invite person to:{{@robot}}
        admin is told: That is an app | Only people can be in a school
        admin: /invite person to:{{@robot}} name:Robo
        admin is told: That is an app
        admin: /invite list
        admin is told: no invitations
        """
    )
