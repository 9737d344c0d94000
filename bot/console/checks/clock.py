"""Checks of this machine's clock against the clocks of the database and of a server."""

from datetime import timedelta
from email.utils import parsedate_to_datetime

import httpx2

from bot.console.checks.findings import Area, Finding
from bot.core.ports import Clock
from bot.settings import Settings
from bot.settings.sign_in import OidcSection

_AREA = Area("clock")
_WITHIN = 5.0
# An HTTP date has whole seconds. Slack's signatures allow five minutes, sign-in one, replicas some seconds.
_SMALL, _LARGE = timedelta(seconds=5), timedelta(seconds=30)
_MEND = "Synchronise this machine's clock: timedatectl set-ntp true (or chrony); then restart Homeroom."


async def check(settings: Settings, clock: Clock, database_ahead: timedelta | None) -> list[Finding]:
    """Compare the clock with the database's, and with that of the first server we use that answers."""
    found = [] if database_ahead is None else [_judged("the database's", database_ahead)]
    async with httpx2.AsyncClient(timeout=_WITHIN) as client:
        for url in _asked(settings):
            ahead = await _ahead(client, url, clock)
            if ahead is not None:
                return [*found, _judged(f"that of {httpx2.URL(url).host}", ahead)]
    return found or [_AREA.skipped("Nothing that is set up has a clock to compare with.")]


def _asked(settings: Settings) -> list[str]:
    """Return addresses of the services that are set up which answer without authentication."""
    urls = []
    if settings.discord.token.get_secret_value():
        urls.append((settings.discord.api_base or "https://discord.com/api/v10").rstrip("/") + "/gateway")
    if settings.slack.bot_token.get_secret_value():
        urls.append((settings.slack.api_base or "https://slack.com/api").rstrip("/") + "/api.test")
    offered = settings.sign_in.offered.values()
    return [*urls, *(one.metadata_url for one in offered if isinstance(one, OidcSection))]


async def _ahead(client: httpx2.AsyncClient, url: str, clock: Clock) -> timedelta | None:
    """Return by how much a server's clock is ahead of ours; None if it does not tell the time."""
    before = clock.now()
    try:
        told = parsedate_to_datetime((await client.get(url)).headers.get("date", ""))
        # The header has whole seconds: on average, the real time is half a second later.
        return told + timedelta(seconds=0.5) - (before + (clock.now() - before) / 2)
    except (httpx2.HTTPError, ValueError, TypeError):
        return None


def _judged(whose: str, ahead: timedelta) -> Finding:
    seconds = abs(ahead).total_seconds()
    side = "behind" if ahead > timedelta(0) else "ahead of"
    told = f"This machine's clock is {seconds:,.1f} s {side} {whose}."
    if abs(ahead) > _LARGE:
        return _AREA.wrong(f"{told} Signatures and sign-in can fail, and times are wrong.", _MEND)
    if abs(ahead) > _SMALL:
        return _AREA.note(told, _MEND)
    return _AREA.fine(f"This machine's clock agrees with {whose}.")
