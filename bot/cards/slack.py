"""What only the Slack front says: about Slack itself, rather than schools."""

from collections.abc import Iterable

from bot.chat.replies import Card, Text, Tone
from bot.chat.text import Line, plain, say

NAME = plain(say("Homeroom"))
CANCEL = say("Cancel")
CLOSE = say("Close")
CHOOSE_COMMAND = say("Choose a command")
COMMAND = say("What would you like to do?")
NEXT = say("Next")
ONE_MOMENT = say("One moment, please.")
TAKEN = say("Done. You can close this window.")
WHEN_EXAMPLES = say("7d, Friday 17:00, 2027-01-31")
SOMEBODY_HERE = say("Or somebody in this workspace")
NATIVE_EXAMPLES = say("@staff for a user group, #staff-room for a private channel")

INSTALL_CANCELLED = say("Nothing was installed. You can close this page, or start again with the same link.")
INSTALL_FAILED = say(
    "Nothing was installed: this page is too old, was opened twice or in another browser, or Slack did "
    "not answer. Start again with the link you were given."
)
INSTALL_LINK_OVER = say(
    "This link does not work, or no longer does: it is valid for a week. Ask whoever runs Homeroom for "
    "another."
)

NOT_INSTALLED = say(
    "Homeroom is no longer installed here. Ask an admin of this workspace to install it again with a link "
    "from whoever runs Homeroom."
)

# The shortcut that opens the menu of commands: its name and its description.
MENU_SHORTCUT = (plain(say("Homeroom…")), plain(say("Choose what to do: invite, join, decide, look up")))


def installed_in(workspace: str) -> Line:
    """Say what to do after the app is installed in a workspace."""
    return say(
        "Homeroom is installed in {workspace}. Open Slack and type /homeroom: make or link a school.",
        workspace=workspace,
    )


def installed_for_all(organization: str) -> Line:
    """Say what to do after the app is installed in an organization: it has to be added to workspaces."""
    return say(
        "Homeroom is installed for {organization}. Add it to workspaces in Slack's administration, then type "
        "/homeroom there.",
        organization=organization,
    )


def not_installed(link: str) -> str:
    """Tell a person whose workspace has no working installation how to get one."""
    if not link:
        return plain(NOT_INSTALLED)
    return plain(
        say(
            "Homeroom is no longer installed here. Ask an admin of this workspace to install it again: "
            "{link}",
            link=link,
        )
    )


def author_shortcut(name: str) -> str:
    """Return the name of a shortcut about the author of a message."""
    return plain(say("Author: {name}", name=name))


def no_author() -> Card:
    """Say that no member of the workspace wrote a message."""
    line = say("It was written by an app, or by somebody from another workspace.")
    return Card(say("No member of this workspace wrote that message"), (Text(line),), tone=Tone.BAD)


def no_file_there(formats: Iterable[str]) -> Card:
    """Say that a message has no file in an accepted format."""
    line = say("It can be one of these: {formats}.", formats=", ".join(formats))
    return Card(say("That message has no such file"), (Text(line),), tone=Tone.BAD)


def page_of(number: int, total: int) -> str:
    """Return which of several parts this is, such as (1 of 3)."""
    return plain(say("({number} of {total})", number=number, total=total))


def use_typed(typed: str) -> Line:
    """Return the label that offers the typed text itself among the suggestions."""
    return say("Use “{typed}”", typed=typed)


def too_long(label: str) -> Line:
    """Say that the answer for a field is too long to show in it."""
    return say("What you typed for {label} is too long to show here.", label=label)


def too_long_to_keep(label: str) -> Line:
    """Say that the answer for a field is too long to keep, so that it must be entered again."""
    return say("What you typed for {label} is too long to keep. Copy it from here:", label=label)


def no_file(name: str) -> Card:
    """Say that Slack did not accept a file."""
    line = say("Try again later; if it keeps happening, tell your operator.")
    return Card(say("Slack did not accept the file {name}", name=name), (Text(line),), tone=Tone.BAD)


def no_menu(slash: str) -> Card:
    """Say what to do when the menu of commands cannot be opened."""
    return Card(say("Type a command"), (Text(say("For example `{example}`.", example=f"{slash}help")),))
