"""Completes the person that a command mentions: Discord adds their name, or says that they are an app."""

import re
from collections.abc import Mapping
from typing import Any

import aiohttp
import discord

from bot.chat.commands import Command
from bot.chat.text import clean
from bot.platforms.discord.caller import Interaction

_MENTION = re.compile(r"<@!?(\d{1,20})>|(\d{17,20})")


async def with_mentioned_person(
    interaction: Interaction, command: Command | None, values: Mapping[str, Any]
) -> Mapping[str, Any]:
    """Return the values completed by what Discord says of the member whom they mention.

    They are returned unchanged where the command does not take a name beside the person, where nobody is
    mentioned, or where that account is not a member of the server.
    """
    mention = _MENTION.fullmatch(command.typed_person(values)) if command else None
    if command is None or mention is None or interaction.guild is None:
        return values
    try:
        member = await interaction.guild.fetch_member(int(mention[1] or mention[2]))
    except (discord.DiscordException, aiohttp.ClientError, OSError):
        return values  # not a member of this server: they are invited by their id
    return command.with_person(values, clean(member.display_name), app=member.bot)
