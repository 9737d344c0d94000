"""What a mail says of the pieces of a card that a mail cannot be."""

from collections.abc import Sequence

from bot.chat.replies import Item
from bot.chat.text import Line, Link, say


def attached(name: str, alt: Line) -> Line:
    """Say that a file goes with the mail."""
    return say("Attached: {name} ({alt})", name=name, alt=alt)


def picture(alt: Line) -> Line:
    """Say what a picture shows, for whoever reads text."""
    return say("[Picture: {alt}]", alt=alt)


def progress(label: Line, done: int, total: int) -> Line:
    """Say how far long work has come."""
    return say("{label}: {done} of {total}", label=label, done=done, total=total)


def acts(labels: Sequence[Line], base_url: str) -> Line:
    """Say what can be done elsewhere, since a mail cannot act."""
    return say("{where} you can: {acts}.", where=_where(base_url), acts=_listed(labels))


def choice(placeholder: Line, base_url: str) -> Line:
    """Say what can be chosen elsewhere."""
    return say("{where} you can choose: {placeholder}", where=_where(base_url), placeholder=placeholder)


def item(one: Item) -> Line:
    """Say one thing to choose."""
    return say("{label} ({hint})", label=one.label, hint=one.hint) if one.hint else one.label


def _where(base_url: str) -> Line:
    if base_url:
        return say("In your chat or {there}", there=Link("on the web", base_url))
    return say("In your chat")


def _listed(labels: Sequence[Line]) -> Line:
    said = labels[0]
    for label in labels[1:]:
        said = say("{before}, {label}", before=said, label=label)
    return said
