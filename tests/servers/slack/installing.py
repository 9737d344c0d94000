"""Slack's OAuth: codes and refresh tokens work once, and tokens become invalid when the app is removed."""

import asyncio
import base64
import itertools
from dataclasses import dataclass
from typing import Any

from tests.servers.slack.groups import SlackRefuses
from tests.servers.slack.workspace import BOT, Workspace

CLIENT_ID, CLIENT_SECRET = "1.2", "client-secret-canary"
LIVES = 43_200


@dataclass(frozen=True)
class Grant:
    """Permission to install the app in a workspace or a whole organisation, until its code is exchanged."""

    place: str
    redirect: str


class Installing:
    """Installs the app in many workspaces, each with tokens of its own."""

    workspace: Workspace
    workspaces: dict[str, Workspace]
    tokens: dict[str, str]
    dead: dict[str, str]
    scopes: list[str]

    def __init__(self) -> None:
        super().__init__()
        self.rotates = False
        self.grants: dict[str, Grant] = {}
        self.refreshes: dict[str, str] = {}
        self.organizations: dict[str, str] = {}
        self._given = itertools.count(1)

    def workspace_of(self, team: str, name: str, organization: str = "") -> Workspace:
        """Add a workspace; ids are unique among the workspaces of an organisation."""
        first = 1_000 * len(self.workspaces) if organization else 1
        made = Workspace(team, name, organization, first)
        self.workspaces[team] = made
        made.channel("general")
        return made

    def allow(self, place: str, redirect: str) -> str:
        """Click Allow; return the code with which Slack redirects the browser."""
        code = f"code-canary-{next(self._given)}"
        self.grants[code] = Grant(place, redirect)
        return code

    def uninstall(self, place: str) -> None:
        """Remove the app from a workspace or an organisation, which invalidates its tokens."""
        for token in [one for one, of in self.tokens.items() if of == place]:
            del self.tokens[token]
            self.dead[token] = "account_inactive"
        self.refreshes = {one: of for one, of in self.refreshes.items() if of != place}

    def _client_refused(self, authorization: str) -> bool:
        right = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        return authorization != f"Basic {right}"

    def _oauth_v2_access(self, body: dict[str, Any]) -> dict[str, Any]:
        if body.get("grant_type") == "refresh_token":
            place = self.refreshes.pop(body["refresh_token"], None)
            if place is None:
                raise SlackRefuses("invalid_refresh_token")
            return self._answer(place)
        grant = self.grants.pop(body["code"], None)
        if grant is None:
            raise SlackRefuses("invalid_code")
        if body["redirect_uri"] != grant.redirect:
            raise SlackRefuses("bad_redirect_uri")
        return self._answer(grant.place)

    def _auth_teams_list(self, body: dict[str, Any]) -> dict[str, Any]:
        """List the workspaces of an organisation in which the app is approved, one per page."""
        of = self.workspace.organization
        given = [
            one
            for one in self.workspaces.values()
            if of and one.organization == of and one.has_organization_install
        ]
        at = int(body.get("cursor") or 0)
        following = str(at + 1) if at + 1 < len(given) else ""
        teams = [{"id": one.team, "name": one.domain} for one in given[at : at + 1]]
        return {"teams": teams, "response_metadata": {"next_cursor": following}}

    def _answer(self, place: str) -> dict[str, Any]:
        whole, number = place in self.organizations, next(self._given)
        token = f"xoxb-canary-{place}-{number}"
        self.tokens[token] = place
        answer: dict[str, Any] = {
            "access_token": token,
            "token_type": "bot",
            "scope": ",".join(self.scopes),
            "bot_user_id": BOT,
            "app_id": "A0000001",
            "team": None if whole else {"id": place, "name": self.workspaces[place].domain},
            "enterprise": {"id": place, "name": self.organizations[place]} if whole else None,
            "is_enterprise_install": whole,
            "authed_user": {"id": "U0000001"},
        }
        if self.rotates:
            refresh = f"xoxe-canary-{place}-{number}"
            self.refreshes[refresh] = place
            answer |= {"refresh_token": refresh, "expires_in": LIVES}
        return answer

    def _place(self, token: str, body: dict[str, Any]) -> Workspace:
        """Find the workspace that a call is about; with an organisation's token, by the ids in the call."""
        place = self.tokens[token]
        if place in self.workspaces:
            return self.workspaces[place]
        named = {str(value) for value in body.values() if isinstance(value, str)}
        for one in (one for one in self.workspaces.values() if one.organization == place):
            known = {one.team, *one.people, *one.channels, *one.triggers, *one.uploads}
            if named & known:
                return one
        return next(one for one in self.workspaces.values() if one.organization == place)


@dataclass
class Branch:
    """One of the server's workspaces, for a hand that acts in it."""

    server: Any
    workspace: Workspace

    def __post_init__(self) -> None:
        """Share the server's list of problems and its event for changes."""
        self.problems: list[str] = self.server.problems
        self.changed: asyncio.Event = self.server.changed

    def response_url(self, name: str) -> str:
        """Return the address of a response URL by its name."""
        address: str = self.server.response_url(name)
        return address
