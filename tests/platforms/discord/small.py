"""A small registry and an empty database, which are enough to test the bot's calls to Discord."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from types import SimpleNamespace
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
    Form,
    Image,
    Item,
    Reply,
    Select,
    Style,
    Text,
    Tone,
)
from bot.chat.runner import Runner
from bot.chat.text import say, verbatim
from bot.core.errors import BadValue, NotFound, Refusal
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import Platform

T = TypeVar("T")
NOW = datetime(2026, 9, 1, 8, 0, tzinfo=UTC)
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c4944415478da63606060000000"
    "0400012734270a0000000049454e44ae426082"
)


class Colour(StrEnum):
    RED = "Red"
    BLUE = "Blue"


def _rooms(ctx: Context, typed: str) -> Sequence[Item]:
    rooms = ("Library", "Gym", "Hall", "x" * 101)
    return [Item(room, verbatim(room)) for room in rooms if typed.casefold() in room.casefold()]


desk = Group("desk", "What is on the desk")
join = Group("join", "Come in with a code")
survey = Group("survey", "Many questions")


@desk.command()
def say_it(
    ctx: Context,
    text: Annotated[str, option("What to say", lines=True)],
    times: Annotated[int | None, option("How often", minimum=1, maximum=5)] = None,
    loud: Annotated[bool | None, option("Loudly?")] = None,
    colour: Annotated[Colour | None, option("In which colour")] = None,
    room: Annotated[str | None, option("Where", suggest=_rooms)] = None,
    at: Annotated[When | None, option("When")] = None,
    channel: Annotated[ChannelId | None, option("In which channel")] = None,
) -> Card:
    """Say something."""
    seen = {"times": times, "loud": loud, "colour": colour, "room": room, "at": at, "channel": channel}
    pairs = tuple((say(name), verbatim(str(value))) for name, value in seen.items() if value is not None)
    return Card(verbatim(text), (Fields(pairs),) if pairs else (), private=False)


@desk.command()
def whoami(ctx: Context) -> Card:
    """Show who acts."""
    caller = ctx.actor.caller
    workspace = caller.workspace.external_id if caller.workspace else ""
    facts = {
        "account": str(caller.account),
        "name": caller.name,
        "workspace": workspace,
        "workspace_name": caller.workspace_name,
        "channel": caller.channel or "",
        "administers": str(caller.administers_workspace),
        "locale": caller.locale,
    }
    return Card(say("You"), (Fields(tuple((say(key), verbatim(value)) for key, value in facts.items())),))


def bell(rung: int) -> Card:
    return Card(
        say("The bell"),
        (
            Text(say("Rung **{rung}** times", rung=rung)),
            Actions(
                (
                    Button(say("Ring"), Action("desk ring", {"rung": str(rung + 1)}), Style.PRIMARY),
                    Button(say("Tell"), Action("desk tell", {"rung": str(rung)})),
                    Button(say("Write"), Action("desk write", {"to": "Bo"}, ask=True)),
                    Button(
                        say("Smash"),
                        Action("desk tell", {"rung": "99"}),
                        Style.DANGER,
                        Confirm(say("Smash *it*?"), say("It cannot be mended."), say("Yes, smash")),
                    ),
                )
            ),
            Select(
                say("Choose a tone"),
                Action("desk tell", {}),
                "rung",
                (Item("1", say("High")), Item("2", say("Low"), say("Deep down"))),
            ),
        ),
        private=False,
        tone=Tone.WAITING,
    )


@desk.command()
def show_bell(ctx: Context) -> Card:
    """Show the bell."""
    return bell(0)


@desk.command(hidden=True)
def ring(ctx: Context, rung: Annotated[int, option("How often")]) -> Reply:
    """Ring the bell."""
    return Reply(redraw=bell(rung))


@desk.command(hidden=True)
def tell(ctx: Context, rung: Annotated[int, option("How often")]) -> Card:
    """Tell how often."""
    return Card(say("It rang {rung} times", rung=rung), tone=Tone.GOOD)


@desk.command()
def write(
    ctx: Context,
    to: Annotated[str, option("To whom")],
    words: Annotated[str, option("What", lines=True)],
    colour: Annotated[Colour | None, option("In which colour")] = None,
    channel: Annotated[ChannelId | None, option("Where it goes")] = None,
) -> Reply:
    """Write a letter."""
    text = say(
        "To {to}: {words}, {colour}, {channel}", to=to, words=words, colour=str(colour), channel=str(channel)
    )
    return Reply(Card(text), bell(7) if ctx.clicked else None)


@desk.command(hidden=True)
def lock(
    ctx: Context,
    key: Annotated[str, option("What opens it", secret=True)],
    times: Annotated[int, option("How often")],
    channel: Annotated[ChannelId | None, option("Where it is told")] = None,
    room: Annotated[str | None, option("Which room", suggest=_rooms)] = None,
) -> Card:
    """Lock the desk."""
    return Card(say("Locked"), tone=Tone.GOOD)


@desk.command()
def drawer(ctx: Context) -> Card:
    """Show the drawer."""
    return Card(say("The drawer"), (Actions((Button(say("Lock"), Action("desk lock", ask=True)),)),))


@desk.command()
def compose(ctx: Context) -> Form | Card:
    """Open the form of a letter."""
    from bot.chat.forms import form_for  # noqa: PLC0415 - it needs the context

    return form_for(ctx, ctx.registry["desk write"], Action("desk write"), fixed=False)


@desk.command()
def nothing(ctx: Context) -> Reply:
    """Do nothing that shows."""
    return Reply()


@desk.command(reads=True)
def look(ctx: Context) -> Card:
    """Look, and change nothing."""
    return Card(say("Here it is"))


@desk.command()
def picture(ctx: Context) -> Card:
    """Show a picture."""
    return Card(say("A picture"), (Image(PIXEL, say("One grey dot")),), private=False)


@desk.command()
def fails(ctx: Context) -> Card:
    """Break."""
    raise RuntimeError("broken on purpose")


@join.command(alone=True)
def join_(ctx: Context, code: Annotated[str | None, option("The code")] = None) -> Card:
    """Come in with a code."""
    return Card(say("Welcome, `{code}`", code=str(code)))


@survey.command(hidden=True)
def fill(
    ctx: Context,
    name: Annotated[str, option("Your name")],
    street: Annotated[str, option("Where you live")],
    town: Annotated[str | None, option("Which town")] = None,
    colour: Annotated[Colour | None, option("Which colour")] = None,
    shoe: Annotated[int | None, option("Which size", minimum=1)] = None,
    hobby: Annotated[str | None, option("What you like", lines=True)] = None,
    pet: Annotated[str | None, option("Which animal")] = None,
) -> Card:
    """Answer many questions."""
    given = [name, street, town, colour, shoe, hobby, pet]
    return Card(say("Thank you"), (Text(verbatim(" / ".join(str(one) for one in given))),))


@survey.command()
def start(ctx: Context) -> Card:
    """Begin the survey."""
    begin = Button(say("Begin"), Action("survey fill", ask=True))
    return Card(say("A survey"), (Actions((begin,)),))


REGISTRY = Registry([desk, join, survey])


class Arrived(set[str]):
    """The keys of the events that have arrived."""

    def record(self, key_hash: str, at: datetime) -> bool:  # noqa: ARG002
        known = key_hash in self
        self.add(key_hash)
        return not known


@dataclass
class Nothing:
    """A database that holds nothing; if it has `slow`, it first waits for what this returns."""

    slow: Callable[[], Awaitable[Any]] | None = None
    arrived: Arrived = field(default_factory=Arrived)
    uow: UnitOfWork = field(
        default_factory=lambda: cast(
            "UnitOfWork",
            SimpleNamespace(
                now=NOW,
                people=SimpleNamespace(by_account=lambda _: None),
                schools=SimpleNamespace(linked_to=lambda _: []),
            ),
        )
    )

    async def run(self, unit: Callable[[UnitOfWork], T]) -> T:
        if self.slow is not None:
            await self.slow()
        before = Arrived(self.arrived)
        self.uow.arrivals = self.arrived  # type: ignore[misc]
        try:
            return unit(self.uow)
        except BaseException:
            self.arrived = before
            raise

    async def read(self, unit: Callable[[UnitOfWork], T]) -> T:
        return await self.run(unit)


class SmallWords:
    """The few words that the Runner itself needs."""

    def refused(self, _: Context, refusal: Refusal) -> Reply:
        match refusal:
            case BadValue():
                return Reply(Card(verbatim(f"{refusal.option} {refusal.problem}"), tone=Tone.BAD))
            case NotFound():
                return Reply(Card(verbatim(f"no {refusal.what}"), tone=Tone.BAD))
            case _:
                return Reply(Card(verbatim(type(refusal).__name__), tone=Tone.BAD))

    def unsure(self, _: str) -> Card:
        return Card(say("Something broke"), tone=Tone.BAD)

    def failed(self, _: str) -> Card:
        return Card(say("Something broke"), tone=Tone.BAD)


def small_runner(database: Any = None) -> Runner:
    return Runner(
        database=database or Nothing(),
        registry=REGISTRY,
        words=SmallWords(),
        links=Links(slashes={Platform.DISCORD: "/"}),
    )
