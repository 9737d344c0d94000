"""Whom a command is about: a mention is only an id; Slack says the name, or that it is an app."""

from collections.abc import Mapping
from typing import Any

from bot.chat.commands import Command
from bot.platforms.slack import ids
from bot.platforms.slack.people import People


async def named(
    people: People, team: str, command: Command | None, values: Mapping[str, Any]
) -> Mapping[str, Any]:
    """Add what Slack says of somebody who is mentioned, where a command takes a name beside the person."""
    mention = ids.MENTION.fullmatch(command.whom(values)) if command else None
    told = await people.facts(team, mention[1]) if mention else None
    return command.knowing(values, told.name, app=told.app) if command and told else values
