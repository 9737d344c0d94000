"""A few commands that show every kind of answer, and a Runner for them without a database."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any, TypeVar, cast

from bot.chat.actions import Action
from bot.chat.commands import Group, Registry
from bot.chat.context import Context, Links
from bot.chat.options import ChannelId, When, option
from bot.chat.replies import (
    Actions,
    Button,
    Card,
    Confirm,
    Fields,
    File,
    Image,
    Item,
    LinkButton,
    Reply,
    Select,
    Style,
    Text,
    Tone,
)
from bot.chat.runner import Runner
from bot.chat.text import say, verbatim
from bot.core.errors import BadCommand, BadValue, Refusal
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import Platform
from bot.core.values import replace

T = TypeVar("T")
NOW = datetime(2030, 1, 1, 12, 0, tzinfo=UTC)
PNG = b"\x89PNG\r\n\x1a\n-a-picture"


class Colour(StrEnum):
    RED = "Red"
    GREEN = "Green"


show = Group("show", "Show what a front can do")
helping = Group("about", "Say what this is")


def _names(ctx: Context, typed: str) -> Sequence[Item]:
    names = ["Ann", "Bob", ctx.actor.caller.name]
    return [Item(name, verbatim(name)) for name in names if typed.casefold() in name.casefold()]


@show.command()
def echo(ctx: Context, text: Annotated[str, option("Anything", lines=True, maximum=3000)]) -> Card:
    """Say it back."""
    return Card(say("You said"), (Text(verbatim(text)), Text(say("{text}", text=text), quiet=True)))


@show.command()
def shout(ctx: Context, text: Annotated[str, option("Anything")]) -> Card:
    """Say it to everybody."""
    return Card(say("{who} says", who=ctx.actor.caller.name), (Text(verbatim(text)),), private=False)


@show.command(reads=True)
def board(ctx: Context, private: Annotated[bool, option("For me alone")] = False) -> Card:
    """Show a board to click on."""
    return replace(board_card(0), private=private)


def board_card(number: int) -> Card:
    more = Action("show count", {"number": str(number + 1)})
    stop = Confirm(say("Stop?"), say("It cannot be undone."), say("Stop it"))
    buttons = (
        Button(say("Count"), more, Style.PRIMARY),
        Button(say("Ask me"), Action("show order", {"colour": "Red"}, ask=True)),
        Button(say("Announce"), Action("show shout", {"text": "Here it is"})),
        Button(say("Whisper"), Action("show echo", {"text": "psst"})),
        Button(say("Stop"), Action("show silence", {}), Style.DANGER, stop),
        LinkButton(say("Website"), "https://example.org"),
    )
    items = (Item("Red", say("A red one")), Item("Green", say("A green one"), say("fresh")))
    pick = Select(say("Pick a colour"), Action("show painted", {"number": str(number)}), "colour", items)
    fields = Fields(((say("Number"), verbatim(str(number))),))
    return Card(say("The board"), (fields, Actions(buttons), pick), private=False, tone=Tone.WAITING)


@show.command(hidden=True)
def count(ctx: Context, number: Annotated[int, option("How far")]) -> Reply:
    """Count on."""
    return Reply(redraw=board_card(number))


@show.command(hidden=True)
def painted(
    ctx: Context, colour: Annotated[Colour, option("Which")], number: Annotated[int, option("How far")] = 0
) -> Reply:
    """Paint the board."""
    return Reply(Card(say("Painted {colour}", colour=colour.value)), board_card(number))


@show.command(hidden=True)
def silence(ctx: Context) -> Reply:
    """Say nothing."""
    return Reply()


@show.command()
def order(
    ctx: Context,
    colour: Annotated[Colour, option("Which colour")],
    amount: Annotated[int, option("How many", minimum=1, maximum=9)],
    name: Annotated[str | None, option("For whom", suggest=_names)] = None,
    note: Annotated[str | None, option("What else", lines=True)] = None,
    due: Annotated[When | None, option("Until when")] = None,
    wrapped: Annotated[bool, option("In paper")] = False,
    channel: Annotated[ChannelId | None, option("Where to tell")] = None,
) -> Reply:
    """Order a thing with many questions."""
    said = [colour.value, amount, name, note, due and due.isoformat(), wrapped, channel]
    line = " | ".join(str(one) for one in said)
    return Reply(Card(say("Ordered"), (Text(verbatim(line)),)), board_card(amount))


@show.command()
def broken(ctx: Context) -> Card:
    """Break."""
    raise RuntimeError("broken on purpose")


@show.command()
def file(ctx: Context) -> Card:
    """Show a file."""
    return Card(say("Keep"), (File("rows.csv", b"a,b", say("The rows")),))


@show.command()
def picture(ctx: Context) -> Card:
    """Show a picture."""
    return Card(say("Look"), (Image(PNG, say("A red square"), "square.png"),))


@show.command()
def long(ctx: Context, lines: Annotated[int, option("How many", maximum=1000)] = 120) -> Card:
    """Say a lot."""
    return Card(say("Much"), tuple(Text(say("Line {n}.", n=number)) for number in range(lines)))


@show.command()
def unpackable(ctx: Context) -> Card:
    """Answer with a card that no front can show."""
    return Card(say("Never seen"), (Actions((Button(say("Too long"), Action("x", {"y": "z" * 200})),)),))


@helping.command(alone=True, reads=True)
def about(ctx: Context) -> Card:
    """Say what this is."""
    caller = ctx.actor.caller
    facts = [
        caller.account,
        caller.name,
        caller.workspace,
        caller.workspace_name,
        caller.channel,
        caller.zone,
    ]
    line = " | ".join(str(fact) for fact in [*facts, caller.administers_workspace])
    return Card(say("A small bot"), (Text(verbatim(line)),))


class SmallWords:
    """The few words that the Runner itself needs."""

    def refused(self, ctx: Context, refusal: Refusal) -> Reply:  # noqa: ARG002
        match refusal:
            case BadValue(name, problem):
                return Reply(
                    Card(say("Not done"), (Text(say("{name} {p}", name=name, p=problem)),), tone=Tone.BAD)
                )
            case BadCommand(problem, corrected):
                return Reply(Card(say("Not understood"), (Text(say("{p} → {c}", p=problem, c=corrected)),)))
            case _:
                return Reply(Card(say("Refused: {kind}", kind=type(refusal).__name__)))

    def unsure(self, reference: str) -> Card:
        return Card(say("Unsure"), (Text(say("Reference {r}", r=reference)),), tone=Tone.BAD)

    def failed(self, reference: str) -> Card:
        return Card(say("Something broke"), (Text(say("Reference {r}", r=reference)),), tone=Tone.BAD)


class Nothing:
    """A unit of work without any data."""

    now = NOW

    def __getattr__(self, name: str) -> "Nothing":
        return self

    def __call__(self, *_: object) -> Any:
        return None


class NoSchools(Nothing):
    def __call__(self, *_: object) -> Any:
        return ()


class Arrived(set[str]):
    """The keys of the events that have arrived."""

    def record(self, key_hash: str, at: datetime) -> bool:  # noqa: ARG002
        known = key_hash in self
        self.add(key_hash)
        return not known


@dataclass
class SmallDatabase:
    """Runs units of work at once, or when `gate` opens."""

    gate: asyncio.Event = field(default_factory=asyncio.Event)
    entered: asyncio.Event = field(default_factory=asyncio.Event)
    runs: int = 0
    fails: bool = False
    arrived: Arrived = field(default_factory=Arrived)

    def __post_init__(self) -> None:
        self.gate.set()

    async def run(self, unit: Callable[[UnitOfWork], T]) -> T:
        self.entered.set()
        await self.gate.wait()
        self.runs += 1
        if self.fails:
            raise RuntimeError("the database is gone")
        uow = Nothing()
        uow.schools = NoSchools()  # type: ignore[attr-defined]
        uow.arrivals = self.arrived  # type: ignore[attr-defined]
        before = Arrived(self.arrived)
        try:
            return unit(cast("UnitOfWork", uow))
        except BaseException:
            self.arrived = before
            raise

    read = run


REGISTRY = Registry([show, helping])


def small_runner(database: SmallDatabase) -> Runner:
    return Runner(database, REGISTRY, SmallWords(), Links(slashes={Platform.SLACK: "/homeroom "}))
