"""Pieces that several cards use."""

from datetime import datetime

from bot.chat.actions import Action
from bot.chat.replies import Actions, Block, Button, Fields, Text
from bot.chat.text import Line, count, say, verbatim
from bot.core.schools import School

# How many things a page of a list shows.
PAGE = 10


def fields(*pairs: tuple[Line, Line | None]) -> Fields:
    """Make fields of the pairs that have a value."""
    return Fields(tuple((name, value) for name, value in pairs if value))


def moment(at: datetime | None, otherwise: Line) -> Line:
    """Say a moment, or what stands in for none."""
    return say("{at}", at=at) if at else otherwise


def contact(school: School) -> Line:
    """Say whom to ask at a school."""
    if school.support_contact:
        return say("Questions? Ask {contact}.", contact=school.support_contact)
    return say("Questions? Ask an admin of {school}.", school=school.name)


def people(number: int) -> Line:
    """Count people."""
    return count(number, "{n} person", "{n} people")


def further(label: Line, action: Action) -> Block:
    """Offer the next page; where the search does not fit into a button, say what helps."""
    try:
        action.pack()
    except ValueError:
        return Text(say("There are more. Search with fewer or other words to see them."), quiet=True)
    return Actions((Button(label, action),))


def at_most(limit: int) -> Line:
    """Say a limit; 0 is none."""
    return say("{limit}", limit=limit) if limit else say("No limit")


def optional(text: str) -> Line | None:
    """Say what a person wrote, if they wrote anything."""
    return verbatim(text) if text else None
