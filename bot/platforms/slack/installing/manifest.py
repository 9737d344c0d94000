"""Generates the Slack app's manifest from what the front uses."""

import json
from collections.abc import Mapping
from typing import Any

from bot.commands import REGISTRY
from bot.platforms.slack.events import EVENTS, ORGANIZATION_EVENTS
from bot.platforms.slack.shortcuts import declared

INSTALL, BACK = "/slack/install", "/slack/oauth_redirect"
# The path to which people return after signing in on our web pages, and the scopes that this asks for.
SIGNED_IN = "/sign-in/slack/back"
SIGN_IN_SCOPES = ("openid", "email", "profile")

# The bot's scopes, each with what it is for.
SCOPES = {
    "commands": "the slash command",
    "chat:write": "answers, and cards in channels the bot was invited to",
    "chat:write.public": "approval cards in public channels, without an invitation",
    "im:write": "direct messages to whoever is concerned",
    "users:read": "names, time zones, and who administers the workspace",
    "files:read": "files that people hand over: rosters",
    "files:write": "pictures: QR codes and charts",
    "usergroups:read": "who is in a user group that follows a role",
    "usergroups:write": "user groups that follow roles",
    "groups:read": "who is in a private channel that follows a role",
    "groups:write": "private channels that follow roles, where the plan has no user groups",
    "channels:read": "telling a public channel from a private one",
}


def manifest(
    command: str = "/homeroom",
    url: str | None = None,
    install_at: str | None = None,
    sign_in_at: str | None = None,
) -> dict[str, Any]:
    """Return the manifest: for Socket Mode, or for signed HTTP at `url` where it is given.

    With `install_at`, the base URL of our web pages, many workspaces and whole organisations can install the
    app. With `sign_in_at`, also their base URL, people can sign in there with Slack.
    """
    many = install_at is not None
    back = [f"{at}{path}" for at, path in ((install_at, BACK), (sign_in_at, SIGNED_IN)) if at is not None]
    scopes = {"bot": list(SCOPES), **({"user": list(SIGN_IN_SCOPES)} if sign_in_at is not None else {})}
    endpoint = {} if url is None else {"url": f"{url.rstrip('/')}/slack/events"}
    interactivity = {"is_enabled": True, **({"request_url": endpoint["url"]} if endpoint else {})}
    if endpoint:
        interactivity["message_menu_options_url"] = endpoint["url"]
    events = {"request_url": endpoint["url"]} if endpoint else {}
    return {
        "display_information": {
            "name": "Homeroom",
            "description": "Your school's front door: invitations, join requests, approvals.",
            "background_color": "#1f4d3a",
        },
        "features": {
            "app_home": {
                "home_tab_enabled": True,
                "messages_tab_enabled": True,
                "messages_tab_read_only_enabled": True,
            },
            "bot_user": {"display_name": "Homeroom", "always_online": True},
            "shortcuts": declared(REGISTRY),
            "slash_commands": [
                {
                    "command": command,
                    "description": "Invite people, join a school, decide requests",
                    "usage_hint": "join CODE  ·  invite create  ·  help",
                    "should_escape": True,
                    **endpoint,
                }
            ],
        },
        "oauth_config": {
            **({"redirect_urls": back} if back else {}),
            "scopes": scopes,
        },
        "settings": {
            "event_subscriptions": {
                **events,
                "bot_events": [*EVENTS, *(ORGANIZATION_EVENTS if many else ())],
            },
            "interactivity": interactivity,
            "org_deploy_enabled": many,
            "socket_mode_enabled": url is None,
            "token_rotation_enabled": many,
        },
    }


def as_yaml(value: Mapping[str, Any]) -> str:
    """Return plain values as YAML; strings are quoted as in JSON, which YAML reads in the same way."""
    return "\n".join(_lines(value, "")) + "\n"


def _lines(value: Mapping[str, Any], indent: str) -> list[str]:
    lines = []
    for name, part in value.items():
        match part:
            case Mapping():
                lines += [f"{indent}{name}:", *_lines(part, indent + "  ")]
            case list():
                lines += [f"{indent}{name}:", *(line for item in part for line in _item(item, indent + "  "))]
            case _:
                lines.append(f"{indent}{name}: {json.dumps(part, ensure_ascii=False)}")
    return lines


def _item(item: Any, indent: str) -> list[str]:
    if not isinstance(item, Mapping):
        return [f"{indent}- {json.dumps(item, ensure_ascii=False)}"]
    first, *rest = _lines(item, indent + "  ")
    return [f"{indent}- {first.lstrip()}", *rest]


if __name__ == "__main__":
    print(as_yaml(manifest()), end="")  # noqa: T201 - that is its use
