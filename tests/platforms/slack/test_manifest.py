"""The manifest for Slack declares exactly what the front needs."""

import json
from pathlib import Path

import jsonschema
import pytest

from bot.platforms.slack.events import ORGANIZATION_EVENTS
from bot.platforms.slack.installing.manifest import as_yaml, manifest
from tests.servers.slack.rules import SPECS

FILE = Path(__file__).resolve().parents[3] / "config" / "slack-manifest.yaml"
SCHEMA = SPECS / "slack-manifest.schema.json"


def test_the_file_is_up_to_date() -> None:
    assert FILE.read_text() == as_yaml(manifest()), "write it anew: make manifest"


@pytest.mark.parametrize("url", [None, "https://door.example.org/"])
@pytest.mark.parametrize("install_at", [None, "https://door.example.org"])
@pytest.mark.parametrize("sign_in_at", [None, "https://door.example.org"])
def test_the_manifest_is_one_that_slack_takes(
    url: str | None, install_at: str | None, sign_in_at: str | None
) -> None:
    if not SCHEMA.exists():
        pytest.skip(f"{SCHEMA} is not there: the manifest is NOT checked")
    made = manifest(url=url, install_at=install_at, sign_in_at=sign_in_at)
    jsonschema.validate(made, json.loads(SCHEMA.read_text()))


def test_an_app_that_many_install_says_where_they_come_back_to() -> None:
    made = manifest(install_at="https://door.example.org")
    assert made["oauth_config"]["redirect_urls"] == ["https://door.example.org/slack/oauth_redirect"]
    settings = made["settings"]
    assert (settings["org_deploy_enabled"], settings["token_rotation_enabled"]) == (True, True)
    assert settings["socket_mode_enabled"] is True
    assert set(ORGANIZATION_EVENTS) <= set(settings["event_subscriptions"]["bot_events"])
    alone = manifest()
    assert "redirect_urls" not in alone["oauth_config"]
    assert alone["settings"]["org_deploy_enabled"] is False


def test_an_app_that_people_sign_in_with_says_where_they_come_back_to() -> None:
    at, back = "https://door.example.org", "https://door.example.org/sign-in/slack/back"
    alone = manifest(sign_in_at=at)
    assert alone["oauth_config"]["redirect_urls"] == [back]
    assert alone["oauth_config"]["scopes"]["user"] == ["openid", "email", "profile"]
    assert alone["settings"]["org_deploy_enabled"] is False
    both = manifest(install_at=at, sign_in_at=at)
    assert both["oauth_config"]["redirect_urls"] == [f"{at}/slack/oauth_redirect", back]
    assert "user" not in manifest(install_at=at)["oauth_config"]["scopes"]


def test_with_an_address_slack_sends_everything_there() -> None:
    made = manifest("/door", "https://door.example.org/")
    endpoint = "https://door.example.org/slack/events"
    assert made["settings"]["socket_mode_enabled"] is False
    assert made["settings"]["interactivity"]["request_url"] == endpoint
    assert made["settings"]["interactivity"]["message_menu_options_url"] == endpoint
    assert made["features"]["slash_commands"][0]["url"] == endpoint
    assert made["features"]["slash_commands"][0]["command"] == "/door"


def test_lists_of_names_are_written_as_yaml() -> None:
    assert as_yaml({"a": {"b": ["x", "y"]}, "c": [{"d": 1, "e": True}]}) == (
        'a:\n  b:\n    - "x"\n    - "y"\nc:\n  - d: 1\n    e: true\n'
    )


# docs.slack.dev/reference/events: the scope without which Slack does not tell of it.
NEEDED = {
    "app_home_opened": None,
    "team_join": "users:read",
    "user_change": "users:read",
    "channel_archive": "channels:read",
    "channel_deleted": "channels:read",
    "group_archive": "groups:read",
    "group_deleted": "groups:read",
    "app_uninstalled": None,
    "tokens_revoked": None,
}


def test_each_event_has_the_scope_that_it_needs() -> None:
    made = manifest()
    told = made["settings"]["event_subscriptions"]["bot_events"]
    assert set(told) == set(NEEDED)
    assert {NEEDED[one] for one in told} - {None} <= set(made["oauth_config"]["scopes"]["bot"])
