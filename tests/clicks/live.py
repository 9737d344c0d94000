"""What can be clicked, with somebody who may, so that what others do with it can be compared."""

from datetime import timedelta
from tempfile import TemporaryDirectory
from typing import Any

from bot.cards.refusals import Words
from bot.chat.context import Links
from bot.chat.runner import Runner
from bot.commands import REGISTRY
from bot.core.actors import Caller
from bot.core.guessing import Limit, Limits
from tests.clicks.intruders import Fork, rightful
from tests.clicks.paper import Drawn, Paper
from tests.core.cells import filled, settled
from tests.fakes.database import FakeDatabase
from tests.scenarios.mails import mails_of
from tests.scenarios.stage import Stage, ways_of
from tests.scenarios.test_stories import STORIES
from tests.soak import SOAKING
from tests.world import BASE_URL, SLASHES, FakeClock, World

# Nobody is told to wait, or most clicks would be refused for that alone.
PATIENT = Limits(Limit(10**6, timedelta(minutes=1)), Limit(10**6, timedelta(minutes=1)))


class Pool:
    """All that the stories draw, with the Runner of the story."""

    def __init__(self) -> None:
        self.drawn: list[tuple[Drawn, Runner]] = []

    @classmethod
    async def of_stories(cls) -> "Pool":
        """Play all stories in memory."""
        pool = cls()
        for story in STORIES.values():
            clock = FakeClock()
            database: Any = FakeDatabase(clock)
            runner = Runner(database, REGISTRY, Words(), Links(BASE_URL), SLASHES, ways=ways_of(story))
            with TemporaryDirectory() as folders:
                world = World(database, runner, clock, folders=folders)
                async with mails_of(world) as mails, Paper(world) as paper:
                    await Stage(world, paper, mails).play(story)
            pool.drawn += [(one, runner) for one in paper.drawn]
        return pool

    async def add_what_no_story_draws(self) -> "Pool":
        """Add the forms of the other commands, sent about the things of a school that has one of each."""
        door, land = await settled()
        assert isinstance(door.database, FakeDatabase)
        state, at = door.database.state, door.clock.at
        for command in set(REGISTRY) - {REGISTRY[one.path] for one, _ in self.drawn}:
            values = filled(command, land.own, land.own.school.id)
            made = Drawn("submit", f"run:{command.path}", values, ("Mal", "Dora", "Root"), state, at)
            self.drawn.append((made, door.runner))
        return self

    async def live(self) -> list["Live"]:
        """Find who may click what: of each shape one that does something, in `make soak` all."""
        found: dict[tuple[str, ...], Live] = {}
        for number, (drawn, runner) in enumerate(self.drawn):
            key = (*drawn.shape, str(number)) if SOAKING else drawn.shape
            if (known := found.get(key)) and known.does:
                continue
            for who in drawn.who:
                one = Live(drawn, runner, rightful(who))
                if await one.works() and (one.does or key not in found):
                    found[key] = one
                    break
        return list(found.values())


class Live:
    """Something to click, and who may."""

    def __init__(self, drawn: Drawn, runner: Runner, who: Caller) -> None:
        self.drawn, self.runner, self.who = drawn, runner, who
        self.does = False
        self.after: Fork

    def __str__(self) -> str:
        return f"{self.drawn.kind} {self.drawn.packed} {dict(self.drawn.values)}"

    async def works(self) -> bool:
        """Click it as whom it was drawn for; keep whether that does anything."""
        self.after = self.fork()
        before = self.after.kept()
        reply = await self.after.press(self.drawn, self.who)
        self.does = self.after.kept() != before
        return reply is not None and not reply.refused

    def fork(self) -> Fork:
        """Return what was stored when it was drawn, behind a Runner that has just started."""
        return Fork.of(self.runner, self.drawn, PATIENT)
