"""What the bot asks of Discord and of each server, and why."""

import discord

# What we are told of by the gateway; the privileged ones among them must be switched on by hand.
INTENTS = discord.Intents(guilds=True)
# Who comes into a server, and who is in it, we are told only where the operator has switched that on.
MEMBERS = discord.Intents(members=True)
# For approval cards, with their pictures and files.
IN_A_CHANNEL = discord.Permissions(view_channel=True, send_messages=True, embed_links=True, attach_files=True)
# And to lead people into the server from their invitation's page.
IN_A_SERVER = IN_A_CHANNEL | discord.Permissions(create_instant_invite=True)
# Where roles of the server follow a school's.
TO_GIVE_ROLES = discord.Permissions(manage_roles=True)


def tells_of_members(flags: discord.ApplicationFlags) -> bool:
    """Tell whether the operator has switched on the intent for members; else asking for it keeps us out."""
    return flags.gateway_guild_members or flags.gateway_guild_members_limited
