"""Whom a command is about: a mention is only a number; Discord says the name, or that it is an app."""

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
) -> Mapping[str, Any]:
    """Add what Discord says of a member who is mentioned, where a command takes a name beside the person."""
    mention = _MENTION.fullmatch(command.whom(values)) if command else None
    if command is None or mention is None or interaction.guild is None:
        return values
    try:
        member = await interaction.guild.fetch_member(int(mention[1] or mention[2]))
    except (discord.DiscordException, aiohttp.ClientError, OSError):
        return values  # nobody of this server: they are invited by their number
    return command.knowing(values, clean(member.display_name), app=member.bot)
