"""Completes the person that a command mentions: Slack adds their name, or says that they are an app."""

from collections.abc import Mapping
from typing import Any

from bot.chat.commands import Command
from bot.platforms.slack import ids
from bot.platforms.slack.people.people import People


async def with_mentioned_person(
    people: People, team: str, command: Command | None, values: Mapping[str, Any]
) -> Mapping[str, Any]:
    """Return the values completed by what Slack says of the person whom they mention.

    They are returned unchanged where the command does not take a name beside the person, or nobody is
    mentioned.
    """
    mention = ids.MENTION.fullmatch(command.typed_person(values)) if command else None
    facts = await people.facts(team, mention[1]) if mention else None
    return command.with_person(values, facts.name, app=facts.app) if command and facts else values
