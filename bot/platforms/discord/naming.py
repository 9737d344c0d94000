"""Looks up on Discord whom a command mentions: their name, or that they are an app."""

import re
from collections.abc import Mapping
from typing import Any

import aiohttp
import discord

from bot.chat.commands import Command
from bot.chat.options import PEOPLE
from bot.chat.text import clean
from bot.platforms.discord.caller import Interaction

_MENTION = re.compile(r"<@!?(\d{1,20})>|(\d{17,20})")
# People, roles and emoji as Discord's client writes them into a text.
_IN_TEXT = re.compile(r"<@(?P<role>&)?!?(?P<id>\d{1,20})>|<a?(?P<emoji>:\w{2,32}:)\d{1,20}>")
# How many people of one text are looked up: each is a request.
_MOST = 5


async def completed(
    interaction: Interaction, command: Command | None, values: Mapping[str, Any]
) -> Mapping[str, Any]:
    """Return typed values with names in place of mentions, and with what Discord says of the person."""
    known = await with_mentioned_person(interaction, command, values)
    texts = [name for name, one in known.items() if isinstance(one, str) and name not in PEOPLE]
    return {**known, **{name: await _with_names(interaction.guild, known[name]) for name in texts}}


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
    member = await _member(interaction.guild, int(mention[1] or mention[2]))
    if member is None:
        return values  # not a member of this server: they are invited by their id
    return command.with_person(values, clean(member.display_name), app=member.bot)


async def _with_names(guild: discord.Guild | None, text: str) -> str:
    """Replace mentions of people and roles, and custom emoji, by names: the text is also read elsewhere."""
    marks = list(_IN_TEXT.finditer(text))
    people = dict.fromkeys(mark["id"] for mark in marks if mark["id"] and not mark["role"])
    members = {one: await _member(guild, int(one)) for one in list(people)[:_MOST]}

    def name(mark: re.Match[str]) -> str:
        if mark["emoji"]:
            return mark["emoji"]
        role = guild.get_role(int(mark["id"])) if guild and mark["role"] else None
        member = members.get(mark["id"]) if not mark["role"] else None
        named = role.name if role else member.display_name if member else ""
        return f"@{clean(named).removeprefix('@')}" if named else mark[0]

    return _IN_TEXT.sub(name, text)


async def _member(guild: discord.Guild | None, user_id: int) -> discord.Member | None:
    """Return a member of the server; None if there is none, or if Discord does not answer."""
    if guild is None:
        return None
    try:
        return await guild.fetch_member(user_id)
    except (discord.DiscordException, aiohttp.ClientError, OSError):
        return None
