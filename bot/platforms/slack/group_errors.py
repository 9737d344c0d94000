"""What Slack's errors mean for the groups and channels that follow roles."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from bot.chat.follower import Unfollowable
from bot.core.following_ports import Problem
from bot.platforms.slack.api import SlackRefused
from bot.platforms.slack.notifier import failed

# In the way, until somebody puts it right.
_PROBLEMS: Mapping[str, Problem] = {
    "paid_teams_only": Problem.PLAN,
    "plan_upgrade_required": Problem.PLAN,
    "missing_scope": Problem.SCOPE,
    "not_allowed_token_type": Problem.SCOPE,
    "no_such_subteam": Problem.GONE,
    "subteam_not_found": Problem.GONE,
    "is_archived": Problem.GONE,
    "channel_not_found": Problem.NOT_IN,
    "not_in_channel": Problem.NOT_IN,
    "permission_denied": Problem.NOT_ALLOWED,
    "restricted_action": Problem.NOT_ALLOWED,
    "user_is_restricted": Problem.NOT_ALLOWED,
}
# One of those whom we name cannot be in the group: deactivated, or none of this workspace.
SOMEBODY = {
    "failed_for_some_users",
    "invalid_users",
    "user_is_deactivated",
    "user_not_found",
    "user_not_visible",
    "users_not_found",
}
# One of those whom we invite cannot come into the channel, such as a guest; the others have come in.
UNINVITED = SOMEBODY | {
    "already_in_channel",
    "cant_invite",
    "invitee_cant_see_channel",
    "no_external_invite_permission",
    "org_user_not_in_team",
    "ura_max_channels",
    "user_is_restricted",
}


@asynccontextmanager
async def meaning() -> AsyncIterator[None]:
    """Say what Slack's errors mean for what follows roles."""
    try:
        yield
    except SlackRefused as refused:
        if (problem := _PROBLEMS.get(refused.error)) is not None:
            raise Unfollowable(problem) from refused
        raise failed(refused) from None
