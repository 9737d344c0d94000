"""Translates Slack's errors for the user groups and channels that follow roles."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from bot.chat.native_sync import Unfollowable
from bot.core.following.ports import Problem
from bot.platforms.slack.api import SlackRefused
from bot.platforms.slack.notifier import delivery_failure

# Errors that last until somebody solves the problem.
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
# Somebody in the list cannot be in the group: deactivated, or not of this workspace.
MEMBER_ERRORS = {
    "failed_for_some_users",
    "invalid_users",
    "user_is_deactivated",
    "user_not_found",
    "user_not_visible",
    "users_not_found",
}
# Somebody who was invited cannot join the channel, such as a guest; the others have joined.
INVITE_ERRORS = MEMBER_ERRORS | {
    "already_in_channel",
    "cant_invite",
    "invitee_cant_see_channel",
    "no_external_invite_permission",
    "org_user_not_in_team",
    "ura_max_channels",
    "user_is_restricted",
}


@asynccontextmanager
async def translated_errors() -> AsyncIterator[None]:
    """Raise `Unfollowable` or `DeliveryFailed` for Slack's errors in the block."""
    try:
        yield
    except SlackRefused as refused:
        if (problem := _PROBLEMS.get(refused.error)) is not None:
            raise Unfollowable(problem) from refused
        raise delivery_failure(refused) from None
