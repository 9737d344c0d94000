"""Events that Slack sends by itself. Each may arrive several times, and out of order."""

from collections.abc import Mapping
from typing import Any

from bot.core.values import dataclass
from bot.platforms.slack.home import Homes
from bot.platforms.slack.people import SlackUser
from bot.platforms.slack.place import metadata
from bot.platforms.slack.uninstalls import Uninstalls
from bot.platforms.slack.workspace_events import WorkspaceEvents
from bot.platforms.slack.workspaces import organization_of, team_of

# The events that we subscribe to, each with what it is for; the manifest is generated from this.
EVENTS = {
    "app_home_opened": "the bot's own page",
    "team_join": "the welcome of who comes into the workspace",
    "user_change": "requests of those whose account is deactivated, and who administers the workspace",
    "channel_archive": "an approvals channel that takes no more cards",
    "channel_deleted": "the same",
    "group_archive": "the same in a private channel",
    "group_deleted": "the same in a private channel",
    "app_uninstalled": "the links of a workspace that has taken us out",
    "tokens_revoked": "a token that works no more",
}
# Additional events for an organisation's installation.
ORGANIZATION_EVENTS = {
    "team_access_granted": "workspaces that an organisation gives us",
    "team_access_revoked": "workspaces that an organisation takes us out of",
}
_CLOSED = {"channel_archive", "channel_deleted", "group_archive", "group_deleted"}


@dataclass(frozen=True, slots=True)
class Events:
    """Handles each kind of event."""

    homes: Homes
    workspace_events: WorkspaceEvents
    uninstalls: Uninstalls

    async def happened(self, body: Mapping[str, Any]) -> None:
        """Handle an event; if this raises, Slack sends the event again."""
        event: Mapping[str, Any] = body["event"]
        match event["type"]:
            case "app_home_opened" if event.get("tab", "home") == "home":
                school = str(metadata(event.get("view") or {}).get("school") or "")
                self.homes.work.spawn(self.homes.opened(SlackUser.of_event(body, event["user"]), school))
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
