"""What the number of commands costs each of them: one is measured among all, and as the only one."""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from pathlib import Path

from benchmarks import discord_front, slack_front
from benchmarks.door import school_database
from benchmarks.served import Serving
from benchmarks.waiting import MeasuredFront, Report, compared
from benchmarks.windows import Size
from bot.commands import REGISTRY

ALL, ONE = f"all {len(list(REGISTRY))} commands", "one command"
_COMMANDS = {ALL: "", ONE: "join"}


async def measured(folder: Path, size: Size) -> Mapping[str, Report]:
    """Measure a bot with all commands and a bot with one command in turns, on each platform."""
    return {
        "Slack": await _compared(folder / "slack.db", size, slack_front.start_front, slack_front.homeroom),
        "Discord": await _compared(
            folder / "discord.db", size, discord_front.start_front, discord_front.homeroom
        ),
    }


async def _compared(
    file: Path, size: Size, start_front: Callable[..., Awaitable[MeasuredFront]], bot: Serving
) -> Report:
    async with AsyncExitStack() as stack:
        bots = []
        for name, command in _COMMANDS.items():
            url, code = await school_database(file.with_stem(f"{file.stem} {name}"))
            bots.append(await start_front(stack, name, code, bot, database=url, command=command))
        return await compared(bots, size)
