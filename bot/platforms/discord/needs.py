"""What the bot asks of Discord and of each server, and why."""

from collections.abc import Iterable

import discord

from bot.chat.commands import Command
from bot.core.permissions import Permission
from bot.core.roles import BUILT_IN, ScopeKind

# What we are told of by the gateway; the privileged ones among them must be switched on by hand.
INTENTS = discord.Intents(guilds=True, moderation=True)
# Who comes into a server, and who is in it, we are told only where the operator has switched that on.
MEMBERS = discord.Intents(members=True)
# For approval cards, with their pictures and files. Components are no embeds, and need no right of their own.
IN_A_CHANNEL = discord.Permissions(view_channel=True, send_messages=True, attach_files=True)
# And to lead people into the server from their invitation's page.
IN_A_SERVER = IN_A_CHANNEL | discord.Permissions(create_instant_invite=True)
# Discord tells of bans only those who may see the audit log, or may ban; where we may ban, that is enough.
TO_HEAR_OF_BANS = discord.Permissions(view_audit_log=True)
# Where roles of the server follow a school's.
TO_GIVE_ROLES = discord.Permissions(manage_roles=True)
# Where a school decides who applies on Discord's own form, and is told that somebody was banned before.
TO_LET_IN = discord.Permissions(kick_members=True, ban_members=True)

# Who sees what no role of a school lets anybody do, until the server's own settings for integrations say
# otherwise.
TO_SEE_WHAT_IS_ABOVE = discord.Permissions(manage_guild=True)
# What somebody can hold by a school's roles. Discord does not know who does, and a school's admins are
# mostly ordinary members of a server: what they work with must not be hidden from them.
_IN_A_SCHOOL = frozenset[Permission]().union(
    *(role.holds for role in BUILT_IN if role.level is ScopeKind.SCHOOL)
)


def to_see(commands: Iterable[Command]) -> discord.Permissions | None:
    """Say what somebody needs in a server to be shown commands; None where they are for everybody.

    Discord hides or shows all that share a first word. It is a courtesy: what one may, the Runner decides.
    """
    above = all(one.needs not in _IN_A_SCHOOL if one.needs else one.may is not None for one in commands)
    return TO_SEE_WHAT_IS_ABOVE if above else None


def address_to_add(application_id: int) -> str:
    """Say where somebody adds us to a server, with all that we need there."""
    wanted = IN_A_SERVER | TO_HEAR_OF_BANS
    return discord.utils.oauth_url(
        application_id, permissions=wanted, scopes=("bot", "applications.commands")
    )


def tells_of_members(flags: discord.ApplicationFlags) -> bool:
    """Tell whether the operator has switched on the intent for members; else asking for it keeps us out."""
    return flags.gateway_guild_members or flags.gateway_guild_members_limited
