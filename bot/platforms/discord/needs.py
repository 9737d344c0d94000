"""What the bot asks of Discord and of each server, and why."""

import discord

# What we are told of by the gateway; the privileged ones among them must be switched on by hand.
INTENTS = discord.Intents(guilds=True)
# For approval cards, with their pictures and files.
IN_A_CHANNEL = discord.Permissions(view_channel=True, send_messages=True, embed_links=True, attach_files=True)
# And to lead people into the server from their invitation's page.
IN_A_SERVER = IN_A_CHANNEL | discord.Permissions(create_instant_invite=True)
