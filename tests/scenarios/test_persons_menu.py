"""The context menu of a person on Discord: their membership, or an invitation for them."""

from pathlib import Path

import pytest
from simcord.backend.errors import SetupError

from tests.scenarios.fronts import discord
from tests.scenarios.stage import Stage
from tests.world import open_world, sqlite_url


async def test_the_menu_of_a_person(tmp_path: Path) -> None:
    async with open_world(sqlite_url(tmp_path)) as world, discord.Driver(world) as driver:
        stage = Stage(world, driver)
        await stage.play(
            """
            admin: /school create name:"Maple Grove" approval:automatic
            admin: /invite create
            keep CODE from: admin
            second: /join {CODE}
            """
        )
        await driver.menu("admin", "Membership…", "second")
        await stage.play("admin is told: Second | Viewer | Active | [Suspend]")
        await driver.menu("admin", "Membership…", "third")
        await stage.play("admin is told: I cannot find that member here")
        await driver.menu("second", "Membership…", "admin")
        await stage.play("second is told: You may not see members here")

        await driver.menu("admin", "Invite…", "third")
        assert (
            driver.form("admin")
            == "Invite one person by e-mail or direct message; you see it before it is sent"
        )
        await stage.play(
            """
            admin fills: note=Come and see
            admin is told: Third | Viewer | [Send now]
            admin clicks: Send now
            third is told: Maple Grove | Come and see | [Accept]
            third clicks: Accept
            admin: /member show {@third}
            admin is told: Third | Viewer | Active
            """
        )


async def test_an_app_is_not_invited(tmp_path: Path) -> None:
    async with open_world(sqlite_url(tmp_path)) as world, discord.Driver(world) as driver:
        stage = Stage(world, driver)
        driver.add_app("robot")
        await stage.play('admin: /school create name:"Maple Grove" approval:automatic')
        for entry in ("Invite…", "Membership…"):
            await driver.menu("admin", entry, "robot")
            assert driver.form("admin") is None
            await stage.play("admin is told: That is an app | Only people can be in a school")
        await stage.play(
            """
            admin: /invite person to:{@robot}
            admin is told: That is an app
            admin: /invite person to:{@robot} name:Robo
            admin is told: That is an app
            admin: /invite list
            admin is told: no invitations
            """
        )


async def test_what_is_hidden_is_refused_all_the_same(tmp_path: Path) -> None:
    async with open_world(sqlite_url(tmp_path)) as world, discord.Driver(world) as driver:
        stage = Stage(world, driver)
        await stage.play('admin: /school create name:"Maple Grove"')
        await driver.menu("second", "Invite…", "third")
        assert driver.form("second") is None
        await stage.play(
            """
            second is told: You may not invite people here
            second: /request list
            second is told: You may not see join requests here
            """
        )


async def test_who_does_not_manage_the_server_does_not_see_what_is_above_schools(tmp_path: Path) -> None:
    async with (
        open_world(sqlite_url(tmp_path)) as world,
        discord.Driver(world, hide_commands=True) as driver,
    ):
        stage = Stage(world, driver)
        await stage.play('admin: /school create name:"Maple Grove"\nadmin: /system show')
        await stage.play("second: /request list\nsecond is told: You may not see join requests here")
        with pytest.raises(SetupError, match="not visible"):
            await stage.play("second: /system show")


async def test_two_of_one_name_are_told_apart_and_ids_are_understood(tmp_path: Path) -> None:
    async with open_world(sqlite_url(tmp_path)) as world, discord.Driver(world) as driver:
        stage = Stage(world, driver)
        await stage.play(
            """
            admin: /school create name:"Maple Grove" approval:automatic
            admin: /invite create
            keep CODE from: admin
            third: /join {CODE}
            second: /join {CODE}
            admin: /member edit person:second first_name:Third last_name:Twin email:twin@example.org
            """
        )
        admin, third = driver.hands["admin"].member, driver.hands["third"].member
        offered = await admin.autocomplete(driver.channels["general"], "member show", "person", "thir")
        assert [one["name"] for one in offered] == [
            "Third · Active, Discord",
            "Third Twin · Active, twin@example.org",
        ]
        first, second = (one["value"] for one in offered)
        for typed, shown in (
            (second, "Third Twin"),
            (first, "Third"),
            (f"<@{third.id}>", "Third"),
            (f"<@!{third.id}>", "Third"),
            (f" {third.id} ", "Third"),
            ("third", "Third"),
            ("9" * 17, "I cannot find that member"),
        ):
            await stage.play(f'admin: /member show person:"{typed}"\nadmin is told: {shown}')
        stranger = driver.hands["stranger"].member.id
        await stage.play(
            "admin: /invite person to:<@12345678901234567>\nadmin is told: To: 12345678901234567"
        )
        await stage.play(f"admin: /invite person to:{stranger}\nadmin is told: To: Stranger | [Send now]")
