"""/help: the commands that a person may use, how to type them, and a search by everyday words."""

import re
from collections.abc import Collection, Sequence
from typing import Annotated

from bot.cards import help as cards
from bot.cards.common import PAGE
from bot.chat.commands import Command, Group
from bot.chat.context import Context
from bot.chat.options import option
from bot.chat.replies import Card, Item
from bot.chat.rights import offered
from bot.chat.text import verbatim
from bot.core.errors import NotFound

_WORD = re.compile(r"\w+")
# Words shorter than this are ignored in a search; of longer ones the last letters may differ.
_SHORTEST, _ENDING = 4, 3
# Everyday words, of any length, and the words that commands use for them.
_CALLED = {
    "add": "create",
    "announcement": "message",
    "ban": "suspend deactivate",
    "broadcast": "message",
    "csv": "import export",
    "delete": "remove",
    "download": "export",
    "email": "message person",
    "excel": "import export",
    "fire": "remove",
    "graph": "report",
    "history": "audit",
    "kick": "remove suspend",
    "log": "audit",
    "newsletter": "message",
    "parent": "member people",
    "pupil": "member people",
    "qr": "invite create",
    "rename": "edit",
    "spreadsheet": "import export",
    "staff": "member people",
    "statistic": "report",
    "student": "member people",
    "teacher": "member people",
    "timezone": "zone",
    "undo": "imports plan",
    "upload": "import",
    "user": "member people",
}

help_group = Group("help", "Find your way")


def _commands(ctx: Context, typed: str) -> Sequence[Item]:
    wanted = typed.strip(" /").casefold()
    known = offered(ctx)
    found = [one for one in known if wanted in one.path] or _near(wanted, known)
    return [Item(one.path, verbatim(ctx.typed(one.path))) for one in found]


@help_group.command(alone=True, reads=True)
def _help(
    ctx: Context,
    command: Annotated[str, option("A command to read about", suggest=_commands)] = "",
) -> Card:
    """Show what you can do here."""
    allowed = {one.path for one in offered(ctx)}
    topics = [
        (group, own)
        for group in ctx.registry.groups
        if (own := [one for one in group.commands if one.path in allowed and not one.hidden])
    ]
    if not command:
        return cards.overview(topics, ctx.typed)
    path = " ".join(command.strip(" /").casefold().split())
    found = ctx.registry.get(path)
    if found is not None and not found.hidden:
        return cards.about(found, ctx.typed)
    for group, own in topics:
        if group.name == path:
            return cards.of_group(group, own, ctx.typed)
    near = _near(path, [one for _, own in topics for one in own])
    if not near:
        raise NotFound("command")
    return cards.near(near, ctx.typed)


def _near(typed: str, commands: Sequence[Command]) -> Sequence[Command]:
    """Return the commands that match the typed words best, best match first."""
    wanted = {_meant(word) for word in _WORD.findall(typed)} - {()}
    scores = {one.path: _score(wanted, one) for one in commands}
    least = max(1, max(scores.values(), default=0) / 2)
    found = sorted((one for one in commands if scores[one.path] >= least), key=lambda one: -scores[one.path])
    return found[:PAGE]


def _meant(word: str) -> tuple[str, ...]:
    """Return a typed word and its synonyms in commands; nothing for a short word without synonyms."""
    called = _CALLED.get(word) or _CALLED.get(word.removesuffix("s"), "")
    return (word, *called.split()) if called or len(word) >= _SHORTEST else ()


def _score(wanted: Collection[tuple[str, ...]], command: Command) -> int:
    """Score how well a command matches the words: its name counts most, its options least.

    A synonym that is part of the command's name scores extra.
    """
    said = _WORD.findall(command.description.casefold())
    options = [
        text for one in command.options for text in _WORD.findall(f"{one.name} {one.description}".casefold())
    ]
    named = frozenset(command.path.split())
    exactly = sum(not named.isdisjoint(words[1:]) for words in wanted)
    return exactly + sum(
        4 * _begins(words, named) + 2 * _begins(words, said) + _begins(words, options) for words in wanted
    )


def _begins(words: Sequence[str], others: Collection[str]) -> bool:
    """Tell whether any of `others` begins with the stem of a word: inviting and invite share one."""
    stems = tuple(word[: max(_SHORTEST, len(word) - _ENDING)] for word in words)
    return any(one.startswith(stems) for one in others)
