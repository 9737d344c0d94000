"""Events that Slack sends by itself. Each may arrive several times, and out of order."""

from collections.abc import Mapping
from typing import Any

from bot.core.values import dataclass
from bot.platforms.slack.home import HomePages
from bot.platforms.slack.installing.uninstalls import Uninstalls
from bot.platforms.slack.installing.workspaces import organization_of, team_of
from bot.platforms.slack.people.people import SlackUser
from bot.platforms.slack.place import metadata
from bot.platforms.slack.workspace_events import WorkspaceEvents

# The events that we subscribe to, each with what it is for; the manifest is generated from this.
EVENTS = {
    "app_home_opened": "draw the App Home page",
    "team_join": "welcome people who join the workspace",
    "user_change": "notice deactivated applicants, and changes of name or administrator",
    "channel_archive": "notice that the channel of approval cards is gone",
    "channel_deleted": "the same",
    "group_archive": "the same in a private channel",
    "group_deleted": "the same in a private channel",
    "app_uninstalled": "suspend the links of a workspace that removed the app",
    "tokens_revoked": "delete a token that no longer works",
}
# Additional events for an organisation's installation.
ORGANIZATION_EVENTS = {
    "team_access_granted": "record workspaces that an organisation adds the app to",
    "team_access_revoked": "record workspaces that an organisation removes the app from",
}
_CLOSED = {"channel_archive", "channel_deleted", "group_archive", "group_deleted"}


@dataclass(frozen=True, slots=True)
class Events:
    """Handles each kind of event."""

    home_pages: HomePages
    workspace_events: WorkspaceEvents
    uninstalls: Uninstalls

    async def happened(self, body: Mapping[str, Any]) -> None:
        """Handle an event; if this raises, Slack sends the event again."""
        event: Mapping[str, Any] = body["event"]
        match event["type"]:
            case "app_home_opened" if event.get("tab", "home") == "home":
                school = str(metadata(event.get("view") or {}).get("school") or "")
                user = SlackUser.of_event(body, event["user"])
                self.home_pages.work.spawn(self.home_pages.opened(user, school))
            case "team_join":
                await self.workspace_events.joined(team_of(body), event["user"])
            case "user_change":
                await self.workspace_events.changed(_teams(body), event["user"])
            case kind if kind in _CLOSED:
                await self.workspace_events.channel_closed(team_of(body), str(event["channel"]))
            case "app_uninstalled":
                await self.uninstalls.uninstalled(body)
            case "tokens_revoked" if (event.get("tokens") or {}).get("bot"):
                await self.uninstalls.revoked(body)
            case "team_access_granted" | "team_access_revoked":
                await self.uninstalls.access(body)
            case _:
                return


def _teams(body: Mapping[str, Any]) -> list[str]:
    """Return a changed user's workspaces: an organisation's installation gets one event for all."""
    several = (body["event"]["user"].get("enterprise_user") or {}).get("teams") or ()
    return [str(one) for one in several] if several and organization_of(body) else [team_of(body)]
