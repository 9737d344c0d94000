"""The words of a mail for those parts of a card that do not work in a mail, such as buttons."""

from collections.abc import Sequence

from bot.chat.replies import Item
from bot.chat.text import Line, Link, say


def attached(name: str, alt: Line) -> Line:
    """Mention a file that is attached to the mail."""
    return say("Attached: {name} ({alt})", name=name, alt=alt)


def picture(alt: Line) -> Line:
    """Describe a picture, in the plain text of the mail."""
    return say("[Picture: {alt}]", alt=alt)


def progress(label: Line, done: int, total: int) -> Line:
    """Describe the progress of work that takes long."""
    return say("{label}: {done} of {total}", label=label, done=done, total=total)


def acts(labels: Sequence[Line], base_url: str) -> Line:
    """Say what the buttons would do, and where they work."""
    return say("{where} you can: {acts}.", where=_where(base_url), acts=_listed(labels))


def choice(placeholder: Line, base_url: str) -> Line:
    """Say what the menu would choose, and where it works."""
    return say("{where} you can choose: {placeholder}", where=_where(base_url), placeholder=placeholder)


def item(one: Item) -> Line:
    """Describe one item of a menu."""
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
