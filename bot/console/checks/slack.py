"""Checks of Slack: the tokens, their scopes, and the channels of linked schools."""

from collections.abc import Iterable, Sequence
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bot.console.checks.findings import Area, Finding
from bot.platforms.slack import api
from bot.platforms.slack.api import UNREACHABLE, SlackRefused
from bot.platforms.slack.installing.manifest import SCOPES
from bot.settings import Settings
from bot.storage.probe import Linked

_AREA, _CHANNEL = Area("slack"), Area("slack channel")
_APP = "api.slack.com/apps → your app"
_ADD = (
    f"Open {_APP} → OAuth & Permissions → Bot Token Scopes, add them (or paste what `homeroom "
    "manifest` prints under App Manifest)"
)
_INSTALL = (
    f"Open {_APP} → OAuth & Permissions, install the app, and copy the Bot User OAuth Token (xoxb-…) into "
    "HOMEROOM_SLACK__BOT_TOKEN."
)
# No message has this timestamp; Slack says "message_not_found" only to those who can see the channel.
_NO_MESSAGE = "1000000000.000000"


async def check(settings: Settings, linked: Sequence[Linked]) -> list[Finding]:
    """Check the token, its scopes, how events reach us, and the channels of linked schools."""
    wanted = settings.slack
    if not wanted.bot_token.get_secret_value():
        if wanted.public_http or wanted.app_token.get_secret_value():
            other = "slack.public_http" if wanted.public_http else "slack.app_token"
            return [_AREA.wrong(f"slack.bot_token is empty: {other} alone does not connect Slack.", _INSTALL)]
        return [_AREA.skipped("slack.bot_token is empty: Slack is not used.")]
    client = api.client(wanted.bot_token.get_secret_value(), wanted.api_base or None)
    client.session = api.session()
    try:
        who: Any = await api.call(client.auth_test())
        return [
            _AREA.fine(f"The bot token is for {who.get('user')} in {who.get('team')}."),
            *scopes(who.headers, "The bot token", f"{_ADD}, and reinstall the app."),
            *await way_in(settings, client),
            *await _channels(client, str(who.get("team_id")), linked),
        ]
    except SlackRefused as refused:
        return [_refused(refused)]
    finally:
        await client.session.close()


def _refused(refused: SlackRefused) -> Finding:
    if refused.error == UNREACHABLE:
        return unreachable(refused)
    return _AREA.wrong(
        f"Slack rejects the bot token: {refused.error}.",
        _INSTALL,
    )


def unreachable(refused: SlackRefused) -> Finding:
    """Return the finding that Slack does not answer."""
    return _AREA.wrong(
        f"Slack cannot be reached: {refused.told}.",
        "Check that this machine can reach slack.com over HTTPS (name, firewall, proxy, certificates).",
    )


def scopes(headers: Any, token: str, mend: str) -> list[Finding]:
    """Compare the scopes that a token has with those that are used."""
    told = next((value for name, value in headers.items() if name.lower() == "x-oauth-scopes"), None)
    if told is None:
        return [_AREA.skipped(f"Slack did not list the scopes of this token: {token}.")]
    given = {one.strip() for one in str(told).split(",") if one.strip()}
    lacking = [f"{scope} ({why})" for scope, why in SCOPES.items() if scope not in given]
    more = sorted(given - SCOPES.keys())
    found = []
    if lacking:
        found.append(
            _AREA.wrong(
                f"{token} lacks {'; '.join(lacking)}.",
                mend,
            )
        )
    if more:
        found.append(
            _AREA.note(
                f"{token} has scopes that Homeroom does not use: {', '.join(more)}.",
                f"Remove them at {_APP} → OAuth & Permissions, and reinstall the app.",
            )
        )
    return found or [_AREA.fine(f"{token} has the scopes that Homeroom uses, and no others.")]


async def way_in(settings: Settings, client: AsyncWebClient) -> list[Finding]:
    """Check how events reach us from Slack: by Socket Mode or by signed HTTP."""
    wanted = settings.slack
    if wanted.public_http:
        if not wanted.signing_secret.get_secret_value():
            return [
                _AREA.wrong(
                    "slack.public_http needs slack.signing_secret: without it, anyone could pose as Slack.",
                    f"Copy it from {_APP} → Basic Information into HOMEROOM_SLACK__SIGNING_SECRET.",
                )
            ]
        if not settings.base_url.startswith("https://"):
            return [
                _AREA.wrong(
                    "slack.public_http needs a base_url with https: Slack calls no other addresses.",
                    "Set HOMEROOM_BASE_URL, and paste what `homeroom manifest` prints under App Manifest.",
                )
            ]
        return [_AREA.fine(f"Slack calls {settings.base_url}/slack/events, as its manifest says.")]
    try:
        await api.call(client.apps_connections_open(app_token=wanted.app_token.get_secret_value()))
    except SlackRefused as refused:
        return [
            _AREA.wrong(
                f"Slack rejects the app token: {refused.error}.",
                f"Open {_APP} → Basic Information → App-Level Tokens, create one with connections:write, and "
                "copy it (xapp-…) into HOMEROOM_SLACK__APP_TOKEN; Socket Mode must be on.",
            )
        ]
    return [_AREA.fine("Socket Mode works.")]


async def _channels(client: AsyncWebClient, team: str, linked: Iterable[Linked]) -> list[Finding]:
    found = []
    for one in linked:
        if one.platform != "slack":
            continue
        if one.workspace != team:
            found.append(
                _CHANNEL.wrong(
                    f"{one.school} is linked to {one.workspace_name}, but the token is for another one.",
                    "Set HOMEROOM_SLACK__BOT_TOKEN to that workspace's bot token.",
                )
            )
        elif one.channel is not None:
            found.append(await channel(client, one, one.channel))
    return found


async def channel(client: AsyncWebClient, one: Linked, its_id: str) -> Finding:
    """Check whether approval cards can be posted in a channel."""
    try:
        await api.call(client.chat_getPermalink(channel=its_id, message_ts=_NO_MESSAGE))
    except SlackRefused as refused:
        if refused.error != "message_not_found":
            return _CHANNEL.wrong(
                f"The approval cards of {one.school} cannot go to {its_id}: {refused.error}.",
                "Invite the app into that channel (/invite @homeroom), or use /homeroom school approvals in "
                "another one.",
            )
    return _CHANNEL.fine(f"The approval cards of {one.school} go to {its_id}.")
