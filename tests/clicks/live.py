"""Controls that can be clicked, each with a person who may, to compare this with clicks by others."""

from datetime import timedelta
from tempfile import TemporaryDirectory
from typing import Any

from bot.cards.refusals.refusals import Words
from bot.chat.context import Links
from bot.chat.runner import Runner
from bot.commands import REGISTRY
from bot.core.invitations.guessing import Limit, Limits
from bot.core.rights.actors import Caller
from tests.clicks.intruders import Fork, rightful
from tests.clicks.paper import Drawn, MemoryDriver
from tests.core.cells import filled, settled
from tests.fakes.database import FakeDatabase
from tests.scenarios.mails import mails_of
from tests.scenarios.stage import Stage, ways_of
from tests.scenarios.test_stories import STORIES
from tests.soak import SOAKING
from tests.world import BASE_URL, SLASHES, FakeClock, World

# So high that nobody is told to wait, for which alone most clicks would be refused.
PATIENT = Limits(Limit(10**6, timedelta(minutes=1)), Limit(10**6, timedelta(minutes=1)))


class Pool:
    """All controls that the stories draw, each with the Runner of its story."""

    def __init__(self) -> None:
        self.drawn: list[tuple[Drawn, Runner]] = []

    @classmethod
    async def of_stories(cls) -> "Pool":
        """Play all stories in memory; return the controls that they draw."""
        pool = cls()
        for story in STORIES.values():
            clock = FakeClock()
            database: Any = FakeDatabase(clock)
            runner = Runner(database, REGISTRY, Words(), Links(BASE_URL, SLASHES), ways=ways_of(story))
            with TemporaryDirectory() as folders:
                world = World(database, runner, clock, folders=folders)
                async with mails_of(world) as mails, MemoryDriver(world) as paper:
                    await Stage(world, paper, mails).play(story)
            pool.drawn += [(one, runner) for one in paper.drawn]
        return pool

    async def add_what_no_story_draws(self) -> "Pool":
        """Add forms of the commands that no story uses, filled with things of the sample school."""
        door, land = await settled()
        assert isinstance(door.database, FakeDatabase)
        state, at = door.database.state, door.clock.at
        for command in set(REGISTRY) - {REGISTRY[one.path] for one, _ in self.drawn}:
            values = filled(command, land.own, land.own.school.id)
            made = Drawn("submit", f"run:{command.path}", values, ("Mal", "Dora", "Root"), state, at)
            self.drawn.append((made, door.runner))
        return self

    async def live(self) -> list["Control"]:
        """Find a person who may click, for one control of each shape, or for all controls in `make soak`."""
        found: dict[tuple[str, ...], Control] = {}
        for number, (drawn, runner) in enumerate(self.drawn):
            key = (*drawn.shape, str(number)) if SOAKING else drawn.shape
            if (known := found.get(key)) and known.does:
                continue
            for who in drawn.who:
                one = Control(drawn, runner, rightful(who))
                if await one.works() and (one.does or key not in found):
                    found[key] = one
                    break
        return list(found.values())


class Control:
    """A control, and a person who may click it."""

    def __init__(self, drawn: Drawn, runner: Runner, who: Caller) -> None:
        self.drawn, self.runner, self.who = drawn, runner, who
        self.does = False
        self.after: Fork

    def __str__(self) -> str:
        return f"{self.drawn.kind} {self.drawn.packed} {dict(self.drawn.values)}"

    async def works(self) -> bool:
        """Click as the rightful person; tell whether that works, and note whether it changes anything."""
        self.after = self.fork()
        before = self.after.kept()
        reply = await self.after.press(self.drawn, self.who)
        self.does = self.after.kept() != before
        return reply is not None and not reply.refused

    def fork(self) -> Fork:
        """Return a copy of what was stored when the control was drawn, with a new Runner on it."""
        return Fork.of(self.runner, self.drawn, PATIENT)
