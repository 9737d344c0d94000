"""The words of a mail for those parts of a card that do not work in a mail, such as buttons."""

from collections.abc import Sequence

from bot.chat.replies import Button, Item
from bot.chat.text import Line, Link, say

# What applicants can also do on the page of the link by which they came.
_ON_THE_PAGE = {"request withdraw", "request again"}


def attached(name: str, alt: Line) -> Line:
    """Mention a file that is attached to the mail."""
    return say("Attached: {name} ({alt})", name=name, alt=alt)


def picture(alt: Line) -> Line:
    """Describe a picture, in the plain text of the mail."""
    return say("[Picture: {alt}]", alt=alt)


def progress(label: Line, done: int, total: int) -> Line:
    """Describe the progress of work that takes long."""
    return say("{label}: {done} of {total}", label=label, done=done, total=total)


def acts(buttons: Sequence[Button], base_url: str) -> Line:
    """Name the buttons, and say where they work; `base_url` is empty if nobody can sign in on the web."""
    named = _listed([one.label for one in buttons])
    if not base_url:
        return say("In your school's chat you can choose {acts}.", acts=named)
    if all(one.action.command in _ON_THE_PAGE for one in buttons):
        there = "On the page of your invitation's link, or in your school's chat, you can choose {acts}."
        return say(there, acts=named)
    return say(
        "In your school's chat you can choose {acts}. If it does not know you yet, link your account "
        "{there}.",
        acts=named,
        there=Link("on the web", base_url),
    )


def choice(placeholder: Line) -> Line:
    """Say what the menu would choose, and where it works."""
    return say("In your school's chat you can choose: {placeholder}", placeholder=placeholder)


def item(one: Item) -> Line:
    """Describe one item of a menu."""
    return say("{label} ({hint})", label=one.label, hint=one.hint) if one.hint else one.label


def _listed(labels: Sequence[Line]) -> Line:
    said = say("“{label}”", label=labels[0])
    for label in labels[1:]:
        said = say("{before}, “{label}”", before=said, label=label)
    return said
