"""A local Discord for trying the bot by hand: `python -m tests.servers.discord`.

It prints the settings that make `homeroom run` connect to it. Then type what the admin does:
`/school create name=Maple`, `press Revoke`, `drop` (breaks the connection), `quit`.
"""

import asyncio
import shlex
import sys

from tests.servers.discord.answering import Interaction
from tests.servers.discord.hand import Hand, words
from tests.servers.discord.server import DiscordServer


async def main() -> None:
    """Run the server, and do what is typed until `quit`."""
    async with DiscordServer(port=4300) as server:
        _say(f"export HOMEROOM_DISCORD__TOKEN={server.token}")
        _say(f"export HOMEROOM_DISCORD__API_BASE={server.api_base}")
        _say(f"export HOMEROOM_DISCORD__GATEWAY_URL={server.gateway_url}")
        _say("homeroom run")
        while (line := await asyncio.to_thread(sys.stdin.readline)) and line.strip() != "quit":
            try:
                await _do(server, line.strip())
            except (KeyError, StopIteration, ValueError, TimeoutError) as problem:
                _say(f"? {type(problem).__name__} {problem}")


async def _do(server: DiscordServer, line: str) -> None:
    if line == "drop":
        await server.gateway.drop()
    elif line.startswith("press "):
        await _show(server, await Hand(server).press("admin", line.removeprefix("press ")))
    elif line.startswith("/"):
        typed = shlex.split(line[1:])
        options = dict(word.split("=", 1) for word in typed if "=" in word)
        path = " ".join(word for word in typed if "=" not in word)
        await _show(server, await Hand(server).slash("admin", path, **options))


async def _show(server: DiscordServer, done: Interaction) -> None:
    callback = await Hand(server).answered(done)
    _say(words(callback.get("data") or {}) or str(callback))


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main())
