"""Whom a command is about, by name: a mention that is typed is only a number."""

import re
from collections.abc import Mapping
from typing import Any

import aiohttp
import discord

from bot.chat.commands import Command
from bot.chat.text import clean
from bot.platforms.discord.caller import Interaction

_MENTION = re.compile(r"<@!?(\d{1,20})>|(\d{17,20})")


async def named(
    interaction: Interaction, command: Command | None, values: Mapping[str, Any]
) -> Mapping[str, Any] | None:
    """Add the name of a member who is mentioned, where a command takes one beside the person.

    None for an app, which is nobody that could come in.
    """
    mention = _MENTION.fullmatch(command.unnamed(values)) if command else None
    if mention is None or interaction.guild is None:
        return values
    try:
        member = await interaction.guild.fetch_member(int(mention[1] or mention[2]))
    except (discord.DiscordException, aiohttp.ClientError, OSError):
        return values  # nobody of this server: they are invited by their number
    return None if member.bot else {**values, "name": clean(member.display_name)}
