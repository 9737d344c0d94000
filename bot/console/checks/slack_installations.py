"""Checks of Slack for an app that many workspaces install: tokens, scopes and linked channels."""

from datetime import datetime
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bot.console.checks import slack
from bot.console.checks.findings import Area, Finding
from bot.core.workspaces.installation_ports import Installation
from bot.platforms.slack import api
from bot.platforms.slack.api import UNREACHABLE, SlackRefused
from bot.settings import Settings
from bot.storage.probe import Probe

_AREA, _CHANNEL = Area("slack"), Area("slack channel")
_AGAIN = "Ask an admin of that workspace to install the app again: `homeroom install-link` prints a link."


async def check(settings: Settings, probed: Probe | None, now: datetime) -> list[Finding]:
    """Check each installation; expired tokens are not renewed, because a check changes nothing."""
    if probed is None:
        return [_AREA.skipped("The database cannot be read, so the installations are not known.")]
    session = api.session()
    base = settings.slack.api_base or None
    async with session:
        found: list[Finding] = []
        working: dict[str, AsyncWebClient] = {}
        for one in probed.installed:
            client = api.client(one.token, base)
            client.session = session
            if one.expires_at is not None and one.expires_at <= now:
                found.append(
                    _AREA.note(f"The token of {one.name} has expired; it is renewed when it is next used.")
                )
                continue
            told, works = await _installation(one, client)
            found += told
            if works:
                working[one.place] = client
        asking = api.client("", base)
        asking.session = session
        found += await slack.way_in(settings, asking)
        if not probed.installed:
            link = "Open the link that `homeroom install-link` prints."
            found.append(_AREA.note("No workspace has installed the app yet.", link))
        return [*found, *await _channels(probed, working)]


async def _installation(one: Installation, client: AsyncWebClient) -> tuple[list[Finding], bool]:
    try:
        who: Any = await api.call(client.auth_test())
    except SlackRefused as refused:
        if refused.error == UNREACHABLE:
            return [slack.unreachable(refused)], False
        return [_AREA.wrong(f"Slack rejects the token of {one.name}: {refused.error}.", _AGAIN)], False
    fine = _AREA.fine(f"The app is installed in {one.name} ({one.place}).")
    return [fine, *slack.scopes(who.headers, f"The token of {one.name}", _AGAIN)], True


async def _channels(probed: Probe, working: dict[str, AsyncWebClient]) -> list[Finding]:
    known = {one.place for one in probed.installed}
    found = []
    for one in (one for one in probed.linked if one.platform == "slack"):
        place = probed.given.get(one.workspace, one.workspace)
        if place not in known:
            told = f"{one.school} is linked to {one.workspace_name}, where the app is not installed."
            found.append(_CHANNEL.wrong(told, _AGAIN))
        elif one.channel is not None and place in working:
            found.append(await slack.channel(working[place], one, one.channel))
    return found
