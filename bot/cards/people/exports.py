"""Cards that export or erase what is stored about a person."""

from bot.cards.common import fields
from bot.cards.people.accounts import KINDS
from bot.chat.actions import Action
from bot.chat.replies import Actions, Block, Button, Card, Confirm, File, Style, Text, Tone
from bot.chat.text import Line, say, verbatim
from bot.core.people.erasure import Erasure
from bot.core.people.exports import Export, as_json
from bot.core.people.holdings import RecordKind


def exported(name: str, export: Export, again: Action) -> Card:
    """Hand over what is stored about a person, with a summary; `again` is the action for further parts."""
    entries = (say("Entries in the audit log"), _number(len(export["audit"])))
    if export["part"] > 1:
        title = say("What is held about {name}, part {part}", name=name, part=export["part"])
        return Card(title, (fields(entries), *_file(export, again)))
    counts = [(KINDS[kind], _number(len(export[kind.value]))) for kind in RecordKind if export[kind.value]]
    summary = fields(
        (say("Accounts"), _number(len(export["accounts"]))),
        (say("Memberships"), _number(len(export["memberships"]))),
        *counts,
        entries,
    )
    return Card(say("What is held about {name}", name=name), (summary, *_file(export, again)))


def _file(export: Export, again: Action) -> list[Block]:
    part, more = export["part"], export["more_parts"]
    name = f"person-{export['person']['id']}"
    whole = part == 1 and not more
    alt = say("All of it, as JSON") if whole else say("A part of it, as JSON")
    file = File(f"{name}.json" if part == 1 else f"{name}-{part}.json", as_json(export), alt)
    if not more:
        return [file]
    told = Text(say("The audit log is longer than one file can hold."))
    following = Action(again.command, {**again.values, "part": str(part + 1)})
    return [file, told, Actions((Button(say("The next file"), following),))]


def _number(number: int) -> Line:
    return say("{number}", number=number)


def erasing(what: Erasure, action: Action, *, own: bool) -> Card:
    """Show what erasing a person would delete, and ask for confirmation."""
    title = say("Erase what is held about you?") if own else say("Erase {name}?", name=what.person.name)
    counts = [(KINDS[kind], _number(number)) for kind, number in what.counts]
    schools = ", ".join(school.name for school in what.schools)
    blocks: list[Block] = [
        Text(
            say(
                "Name, e-mail address, accounts and what was written by and about the person are deleted; "
                "memberships end, and open invitations are revoked. "
                "The audit log keeps that something happened, under a number without a name."
            )
        ),
        fields(
            (say("Accounts"), _number(what.accounts)),
            (say("Memberships that end"), verbatim(schools) if schools else None),
            *counts,
        ),
        Text(
            say(
                "Anybody who comes back with a code or link is somebody new. A roster, directory or "
                "folder that still names the person brings their data back, and messages that others have "
                "received stay."
            ),
            quiet=True,
        ),
    ]
    confirm = Confirm(title, say("This cannot be undone."), say("Erase"))
    blocks.append(Actions((Button(say("Erase"), action, Style.DANGER, confirm),)))
    return Card(title, tuple(blocks), tone=Tone.BAD)


def erased(what: Erasure, *, own: bool) -> Card:
    """Confirm that a person is erased."""
    title = say("You are erased: I no longer know you") if own else say("Erased")
    number = len(what.schools)
    return Card(
        title,
        (
            fields(
                (say("Memberships ended"), _number(number)), (say("Accounts deleted"), _number(what.accounts))
            ),
        ),
        tone=Tone.GOOD,
    )
