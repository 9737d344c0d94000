"""What the fronts themselves say: about buttons, forms and answers, rather than schools."""

from bot.chat.replies import Actions, Card, Item, LinkButton, Text, Tone
from bot.chat.text import Line, say, verbatim

OPEN_FORM = say("Open the form")
TYPED = Card(say("What you typed"))
WHEN_SUGGESTIONS = (
    Item("1d", say("1d"), say("In a day")),
    Item("7d", say("7d"), say("In a week")),
    Item("30d", say("30d"), say("In 30 days")),
)


def unreadable() -> Card:
    """Say that a button or form cannot be read, since another version of the bot made it."""
    return _refused(
        say("This no longer works"),
        say("It comes from another version of the bot. Type the command instead; nothing was changed."),
    )


def unanswered(reference: str) -> Card:
    """Say that something failed on our side; it is often only the answer, after the command was done."""
    told = say(
        "It may have been done anyway: please check before you do it again. If it keeps happening, give "
        "your operator the reference `{reference}`.",
        reference=reference,
    )
    return _refused(say("Something went wrong on my side"), told)


def not_wholly_here(url: str) -> Card:
    """Say that the server has the bot's commands, but that the bot is no member of it."""
    line = say(
        "My commands are here but I am not, so I cannot write to anybody or see who joins. An "
        "administrator of the server needs to add me and type the command again; nothing was changed."
    )
    button = Actions((LinkButton(say("Add me to this server"), url),))
    return Card(say("I am not fully installed in this server"), (Text(line), button), tone=Tone.BAD)


def late_form(title: Line, note: Line | None = None) -> Card:
    """Announce a form that could not be opened in time; a button that opens it goes with this card."""
    return Card(title, (Text(note or say("A few questions are left.")),), tone=Tone.WAITING)


def press_again() -> Card:
    """Ask the person to press a button again, since its form was ready too late to open."""
    line = say("Nothing is lost: please press the button above again.")
    return Card(say("That took a little too long"), (Text(line),), tone=Tone.WAITING)


def too_much_to_keep() -> Card:
    """Say that the answers are too long to keep between two steps of a form."""
    line = say("Please write less, or type the command with its options instead.")
    return _refused(say("That is too much to keep between two steps"), line)


def step(title: Line, number: int, total: int) -> Card:
    """Announce the next step of a form."""
    line = say("Step {step} of {total} comes next.", step=number, total=total)
    return Card(title, (Text(line, quiet=True),), tone=Tone.WAITING)


def go_on(number: int, total: int) -> Line:
    """Return the label of the button that opens the next step of a form."""
    return say("Continue ({step}/{total})", step=number, total=total)


def go_back(number: int, total: int) -> Line:
    """Return the label of the button that opens the previous step of a form."""
    return say("Back ({step}/{total})", step=number, total=total)


def left_empty(label: str) -> Line:
    """Say that a field of a form is now empty."""
    return say("**{field}** is empty", field=label)


def to_copy(label: str, typed: str) -> Card:
    """Show an answer that was too long to keep for its form, so that the person can copy it."""
    title = say("What you typed for {field} is too long to keep", field=label)
    return Card(title, (Text(say("Copy it from here:"), quiet=True), Text(verbatim(typed))))


def too_large(words: Line) -> Line:
    """Return the label of a file that is too large for Discord."""
    return say("{words} (too large for Discord)", words=words)


def too_long(most: int) -> Card:
    """Refuse a typed command that is too long."""
    return _refused(say("That message is too long"), say("The limit is {most} characters.", most=f"{most:,}"))


def no_channel(channel: str, known: str) -> Card:
    """Refuse a channel that does not exist, and name those that do."""
    title = say("There is no channel #{channel} here.", channel=channel)
    return _refused(title, say("Choose one of {known}.", known=known))


def _refused(title: Line, line: Line) -> Card:
    return Card(title, (Text(line),), tone=Tone.BAD)
