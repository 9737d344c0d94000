"""What Slack tells of by itself. Each may come several times, and out of order."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.platforms.slack.comings import Comings
from bot.platforms.slack.home import Homes
from bot.platforms.slack.people import Who
from bot.platforms.slack.place import metadata

# What is subscribed to, and why; the manifest is made of it.
EVENTS = {
    "app_home_opened": "the bot's own page",
    "team_join": "the welcome of who comes into the workspace",
    "user_change": "requests of those whose account is deactivated, and who administers the workspace",
    "channel_archive": "an approvals channel that takes no more cards",
    "channel_deleted": "the same",
    "group_archive": "the same in a private channel",
    "group_deleted": "the same in a private channel",
    "app_uninstalled": "the links of a workspace that has taken us out",
    "tokens_revoked": "a token that the operator must replace",
}
_CLOSED = {"channel_archive", "channel_deleted", "group_archive", "group_deleted"}
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Events:
    """Sees to each kind of event."""

    homes: Homes
    comings: Comings

    async def happened(self, body: Mapping[str, Any]) -> None:
        """Do what an event asks for; whoever raises is told again."""
        event: Mapping[str, Any] = body["event"]
        match event["type"]:
            case "app_home_opened" if event.get("tab", "home") == "home":
                school = str(metadata(event.get("view") or {}).get("school") or "")
                self.homes.work.spawn(self.homes.opened(Who.of_event(body, event["user"]), school))
            case "team_join":
                await self.comings.came(str(body["team_id"]), event["user"])
            case "user_change":
                await self.comings.changed(str(body["team_id"]), event["user"])
            case kind if kind in _CLOSED:
                await self.comings.closed(str(body["team_id"]), str(event["channel"]))
            case "app_uninstalled":
                await self.comings.removed(str(body["team_id"]))
            case "tokens_revoked" if (event.get("tokens") or {}).get("bot"):
                _log.error("Slack has revoked the bot's token: install the app again and set the new one")
            case _:
                return
