"""Help, derived from the declarations."""

from collections.abc import Callable, Sequence

from bot.cards.common import fields
from bot.chat.actions import Action
from bot.chat.commands import Command, Group
from bot.chat.options import Option
from bot.chat.replies import Block, Card, Fields, Item, Select, Text
from bot.chat.text import Code, Line, say, verbatim

Typed = Callable[[str], str]


def usage(command: Command, typed: Typed) -> str:
    """Show how a command is typed, optional parts in brackets."""
    parts = [typed(command.path)]
    parts += [f"{one.name}:…" if one.required else f"[{one.name}:…]" for one in command.options]
    return " ".join(parts)


def overview(allowed: Sequence[tuple[Group, Sequence[Command]]], typed: Typed) -> Card:
    """List the commands that the reader may use, by group."""
    blocks: list[Block] = [Text(say("I look after the door: invitations, requests, members."))]
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
