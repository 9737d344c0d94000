"""The intents and permissions that the bot asks of Discord and of each server, and why."""

from collections.abc import Iterable

import discord

from bot.chat.commands import Command
from bot.core.rights.permissions import Permission
from bot.core.rights.roles import BUILT_IN, ScopeKind

# The gateway events that we subscribe to.
INTENTS = discord.Intents(guilds=True, moderation=True)
# Members' joins and the member list need a privileged intent, which the operator must switch on.
MEMBERS = discord.Intents(members=True)
# For approval cards, with their pictures and files. Components are not embeds and need no permission of their
# own.
IN_A_CHANNEL = discord.Permissions(view_channel=True, send_messages=True, attach_files=True)
# In addition, to let people into the server from their invitation's page.
IN_A_SERVER = IN_A_CHANNEL | discord.Permissions(create_instant_invite=True)
# Discord reports bans only to bots that may view the audit log or ban members; either is enough.
TO_HEAR_OF_BANS = discord.Permissions(view_audit_log=True)
# For servers whose roles follow a school's roles.
TO_GIVE_ROLES = discord.Permissions(manage_roles=True)
# For servers where a school decides requests made on Discord's own form: to let applicants in or turn them
# away, and to see who was banned before.
TO_LET_IN = discord.Permissions(kick_members=True, ban_members=True)

# The permission that shows somebody commands that no role of a school allows, unless the server's integration
# settings say otherwise.
TO_SEE_COMMANDS_ABOVE_SCHOOLS = discord.Permissions(manage_guild=True)
# The permissions that a school's roles can grant. Discord does not know who holds them, and most admins of a
# school are ordinary members of the server, so the commands that they work with must not be hidden.
_IN_A_SCHOOL = frozenset[Permission]().union(
    *(role.holds for role in BUILT_IN if role.level is ScopeKind.SCHOOL)
)


def permission_to_see(commands: Iterable[Command]) -> discord.Permissions | None:
    """Return the permission that somebody needs in a server to be shown these commands; None for everybody.

    Discord hides or shows all commands that share a first word together. Hiding is only a courtesy: whether
    somebody may use a command is decided by the Runner.
    """
    above = all(one.needs not in _IN_A_SCHOOL if one.needs else one.may is not None for one in commands)
    return TO_SEE_COMMANDS_ABOVE_SCHOOLS if above else None


def install_url(application_id: int) -> str:
    """Return the URL at which somebody adds the bot to a server with all permissions that it needs there."""
    wanted = IN_A_SERVER | TO_HEAR_OF_BANS
    return discord.utils.oauth_url(
        application_id, permissions=wanted, scopes=("bot", "applications.commands")
    )


def has_members_intent(flags: discord.ApplicationFlags) -> bool:
    """Tell whether the members intent is switched on; if not, connections that ask for it are refused."""
    return flags.gateway_guild_members or flags.gateway_guild_members_limited
