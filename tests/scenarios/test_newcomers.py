"""People who join a Discord server and leave it: the welcome, and requests of those who have left."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from simcord.backend import serializers
from simcord.builders import UserHandle

from bot.core.ports import UnitOfWork
from bot.core.rights.actors import AccountKey, WorkspaceKey
from bot.core.schools.schools import School
from bot.platforms.discord import needs
from tests.scenarios.fronts.discord import Driver, Hand
from tests.scenarios.stage import Stage
from tests.storage import build
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
    """Enable the intent for events about members."""
    monkeypatch.setattr(needs, "has_members_intent", lambda _: True)


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


async def test_who_comes_again_and_again_is_not_welcomed_again(tmp_path: Path) -> None:
    async with opened(tmp_path) as server:
        await server.play(MAPLE)
        await server.comes("late")
        for _ in range(2):
            await server.leaves("late")
            await server.comes("late")
            await server.comes("late")  # the gateway repeats what was missed
            await server.driver.restart()
        assert server.read("late").count("Welcome to Maple") == 1


async def test_who_asked_by_another_account_has_not_left(tmp_path: Path) -> None:
    async with opened(tmp_path) as server:
        await server.play(MAPLE)
        key = AccountKey("discord", str(server.id_of("second")))

        def ask(uow: UnitOfWork) -> str:
            asked = build.person(uow, "Second", key)
            elsewhere = AccountKey("slack", "T1/U1")
            return build.join_request(uow, server.school(uow), asked, account=elsewhere).id

        request = await server.world.database.run(ask)
        await server.leaves("second")
        found = await server.world.database.read(lambda uow: uow.join_requests.by_id(request))
        assert found is not None
        assert found.gone_at is None


async def test_the_welcome_of_a_public_school_offers_to_ask_at_once(tmp_path: Path) -> None:
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


async def test_the_channel_greets_once_a_day_if_direct_messages_are_closed(tmp_path: Path) -> None:
    async with opened(tmp_path) as server:
        general = server.driver.channels["general"]
        server.backend.edit_guild(server.guild.id, {"system_channel_id": general.id})
        await server.play(MAPLE)
        for name in ("late", "later"):
            await server.comes_with_closed_messages(name)
        seen = server.read("second")
        assert seen.count("your direct messages are closed") == 1
        assert "Late" not in seen.partition("your direct messages are closed")[2]
        await server.play("later clicks: Where do I stand?\nlater is told: You are not in a school yet")


async def test_where_no_school_is_nobody_is_welcomed(tmp_path: Path) -> None:
    async with opened(tmp_path) as server:
        await server.comes("late")
        assert server.read("late") == ""


async def test_a_school_can_do_without_a_welcome(tmp_path: Path) -> None:
    async with opened(tmp_path) as server:
        await server.play(
            MAPLE + "admin: /school times welcomes:no\nadmin is told: Newcomers are welcomed: No"
        )
        await server.comes("late")
        assert server.read("late") == ""


async def test_a_banned_person_comes_back_by_an_admins_word_alone(tmp_path: Path) -> None:
    async with opened(tmp_path) as server:
        await server.play(
            MAPLE + "admin: /school joining approval:automatic\nadmin: /invite create\n"
            "keep CODE from: admin\nnewcomer: /join {CODE}"
        )
        server.backend.apply_ban(server.guild.id, server.id_of("newcomer"), "spam")
        await server.settled()
        await server.play(
            """
            admin sees: Newcomer was banned from one of your servers | [Show the member]
            admin: /member show newcomer
            admin is told: Newcomer | Active
            admin: /member remove newcomer
            """
        )
        # Nobody lifts the ban: they join on the web, or after a new invite to the server.
        await server.comes("newcomer")
        await server.play(
            """
            newcomer: /join {CODE}
            newcomer is told: Your request to join Maple Grove is waiting
            admin sees: Newcomer asks to join Maple Grove | Banned
            admin clicks: Approve as Viewer
            newcomer is told: Welcome to Maple Grove
            """
        )
        told = await server.audited()
        assert told.count("school.account_banned") == 1


async def test_a_ban_that_was_lifted_and_told_twice(tmp_path: Path) -> None:
    async with opened(tmp_path) as server:
        await server.play(
            MAPLE + "admin: /school joining approval:automatic\nadmin: /invite create\nkeep CODE from: admin"
        )
        for _ in range(2):  # as after a resume
            server.backend.apply_ban(server.guild.id, server.id_of("second"), None)
            await server.settled()
        for _ in range(2):
            server.backend.emit("GUILD_BAN_REMOVE", _ban(server, "second"))
            await server.settled()
        told = await server.audited()
        assert (told.count("school.account_banned"), told.count("school.account_unbanned")) == (1, 1)
        await server.comes("second")
        await server.play("second: /join {CODE}\nsecond is told: Welcome to Maple Grove")


def _ban(server: Server, who: str) -> dict[str, object]:
    user = {"id": str(server.id_of(who)), "username": who, "discriminator": "0", "avatar": None}
    return {"guild_id": str(server.guild.id), "user": user}


async def test_who_waits_and_is_banned_has_left(tmp_path: Path) -> None:
    async with opened(tmp_path) as server:
        await server.play(MAPLE + "admin: /invite create\nkeep CODE from: admin\nnewcomer: /join {CODE}")
        server.backend.apply_ban(server.guild.id, server.id_of("newcomer"), None)
        await server.settled()
        await server.play("admin sees: Has left | Banned | [Close]")


async def test_taken_out_of_a_server_and_back(tmp_path: Path) -> None:
    async with opened(tmp_path) as server:
        await server.play(MAPLE + "admin: /school share\nkeep LINK from: admin")
        outage = {"id": str(server.guild.id), "unavailable": True}
        server.backend.emit("GUILD_DELETE", outage)
        await server.settled()
        assert "school.link_suspended" not in await server.audited()
        await server.driver.restart()
        for _ in range(2):
            server.backend.emit("GUILD_DELETE", {"id": str(server.guild.id)})
            await server.settled()
        assert (await server.audited()).count("school.link_suspended") == 1
        await server.driver.restart()  # we are back
        assert f"its members in {server.guild.name} cannot reach me" in server.read("admin")
        await server.comes("late")
        assert server.read("late") == ""
        await server.play(
            """
            admin sees: I was removed from a Discord server of Maple Grove
            third: /member list
            third is told: No school lives here yet
            third: /school link {LINK}
            third is told: Only an owner or administrator
            admin: /school link {LINK}
            admin is told: Maple Grove is linked
            third: /member list
            third is told: You may not see members here
            """
        )


async def test_a_new_owner_administers_the_server_and_the_old_one_does_not(tmp_path: Path) -> None:
    async with opened(tmp_path) as server:
        for owner, other in (("second", "third"), ("third", "second")):
            server.backend.get_guild(server.guild.id).owner_id = server.id_of(owner)
            server.backend.emit("GUILD_UPDATE", _guild(server))
            await server.settled()
            await server.play(
                f"""
                {other}: /school create name:"Of {other}"
                {other} is told: Only an owner or administrator
                {owner}: /school create name:"Of {owner}"
                {owner} is told: Of {owner}
                """
            )


def _guild(server: Server) -> dict[str, object]:
    return dict(serializers.guild_create_payload(server.backend, server.backend.get_guild(server.guild.id)))
