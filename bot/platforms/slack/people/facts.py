"""Facts about people as Slack states them: names, time zone, workspaces, and what they administer."""

from collections.abc import Mapping
from typing import Any

from bot.chat.text import display_name
from bot.core.values import dataclass
from bot.platforms.slack.installing.workspaces import is_organization
from bot.platforms.slack.rendering.spans import unescape

# Slack's own bot, which counts as an app although Slack does not mark it as a bot.
SLACKBOT = "USLACKBOT"
_RANKS = ("is_admin", "is_owner", "is_primary_owner")


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a person, as seen from a workspace; all fields are empty where nothing is known.

    `team` is their own workspace, `several` are all their workspaces in an organisation, and `app` marks
    bots.
    """

    name: str = ""
    zone: str = ""
    team: str = ""
    several: tuple[str, ...] = ()
    is_admin: bool = False
    app: bool = False

    @classmethod
    def of(cls, user: Mapping[str, Any], team: str) -> "Facts":
        """Read a user as `users.info` or an event describes them."""
        profile, in_all = user.get("profile") or {}, user.get("enterprise_user") or {}
        return cls(
            # Slack escapes the names that people have typed, such as & as &amp;.
            name=unescape(
                display_name(profile.get("display_name"), profile.get("real_name"), user.get("real_name"))
            ),
            zone=str(user.get("tz") or ""),
            team=str(user.get("team_id") or ""),
            several=tuple(map(str, in_all.get("teams") or ())),
            is_admin=_is_admin(user, team),
            app=bool(user.get("is_bot")) or user.get("id") == SLACKBOT,
        )

    @classmethod
    def listed(cls, user: Mapping[str, Any], team: str, *, organized: bool) -> "Facts | None":
        """Read a user of `users.list`; return None where Slack must be asked about them with `users.info`.

        A list gives nobody rights, so administrators are asked about. So is anybody who may belong to another
        workspace, because that decides which account is theirs. Where an organisation has installed the app
        (`organized`), that is everybody whom Slack does not list as a member of this workspace.
        """
        found, in_all = cls.of(user, team), user.get("enterprise_user") or {}
        belongs = team in found.several or (team == found.team and not organized)
        ranked = any(described.get(rank) for described in (user, in_all) for rank in _RANKS)
        return found if belongs and not ranked else None

    def home(self, claimed: str, team: str) -> str:
        """Return the workspace that a person belongs to; for members of several in an organisation, `team`.

        Commands and events name the workspace that they are sent for (`claimed`). What Slack says of the
        person takes precedence, because in a shared channel they may belong to another workspace.
        """
        if team in self.several:
            return team
        for known in (claimed if claimed != team else "", self.team, claimed):
            if known and not is_organization(known):
                return known
        return team


def _is_admin(user: Mapping[str, Any], team: str) -> bool:
    """Tell whether a user administers a workspace; in an organisation, this workspace or all of them."""
    in_all = user.get("enterprise_user") or {}
    described = user if not in_all or user.get("team_id") == team else in_all
    return any(described.get(rank) for rank in _RANKS) and not user.get("deleted")
