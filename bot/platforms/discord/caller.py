"""Identifies the caller of an interaction by what Discord vouches for."""

from typing import TypeAlias

import discord

from bot.chat.text import display_name
from bot.core.rights.actors import AccountKey, Caller, Platform, WorkspaceKey

Interaction: TypeAlias = discord.Interaction[discord.Client]


def caller_of(interaction: Interaction) -> Caller:
    """Return the caller of an interaction, with the workspace and channel where it happened."""
    user = interaction.user
    guild = interaction.guild
    return Caller(
        account=AccountKey(Platform.DISCORD, str(user.id)),
        name=display_name(user.display_name, user.name, user.id),
        platform=Platform.DISCORD,
        workspace=_workspace(interaction.guild_id),
        workspace_name=(guild.name or "") if guild else "",
        channel=str(interaction.channel_id) if interaction.channel_id else None,
        administers_workspace=_administers(interaction),
        locale=interaction.locale.value,
    )


def delivery_key(interaction: Interaction) -> str:
    """Return a key that recognises an interaction delivered again, as after a reconnect."""
    return f"discord {interaction.id}"


def _workspace(guild_id: int | None) -> WorkspaceKey | None:
    return WorkspaceKey(Platform.DISCORD, str(guild_id)) if guild_id else None


def _administers(interaction: Interaction) -> bool:
    if interaction.guild_id is None:
        return False  # in a direct message everyone has every permission
    owns = interaction.guild is not None and interaction.guild.owner_id == interaction.user.id
    return owns or interaction.permissions.administrator
