"""What the fronts themselves say: of buttons, forms and answers, and not of schools."""

from bot.chat.replies import Actions, Card, Item, LinkButton, Text, Tone
from bot.chat.text import Line, say, verbatim

OPEN_FORM = say("Open the form")
TYPED = Card(say("What you typed"))
SOON = (
    Item("1d", say("1d"), say("In a day")),
    Item("7d", say("7d"), say("In a week")),
    Item("30d", say("30d"), say("In 30 days")),
)


def unreadable() -> Card:
    """Say that a button or a form is not understood."""
    return _refused(
        say("This no longer works"),
        say("It comes from another version of the bot. Type the command instead; nothing was changed."),
    )


def unanswered(reference: str) -> Card:
    """Say that something went wrong on our side: mostly with the answer, when all was done."""
    told = say(
        "It may have been done anyway: please check before you do it again. If it keeps happening, give "
        "your operator the reference `{reference}`.",
        reference=reference,
    )
    return _refused(say("Something went wrong on my side"), told)


def not_wholly_here(url: str) -> Card:
    """Say that a server shows our commands, and that we are not in it."""
    line = say(
        "My commands are here but I am not, so I cannot write to anybody or see who joins. An "
        "administrator of the server needs to add me and type the command again; nothing was changed."
    )
    button = Actions((LinkButton(say("Add me to this server"), url),))
    return Card(say("I am not fully installed in this server"), (Text(line), button), tone=Tone.BAD)


def late_form(title: Line, note: Line | None = None) -> Card:
    """Tell of a form that could not be opened unasked any more."""
    return Card(title, (Text(note or say("A few questions are left.")),), tone=Tone.WAITING)


def once_more() -> Card:
    """Ask for a button to be pressed again, where what it opens came too late."""
    line = say("Nothing is lost: please press the button above again.")
    return Card(say("That took a little too long"), (Text(line),), tone=Tone.WAITING)


def too_much_to_keep() -> Card:
    """Say that the answers of a form have no room between two of its steps."""
    line = say("Please write less, or type the command with its options instead.")
    return _refused(say("That is too much to keep between two steps"), line)


def step(title: Line, number: int, total: int) -> Card:
    """Tell which step of a form comes next."""
    line = say("Step {step} of {total} comes next.", step=number, total=total)
    return Card(title, (Text(line, quiet=True),), tone=Tone.WAITING)


def go_on(number: int, total: int) -> Line:
    """Name the button that opens the next step of a form."""
    return say("Continue ({step}/{total})", step=number, total=total)


def go_back(number: int, total: int) -> Line:
    """Name the button that opens the step before."""
    return say("Back ({step}/{total})", step=number, total=total)


def left_empty(label: str) -> Line:
    """Say that a field of a form was emptied."""
    return say("**{field}** is empty", field=label)


def to_copy(label: str, typed: str) -> Card:
    """Show what was typed and could not be kept for its form."""
    title = say("What you typed for {field} is too long to keep", field=label)
    return Card(title, (Text(say("Copy it from here:"), quiet=True), Text(verbatim(typed))))


def too_large(words: Line) -> Line:
    """Say that Discord takes no file of that size."""
    return say("{words} (too large for Discord)", words=words)


def too_long(most: int) -> Card:
    """Say that a line is too long."""
    return _refused(say("That message is too long"), say("The limit is {most} characters.", most=f"{most:,}"))


def no_channel(channel: str, known: str) -> Card:
    """Say that there is no such channel, and which there are."""
    title = say("There is no channel #{channel} here.", channel=channel)
    return _refused(title, say("Choose one of {known}.", known=known))


def _refused(title: Line, line: Line) -> Card:
    return Card(title, (Text(line),), tone=Tone.BAD)
