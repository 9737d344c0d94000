"""People who accept no direct messages on Discord: what happens to each message, and what others see."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.scenarios.fronts.discord import PEOPLE, Driver
from tests.scenarios.mails import mails_of
from tests.scenarios.stage import Stage
from tests.world import open_world, sqlite_url


class Closed(Stage):
    """A stage where Discord refuses direct messages to people (50007)."""

    driver: Driver

    def close(self, *people: str) -> None:
        for who in people:
            direct = self.driver.env.backend.get_dm_channel(self.driver.hands[who].member.id)
            path = f"/channels/{direct.id}/messages"
            self.driver.env.inject_error("POST", path, status=403, code=50007, times=None)

    def public(self) -> str:
        """Return what everybody sees in the general channel."""
        everything = self.driver.env.backend.messages.get(self.driver.channels["general"].id, {}).values()
        return "\n".join(f"{one.content} {one.components}" for one in everything if not one.flags & 64)


@asynccontextmanager
async def opened(tmp_path: Path) -> AsyncIterator[Closed]:
    async with open_world(sqlite_url(tmp_path)) as world, Driver(world) as driver, mails_of(world) as mails:
        yield Closed(world, driver, mails)


async def test_what_reaches_nobody_directly_goes_another_way_and_never_to_a_channel(tmp_path: Path) -> None:
    async with opened(tmp_path) as stage:
        stage.close("newcomer", "second", "third")
        await stage.play(
            """
            admin: /school create name:"Maple Grove"
            admin in #approvals: /school approvals
            admin: /invite create
            keep CODE from: admin

            # What came of a request is mailed; without an address it is listed as undelivered.
            newcomer: /join {CODE}
            admin: /member edit person:{@newcomer} email:new@example.org
            admin clicks: Approve as Viewer
            a mail to new@example.org says: Welcome to Maple Grove | You are now a member
            second: /join {CODE}
            admin clicks: Reject
            admin fills: reason=No room in the library
            admin: /school undelivered
            admin is told: Second | They accept no direct messages from me | 50007
            second: /join {CODE}
            second is told: has turned down your request

            # Only the inviter is told about an invitation that cannot be sent.
            admin: /invite person to:{@third} name:"Theodora" note:"For you alone"
            admin clicks: Send now
            admin sees: could not be sent | [Send again]

            # A message to many goes by mail.
            admin: /message send subject:Trip text:"Bring lunch, {{name}}."
            admin clicks: Send now
            a mail to new@example.org says: Bring lunch
            """
        )
        shown = stage.public()
        assert not [said for said in ("Second", "library", "Theodora", "alone", "lunch") if said in shown]


async def test_personal_messages_never_go_to_a_channel_even_as_the_last_way(tmp_path: Path) -> None:
    async with opened(tmp_path) as stage:
        stage.close(*PEOPLE)
        await stage.play(
            """
            admin: /school create name:"Maple Grove"
            admin: /invite create
            keep CODE from: admin
            newcomer: /join {CODE}
            """
        )
        assert "Newcomer" not in stage.public()
        await stage.play("admin: /request list\nadmin is told: Newcomer | Waiting")
