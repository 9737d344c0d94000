"""`homeroom run` as a separate process, against a local Discord."""

import asyncio
import os
import re
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.processes import STARTS_WITHIN
from tests.servers.discord import payloads
from tests.servers.discord.hand import Hand, words
from tests.servers.discord.server import DiscordServer

ROOT = Path(__file__).parents[3]


@asynccontextmanager
async def homeroom_run(server: DiscordServer, folder: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    settings = {
        "HOMEROOM_DATABASE_URL": f"sqlite:///{folder / 'homeroom.db'}",
        "HOMEROOM_SECRET_KEY": "00" * 32,
        "HOMEROOM_WEB__PORT": "0",
        "HOMEROOM_DISCORD__TOKEN": server.token,
        "HOMEROOM_DISCORD__API_BASE": server.api_base,
        "HOMEROOM_DISCORD__GATEWAY_URL": server.gateway_url,
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bot",
        "run",
        cwd=ROOT,
        env={**os.environ, **settings},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        await server.until(lambda: server.gateway.identified, within=STARTS_WITHIN)
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()


async def test_the_whole_bot(tmp_path: Path):
    async with DiscordServer() as server:
        hand = Hand(server)
        async with homeroom_run(server, tmp_path) as process:
            made = await hand.slash("admin", "school create", name="Maple")
            assert "Maple is ready" in await hand.told(made)
            where = await hand.slash("admin", "school approvals", channel=payloads.APPROVALS)
            await hand.told(where)
            invited = await hand.slash("admin", "invite create", uses=2)
            shown = await hand.told(invited)
            code = re.search(r"\b[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{5}\b", shown)
            assert code is not None, shown

            await server.gateway.drop()
            joining = await hand.slash("alice", "join", code=code[0])
            await server.until(lambda: server.gateway.resumed)
            assert "is waiting" in await hand.told(joining)

            await server.until(lambda: any(_asks(one) for one in server.messages.values()))
            approved = await hand.press("admin", "Approve as Viewer")
            assert "Approved" in await hand.told(approved)
            await server.until(
                lambda: [one for one in server.messages.values() if "Welcome to Maple" in words(one)]
            )

            process.send_signal(signal.SIGTERM)
            output, _ = await asyncio.wait_for(process.communicate(), timeout=30)
        assert process.returncode == 0, output.decode()
        assert not server.gateway.connected
        for secret in (server.token, code[0], joining.payload["token"]):
            assert secret not in output.decode()


def _asks(message: dict[str, object]) -> bool:
    in_approvals = message["channel_id"] == payloads.APPROVALS
    return in_approvals and "Alice asks to join Maple" in words(message)
