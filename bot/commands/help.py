"""/help: what can be done, and how."""

from collections.abc import Sequence
from typing import Annotated

from bot.cards import help as cards
from bot.chat.commands import Group
from bot.chat.context import Context
from bot.chat.options import option
from bot.chat.replies import Card, Item
from bot.chat.rights import offered
from bot.chat.text import verbatim
from bot.core.errors import NotFound

help_group = Group("help", "Find your way")


def _commands(ctx: Context, typed: str) -> Sequence[Item]:
    wanted = typed.strip(" /").casefold()
    return [
        Item(command.path, verbatim(ctx.typed(command.path)))
        for command in offered(ctx)
        if wanted in command.path
    ]


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
    raise NotFound("command")
