"""Help, derived from the declarations."""

from collections.abc import Callable, Sequence

from bot.cards.common import fields
from bot.chat.actions import Action
from bot.chat.commands import Command, Group
from bot.chat.options import Option
from bot.chat.replies import Block, Card, Fields, Item, Select, Text
from bot.chat.text import Code, Line, say, verbatim

Typed = Callable[[str], str]


_LIST = "For a list of people whom you know, such as a staff list, {roster} brings in all of them at once."
# When a way to bring people in is the right one, and when another is.
_RIGHT = {
    "invite create": "Right for people who come in by themselves, also where you do not know them. " + _LIST,
    "invite batch": "Right where everybody gets a code of their own on paper. " + _LIST,
    "invite person": "Right for one person, who accepts or declines. " + _LIST,
    "member create": "Right for one person who shall be a member at once. " + _LIST,
    "roster import": "Right for a list of people whom you know: they are members at once, with their roles, "
    "and the list can be imported again when it changes. Where people shall come in by themselves, make an "
    "invitation: {invite}.",
}
_WAYS = (
    "To let people come in by themselves, invite them: {invite}. To bring in a list of people whom you know, "
    "import it: {roster}."
)


def _said(template: str, typed: Typed) -> Line:
    known = {"invite": Code(typed("invite create")), "roster": Code(typed("roster import"))}
    return say(template, **{name: one for name, one in known.items() if f"{{{name}}}" in template})


def usage(command: Command, typed: Typed) -> str:
    """Show how a command is typed, optional parts in brackets."""
    parts = [typed(command.path)]
    parts += [f"{one.name}:…" if one.required else f"[{one.name}:…]" for one in command.options]
    return " ".join(parts)


def overview(allowed: Sequence[tuple[Group, Sequence[Command]]], typed: Typed) -> Card:
    """List the commands that the reader may use, by group."""
    blocks: list[Block] = [Text(say("I look after the door: invitations, requests, members."))]
    if {"invite create", "roster import"} <= {one.path for _, commands in allowed for one in commands}:
        blocks.append(Text(_said(_WAYS, typed)))
    for group, commands in allowed:
        pairs = tuple(
            (say("{line}", line=Code(typed(command.path))), verbatim(command.description))
            for command in commands
        )
        blocks += [Text(say("**{group}**", group=group.description)), Fields(pairs)]
    items = tuple(
        Item(command.path, verbatim(typed(command.path))) for _, commands in allowed for command in commands
    )
    blocks.append(Select(say("Read about a command"), Action("help"), "command", items))
    return Card(say("What I can do for you"), tuple(blocks))


def about(command: Command, typed: Typed) -> Card:
    """Explain one command."""
    needs = say("You need the right to {phrase}.", phrase=command.needs.phrase) if command.needs else None
    blocks: list[Block] = [
        Text(verbatim(f"{command.description}.")),
        *([Text(_said(_RIGHT[command.path], typed))] if command.path in _RIGHT else []),
        fields((say("How to type it"), say("{line}", line=Code(usage(command, typed)))), (say("Who"), needs)),
    ]
    if command.options:
        blocks.append(Fields(tuple((verbatim(one.name), _explained(one)) for one in command.options)))
    return Card(say("{line}", line=Code(typed(command.path))), tuple(blocks))


def _explained(option: Option) -> Line:
    text = f"{option.description}."
    if option.choices:
        text += f" One of: {', '.join(shown for _, shown in option.choices)}."
    if option.required:
        return say("{text} Needed.", text=text)
    return verbatim(text)
