"""Who comes into a Discord server and leaves it: the welcome, and requests whose applicant is not there."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from simcord.builders import UserHandle

from bot.core.actors import AccountKey, WorkspaceKey
from bot.core.ports import UnitOfWork
from bot.core.schools import School
from bot.platforms.discord import needs
from tests.scenarios.fronts.discord import Driver, Hand
from tests.scenarios.stage import Stage
from tests.world import World, open_world, sqlite_url

MAPLE = 'admin: /school create name:"Maple Grove"\nadmin in #approvals: /school approvals\n'


class Server:
    """A stage whose people come and go."""

    def __init__(self, world: World, driver: Driver) -> None:
        self.world, self.driver, self.stage = world, driver, Stage(world, driver)
        self.guild = driver._guild
        self.backend = driver.env.backend
        self.key = WorkspaceKey(driver.platform, str(self.guild.id))

    async def play(self, lines: str) -> None:
        await self.stage.play(lines)

    def id_of(self, who: str) -> int:
        return int(self.driver.hands[who].member.id)

    async def comes(self, who: str) -> None:
        if who in self.driver.hands:
            self.backend.add_member(self.guild.id, self.id_of(who), announce=True)
        else:
            user = self.user(who)
            self.driver.hands[who] = Hand(self.guild.add_member(user))
        await self.settled()

    def user(self, who: str) -> UserHandle:
        made: UserHandle = self.driver.env.create_user(who, global_name=who.capitalize())
        return made

    async def comes_with_closed_messages(self, who: str) -> None:
        user = self.user(who)
        direct = self.backend.get_dm_channel(user.id)
        path = f"/channels/{direct.id}/messages"
        self.driver.env.inject_error("POST", path, status=403, code=50007, times=None)
        self.driver.hands[who] = Hand(self.guild.add_member(user))
        await self.settled()

    async def leaves(self, who: str) -> None:
        self.backend.remove_member(self.guild.id, self.id_of(who))
        await self.settled()

    async def settled(self) -> None:
        await self.driver.env.settle()
        await self.world.deliver()

    def read(self, who: str) -> str:
        return "\n".join(self.driver.visible(who))

    async def audited(self) -> list[str]:
        def unit(uow: UnitOfWork) -> list[str]:
            school = self.school(uow)
            listed = uow.audit.listed(school.id, action="", person_id=None, after=None, limit=100)
            return [one.action for one in listed]

        return await self.world.database.read(unit)

    def school(self, uow: UnitOfWork) -> School:
        person = uow.people.by_account(AccountKey("discord", str(self.id_of("admin"))))
        assert person is not None
        (school,) = uow.schools.of_person(person.id)
        return school


@pytest.fixture(autouse=True)
def _intent(monkeypatch: pytest.MonkeyPatch) -> None:
    """Switch on the intent by which Discord tells of members."""
    monkeypatch.setattr(needs, "tells_of_members", lambda _: True)


@asynccontextmanager
async def opened(tmp_path: Path) -> AsyncIterator[Server]:
    async with open_world(sqlite_url(tmp_path)) as world, Driver(world) as driver:
        yield Server(world, driver)


async def test_who_comes_is_welcomed_once(tmp_path: Path) -> None:
    async with opened(tmp_path) as server:
        await server.play(MAPLE + "admin: /invite create\nkeep CODE from: admin")
        await server.comes("late")
        await server.play(
            """
            late sees: Welcome to Maple | Maple Grove meets here | [Join with a code]
            late clicks: Join with a code
            late fills: code={CODE}
            late is told: Your request to join Maple Grove is waiting
            """
        )
        for _ in range(2):
            await server.leaves("late")
            await server.comes("late")
            await server.driver.restart()
        assert server.read("late").count("Welcome to Maple") == 1


async def test_of_a_public_school_the_welcome_asks_at_once(tmp_path: Path) -> None:
    async with opened(tmp_path) as server:
        await server.play(MAPLE + "admin: /school joining access:public")
        await server.comes("late")
        await server.play(
            """
            late sees: Ask to join it | [Ask to join Maple Grove]
            late clicks: Ask to join Maple Grove
            admin sees: Late asks to join Maple Grove
            """
        )


async def test_who_has_asked_before_finds_the_request_in_the_welcome(tmp_path: Path) -> None:
    async with opened(tmp_path) as server:
        await server.play(MAPLE + "admin: /invite create\nkeep CODE from: admin\nnewcomer: /join {CODE}")
        before = server.read("newcomer").count("Your request to join Maple Grove")
        await server.leaves("newcomer")
        await server.play("admin sees: Has left | [Close]")
        for _ in range(2):
            await server.comes("newcomer")
        await server.play("admin does not see: Has left")
        assert server.read("newcomer").count("Your request to join Maple Grove") == before + 1
        assert server.read("newcomer").count("Welcome to Maple") == 0
        told = await server.audited()
        assert (told.count("join_request.applicant_gone"), told.count("join_request.applicant_back")) == (
            1,
            1,
        )
        for _ in range(2):
            server.backend.emit(
                "GUILD_MEMBER_REMOVE",
                {
                    "guild_id": str(server.guild.id),
                    "user": {
                        "id": str(server.id_of("newcomer")),
                        "username": "n",
                        "discriminator": "0",
                        "avatar": None,
                    },
                },
            )
            await server.settled()
        assert (await server.audited()).count("join_request.applicant_gone") == 2


async def test_members_are_not_welcomed_and_stay_when_they_leave(tmp_path: Path) -> None:
    async with opened(tmp_path) as server:
        await server.play(
            MAPLE + "admin: /school joining approval:automatic\nadmin: /invite create\n"
            "keep CODE from: admin\nnewcomer: /join {CODE}"
        )
        await server.leaves("newcomer")
        await server.comes("newcomer")
        assert "Welcome to Maple\n" not in server.read("newcomer")
        await server.play("admin: /member show {@newcomer}\nadmin is told: Newcomer | Active")


async def test_where_direct_messages_are_closed_the_channel_greets_once_a_day(tmp_path: Path) -> None:
    async with opened(tmp_path) as server:
        general = server.driver.channels["general"]
        server.backend.edit_guild(server.guild.id, {"system_channel_id": general.id})
        await server.play(MAPLE)
        for name in ("late", "later"):
            await server.comes_with_closed_messages(name)
        seen = server.read("second")
        assert seen.count("your direct messages are closed") == 1
        assert "Late" not in seen.partition("your direct messages are closed")[2]
        await server.play("later clicks: Where do I stand?\nlater is told: You are in no school yet")


async def test_where_no_school_is_nobody_is_welcomed(tmp_path: Path) -> None:
    async with opened(tmp_path) as server:
        await server.comes("late")
        assert server.read("late") == ""
