"""Whom a command is about, by name: a mention that is typed is only an id."""

from collections.abc import Mapping
from typing import Any

from bot.chat.commands import Command
from bot.platforms.slack import ids
from bot.platforms.slack.people import People


async def named(
    people: People, team: str, command: Command | None, values: Mapping[str, Any]
) -> Mapping[str, Any]:
    """Add the name of somebody who is mentioned, where a command takes one beside the person."""
    mention = ids.MENTION.fullmatch(command.unnamed(values)) if command else None
    name = await people.name(team, mention[1]) if mention else ""
    return {**values, "name": name} if name else values
