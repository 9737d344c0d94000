"""Finds the workspace and the installation of a Slack payload, which names them in many ways."""

from collections.abc import Mapping, Sequence
from typing import Any


def team_of(body: Mapping[str, Any]) -> str:
    """Return the workspace in which something was done; "" where it concerns a whole organisation."""
    view, authorized = body.get("view") or {}, authorization(body)
    team = body.get("team")
    ways = (
        # A view that was opened in a shared channel belongs to the workspace where the app is installed.
        view.get("app_installed_team_id"),
        team.get("id") if isinstance(team, dict) else team,
        authorized.get("team_id"),
        # In a shared channel, `team_id` may be the workspace of another organisation.
        body.get("context_team_id"),
        body.get("team_id"),
        # With an organisation's installation, interactions may name a team only here.
        view.get("team_id"),
        (body.get("user") or {}).get("team_id"),
    )
    return next((str(one) for one in ways if one and not is_organization(str(one))), "")


def organization_of(body: Mapping[str, Any]) -> str:
    """Return the organisation whose installation a payload came by; "" if the workspace has its own."""
    install = authorization(body) or body
    if install.get("is_enterprise_install") not in {True, "true"}:
        return ""
    return enterprise_of(body)


def enterprise_of(body: Mapping[str, Any]) -> str:
    """Return the organisation that the workspace belongs to, whoever installed the app; "" without one."""
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
    """Return the installation for which Slack sent an event."""
    found: Sequence[Mapping[str, Any]] = body.get("authorizations") or ({},)
    return found[0] or {}


def is_organization(place: str) -> bool:
    """Tell whether an id is an organisation's rather than a workspace's."""
    return place.startswith("E")
