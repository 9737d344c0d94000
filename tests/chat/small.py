"""A few commands to test the chat contract with, whatever the real ones become."""

from enum import StrEnum
from typing import Annotated

from bot.chat.commands import Group, Registry
from bot.chat.context import Context
from bot.chat.options import ChannelId, When, option
from bot.chat.replies import Card
from bot.chat.text import say


class Colour(StrEnum):
    """A choice."""

    RED = "red"
    SKY = "sky blue"


paint = Group("paint", "Paint things")
join = Group("join", "Come in")


def _card(**values: object) -> Card:
    return Card(say("{said}", said=repr(values)))


@paint.command()
def wall(
    ctx: Context,
    name: Annotated[str, option("What it is called", minimum=2, maximum=20)],
    coats: Annotated[int, option("How many coats", minimum=-5, maximum=1000)] = 1,
    colour: Annotated[Colour, option("Which colour")] = Colour.RED,
    dry: Annotated[When | None, option("When it is dry")] = None,
    shiny: Annotated[bool, option("Whether it shines")] = False,
    place: Annotated[ChannelId | None, option("Where it is shown")] = None,
    story: Annotated[str, option("A story", lines=True)] = "",
) -> Card:
    """Paint a wall."""
    return _card(name=name, coats=coats, colour=colour, dry=dry, shiny=shiny, place=place, story=story)


@paint.command(hidden=True)
def again(ctx: Context, wall: Annotated[str, option("Which wall")]) -> Card:
    """Paint it again."""
    return _card(wall=wall)


@paint.command()
def wait(ctx: Context) -> Card:
    """Wait until it is dry."""
    return _card()


@join.command(alone=True)
def _join(
    ctx: Context,
    code: Annotated[str, option("The code")] = "",
    school: Annotated[str, option("The school")] = "",
) -> Card:
    """Come in."""
    return _card(code=code, school=school)


SMALL = Registry([paint, join])
