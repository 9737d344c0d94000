"""`make replicas`: two replicas behind a load balancer, with a local Slack and a PostgreSQL of their own.

Shows that either replica can handle any request, and that one goes on when the other is killed.
"""

import asyncio
import itertools
import re
import socket
import sys
import tempfile
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.postgres import running
from tests.processes import Process, homeroom_run
from tests.servers.slack.hand import Hand
from tests.servers.slack.lines import HttpLine
from tests.servers.slack.reading import text_of
from tests.servers.slack.server import BOT_TOKEN, SIGNING_SECRET, SlackServer
from tests.servers.slack.workspace import Person
from tests.world import KEY

PEOPLE = 10
WITHIN = 60.0


@dataclass
class Balancer:
    """Passes connections on to the replicas in turn, and skips a replica that does not accept them."""

    ports: list[int]
    handed: Counter[int] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._turn = itertools.cycle(range(len(self.ports)))

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection."""
        first = next(self._turn)
        for port in self.ports[first:] + self.ports[:first]:
            try:
                there, back = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                continue
            self.handed[port] += 1
            await asyncio.gather(_pipe(reader, back), _pipe(there, writer))
            return
        writer.close()


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while chunk := await reader.read(65_536):
            writer.write(chunk)
            await writer.drain()
    writer.close()


@dataclass
class Sample:
    """Two running replicas, the balancer and Slack before them, and the hand that acts for people."""

    slack: SlackServer
    hand: Hand
    balancer: Balancer
    processes: dict[int, Process]

    async def says(self, person: Person, line: str, words: str) -> None:
        """Type a line as a person, and wait until the person sees an answer with these words."""
        await self.hand.type(person, line)
        async with asyncio.timeout(WITHIN):
            while not any(words in text_of(one) for one in self.slack.workspace.seen_by(person.id)):
                self.slack.changed.clear()
                await self.slack.changed.wait()

    def shown(self, person: Person) -> str:
        """Return the text of all messages that a person sees."""
        return "\n".join(text_of(one) for one in self.slack.workspace.seen_by(person.id))


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


@asynccontextmanager
async def sample(url: str, folder: Path) -> AsyncIterator[Sample]:
    """Start Slack, the balancer and both replicas on a database URL; stop them afterwards."""
    async with AsyncExitStack() as stack:
        slack = await stack.enter_async_context(SlackServer())
        slack.workspace.channel("general")
        balancer = Balancer([_free_port(), _free_port()])
        server = await asyncio.start_server(balancer.connected, "127.0.0.1", 0)
        stack.push_async_callback(server.wait_closed)
        stack.callback(server.close)
        address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        settings = {
            "DATABASE_URL": url,
            "SECRET_KEY": KEY.hex(),
            "BASE_URL": address,
            "SLACK__BOT_TOKEN": BOT_TOKEN,
            "SLACK__SIGNING_SECRET": SIGNING_SECRET,
            "SLACK__PUBLIC_HTTP": "true",
            "SLACK__API_BASE": slack.api_base,
        }
        runs = [homeroom_run(folder, **settings, WEB__PORT=str(port)) for port in balancer.ports]
        both = await asyncio.gather(*(stack.enter_async_context(run) for run in runs))
        for process in both:
            await process.says("Signed in to Slack", "The web pages are at")
        processes = dict(zip(balancer.ports, both, strict=True))
        yield Sample(slack, Hand(slack, HttpLine(address)), balancer, processes)


async def show(url: str, folder: Path) -> list[str]:
    """Let people join through both replicas, kill one, let more join; return lines that tell this."""
    async with sample(url, folder) as it:
        workspace, told = it.slack.workspace, []
        admin = workspace.person("admin", admin=True)
        await it.says(admin, "school create Maple approval:automatic", "Maple is ready")
        await it.says(admin, f"invite create uses:{2 * PEOPLE}", "Invitation to Maple")
        code = re.findall(r"\b[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{5}\b", it.shown(admin))[0]
        for crowd in ("both replicas", "the replica that is left"):
            before = Counter(it.balancer.handed)
            people = [workspace.person(f"{crowd} {number}") for number in range(PEOPLE)]
            await asyncio.gather(*(it.says(one, f"join {code}", "Welcome to Maple") for one in people))
            handed = it.balancer.handed - before
            each = ", ".join(f"{handed[port]} by port {port}" for port in it.balancer.ports)
            told.append(f"{len(people)} people came in through {crowd}: {each}.")
            first = it.balancer.ports[0]
            if it.processes[first].process.returncode is None:
                it.processes[first].process.kill()
                await it.processes[first].process.wait()
                told.append(f"The replica at port {first} was killed.")
        return told


async def main() -> None:
    """Start PostgreSQL, run the demonstration and print what happened."""
    with running() as postgres, tempfile.TemporaryDirectory() as folder:
        async with postgres.database() as url:
            for line in await show(url, Path(folder)):
                sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    asyncio.run(main())
