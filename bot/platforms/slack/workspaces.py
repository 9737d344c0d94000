"""Which workspace Slack speaks of, and by whose installation: its payloads say so in many ways."""

from collections.abc import Mapping, Sequence
from typing import Any


def team_of(body: Mapping[str, Any]) -> str:
    """Name the workspace in which something was done; empty where it is a whole organisation's affair."""
    view, authorized = body.get("view") or {}, authorization(body)
    team = body.get("team")
    ways = (
        # A view that was opened in a shared channel belongs to the workspace that took us in.
        view.get("app_installed_team_id"),
        team.get("id") if isinstance(team, dict) else team,
        authorized.get("team_id"),
        # What happens in a shared channel may happen in another's workspace.
        body.get("context_team_id"),
        body.get("team_id"),
        # With an organisation's installation, interactions may name no team but these.
        view.get("team_id"),
        (body.get("user") or {}).get("team_id"),
    )
    return next((str(one) for one in ways if one and not is_organization(str(one))), "")


def organization_of(body: Mapping[str, Any]) -> str:
    """Name the organisation whose installation this came by; empty where a workspace has its own."""
    told = authorization(body) or body
    if told.get("is_enterprise_install") not in {True, "true"}:
        return ""
    return enterprise_of(body)


def enterprise_of(body: Mapping[str, Any]) -> str:
    """Name the organisation that the workspace belongs to, however we were taken in."""
    enterprise, team = body.get("enterprise") or {}, body.get("team") or {}
    ways = (
        enterprise.get("id"),
        authorization(body).get("enterprise_id"),
        body.get("enterprise_id"),
        team.get("enterprise_id") if isinstance(team, dict) else None,
        (body.get("event") or {}).get("enterprise_id"),
    )
    return next((str(one) for one in ways if one), "")


def authorization(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the installation that an event is told for."""
    found: Sequence[Mapping[str, Any]] = body.get("authorizations") or ({},)
    return found[0] or {}


def is_organization(place: str) -> bool:
    """Tell an organisation's id from a workspace's."""
    return place.startswith("E")
