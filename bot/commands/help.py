"""/help: the commands that a person may use, how to type them, and a search by everyday words."""

from collections.abc import Sequence
from typing import Annotated

from bot.cards import help as cards
from bot.cards.common import PAGE
from bot.chat.commands import Group
from bot.chat.context import Context
from bot.chat.near_commands import meant_by
from bot.chat.options import option
from bot.chat.replies import Card, Item
from bot.chat.rights import offered
from bot.chat.text import verbatim
from bot.core.errors import NotFound

help_group = Group("help", "Find your way")


def _commands(ctx: Context, typed: str) -> Sequence[Item]:
    wanted = typed.strip(" /").casefold()
    known = offered(ctx)
    found = [one for one in known if wanted in one.path] or meant_by(wanted, known, PAGE)
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
    near = meant_by(path, [one for _, own in topics for one in own], PAGE)
    if not near:
        raise NotFound("command")
    return cards.near(near, ctx.typed)
