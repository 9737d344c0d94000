"""Inviting people of the demo by name, however the name is typed."""

from pathlib import Path

import pytest

from bot.core.rights.actors import Platform
from bot.jobs.delivery import Delivery
from bot.platforms.web.playground.cast import ADMIN, NEWCOMERS, room
from bot.platforms.web.playground.people import GENERAL
from tests.core.door import actions_in, door_of, heard
from tests.world import deliver_due, open_world, sqlite_url

LEO = NEWCOMERS[1]


@pytest.mark.parametrize("typed", ["Leo", "@leo", "LEO", "<@Leo>"])
async def test_an_invitation_reaches_them_and_is_theirs_to_accept(tmp_path: Path, typed: str) -> None:
    async with open_world(sqlite_url(tmp_path)) as world:
        door, opened = door_of(world), room()
        ada, leo = (one.caller(f"#{GENERAL}", "Playground", None) for one in (ADMIN, LEO))
        await door.says(ada, "/school create Maple approval:automatic")
        send = actions_in(await door.says(ada, f"/invite person to:{typed}"))["Send now"]
        await door.clicks(ada, send.command, **send.values)
        delivery = Delivery(world.database, {Platform.WEB: opened}, world.clock, world.runner.links)
        while await deliver_due(delivery):
            pass
        shown = await door.says(ada, "/invite list")
        assert "Sent" in heard(shown)
        assert "Welcome" in heard(await door.clicks(leo, "invite accept", **send.values))
