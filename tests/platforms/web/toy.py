"""A few commands that use every kind of block and of option."""

from enum import Enum
from typing import Annotated

from bot.chat.actions import Action
from bot.chat.commands import Group, Registry
from bot.chat.context import Context
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
    Progress,
    Reply,
    Select,
    Style,
    Table,
    Text,
    Tone,
)
from bot.chat.text import Code, Link, say, verbatim
from bot.core.errors import BadValue, Declared

# The smallest possible PNG: one transparent pixel.
DOT = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010804000000b51c0c02"
    "0000000b4944415478da6364f80f00010501012718e3660000000049454e44ae426082"  # pragma: allowlist secret
)


class Mood(Enum):
    CALM = "calm"
    WILD = "wild"
    VERY_WILD = "very wild"
    ASLEEP = "asleep"


show = Group("show", "Show things")
poll = Group("poll", "Ask people")


@show.command(reads=True)
def every(_: Context, note: Annotated[str, option("What to say", lines=True)] = "") -> Card:
    """Show every block."""
    return Card(
        say("Everything for {who}", who=note or "you"),
        (
            Text(say("A **strong** word, `code` and {link}", link=Link("a page", "https://example.org/"))),
            Text(say("Said by {who}", who=note), quiet=True),
            Fields(((say("Name"), verbatim(note or "none")), (say("Code"), say("{it}", it=Code("AB-12"))))),
            Table((say("Who"), say("Status")), ((say("Nia"), say("waits")), (say("Leo"), say("is in")))),
            Image(DOT, say("A dot")),
            File("rows.csv", b"a,b\n", say("The rows")),
            Progress(3, 4, say("Rows read")),
            Actions(
                (
                    LinkButton(say("Open"), "https://example.org/"),
                    LinkButton(say("Bad"), "javascript:alert(1)"),
                )
            ),
        ),
        private=False,
    )


def _card(votes: int) -> Card:
    return Card(
        say("Vote: {votes}", votes=votes),
        (
            Actions(
                (
                    Button(say("Count"), Action("poll vote", {"votes": str(votes + 1)}), Style.PRIMARY),
                    Button(say("Explain"), Action("poll explain", ask=True)),
                    Button(
                        say("End"),
                        Action("poll vote", {"votes": "0"}),
                        Style.DANGER,
                        Confirm(say("End the vote?"), say("All votes are lost."), say("End it")),
                    ),
                )
            ),
            Select(
                say("Jump to"),
                Action("poll vote"),
                "votes",
                (Item("10", say("Ten")), Item("20", say("Twenty"))),
            ),
        ),
        private=False,
        tone=Tone.WAITING if votes < 3 else Tone.GOOD,
    )


@poll.command(reads=True)
def start(_: Context) -> Card:
    """Start a vote."""
    return _card(0)


@poll.command(hidden=True, reads=True)
def vote(_: Context, votes: Annotated[int, option("How many votes there are")]) -> Reply:
    """Count a vote."""
    return Reply(redraw=_card(votes))


@poll.command(hidden=True, reads=True)
def explain(_: Context, why: Annotated[str, option("Why you vote", lines=True)]) -> Card:
    """Say why you vote."""
    if why == "because":
        raise BadValue(Declared("why"), "says nothing", "It is sunny")
    return Card(say("Explained: {why}", why=why), tone=Tone.GOOD)


def _cities(_: Context, typed: str) -> list[Item]:
    names = ["Maple Street", "Oak Lane", "Elm"]
    found = [name for name in names if typed.casefold() in name.casefold()]
    return [Item(name, say("{name} (a street)", name=name)) for name in found]


@poll.command(reads=True)
def set(  # noqa: A001 - the command's name
    _: Context,
    place: Annotated[str, option("Where", suggest=_cities)],
    mood: Annotated[Mood | None, option("How it feels")] = None,
    loud: Annotated[bool | None, option("Whether it is loud")] = None,
    ends: Annotated[When | None, option("When it ends: 7d, Friday 17:00")] = None,
    channel: Annotated[ChannelId | None, option("Where it is shown")] = None,
    seats: Annotated[int | None, option("How many seats", minimum=1, maximum=9)] = None,
) -> Card:
    """Set a vote up."""
    told = [place, mood and mood.value, loud, ends and f"{ends:%Y}", channel, seats]
    return Card(say("Set: {it}", it=" / ".join(str(one) for one in told)), tone=Tone.GOOD)


@poll.command(reads=True)
def broken(_: Context) -> Card:
    """Break."""
    raise ZeroDivisionError


TOY = Registry([show, poll])
