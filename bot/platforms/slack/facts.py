"""What Slack says of people, as far as it counts: their names, where they belong, what they administer."""

from collections.abc import Mapping
from typing import Any

from bot.chat.text import display_name
from bot.core.values import dataclass
from bot.platforms.slack.spans import unescape
from bot.platforms.slack.workspaces import is_organization

# It is no app of anybody's, and answers to nobody.
SLACKBOT = "USLACKBOT"
_RANKS = ("is_admin", "is_owner", "is_primary_owner")


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of somebody, seen from a workspace; of whom nothing is known, all is empty."""

    name: str = ""
    zone: str = ""
    team: str = ""
    several: tuple[str, ...] = ()
    is_admin: bool = False
    app: bool = False

    @classmethod
    def of(cls, user: Mapping[str, Any], team: str) -> "Facts":
        """Read what `users.info` or an event says of somebody."""
        profile, in_all = user.get("profile") or {}, user.get("enterprise_user") or {}
        return cls(
            # Slack writes & as &amp; in what people have typed.
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
        """Read what `users.list` says of somebody; nothing where Slack is to be asked about them.

        No right comes from a list. And whoever seems to be of elsewhere is asked about: it decides whose
        account theirs is. Where an organisation has taken us in, that is everybody without its word that
        they are of this workspace.
        """
        found, in_all = cls.of(user, team), user.get("enterprise_user") or {}
        belongs = team in found.several or (team == found.team and not organized)
        ranked = any(told.get(rank) for told in (user, in_all) for rank in _RANKS)
        return found if belongs and not ranked else None

    def home(self, claimed: str, team: str) -> str:
        """Name the workspace that they are of: whoever is of several of an organisation, of where they act.

        Commands and events name the workspace that they are told for. What Slack says of the person counts
        more: in a shared channel they may be of another.
        """
        if team in self.several:
            return team
        for known in (claimed if claimed != team else "", self.team, claimed):
            if known and not is_organization(known):
                return known
        return team


def _is_admin(user: Mapping[str, Any], team: str) -> bool:
    """Tell whether somebody administers a workspace; in an organisation, that one or all of them."""
    in_all = user.get("enterprise_user") or {}
    told = user if not in_all or user.get("team_id") == team else in_all
    return any(told.get(rank) for rank in _RANKS) and not user.get("deleted")
