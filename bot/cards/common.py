"""Pieces that many cards share."""

from datetime import datetime

from bot.chat.actions import Action
from bot.chat.replies import Actions, Block, Button, Fields, Text
from bot.chat.text import Line, count, say, verbatim
from bot.core.schools.schools import School

# How many entries a page of a list shows.
PAGE = 10
# An empty cell of a table; fronts leave it out.
NOTHING = say("")


def fields(*pairs: tuple[Line, Line | None]) -> Fields:
    """Return fields of the pairs that have a value."""
    return Fields(tuple((name, value) for name, value in pairs if value))


def moment(at: datetime | None, otherwise: Line) -> Line:
    """Return a time, or `otherwise` if there is none."""
    return say("{at}", at=at) if at else otherwise


def contact(school: School) -> Line:
    """Return a sentence that says whom to ask at a school."""
    if school.support_contact:
        return say("Questions? Ask {contact}.", contact=school.support_contact)
    return say("Questions? Ask an admin of {school}.", school=school.name)


def people(number: int) -> Line:
    """Return a number of people in words, such as 3 people."""
    return count(number, "{n} person", "{n} people")


def next_page(label: Line, action: Action) -> Block:
    """Return a button for the next page, or advice if the search is too long for a button."""
    try:
        action.pack()
    except ValueError:
        return Text(say("There are more. Search with fewer or other words to see them."), quiet=True)
    return Actions((Button(label, action),))


def yes_no(value: bool) -> Line:
    """Return yes or no."""
    return say("Yes") if value else say("No")


def at_most(limit: int) -> Line:
    """Return a limit as text; 0 means no limit."""
    return say("{limit}", limit=limit) if limit else say("No limit")


def optional(text: str) -> Line | None:
    """Return what a person wrote, or None if it is empty."""
    return verbatim(text) if text else None
