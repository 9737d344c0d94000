"""Help, derived from the declarations of commands."""

from collections.abc import Callable, Sequence

from bot.cards.common import fields
from bot.chat.actions import Action
from bot.chat.commands import Command, Group
from bot.chat.limits import SUGGESTIONS
from bot.chat.options import Option
from bot.chat.replies import Block, Card, Fields, Item, Select, Text
from bot.chat.text import Code, Line, Value, fill, say, verbatim

Typed = Callable[[str], str]
Topic = tuple[Group, Sequence[Command]]


_LIST = "If you have a list of people, such as a staff list, {roster} brings them all in at once."
# For each way to bring people in: when it is the best one, and what else there is.
_RIGHT = {
    "invite create": "Best when people join by themselves, even if you do not know them. " + _LIST,
    "invite batch": "Best when everybody gets their own code on paper. " + _LIST,
    "invite person": "Best for one person, who accepts or declines. " + _LIST,
    "member create": "Best for one person who should be a member at once. " + _LIST,
    "roster import": "Best for a list of people you know: they become members at once, with their roles, "
    "and you can import the list again when it changes. If people should join by "
    "themselves, make an invitation: {invite}.",
}
_WAYS = (
    "To let people join by themselves, invite them: {invite}. To bring in a list of people you know, "
    "import it: {roster}."
)


def _with_commands(template: str, typed: Typed) -> Line:
    known: dict[str, Value] = {"invite": Code(typed("invite create")), "roster": Code(typed("roster import"))}
    return fill(template, known)


def usage(command: Command, typed: Typed) -> str:
    """Return how a command is typed, with optional parts in brackets."""
    parts = [typed(command.path)]
    parts += [f"{one.name}:…" if one.required else f"[{one.name}:…]" for one in command.options]
    return " ".join(parts)


def overview(allowed: Sequence[Topic], typed: Typed) -> Card:
    """List the commands that the reader may use, by group; if they are very many, only the groups."""
    blocks: list[Block] = [Text(say("I look after the door: invitations, requests, members."))]
    if {"invite create", "roster import"} <= {one.path for _, commands in allowed for one in commands}:
        blocks.append(Text(_with_commands(_WAYS, typed)))
    if sum(len(commands) for _, commands in allowed) > SUGGESTIONS:
        blocks += _groups(allowed, typed)
    else:
        for group, commands in allowed:
            blocks += [Text(say("**{group}**", group=group.description)), _described(commands, typed)]
        blocks.append(_read([one for _, commands in allowed for one in commands], typed))
    return Card(say("What I can do for you"), tuple(blocks))


def _groups(allowed: Sequence[Topic], typed: Typed) -> list[Block]:
    pairs = tuple((say("{line}", line=Code(typed(group.name))), _words(group, own)) for group, own in allowed)
    items = tuple(
        Item(group.name, verbatim(typed(group.name)), verbatim(group.description)) for group, _ in allowed
    )
    return [Fields(pairs), Select(say("Read more about"), Action("help"), "command", items)]


def _words(group: Group, commands: Sequence[Command]) -> Line:
    words = [word for one in commands if (word := one.path.partition(" ")[2])]
    if not words:
        return verbatim(group.description)
    return say("{group}: {words}", group=group.description, words=", ".join(words))


def of_group(group: Group, commands: Sequence[Command], typed: Typed) -> Card:
    """List the commands of a group that the reader may use."""
    return Card(verbatim(group.description), (_described(commands, typed), _read(commands, typed)))


def near(commands: Sequence[Command], typed: Typed) -> Card:
    """List commands that resemble what the reader searched for."""
    title = say("There is no such command, but perhaps you want one of these")
    return Card(title, (_described(commands, typed), _read(commands, typed)))


def _described(commands: Sequence[Command], typed: Typed) -> Fields:
    return Fields(
        tuple((say("{line}", line=Code(typed(one.path))), verbatim(one.description)) for one in commands)
    )


def _read(commands: Sequence[Command], typed: Typed) -> Select:
    items = tuple(Item(one.path, verbatim(typed(one.path))) for one in commands)
    return Select(say("Read about a command"), Action("help"), "command", items)


def about(command: Command, typed: Typed) -> Card:
    """Explain one command."""
    needs = say("You need the right to {phrase}.", phrase=command.needs.phrase) if command.needs else None
    blocks: list[Block] = [
        Text(verbatim(f"{command.description}.")),
        *([Text(_with_commands(_RIGHT[command.path], typed))] if command.path in _RIGHT else []),
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
