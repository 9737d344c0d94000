"""Discord roles follow a school's roles over real sockets, with a reason in Discord's audit log."""

from pathlib import Path

from tests.platforms.discord.connected import connected
from tests.servers.discord import payloads

_MANAGES_ROLES = 1 << 28


async def test_a_role_is_given_and_taken_as_the_school_says(tmp_path: Path) -> None:
    async with connected(tmp_path) as scene:
        place = scene.server.place
        place.own_roles = [place.add_role("Homeroom", 9, _MANAGES_ROLES)["id"]]
        staff = place.add_role("staff", 1)["id"]
        followed = await scene.types("admin", "role follow", role="School Admin", into=staff)
        assert "@staff follows roles of Maple" in followed
        await scene.world.deliver()
        has = place.members[payloads.ADMIN]["roles"]
        assert has == [staff]
        path = f"/guilds/{payloads.GUILD}/members/{payloads.ADMIN}/roles/{staff}"
        (given,) = scene.asked("PUT", path)
        assert given.reason == "Follows the roles in Homeroom"

        place.members[payloads.ALICE]["roles"].append(staff)  # by hand
        thing = await scene.types("admin", "role unfollow", thing="staff", take_away=True)
        assert "staff" in thing
        await scene.world.deliver()
        assert has == []
        assert place.members[payloads.ALICE]["roles"] == [staff]  # whom we gave nothing
        assert [one.reason for one in scene.asked("DELETE", path)] == ["Follows the roles in Homeroom"]
