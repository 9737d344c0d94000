"""Two processes of one bot: one is connected to Discord, and the other takes over when it is killed."""

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

import asyncpg

from tests.processes import STARTS_WITHIN, Process, homeroom_run
from tests.servers.discord.hand import Hand
from tests.servers.discord.server import DiscordServer
from tests.world import KEY


def _settings(server: DiscordServer, url: str, **more: str) -> dict[str, str]:
    return {
        "DATABASE_URL": url,
        "SECRET_KEY": KEY.hex(),
        "DISCORD__TOKEN": server.token,
        "DISCORD__API_BASE": server.api_base,
        "DISCORD__GATEWAY_URL": server.gateway_url,
        **more,
    }


async def _told(hand: Hand, name: str) -> str:
    """Make a school; return the answer."""
    return await hand.told(await hand.slash("admin", "school create", name=name))


async def _all_leases_end(url: str) -> None:
    """Let as much time pass as a lease lasts."""
    connection = await asyncpg.connect(url)
    await connection.execute("UPDATE leases SET until = until - interval '1 minute'")
    await connection.close()


async def test_another_process_takes_over(postgres_url: str, tmp_path: Path) -> None:
    async with DiscordServer() as server, AsyncExitStack() as stack:
        hand, settings = Hand(server), _settings(server, postgres_url)
        first = await stack.enter_async_context(homeroom_run(tmp_path, **settings))
        await server.until(lambda: server.gateway.identified, within=STARTS_WITHIN)
        second = await stack.enter_async_context(homeroom_run(tmp_path, **settings))
        await second.says("this one waits for it")
        assert "Maple is ready" in await _told(hand, "Maple")
        assert server.gateway.identified == 1

        first.process.kill()
        await first.process.wait()
        await _all_leases_end(postgres_url)
        await server.until(lambda: server.gateway.identified == 2, within=STARTS_WITHIN)
        assert "Oak is ready" in await _told(hand, "Oak")
        assert await second.terminate() == 0
        third = await stack.enter_async_context(homeroom_run(tmp_path, **settings))
        await server.until(lambda: server.gateway.identified == 3, within=STARTS_WITHIN)  # it was given back
        assert await third.terminate() == 0


async def test_each_serves_its_own_shards(postgres_url: str, tmp_path: Path) -> None:
    async with DiscordServer() as server, AsyncExitStack() as stack:
        processes: list[Process] = []
        for shard in ("0", "1"):
            more = {"DISCORD__SHARD_COUNT": "2", "DISCORD__SHARD_IDS": shard}
            run = homeroom_run(tmp_path, **_settings(server, postgres_url, **more))
            processes.append(await stack.enter_async_context(run))
        await server.until(lambda: len(server.gateway.shards) == 2, within=STARTS_WITHIN)
        assert sorted(one or [] for one in server.gateway.shards) == [[0, 2], [1, 2]]
        assert await asyncio.gather(*(one.terminate() for one in processes)) == [0, 0]
